//! gacthu (*gác thư*, to guard the mail): a milter beside Postfix.
//!
//! One binary; the library exists so that tests and benches reach the rooms by their public doors.
//! `docs/architecture.md` tells the shape.
#![deny(missing_docs, unsafe_code)]

pub mod facts;
pub mod message;
pub mod policy;
pub mod questions;
pub mod verdict;
