//! gacthu (*gác thư*, to guard the mail): a milter beside Postfix.
//!
//! One binary; the library exists so that tests and benches reach the rooms by their public doors.
//! `docs/architecture.md` tells the shape.
#![deny(missing_docs, unsafe_code)]

pub mod admin;
pub mod answer;
pub mod audit;
pub mod cli;
pub mod content;
pub mod counters;
pub mod engine;
pub mod event;
pub mod facts;
pub mod inspect;
pub mod journal;
pub mod message;
pub mod metrics;
pub mod milter;
pub mod notices;
pub mod policy;
pub mod questions;
pub mod reference;
#[cfg(feature = "sabotage")]
mod sabotage;
pub mod service;
pub mod settings;
pub mod site;
pub mod state;
pub mod verdict;
pub mod vietnamese;
pub mod yaml;
