//! What a help desk is told of one decision: rule, clause, time, remedy. No address, no content.

use serde_json::{Map, Value, json};

use crate::{journal::store::Found, policy::Generation};

/// Fields of the event that go out as they are; all are technical.
const FIELDS: &[&str] = &[
    "reference",
    "time",
    "stage",
    "queue_id",
    "role",
    "verdict",
    "applied",
    "answer",
    "sensitive",
    "split",
];

/// One decision for a help desk. The remedy is that of the policy that runs now.
pub(super) fn card(found: &Found, generation: &Generation) -> Value {
    let event = &found.event;
    let mut card = Map::new();
    for field in FIELDS {
        if let Some(value) = event.get(field) {
            card.insert((*field).to_owned(), value.clone());
        }
    }
    card.insert("answered".to_owned(), found.answered.into());
    card.insert("node".to_owned(), found.node.as_str().into());
    let code = |key: &str| event.pointer(&format!("/reply/{key}")).cloned();
    card.insert("code".to_owned(), code("code").unwrap_or_default());
    let mut rules: Vec<Value> = Vec::new();
    for recipient in event["recipients"].as_array().into_iter().flatten() {
        let policy = recipient["policy"].as_str().unwrap_or_default();
        for rule in recipient["rules"].as_array().into_iter().flatten() {
            let id = rule["id"].as_str().unwrap_or_default();
            let told = json!({
                "id": id,
                "policy": policy,
                "basis": rule["basis"],
                "then": rule["then"],
                "mode": rule["mode"],
                "remedy": generation.remedy(policy, id),
            });
            if !rules.contains(&told) {
                rules.push(told);
            }
        }
    }
    card.insert("rules".to_owned(), rules.into());
    Value::Object(card)
}
