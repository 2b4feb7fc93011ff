//! What the admin pages show and start: metrics, health, look-ups, the load of a policy.

use std::{
    ops::ControlFlow,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use tracing::{error, info, warn};

use super::{lookup, options::Args, policy::summary, serve::hold_back};
use crate::{
    admin::{self, Desk},
    journal::{
        Storage,
        store::{Access, Filter, Order, Store},
    },
    policy::{Generation, Report},
    service::Shared,
    settings::Settings,
    verdict::Mode,
};

/// What the admin pages show and start.
pub(super) struct Office {
    pub(super) shared: Arc<Shared>,
    pub(super) args: Args,
    /// What runs. One load at a time changes it.
    pub(super) settings: tokio::sync::Mutex<Settings>,
    /// Where the journal stands.
    pub(super) storage: Option<Storage>,
    /// Look-ups that may run at once.
    pub(super) looking: tokio::sync::Semaphore,
}

/// How many look-ups may run at once: nobody reaches the database's last connection through a page.
pub(super) const LOOKING: usize = 2;

/// Rows of one reference: a recipient refused at RCPT has a reference of its own, so there is one.
const ROWS: usize = 20;

impl Office {
    pub(super) fn tell_policy(&self, generation: &Generation) {
        let metrics = &self.shared.metrics;
        metrics.policy_info.reset();
        metrics.unacknowledged.reset();
        for policy in 0..generation.policies() {
            let held = metrics
                .unacknowledged
                .with_label_values(&[generation.name(policy)]);
            held.set(0);
        }
        for new in generation.unacknowledged() {
            metrics
                .unacknowledged
                .with_label_values(&[&*new.policy])
                .inc();
        }
        for policy in 0..generation.policies() {
            let mode = match generation.mode(policy) {
                Mode::Observe => "observe",
                Mode::Enforce => "enforce",
            };
            metrics
                .policy_info
                .with_label_values(&[generation.name(policy), mode, generation.short_hash()])
                .set(1);
        }
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default();
        metrics
            .policy_loaded
            .set(i64::try_from(now.as_secs()).unwrap_or(i64::MAX));
        metrics.reloads.with_label_values(&["loaded"]).inc();
    }
}

impl Desk for Office {
    fn metrics(&self) -> String {
        let metrics = &self.shared.metrics;
        let services = &self.shared.services;
        metrics
            .spool_bytes
            .set(i64::try_from(services.spool_bytes()).unwrap_or(i64::MAX));
        metrics.heavy_waiting.set(services.heavy_waiting());
        metrics.opening_waiting.set(services.opening_waiting());
        if let Some(journal) = &self.shared.journal {
            let status = journal.status();
            metrics.journal_lag.set(status.lag.as_secs_f64());
            let backlog = i64::try_from(status.backlog).unwrap_or(i64::MAX);
            metrics.journal_backlog.set(backlog);
        }
        metrics.render()
    }

    fn lookup(&self, reference: &str) -> admin::Answer<'_, Result<Vec<serde_json::Value>, String>> {
        let filter = Filter {
            reference: Some(reference.to_owned()),
            ..Filter::default()
        };
        Box::pin(async move {
            let Some(storage) = self.storage.clone() else {
                return Err("gacthu keeps no journal here (`state` and `storage`)".to_owned());
            };
            let _turn = self.looking.acquire().await;
            let generation = self.shared.services.policy();
            let runtime = tokio::runtime::Handle::current();
            // On a thread for blocking work: SQLite's answers are read from the disk.
            let look = move || {
                let mut rows = Vec::new();
                let mut store = Store::new(storage, Access::Read);
                let found = store.find(&filter, Order::Newest, |found| {
                    rows.push(lookup::card(&found, &generation));
                    match rows.len() < ROWS {
                        true => ControlFlow::Continue(()),
                        false => ControlFlow::Break(()),
                    }
                });
                runtime.block_on(found).map(|()| rows)
            };
            match tokio::task::spawn_blocking(look).await {
                Ok(Ok(rows)) => Ok(rows),
                Ok(Err(error)) => Err(format!("the journal cannot be read: {error}")),
                Err(error) => Err(format!("the look-up failed: {error}")),
            }
        })
    }

    fn health(&self) -> Result<(), String> {
        Ok(())
    }

    fn reload(&self) -> admin::Answer<'_, (bool, String)> {
        Box::pin(async {
            let mut running = self.settings.lock().await;
            // Whatever becomes of the policy: log rotation asks by a reload.
            if let Err(error) = self.shared.events.reopen() {
                self.shared.metrics.event_errors.inc();
                error!(%error, "The event log could not be opened anew; the old one stays in use.");
            }
            let args = self.args.clone();
            let load = move || {
                let (settings, warnings) = args.settings()?;
                let generation = crate::policy::load(&settings.policies)?;
                Ok::<_, Report>((settings, warnings, generation))
            };
            let state = running.state.clone();
            match tokio::task::spawn_blocking(load).await {
                Ok(Ok((settings, mut warnings, mut generation))) => {
                    if let Err(why) = hold_back(state.as_deref(), &mut generation) {
                        return self.refused(why + "\n");
                    }
                    let mut text = summary(&generation) + "\n";
                    for new in generation.unacknowledged() {
                        text.push_str(&format!(
                            "warning: the rule `{}` of {} is new here and observes until it is acknowledged (gacthu policy acknowledge)\n",
                            new.rule, new.origin
                        ));
                    }
                    warnings.extend_from_slice(generation.warnings());
                    for warning in warnings {
                        text.push_str(&format!("{warning}\n"));
                    }
                    for key in running.change(&settings) {
                        warn!(
                            key,
                            "A changed setting needs a restart; the running value stays."
                        );
                        text.push_str(&format!(
                            "warning: `{key}` was changed and needs a restart; the running value stays\n"
                        ));
                    }
                    // Its patterns are compiled here, which takes a while.
                    let (services, site) = (self.shared.services.clone(), running.site.clone());
                    let replace = move || services.replace(generation, site);
                    if let Err(error) = tokio::task::spawn_blocking(replace).await {
                        return self.refused(format!("the load failed: {error}\n"));
                    }
                    self.tell_policy(&self.shared.services.policy());
                    info!(policy = %text.trim_end(), "The policy was loaded.");
                    (true, text)
                }
                Ok(Err(report)) => self.refused(report.to_string()),
                Err(error) => self.refused(format!("the load failed: {error}\n")),
            }
        })
    }
}

impl Office {
    fn refused(&self, text: String) -> (bool, String) {
        self.shared
            .metrics
            .reloads
            .with_label_values(&["refused"])
            .inc();
        error!(
            report = %text.trim_end(),
            "The policy does not check; the one that runs stays."
        );
        (false, text + "The policy that runs stays.\n")
    }
}
