//! Lists that change are taken over by themselves (docs/policy.md, "Lists"): they are written by
//! programs at any hour. Policy files are not: a person who is in the middle of a change must say
//! when it is done, by `gacthu reload` or HUP.

use std::{sync::Arc, time::Duration};

use tracing::info;

use crate::{admin::Desk, engine::Services, policy::Generation, yaml::Stamp};

/// How often files are looked at. A change is taken over when it stood still for one look, so that
/// a list that is being written is not read in half.
const LOOK: Duration = Duration::from_secs(2);

/// Watches the lists of the running policy and loads it anew when one has changed.
pub(super) async fn keep(desk: Arc<dyn Desk>, services: Arc<Services>) {
    let mut tick = tokio::time::interval(LOOK);
    let mut watch = Watch::default();
    loop {
        tick.tick().await;
        let running = services.policy();
        // Looking at files may block on a network file system.
        let looked = tokio::task::spawn_blocking(move || {
            let due = watch.look(&running);
            (watch, due)
        })
        .await;
        let Ok((back, due)) = looked else {
            return;
        };
        watch = back;
        if due {
            info!("A list has changed; the policy is loaded anew.");
            // What is wrong with it is in the log and in the metric.
            desk.reload().await;
        }
    }
}

/// What the last look found.
#[derive(Debug, Default)]
struct Watch {
    seen: Vec<Stamp>,
    /// What was found and acted upon or told: not again before it changes again.
    done: Vec<Stamp>,
}

impl Watch {
    /// Whether a list is another than was read, and stood still since the last look.
    fn look(&mut self, running: &Generation) -> bool {
        let now: Vec<Stamp> = running.files().iter().map(|path| Stamp::of(path)).collect();
        let still = self.seen == now;
        self.seen.clone_from(&now);
        if !still || self.done == now {
            return false;
        }
        let (mut lists, mut policies) = (false, false);
        for ((path, read), now) in running.files().iter().zip(running.stamps()).zip(&now) {
            if read != now {
                match running.lists().contains(path) {
                    true => lists = true,
                    false => policies = true,
                }
            }
        }
        if !lists {
            return false;
        }
        self.done = now;
        if policies {
            // Reading now would put a half-finished change of a policy into force as well.
            info!("A list has changed, and a policy too: both wait for `gacthu reload`.");
        }
        !policies
    }
}
