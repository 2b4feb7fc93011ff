//! What a letter is by itself: report, list, calendar reply, out-of-office, a person's forward.
//!
//! What is never refused is asked for narrowly, since whoever can look like it can forward what he likes:
//! each kind must be *ours* and must bear no sign that it lay in another mailbox before.

use super::{Collected, Standing, author::Author, marks::Marks, trail::Trail};
use crate::{
    facts::{Cause, Letter, Way},
    message::{Address, Disposition, Headers, Message, Part, PartKind},
};

/// What is asked about.
pub(super) struct Case<'a> {
    pub(super) message: &'a Message,
    pub(super) standing: &'a Standing,
    pub(super) way: Way,
    pub(super) trail: &'a Trail,
    pub(super) author: &'a Author,
    pub(super) marks: &'a Marks,
}

impl Case<'_> {
    fn headers(&self) -> &Headers {
        &self.message.headers
    }
}

/// What the letter is, and whether that stands however many signals there are. Adds the signals that hang
/// on it.
pub(super) fn letter(case: &Case<'_>, collected: &mut Collected) -> (Letter, bool) {
    if is_report(case) {
        return (Letter::Report, true);
    }
    let resent = resent(case, collected);
    let ours = case.author.is_ours(case.standing);
    let carries = carries_another(case.message);
    if carries && case.way == Way::Out {
        collected.add("forwarded-content", None);
    }
    // Whether it lay in another mailbox, or was sent again.
    let before = collected.has(Cause::Delivery) || collected.has(Cause::Resent);
    match case.way {
        Way::Out => {
            if is_our_list(case, collected) {
                return (Letter::List, true);
            }
            if resent && !collected.has(Cause::Program) {
                return (Letter::Person, true);
            }
            if ours && !before && is_calendar_reply(case.message) {
                return (Letter::CalendarReply, true);
            }
            if ours && !before && !carries && is_out_of_office(case) {
                return (Letter::OutOfOffice, true);
            }
        }
        Way::In => {
            if case.headers().first("List-Id").is_some() && !case.marks.told {
                return (Letter::List, true);
            }
            if resent && !case.marks.told && !collected.has(Cause::Program) {
                return (Letter::Person, true);
            }
        }
    }
    match carries {
        true => (Letter::Person, false),
        false => (Letter::Ordinary, false),
    }
}

/// A delivery report (RFC 3464) or a receipt (RFC 8098) from the null sender, with the parts that the format
/// has and no others (RFC 6522 section 3).
fn is_report(case: &Case<'_>) -> bool {
    let Some(whole) = case.message.parts.first() else {
        return false;
    };
    if !case.standing.sender.is_empty()
        || whole.kind != PartKind::Multipart
        || whole.media_type != "multipart/report"
    {
        return false;
    }
    let status = match parameter(&whole.headers, "report-type").as_deref() {
        Some("delivery-status") => ["message/delivery-status", "message/global-delivery-status"],
        Some("disposition-notification") => [
            "message/disposition-notification",
            "message/global-disposition-notification",
        ],
        _ => return false,
    };
    let parts: Vec<&Part> = case.message.children(whole.id).take(4).collect();
    let text = |part: &Part| {
        part.media_type.starts_with("text/")
            || matches!(
                part.media_type.as_str(),
                "multipart/alternative" | "multipart/related"
            )
    };
    let returned = |part: &Part| {
        part.media_type == "message/rfc822"
            || part.media_type == "message/global"
            || part.media_type == "text/rfc822-headers"
            || part.media_type == "message/global-headers"
    };
    match parts.as_slice() {
        [first, second] => text(first) && status.contains(&second.media_type.as_str()),
        [first, second, third] => {
            text(first) && status.contains(&second.media_type.as_str()) && returned(third)
        }
        _ => false,
    }
}

