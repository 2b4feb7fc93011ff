//! What a reload may change, and what keeps its value until a restart.

use super::Settings;

pub(super) fn change(running: &mut Settings, new: &Settings) -> Vec<&'static str> {
    // Taken apart, so that a new key cannot be forgotten here.
    let Settings {
        policies,
        listeners,
        site,
        milter,
        limits,
        spool_directory,
        events,
        admin,
        control,
        state,
        journal,
        notices,
        log,
    } = new;
    running.policies.clone_from(policies);
    running.site.clone_from(site);

    let mut old_limits = running.limits.clone();
    // It stands under another key.
    old_limits.spool = limits.spool;
    let limits_same = running.milter == *milter && old_limits == *limits;
    let spool_same =
        running.spool_directory == *spool_directory && running.limits.spool == limits.spool;
    let keys = [
        ("listeners", running.listeners == *listeners),
        ("limits", limits_same),
        ("spool", spool_same),
        ("events", running.events == *events),
        ("admin", running.admin == *admin),
        ("control", running.control == *control),
        ("state", running.state == *state),
        ("storage", {
            let same = (&running.journal.storage, running.journal.off);
            same == (&journal.storage, journal.off)
        }),
        ("journal", {
            let mut same = running.journal.clone();
            same.storage.clone_from(&journal.storage);
            same.off = journal.off;
            same == *journal
        }),
        ("notices", running.notices == *notices),
        ("log", running.log == *log),
    ];
    keys.into_iter()
        .filter_map(|(key, same)| (!same).then_some(key))
        .collect()
}
