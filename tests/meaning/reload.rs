//! Policies replaced while messages are judged.

use std::{collections::BTreeSet, sync::Arc};

use gacthu::{
    answer::{Answer, answer},
    facts::Role,
    policy::Generation,
};

use crate::support::*;

/// Rules whose ids tell their generation.
fn numbered(number: usize) -> Generation {
    let rules: String = [
        "recipient: { domain: a.vn }",
        "message: { size: \"> 1 B\" }",
        "attachment: { extension: mark }",
    ]
    .iter()
    .enumerate()
    .map(|(index, when)| {
        format!("  - id: g{number}-{index}\n    when: {{ {when} }}\n    then: tag\n")
    })
    .collect();
    one("enforce", &rules)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reload_under_load_never_mixes_two_generations() {
    const GENERATIONS: usize = 12;
    let hashes: Vec<String> = (0..GENERATIONS)
        .map(|n| numbered(n).hash().to_owned())
        .collect();
    let services = Arc::new(services(numbered(0)));
    let (stop, stopping) = tokio::sync::watch::channel(false);
    let mut tasks = Vec::new();
    for _ in 0..24 {
        let (services, stopping, hashes) = (services.clone(), stopping.clone(), hashes.clone());
        tasks.push(tokio::spawn(async move {
            let mut seen = BTreeSet::new();
            // At least one message after the last swap.
            loop {
                let last = *stopping.borrow();
                let mut judging = begin(&services, at(Role::Mx, false));
                tokio::task::yield_now().await;
                assert!(judging.rcpt(address(A)).is_none());
                tokio::task::yield_now().await;
                for chunk in LETTER.chunks(97) {
                    judging.raw(chunk);
                    tokio::task::yield_now().await;
                }
                let decision = judging.end().await;
                let number = hashes
                    .iter()
                    .position(|hash| hash == decision.generation.hash())
                    .unwrap();
                let mut ids: Vec<_> = decision.recipients[0]
                    .judgement
                    .fired
                    .iter()
                    .map(|fired| fired.id.to_string())
                    .collect();
                ids.sort();
                assert_eq!(ids, [0, 1, 2].map(|index| format!("g{number}-{index}")));
                let Answer::Accept { tags } = answer(&decision) else {
                    panic!()
                };
                assert!(
                    tags.iter()
                        .all(|tag| tag.starts_with(&format!("g{number}-")))
                );
                seen.insert(number);
                if last {
                    return seen;
                }
            }
        }));
    }
    for number in 1..GENERATIONS {
        let generation = tokio::task::spawn_blocking(move || numbered(number))
            .await
            .unwrap();
        services.replace_policy(generation);
        tokio::task::yield_now().await;
    }
    stop.send(true).unwrap();
    let mut seen = BTreeSet::new();
    for task in tasks {
        let one = task.await.unwrap();
        assert!(
            one.contains(&(GENERATIONS - 1)),
            "the last one rules in the end"
        );
        seen.extend(one);
    }
    assert!(seen.len() > 1, "the load was over before the first swap");
}
