//! A decision in words: part → rule → clause.

use std::fmt::Write;

use super::feed::Judged;
use crate::{
    engine::Decision,
    facts::{By, FileFacts, FileRole, Files, Forwarding, Letter, MessageFacts},
    message::Address,
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
        if let Some(forwarding) = decision.facts.forwarding.known() {
            write_forwarding(out, forwarding, address, decision.sensitive)?;
        }
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

/// What the letter is, where it is not simply a letter, and by which signals.
fn write_forwarding(
    out: &mut String,
    forwarding: &Forwarding,
    recipient: &Address,
    sensitive: bool,
) -> std::fmt::Result {
    let evidence = forwarding.evidence(recipient);
    if evidence.signals.is_empty() && evidence.letter == Letter::Ordinary {
        return Ok(());
    }
    write!(out, "    letter: {}", evidence.letter.as_str())?;
    if !evidence.signals.is_empty() {
        write!(
            out,
            "; {} ({} independent, {}%)",
            evidence.signals.join(", "),
            evidence.causes.len(),
            evidence.confidence
        )?;
    }
    if let Some(mailbox) = forwarding.mailbox.as_ref().filter(|_| !sensitive)
        && evidence.letter == Letter::Machine
    {
        write!(out, "; sent on by <{}>", clean(&mailbox.to_string()))?;
    }
    if let Some(provider) = forwarding.provider {
        write!(out, " ({provider})")?;
    }
    writeln!(out)
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
    if let Some(files) = files {
        write_files(out, &files.list)?;
    }
    Ok(())
}

/// Every file, what a container holds indented below it. Of a container's many members the first are
/// shown, and those that are executable; the rest is counted.
fn write_files(out: &mut String, list: &[FileFacts]) -> std::fmt::Result {
    // Containers stand before what they hold, so one pass knows how deep each file lies.
    let mut open: Vec<(Option<usize>, Rest)> = vec![(None, Rest::default())];
    let mut members = 0;
    for (index, file) in list.iter().enumerate() {
        while open.len() > 1
            && open
                .last()
                .is_some_and(|(holder, _)| *holder != file.parent)
        {
            close(out, &mut open)?;
        }
        let depth = open.len();
        let executable = !file.executable.is_empty();
        let mut own = Rest::default();
        if let Some((_, rest)) = open.last_mut() {
            let most = if executable { 2 * MEMBERS } else { MEMBERS };
            if file.parent.is_some()
                && (rest.shown >= most || members >= IN_ALL || (rest.hidden && !executable))
            {
                own.hidden = true;
                rest.left += 1;
                rest.executable += usize::from(executable);
            } else {
                rest.shown += 1;
                members += usize::from(file.parent.is_some());
                let holder = file.parent.and_then(|holder| list.get(holder));
                write_file(out, file, holder, depth)?;
            }
        }
        open.push((Some(index), own));
    }
    while !open.is_empty() {
        close(out, &mut open)?;
    }
    Ok(())
}

/// Members of one container that are shown at most; executable ones, twice as many. And of all
/// containers of a message together.
const MEMBERS: usize = 20;
const IN_ALL: usize = 200;
/// Files that a rule names at most.
const NAMED: usize = 5;

/// How many files of one container were shown and left out.
#[derive(Default)]
struct Rest {
    /// Whether the container itself was left out: then it is counted where it stands.
    hidden: bool,
    shown: usize,
    left: usize,
    executable: usize,
}

fn close(out: &mut String, open: &mut Vec<(Option<usize>, Rest)>) -> std::fmt::Result {
    let depth = open.len();
    let Some((_, rest)) = open.pop().filter(|(_, rest)| rest.left > 0) else {
        return Ok(());
    };
    if rest.hidden
        && let Some((_, outer)) = open.last_mut()
    {
        outer.left += rest.left;
        outer.executable += rest.executable;
        return Ok(());
    }
    write!(
        out,
        "{:indent$}… and {} more",
        "",
        rest.left,
        indent = 2 * depth
    )?;
    if rest.executable > 0 {
        write!(out, ", {} of them executable", rest.executable)?;
    }
    writeln!(out)
}

fn write_file(
    out: &mut String,
    file: &FileFacts,
    holder: Option<&FileFacts>,
    depth: usize,
) -> std::fmt::Result {
    write!(out, "{:indent$}", "", indent = 2 * depth)?;
    // A member is called by its path in the container, a part by its number and its name.
    let member = holder.and_then(|holder| file.part.strip_prefix(holder.part.as_str()));
    match member.filter(|path| path.starts_with('/')) {
        Some(path) => {
            write!(out, "{}", clean(path))?;
            let name = file.name.as_deref().unwrap_or_default();
            if !path.ends_with(name) {
                write!(out, " \"{}\"", clean(name))?;
            }
        }
        None => {
            let role = match file.role {
                FileRole::Text => "text",
                FileRole::Attachment => "attachment",
                FileRole::Inline => "inline image",
            };
            write!(out, "part {} ({role})", clean(&file.part))?;
            if let Some(name) = &file.name {
                write!(out, " \"{}\"", clean(name))?;
            }
        }
    }
    write!(out, ": {}", bytes(file.size))?;
    for (index, kind) in file.kinds.iter().enumerate() {
        let between = if index == 0 { ", " } else { " and " };
        write!(out, "{between}{}", kind.what)?;
    }
    for sign in &file.executable {
        match sign.by {
            By::Content => write!(out, "; executable by content ({})", sign.what)?,
            By::Name => write!(out, "; executable by name ({})", clean(&sign.what))?,
        }
    }
    for found in &file.traits {
        write!(out, "; {} ({})", found.what, found.id)?;
    }
    if file.encrypted.known() == Some(&true) {
        write!(out, "; encrypted")?;
        if let Some(cipher) = file.cipher {
            write!(out, " ({cipher})")?;
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
    let parts: Vec<String> = fired
        .files
        .iter()
        .filter_map(|&index| files?.list.get(index))
        .take(NAMED)
        .map(|file| clean(&file.part))
        .collect();
    if !parts.is_empty() {
        write!(out, " — part {}", parts.join(", "))?;
    }
    if fired.files.len() > NAMED {
        write!(out, " and {} more", fired.files.len() - NAMED)?;
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
    use crate::facts::{ExecutableSign, Fact, NotOpened, Place, Trait};

    #[test]
    fn names_cannot_write_to_the_terminal() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(clean("báo cáo\u{202e}fdp.exe"), "báo cáo\\u{202e}fdp.exe");
    }

    fn file(part: &str, parent: Option<usize>) -> FileFacts {
        FileFacts {
            part: part.to_owned(),
            parent,
            role: FileRole::Attachment,
            at: Place::Top,
            name: part.rsplit('/').next().map(str::to_owned),
            names: Vec::new(),
            declared_type: String::new(),
            kinds: Vec::new(),
            size: 7,
            sha256: String::new(),
            executable: Vec::new(),
            encrypted: Fact::Known(false),
            cipher: None,
            traits: Vec::new(),
            not_opened: None,
            signatures: Vec::new(),
            matches: Vec::new(),
        }
    }

    fn program(part: &str, parent: Option<usize>) -> FileFacts {
        let sign = ExecutableSign {
            by: By::Content,
            what: "pe".to_owned(),
        };
        FileFacts {
            executable: vec![sign],
            ..file(part, parent)
        }
    }

    fn shown(list: &[FileFacts]) -> String {
        let mut out = String::new();
        write_files(&mut out, list).unwrap();
        out
    }

    #[test]
    fn members_stand_below_their_container_with_what_was_found() {
        let sealed = FileFacts {
            encrypted: Fact::Known(true),
            cipher: Some("aes-256"),
            not_opened: Some(NotOpened::Encrypted),
            traits: Trait::by_id("lying-header").into_iter().collect(),
            ..file("2/b.zip", Some(1))
        };
        let list = [
            file("1", None),
            file("2", None),
            file("2/thu muc/a.zip", Some(1)),
            program("2/thu muc/a.zip/x\u{1b}.exe", Some(2)),
            sealed,
            file("3", None),
        ];
        let lines: Vec<String> = shown(&list).lines().map(str::to_owned).collect();
        assert_eq!(lines[1], "  part 2 (attachment) \"2\": 7 B");
        assert_eq!(lines[2], "    /thu muc/a.zip: 7 B");
        assert_eq!(
            lines[3],
            "      /x\\u{1b}.exe: 7 B; executable by content (pe)"
        );
        assert_eq!(
            lines[4],
            "    /b.zip: 7 B; two places of the archive say different things of a member \
             (lying-header); encrypted (aes-256); not opened: encrypted"
        );
        assert_eq!(lines[5], "  part 3 (attachment) \"3\": 7 B");
    }

    #[test]
    fn a_long_list_is_cut_and_counted_and_still_shows_programs() {
        let mut list = vec![file("1", None)];
        list.extend((0..500).map(|n| file(&format!("1/{n}.txt"), Some(0))));
        list.push(program("1/last.exe", Some(0)));
        list.push(file("2", None));
        let text = shown(&list);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 1 + 20 + 1 + 1 + 1);
        assert!(lines[21].starts_with("    /last.exe"), "{}", lines[21]);
        assert_eq!(lines[22], "    … and 480 more");
        assert!(lines[23].starts_with("  part 2 "));
        // Containers in a container, each with a program: however many, the text stays short.
        let mut nested = vec![file("1", None)];
        for n in 0..1000 {
            nested.push(file(&format!("1/{n}.zip"), Some(0)));
            nested.push(program(&format!("1/{n}.zip/a.exe"), Some(nested.len() - 1)));
        }
        let text = shown(&nested);
        assert!(text.lines().count() < 250, "{}", text.lines().count());
        assert!(text.ends_with(" more, 820 of them executable\n"), "{text}");
        // Parts of the message itself are never left out.
        let many: Vec<FileFacts> = (0..100).map(|n| file(&n.to_string(), None)).collect();
        assert_eq!(shown(&many).lines().count(), 100);
        let mut programs = vec![file("1", None)];
        programs.extend((0..90).map(|n| program(&format!("1/{n}.exe"), Some(0))));
        let text = shown(&programs);
        assert!(
            text.ends_with("    … and 50 more, 50 of them executable\n"),
            "{text}"
        );
    }

    #[test]
    fn sizes_are_exact() {
        assert_eq!(bytes(31_457_281), "30.00 MiB (31457281 B)");
        assert_eq!(bytes(2048), "2.0 KiB (2048 B)");
        assert_eq!(bytes(7), "7 B");
    }
}