/// Whether a program wrote it as a report or as an answer (RFC 3464, RFC 3834). Zimbra's `auto-notified` and cron's
/// `auto-generated` answer nobody, so they begin no circle.
pub(super) fn is_automatic(message: &Message) -> bool {
    let headers = &message.headers;
    let report = message
        .parts
        .first()
        .is_some_and(|whole| whole.media_type == "multipart/report");
    let answers = headers.all("Auto-Submitted").any(|value| {
        let word = value.trim_ascii_start();
        word.get(..REPLIED.len())
            .is_some_and(|word| word.eq_ignore_ascii_case(REPLIED))
    });
    let daemon = headers.addresses("From").iter().any(|from| {
        let name = from.local_folded();
        name == "mailer-daemon" || name == "postmaster"
    });
    report || answers || daemon
}

/// How `Auto-Submitted` names an answer (RFC 3834 section 5).
const REPLIED: &[u8] = b"auto-replied";

/// A list of ours: List-Id under our domains, an envelope sender of its own that takes bounces, and no sign
/// that it lay in a subscriber's mailbox since.
fn is_our_list(case: &Case<'_>, collected: &mut Collected) -> bool {
    let Some(list) = list_name(case) else {
        return false;
    };
    let sender = case.standing.sender.local_folded();
    let bounces = sender.contains(&list)
        && (sender.starts_with("owner-")
            || [
                "-bounce", "+bounce", "-owner", "+owner", "-return", "-errors", "-request",
                "-admin",
            ]
            .iter()
            .any(|word| sender.contains(word)));
    if !bounces || !case.standing.our_box(&case.standing.sender) {
        return false;
    }
    // The list's own box may stand there; a subscriber's would stand above it.
    let last = case.trail.deliveries(case.standing, Way::Out).next();
    let in_a_box = last.is_some_and(|(_, who)| !who.local_folded().starts_with(&list));
    !collected.has(Cause::Program) && !in_a_box
}

/// The first label of List-Id (RFC 2919), where the rest is one of our hosts.
fn list_name(case: &Case<'_>) -> Option<String> {
    let value = case.headers().first("List-Id")?;
    let value = String::from_utf8_lossy(value.get(..LONGEST).unwrap_or(value)).to_lowercase();
    let (_, id) = value.rsplit_once('<')?;
    let (id, _) = id.split_once('>')?;
    let (name, host) = id.trim().split_once('.')?;
    (name.len() >= 2 && case.standing.our_host(host)).then(|| name.to_owned())
}

/// Whether a person sent it again: the Resent block names every recipient outside, and stands where only we
/// can have put it. Else a block that may be of a machine is a signal.
fn resent(case: &Case<'_>, collected: &mut Collected) -> bool {
    let headers = case.headers();
    let first = |name: &str| {
        let mut fields = headers.iter();
        fields.position(|field| field.name.eq_ignore_ascii_case(name.as_bytes()))
    };
    let Some(at) = first("Resent-From").or_else(|| first("Resent-Sender")) else {
        return false;
    };
    let by: Vec<Address> = ["Resent-From", "Resent-Sender"]
        .iter()
        .flat_map(|name| headers.first(name))
        .flat_map(Address::parse_field)
        .take(16)
        .collect();
    let by_us = by.iter().any(|it| case.standing.our_box(it));
    let named: Vec<Address> = ["Resent-To", "Resent-Cc"]
        .iter()
        .flat_map(|name| headers.first(name))
        .flat_map(Address::parse_field)
        .take(1000)
        .collect();
    let standing = case.standing;
    match case.way {
        Way::Out => {
            let inside = |it: &Address| standing.inside.contains(it) || named.contains(it);
            let all = !named.is_empty() && standing.recipients.iter().all(inside);
            let undelivered = case
                .trail
                .delivered_at
                .is_none_or(|delivered| at < delivered);
            let here = case.trail.may_be_ours(at) && undelivered;
            if here && all && by_us {
                return true;
            }
            if by_us || case.trail.is_surely_ours(at) {
                collected.add("resent", by.into_iter().find(|it| standing.our_box(it)));
            }
            false
        }
        Way::In => {
            let one = standing.recipients.iter().any(|it| named.contains(it));
            if !one {
                collected.add("resent", by.into_iter().find(|it| !standing.our_box(it)));
            }
            one
        }
    }
}

