//! Programs that get mail by aliases, `.forward`, transports and `mailbox_command`.

use crate::audit::{
    Collect,
    finding::{At, Kind, Whose},
};

/// Programs that only put mail into a mailbox of this machine.
const DELIVER: &[&str] = &[
    "cyrdeliver",
    "deliver",
    "dovecot-lda",
    "exit",
    "false",
    "mail.local",
    "true",
];

/// Programs that are known, and what they do.
const KNOWN: &[(&str, &str)] = &[
    ("forward", "it sends mail"),
    ("mail", "it sends mail"),
    ("mailman", "a list program: its members are not read here"),
    (
        "mailman-wrapper",
        "a list program: its members are not read here",
    ),
    ("mailx", "it sends mail"),
    (
        "maildrop",
        "it reads /etc/maildroprc and .mailfilter, which may send on",
    ),
    ("majordomo", "a list program: its members are not read here"),
    ("msmtp", "it sends mail"),
    ("mutt", "it sends mail"),
    (
        "procmail",
        "it reads /etc/procmailrc and .procmailrc, which may send on",
    ),
    ("queue", "a list program: its members are not read here"),
    ("rt-mailgate", "a ticket system: it may send on"),
    ("s-nail", "it sends mail"),
    ("sendmail", "it sends mail"),
    ("sympa", "a list program: its members are not read here"),
    (
        "vacation",
        "it answers the sender; the letter itself is not sent on",
    ),
    ("wrapper", "a list program: its members are not read here"),
];

/// Takes a command that gets mail.
pub(in crate::audit) fn program(who: &str, command: &str, at: &At, collect: &mut Collect) {
    let Some(remark) = known(command) else {
        return;
    };
    let whose = addressed(command, collect).unwrap_or(Whose::Unknown);
    collect.list(
        Kind::Program,
        who,
        &format!("|{command}"),
        whose,
        at.clone(),
        remark,
    );
    // `procmail -m /a/file`, `maildrop /a/file`
    let name = name(command);
    if matches!(name, "procmail" | "maildrop") {
        let files = command.split_whitespace().skip(1);
        let files = files.map(|word| word.trim_matches(['"', '\'']));
        for file in files.filter(|word| word.starts_with('/') && !word.ends_with(name)) {
            collect
                .recipes
                .push((who.to_owned(), file.into(), name == "procmail"));
        }
    }
}

/// Whose an address is that stands in a command and is outside.
pub(in crate::audit) fn addressed(command: &str, collect: &Collect) -> Option<Whose> {
    let words = command
        .split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | ';' | '<' | '>'));
    words
        .filter(|word| word.contains('@') && !word.contains(['$', '`']))
        .find_map(|word| {
            let address = collect.domains.resolved(word);
            let whose = collect.domains.of(address.domain());
            (address.domain().contains('.') && whose.leaves()).then_some(whose)
        })
}

/// What a command may do with mail; none for those that only deliver it here.
pub(in crate::audit) fn known(command: &str) -> Option<&'static str> {
    let name = name(command);
    // What stands behind a shell's `;` or `|` may be anything.
    let plain = !command.contains([';', '|', '&', '`', '>', '\n']) && !command.contains("$(");
    if plain && DELIVER.contains(&name) {
        return None;
    }
    let found = KNOWN.iter().find(|(its, _)| *its == name);
    Some(found.map_or(
        "a program of the site's own: what it does with the mail is not read",
        |(_, remark)| remark,
    ))
}

/// `/usr/bin/procmail -t` → `procmail`; an assignment (`IFS=' '`), `exec` and `env` before it are skipped.
fn name(command: &str) -> &str {
    let mut words = command
        .split_whitespace()
        .map(|word| word.trim_matches(['"', '\'']));
    let word = words.find(|word| {
        !word.is_empty() && !word.contains('=') && !matches!(*word, "exec" | "env" | "&&" | "nice")
    });
    let word = word.unwrap_or_default();
    word.rsplit('/').next().unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_known_by_their_names() {
        assert_eq!(known("/usr/lib/dovecot/dovecot-lda -f a"), None);
        assert_eq!(known("/usr/lib/dovecot/deliver"), None);
        assert!(known("/usr/lib/dovecot/deliver; mail x@y").is_some());
        assert!(
            known("IFS=' ' && exec /usr/bin/procmail -f- || exit 75 #an")
                .unwrap()
                .contains("procmailrc")
        );
        assert!(known("/usr/bin/vacation an").unwrap().contains("answers"));
        assert!(known("/home/an/bin/x").unwrap().contains("not read"));
        assert!(known("").is_some());
    }
}
