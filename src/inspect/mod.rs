//! Inspectors: one question a file. Each is a function from the message and what was opened of it to
//! facts; none knows another, and none knows the policy.
//!
//! ```
//! use gacthu::{content, inspect, message::{Limits, Receiver, Spool}, questions::{Question, Questions}};
//!
//! let spool = Spool::new(None, 1 << 20, 1 << 30)?;
//! let mut receiver = Receiver::new(&spool, Limits::default());
//! receiver.raw(b"Subject: x\r\nContent-Disposition: attachment; filename=a.exe\r\n\r\nMZ");
//! let message = receiver.finish();
//! let mut questions = Questions::default();
//! questions.ask(Question::Executables);
//! let tree = content::open(&message, &content::Needs::of(&questions), &mut content::Budget::default());
//! let files = inspect::files(&tree, &questions);
//! assert_eq!(files.list[0].executable[0].what, ".exe");
//! # Ok::<(), std::io::Error>(())
//! ```

pub mod contradiction;
pub mod encoding;
pub mod executable;
pub mod forwarding;
pub mod marking;
pub mod pattern;
pub mod size;
#[cfg(test)]
mod tests;

use crate::{
    content::{self, Node, Tree},
    facts::{FileFacts, FileRole, Files, MessageFacts, NotScanned},
    message::Message,
    questions::{Question, Questions},
};

/// What is known of the message as a whole.
pub fn message(message: &Message) -> MessageFacts {
    let not_scanned = message.not_scanned.iter().map(|place| NotScanned {
        part: place.part.clone(),
        why: content::why(&place.why),
    });
    MessageFacts {
        size: message.size,
        headers: message.headers.len() as u64,
        parts: message.parts.len() as u64,
        header_from: message.headers.addresses("From"),
        subject: message.headers.subject(),
        message_id: message.headers.message_id(),
        not_scanned: not_scanned.collect(),
    }
}

/// What is known of its files. Whether they are executable is looked at only if that is asked.
pub fn files(tree: &Tree, questions: &Questions) -> Files {
    let executables = questions.asks(Question::Executables);
    size::sum(
        tree.nodes
            .iter()
            .map(|node| file(node, executables))
            .collect(),
    )
}

fn file(node: &Node, executables: bool) -> FileFacts {
    let names: Vec<&str> = node.names.iter().map(String::as_str).collect();
    let mut traits = node.traits.clone();
    if node.role != FileRole::Text {
        for found in contradiction::traits(contradiction::Subject {
            names: &names,
            declared_type: &node.declared_type,
            kinds: &node.kinds,
        }) {
            if !traits.contains(&found) {
                traits.push(found);
            }
        }
    }
    let executable = if executables {
        executable::signs(executable::Subject {
            names: &names,
            kinds: &node.kinds,
            message: node.message,
        })
    } else {
        Vec::new()
    };
    FileFacts {
        part: node.number.clone(),
        parent: node.parent,
        role: node.role,
        at: node.place,
        name: node.name.clone(),
        names: node.names.clone(),
        declared_type: node.declared_type.clone(),
        kinds: node.kinds.clone(),
        size: node.size,
        sha256: hex(&node.sha256),
        executable,
        encrypted: node.encrypted.clone(),
        cipher: node.cipher,
        traits,
        not_opened: node.not_opened.clone(),
        signatures: node.signatures.clone(),
        matches: Vec::new(),
    }
}

fn hex(hash: &[u8; 32]) -> String {
    let digit = |value: u8| char::from_digit(u32::from(value), 16).unwrap_or_default();
    let pairs = hash
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    let mut text = String::with_capacity(64);
    text.extend(pairs);
    text
}
