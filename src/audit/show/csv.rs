//! CSV (RFC 4180) that a spreadsheet may open: a cell that it would take for a formula begins with `'`.

use std::{borrow::Cow, io};

use super::clean;
use crate::audit::{Audit, Changes};

/// The first line.
const HEAD: [&str; 11] = [
    "finding", "kind", "who", "to", "whose", "seen", "why", "file", "line", "chain", "change",
];

/// Writes a line for each finding.
///
/// # Errors
/// Those of writing.
pub fn csv(audit: &Audit, changes: Option<&Changes>, mut out: impl io::Write) -> io::Result<()> {
    row(&mut out, HEAD.map(Cow::Borrowed))?;
    let change = |new: bool| if new { "new" } else { "" };
    for it in &audit.forwards {
        let why = match it.remark.is_empty() {
            true => it.why.to_string(),
            false => format!("{}; {}", it.remark, it.why),
        };
        row(
            &mut out,
            [
                "forward".into(),
                it.kind.as_str().into(),
                (&*it.who).into(),
                (&*it.to).into(),
                it.whose.as_str().into(),
                it.seen.as_str().into(),
                why.into(),
                it.at.file.to_string_lossy(),
                it.at.line.to_string().into(),
                it.chain.join(" > ").into(),
                change(it.new).into(),
            ],
        )?;
    }
    for it in &audit.paths {
        row(
            &mut out,
            [
                "path".into(),
                it.kind.as_str().into(),
                (&*it.name).into(),
                "".into(),
                "".into(),
                "no".into(),
                (&*it.why).into(),
                it.at.file.to_string_lossy(),
                it.at.line.to_string().into(),
                "".into(),
                change(it.new).into(),
            ],
        )?;
    }
    for it in &audit.unread {
        row(
            &mut out,
            [
                "unread".into(),
                it.reason.as_str().into(),
                (&*it.what).into(),
                "".into(),
                "".into(),
                "".into(),
                format!("{}; {}", it.why, it.remedy).into(),
                it.at.file.to_string_lossy(),
                it.at.line.to_string().into(),
                "".into(),
                change(it.new).into(),
            ],
        )?;
    }
    for gone in changes.into_iter().flat_map(|it| &it.gone) {
        let mut fields = gone.split('\t').map(Cow::Borrowed);
        let mut next = || fields.next().unwrap_or_default();
        let (kind, who, to, file) = (next(), next(), next(), next());
        let empty = || Cow::Borrowed("");
        row(
            &mut out,
            [
                "gone".into(),
                kind,
                who,
                to,
                empty(),
                empty(),
                empty(),
                file,
                empty(),
                empty(),
                "gone".into(),
            ],
        )?;
    }
    Ok(())
}

fn row(out: &mut impl io::Write, cells: [Cow<'_, str>; 11]) -> io::Result<()> {
    for (index, cell) in cells.iter().enumerate() {
        let comma = if index == 0 { "" } else { "," };
        write!(out, "{comma}\"{}\"", safe(cell))?;
    }
    out.write_all(b"\r\n")
}

/// Quotes doubled, controls shown, no formula: `=`, `+`, `-`, `@`, also in full width, begin one, behind
/// white space too.
fn safe(cell: &str) -> String {
    let cell = clean(cell).replace('"', "\"\"");
    let first = cell.trim_start().chars().next();
    match first {
        Some('=' | '+' | '-' | '@' | '|' | '%' | '＝' | '＋' | '－' | '＠') => {
            format!("'{cell}")
        }
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        for (cell, written) in [
            ("=1+1", "'=1+1"),
            (" @gmail.com", "' @gmail.com"),
            ("|/bin/sh", "'|/bin/sh"),
            ("\t=1", "\\u{9}=1"),
            ("a\"b\r\nc", "a\"\"b\\u{d}\\u{a}c"),
            ("＝1", "'＝1"),
            ("an@gmail.com", "an@gmail.com"),
        ] {
            assert_eq!(safe(cell), written);
        }
    }
}