/// A reply to an invitation (RFC 5546 section 3.2.3).
fn is_calendar_reply(message: &Message) -> bool {
    message.parts.iter().take(PARTS).any(|part| {
        part.media_type == "text/calendar"
            && message.enclosing_message(part).is_none()
            && parameter(&part.headers, "method").as_deref() == Some("reply")
    })
}

/// An out-of-office as programs write it (RFC 3834; Exchange's own marks): it says so, answers something, is
/// short and carries nothing.
fn is_out_of_office(case: &Case<'_>) -> bool {
    let headers = case.headers();
    let has = |name: &str| headers.first(name).is_some();
    let word = |name: &str| {
        let value = headers.first(name).unwrap_or_default();
        String::from_utf8_lossy(value.get(..LONGEST).unwrap_or(value))
            .trim()
            .to_lowercase()
    };
    let submitted = word("Auto-Submitted");
    let subject = headers.subject().unwrap_or_default().to_lowercase();
    let titled = REPLIES.iter().any(|start| subject.starts_with(start));
    let answers = has("In-Reply-To") || has("References") || titled;
    let says = submitted.starts_with("auto-replied")
        || (answers
            && (submitted.starts_with("auto-generated")
                || has("X-Auto-Response-Suppress")
                || has("X-Autoreply")
                || has("X-Autorespond")
                || word("Precedence") == "auto_reply"));
    let sender = &case.standing.sender;
    let by_us = sender.is_empty() || case.standing.ours(sender);
    let carries = case.message.parts.iter().any(|part| {
        part.kind == PartKind::Message
            || matches!(
                part.disposition,
                Disposition::Attachment | Disposition::Other
            )
    });
    says && by_us && !carries && case.message.size <= SHORT
}

/// Whether it carries another letter: attached, or quoted by a Forward.
fn carries_another(message: &Message) -> bool {
    let attached =
        message.parts.iter().take(PARTS).any(|part| {
            part.kind == PartKind::Message && message.enclosing_message(part).is_none()
        });
    if attached {
        return true;
    }
    let subject = message.headers.subject().unwrap_or_default().to_lowercase();
    if FORWARDS
        .iter()
        .any(|start| subject.trim_start().starts_with(start))
    {
        return true;
    }
    let text = message.parts.iter().take(PARTS).find(|part| {
        part.kind == PartKind::Leaf
            && part.media_type == "text/plain"
            && part.disposition != Disposition::Attachment
    });
    let Some(Ok(text)) = text.map(|part| part.text(READ)) else {
        return false;
    };
    let text = text.text.to_lowercase();
    QUOTES.iter().any(|line| text.contains(line))
}

/// A parameter of Content-Type, in lower case. Written in the ways of RFC 2231 it is not found, and the part
/// is taken for an ordinary one.
fn parameter(headers: &Headers, name: &str) -> Option<String> {
    let value = headers.first("Content-Type")?;
    let text = String::from_utf8_lossy(value.get(..LONGEST).unwrap_or(value)).to_lowercase();
    text.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=')?;
        (key.trim() == name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// How mail programs begin the subject of a Forward.
const FORWARDS: &[&str] = &[
    "fw:",
    "fwd:",
    "tr:",
    "wg:",
    "vs:",
    "rv:",
    "[fwd:",
    "ct:",
    "chuyển tiếp:",
];

/// How they begin that of an out-of-office.
const REPLIES: &[&str] = &[
    "automatic reply",
    "auto:",
    "auto reply",
    "autoreply",
    "out of office",
    "trả lời tự động",
    "tự động trả lời",
    "vắng mặt",
];

/// The line that they put above a letter which they forward inline.
const QUOTES: &[&str] = &[
    "---------- forwarded message",
    "-------- forwarded message",
    "----- forwarded message",
    "begin forwarded message",
    "bắt đầu thư được chuyển tiếp",
    "---------- thư được chuyển tiếp",
    "----- thư chuyển tiếp",
    "----- chuyển tiếp",
];

/// Parts that are looked at.
const PARTS: usize = 200;
/// Bytes of text that are looked at.
const READ: u64 = 16 << 10;
/// Bytes of a field that are looked at.
const LONGEST: usize = 2048;
/// Bytes that an out-of-office has at most, its signature's picture included.
const SHORT: u64 = 64 << 10;
