//! One JSON object (docs/forwarding.md has its fields).

use std::io;

use serde::Serialize;

use crate::audit::{Audit, BlindPath, Changes, Forward, Remark, Unread};

/// The object.
#[derive(Serialize)]
struct Report<'a> {
    schema: &'static str,
    at: String,
    /// Nothing leaves, as far as was read.
    clean: bool,
    /// Everything was read.
    complete: bool,
    blind_spots: usize,
    files: u64,
    entries: u64,
    homes: u64,
    accounts: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    changes: Option<&'a Changes>,
    forwards: &'a [Forward],
    paths: &'a [BlindPath],
    unread: &'a [Unread],
    remarks: &'a [Remark],
}

/// Writes it in one line.
///
/// # Errors
/// Those of writing.
pub fn json(audit: &Audit, changes: Option<&Changes>, mut out: impl io::Write) -> io::Result<()> {
    let report = Report {
        schema: "gacthu.forwards/1",
        at: jiff::Zoned::now()
            .strftime("%Y-%m-%dT%H:%M:%S%:z")
            .to_string(),
        clean: audit.is_clean(),
        complete: audit.unread.is_empty(),
        blind_spots: audit.blind_spots(),
        files: audit.files,
        entries: audit.entries,
        homes: audit.homes,
        accounts: audit.accounts,
        changes,
        forwards: &audit.forwards,
        paths: &audit.paths,
        unread: &audit.unread,
        remarks: &audit.remarks,
    };
    serde_json::to_writer(&mut out, &report)?;
    writeln!(out)
}
