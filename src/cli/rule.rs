//! `gacthu policy explain`: what one rule does, in words.

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use super::{
    FAILED, UNUSABLE, fail,
    policy::{load, print_report},
    say,
};
use crate::{
    policy::RuleCard,
    verdict::{Action, Direction, Mode},
};

/// Arguments of `gacthu policy explain`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The rule's id.
    #[arg(value_name = "RULE")]
    rule: String,
    /// The policy file.
    #[arg(long, env = "GACTHU_POLICY", value_name = "FILE")]
    policy: PathBuf,
    /// One JSON object.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> ExitCode {
    let generation = match load(std::slice::from_ref(&args.policy)) {
        Ok(generation) => generation,
        Err(report) => {
            print_report(&report);
            return fail(UNUSABLE, "the policy does not check; nothing is explained");
        }
    };
    match generation.rule_card(0, &args.rule) {
        Ok(card) if args.json => say(serde_json::to_string(&card).unwrap_or_default()),
        Ok(card) => {
            let mut out = String::new();
            // Writing to a String cannot fail.
            let _ = write_card(&mut out, &card);
            say(out.trim_end());
        }
        Err(none) => return fail(FAILED, none),
    }
    ExitCode::SUCCESS
}

fn write_card(out: &mut String, card: &RuleCard) -> std::fmt::Result {
    let place = |key: &str| {
        let said = card.written.iter().find(|said| said.key == key);
        said.map_or_else(String::new, |said| format!("   # {}", said.place))
    };
    writeln!(out, "{} · {}{}", card.id, card.title, place("id"))?;
    if !card.basis.is_empty() {
        writeln!(out, "Căn cứ / basis: {}{}", card.basis, place("basis"))?;
    }
    if !card.idle.is_empty() {
        writeln!(out, "Chưa có hiệu lực / not in force: {}", card.idle)?;
    }
    if !card.directions.is_empty() {
        let words: Vec<_> = card.directions.iter().map(|it| direction(*it)).collect();
        writeln!(out, "Thư / for: {}{}", words.join(", "), place("for"))?;
    }
    steps(out, "Khi / when:", &card.when, &place("when"))?;
    let unless = match card.unless_files {
        true => "Trừ những tệp / unless, which takes these files out of view:",
        false => "Trừ khi / unless:",
    };
    steps(out, unless, &card.unless, &place("unless"))?;
    if let Some(then) = card.then {
        // Points and bounds are more than the action.
        let written = card.written.iter().find(|said| said.key == "then");
        let more = written.filter(|said| said.value.starts_with('{'));
        let more = more.map_or_else(String::new, |said| format!(" {}", said.value));
        writeln!(out, "Thì / then: {}{more}{}", action(then), place("then"))?;
    }
    if card.sensitive {
        let place = place("sensitive");
        writeln!(
            out,
            "Nhạy cảm / sensitive: không lưu bản sao / no copy is stored{place}"
        )?;
    }
    if let Some(if_unknown) = card.if_unknown {
        let words = match if_unknown {
            Action::Accept => "bỏ qua / skip".to_owned(),
            other => action(other),
        };
        let place = place("if_unknown");
        writeln!(out, "Chưa biết được / if unknown: {words}{place}")?;
    }
    if card.idle.is_empty() {
        let mode = match card.mode {
            Mode::Observe => "chỉ theo dõi / observe",
            Mode::Enforce => "thực thi / enforce",
        };
        writeln!(out, "Chế độ / mode: {mode}, because {}", card.mode_because)?;
    }
    if let Some(reply) = &card.reply {
        writeln!(
            out,
            "Người gửi đọc (số liệu ví dụ) / the sender reads (sample values):{}",
            place("reply")
        )?;
        for line in &reply.lines {
            writeln!(out, "    {} {} {line}", reply.code, reply.enhanced)?;
        }
    }
    if card.never_excepted {
        let place = place("exceptions");
        writeln!(out, "Ngoại lệ / exceptions: không được có / never{place}")?;
    } else if card.exceptions.is_empty() {
        writeln!(out, "Ngoại lệ / exceptions: không / none")?;
    } else {
        writeln!(out, "Ngoại lệ / exceptions:")?;
    }
    if !card.authority.is_empty() {
        writeln!(
            out,
            "Người quyết định ngoại lệ / who decides: {}",
            card.authority
        )?;
    }
    for it in &card.exceptions {
        let until = match (it.until.as_str(), it.in_force) {
            ("", _) => "không có hạn / without end".to_owned(),
            (day, true) => format!("đến hết / until {day}"),
            (day, false) => format!("đã hết hạn / ended {day}"),
        };
        writeln!(out, "    {}: {}   # {}", it.id, it.when, it.place)?;
        let decided = match it.authority.as_str() {
            "" => String::new(),
            authority => format!("; quyết định / decided: {authority}"),
        };
        writeln!(out, "        {}; {}; {until}{decided}", it.reason, it.by)?;
    }
    writeln!(
        out,
        "Kiểm thử / tests: {}",
        match card.tests.len() {
            0 => "không / none".to_owned(),
            count => count.to_string(),
        }
    )?;
    for (fires, test) in &card.tests {
        let sign = if *fires {
            "trúng / fires "
        } else {
            "suýt / misses "
        };
        writeln!(out, "    {sign:<14} {test}")?;
    }
    writeln!(out, "Viết ở / written:")?;
    for said in &card.written {
        writeln!(out, "    {}: {}   # {}", said.key, said.value, said.place)?;
    }
    Ok(())
}

fn steps(out: &mut String, name: &str, lines: &[String], place: &str) -> std::fmt::Result {
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "{name}{place}")?;
    lines
        .iter()
        .try_for_each(|line| writeln!(out, "    {line}"))
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Inbound => "thư đến (inbound)",
        Direction::Outbound => "thư đi (outbound)",
        Direction::Internal => "nội bộ (internal)",
        Direction::Relayed => "chuyển tiếp qua (relayed)",
    }
}

fn action(action: Action) -> String {
    let words = match action {
        Action::Accept => "cho qua",
        Action::Note => "ghi lại",
        Action::Tag => "gắn thẻ",
        Action::Quarantine => "cách ly",
        Action::Defer => "hoãn",
        Action::Reject => "từ chối",
    };
    format!("{words} / {action}")
}
