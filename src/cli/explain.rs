//! A decision in words: part → rule → clause.

use std::fmt::Write;

use super::feed::Judged;
use crate::{
    engine::Decision,
    facts::{By, FileFacts, FileRole, Files, MessageFacts},
    verdict::{Action, Fired, Mode},
};

/// Explains one decision to a person. With `all`, every rule and condition is printed too.
///
/// Names of files come from whoever wrote the message: control characters in them are shown as
/// escapes, so that nothing is done to the terminal.
pub(super) fn explain(label: &str, judged: &Judged, all: bool) -> String {
    let mut out = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut out, label, judged, all);
    out
}

fn write(out: &mut String, label: &str, judged: &Judged, all: bool) -> std::fmt::Result {
    let decision = &judged.decision;
    let verdict = judged.verdict();
    let applied = judged.applied();
    write!(out, "{}: {verdict}", clean(label))?;
    if applied != verdict {
        write!(out, " (applied: {applied})")?;
    }
    writeln!(out)?;
    if !judged.assumed.is_empty() {
        writeln!(out, "  envelope: {}", judged.assumed)?;
    }
    if let Some(why) = &decision.failed {
        writeln!(out, "  gacthu failed on this message: {why}")?;
    }
    if decision.sensitive {
        writeln!(
            out,
            "  sensitive: it is not stored, and no name, header field or condition is shown"
        )?;
    }
    if let Some(message) = decision.facts.message.known() {
        write_message(out, message, decision.facts.files.known())?;
    }
    for mark in decision.facts.marking.known().into_iter().flatten() {
        writeln!(out, "  mark in part {}: {mark}", clean(&mark.part))?;
    }
    for early in &judged.refused {
        write_recipients(out, early, all, " at RCPT")?;
    }
    write_recipients(out, decision, all, "")?;
    if verdict >= Action::Defer
        && let Some(reply) = judged.strongest().reply_if_enforced()
    {
        for line in &reply.lines {
            writeln!(out, "  reply: {} {} {line}", reply.code, reply.enhanced)?;
        }
    }
    Ok(())
}

/// Each recipient of a decision with its rules; `when` says where it was decided.
fn write_recipients(
    out: &mut String,
    decision: &Decision,
    all: bool,
    when: &str,
) -> std::fmt::Result {
    for (index, (address, decided)) in decision
        .facts
        .recipients
        .iter()
        .zip(&decision.recipients)
        .enumerate()
    {
        writeln!(
            out,
            "  to <{}> ({}, policy {}): {}{when}",
            clean(&address.to_string()),
            decided.route.direction.as_str(),
            decision.generation.name(decided.route.policy),
            decided.judgement.verdict,
        )?;
        for fired in &decided.judgement.fired {
            write_fired(out, fired, decision.facts.files.known())?;
        }
        for (exception, rule) in &decided.judgement.excepted {
            writeln!(out, "    exception {exception} took away rule {rule}")?;
        }
        for (rule, reason) in &decided.judgement.unknown {
            writeln!(out, "    rule {rule}: unknown ({reason})")?;
        }
        if all && !decision.sensitive {
            let explanation = decision.generation.explain(&decision.facts, index, true);
            for line in explanation.to_string().lines() {
                writeln!(out, "    {}", clean(line))?;
            }
        }
    }
    Ok(())
}

fn write_message(
    out: &mut String,
    message: &MessageFacts,
    files: Option<&Files>,
) -> std::fmt::Result {
    write!(out, "  {} in {} parts", bytes(message.size), message.parts)?;
    if let Some(files) = files {
        write!(
            out,
            "; {} attachments, {}",
            files.count,
            bytes(files.total_size)
        )?;
        if files.inline_count > 0 {
            write!(
                out,
                "; {} inline images, {}",
                files.inline_count,
                bytes(files.inline_total_size)
            )?;
        }
    }
    writeln!(out)?;
    for not_scanned in &message.not_scanned {
        let part = match not_scanned.part.as_str() {
            "" => "the message",
            part => part,
        };
        writeln!(out, "  not scanned: {part}: {}", not_scanned.why)?;
    }
    for file in files.into_iter().flat_map(|files| &files.list) {
        write_file(out, file)?;
    }
    Ok(())
}

fn write_file(out: &mut String, file: &FileFacts) -> std::fmt::Result {
    let role = match file.role {
        FileRole::Text => "text",
        FileRole::Attachment => "attachment",
        FileRole::Inline => "inline image",
    };
    write!(out, "  part {} ({role})", file.part)?;
    if let Some(name) = &file.name {
        write!(out, " \"{}\"", clean(name))?;
    }
    write!(out, ": {}", bytes(file.size))?;
    for (index, kind) in file.kinds.iter().enumerate() {
        write!(
            out,
            "{}{}",
            if index == 0 { ", " } else { " and " },
            kind.what
        )?;
    }
    for sign in &file.executable {
        match sign.by {
            By::Content => write!(out, "; executable by content ({})", sign.what)?,
            By::Name => write!(out, "; executable by name ({})", clean(&sign.what))?,
        }
    }
    if let Some(why) = &file.not_opened {
        write!(out, "; not opened: {why}")?;
    }
    writeln!(out)
}

fn write_fired(out: &mut String, fired: &Fired, files: Option<&Files>) -> std::fmt::Result {
    write!(out, "    rule {} → {}", fired.id, fired.then)?;
    if fired.mode == Mode::Observe {
        write!(out, " (observe)")?;
    }
    if !fired.basis.is_empty() {
        write!(out, " — {}", fired.basis)?;
    }
    if let Some(reason) = &fired.unknown {
        write!(out, " — not known: {reason}")?;
    }
    let parts: Vec<&str> = fired
        .files
        .iter()
        .filter_map(|&index| files?.list.get(index))
        .map(|file| file.part.as_str())
        .collect();
    if !parts.is_empty() {
        write!(out, " — part {}", parts.join(", "))?;
    }
    writeln!(out)
}

/// A size for people: exact, and in binary units where that helps.
fn bytes(size: u64) -> String {
    const KIB: f64 = 1024.0;
    match size {
        0..1024 => format!("{size} B"),
        1024..1_048_576 => format!("{:.1} KiB ({size} B)", size as f64 / KIB),
        _ => format!("{:.2} MiB ({size} B)", size as f64 / KIB / KIB),
    }
}

/// Text of an unknown writer, fit for a terminal: controls and direction marks as escapes.
pub(super) fn clean(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let hidden = c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
            let (shown, escaped) = if hidden {
                (None, Some(c.escape_unicode()))
            } else {
                (Some(c), None)
            };
            shown.into_iter().chain(escaped.into_iter().flatten())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_write_to_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(clean("báo cáo\u{202e}fdp.exe"), "báo cáo\\u{202e}fdp.exe");
    }

    #[test]
    fn sizes_are_exact() {
        assert_eq!(bytes(31_457_281), "30.00 MiB (31457281 B)");
        assert_eq!(bytes(2048), "2.0 KiB (2048 B)");
        assert_eq!(bytes(7), "7 B");
    }
}
