//! Postfix's own log, line by line: what became of each queue id.
//!
//! Both forms of syslog's time are read: `2026-11-22T08:00:00.123456+07:00` and `Nov 22 08:00:00`.
//! The words are those of Postfix's `log_adhoc` (`to=<…>, … status=sent`), of its cleanup's
//! `milter-reject`, `milter-hold`, `milter-discard`, and of its bounce daemon.

use std::{
    collections::HashMap,
    io::{self, BufRead, Read},
};

/// What one line says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A recipient was tried: `sent`, `deferred`, `bounced`, `expired`, `undeliverable` …
    Delivery(String),
    /// A milter refused the message, asked to come again, held or threw it away: Postfix's word.
    Milter(String),
    /// A message of Postfix's own (a bounce, a notification) has this queue id.
    Own(String),
    /// It left the queue.
    Removed,
    /// Anything else about it.
    Other,
}

/// What the log says of one queue id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// The time of its first line, as it stands there.
    pub first: String,
    /// Recipients that were delivered.
    pub sent: u64,
    /// Lines that say `deferred`.
    pub deferred: u64,
    /// Recipients that bounced or expired.
    pub bounced: u64,
    /// What a milter did.
    pub milter: Option<String>,
    /// Whether it is a message of Postfix's own, which no milter sees.
    pub own: bool,
    /// Whether it left the queue.
    pub removed: bool,
}

/// All queue ids of a log.
#[derive(Debug, Default)]
pub struct MailLog {
    /// By queue id.
    pub fates: HashMap<String, Fate>,
    /// Lines of Postfix.
    pub lines: u64,
}

/// A longer line is cut; Postfix writes at most 2,000 bytes.
const LINE: u64 = 16 << 10;

impl MailLog {
    /// Reads a log to its end; another may follow. It takes memory by queue ids, not by lines.
    ///
    /// # Errors
    /// Those of reading.
    pub fn add(&mut self, mut log: impl BufRead) -> io::Result<()> {
        let mut line = Vec::new();
        loop {
            line.clear();
            if log.by_ref().take(LINE).read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            if line.last() != Some(&b'\n') && line.len() as u64 == LINE {
                log.skip_until(b'\n')?;
            }
            self.note(&String::from_utf8_lossy(&line));
        }
    }

    fn note(&mut self, line: &str) {
        let Some((time, id, event)) = parse(line) else {
            return;
        };
        self.lines += 1;
        let fate = self.fates.entry(id.to_owned()).or_default();
        if fate.first.is_empty() {
            time.clone_into(&mut fate.first);
        }
        match event {
            Event::Delivery(status) => match status.as_str() {
                "sent" => fate.sent += 1,
                "deferred" => fate.deferred += 1,
                _ => fate.bounced += 1,
            },
            Event::Milter(word) => fate.milter = Some(word),
            Event::Own(other) => self.fates.entry(other).or_default().own = true,
            Event::Removed => fate.removed = true,
            Event::Other => {}
        }
    }
}

/// The time, the queue id and the meaning of a line; none: it is not Postfix's, or of no message.
fn parse(line: &str) -> Option<(&str, &str, Event)> {
    let line = line.trim_end();
    // `postfix/smtp[123]: `, or with an instance or a service: `postfix-out/submission/smtpd[1]: `.
    let at = line.find("postfix")?;
    let before = line.get(..at)?.trim_end();
    let (daemon, rest) = line.get(at..)?.split_once("]: ")?;
    let daemon = daemon.split('[').next()?.rsplit('/').next()?;
    let time = match before.as_bytes().first()? {
        b'0'..=b'9' => before.split(' ').next()?,
        // `Nov 22 08:00:00`: 15 characters.
        _ => before.get(..15)?,
    };
    let (id, text) = rest.split_once(": ")?;
    if !is_queue_id(id) {
        return None;
    }
    let event = if text == "removed" {
        Event::Removed
    } else if let Some(status) = text
        .starts_with("to=<")
        .then(|| text.split_once(" status="))
        .flatten()
    {
        Event::Delivery(status.1.split([' ', '(']).next()?.to_owned())
    } else if text.starts_with("milter-") {
        Event::Milter(text.split(':').next()?.to_owned())
    } else if daemon == "bounce" {
        let own = text.rsplit_once(": ").map(|(_, id)| id);
        match own.filter(|id| is_queue_id(id)) {
            Some(id) => Event::Own(id.to_owned()),
            None => Event::Other,
        }
    } else {
        Event::Other
    };
    Some((time, id, event))
}

/// Short queue ids are hexadecimal, long ones letters and digits without vowels (Postfix 2.9).
fn is_queue_id(text: &str) -> bool {
    (6..=20).contains(&text.len())
        && text != "NOQUEUE"
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && text.bytes().any(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "\
2026-11-22T08:00:00.123456+07:00 mx1 postfix/smtpd[10]: connect from a[192.0.2.1]
2026-11-22T08:00:00.123456+07:00 mx1 postfix/smtpd[10]: 4dDR6h0Q1Yz9: client=a[192.0.2.1]
2026-11-22T08:00:01.123456+07:00 mx1 postfix/smtp[11]: 4dDR6h0Q1Yz9: to=<b@c>, relay=x[1]:25, delay=1, dsn=2.0.0, status=sent (250 status=bounced)
2026-11-22T08:00:01.123456+07:00 mx1 postfix/qmgr[12]: 4dDR6h0Q1Yz9: removed
Nov 22 08:00:02 mx1 postfix-out/submission/smtpd[10]: 3F2A91C04E: client=a
Nov 22 08:00:03 mx1 postfix/cleanup[13]: 3F2A91C04E: milter-reject: END-OF-MESSAGE from a[192.0.2.1]: 5.7.1 Khong nhan; from=<x@y>
Nov 22 08:00:04 mx1 postfix/bounce[14]: 4dDR7k1aaaz9: sender non-delivery notification: 4dDR7m2bbbz9
Nov 22 08:00:04 mx1 postfix/smtpd[10]: NOQUEUE: milter-reject: RCPT from a[192.0.2.1]: 5.7.1 x
Nov 22 08:00:05 mx1 postfix/smtpd[10]: warning: 4dDR7k1aaaz9: to=<b>, status=sent
Nov 22 08:00:05 mx1 sshd[9]: ABCDEF12: to=<b>, status=sent
";

    #[test]
    fn each_queue_id_has_its_fate() {
        let mut log = MailLog::default();
        log.add(LOG.as_bytes()).unwrap();
        let fate = &log.fates["4dDR6h0Q1Yz9"];
        assert_eq!((fate.sent, fate.bounced, fate.removed), (1, 0, true));
        assert_eq!(fate.first, "2026-11-22T08:00:00.123456+07:00");
        let refused = &log.fates["3F2A91C04E"];
        assert_eq!(refused.milter.as_deref(), Some("milter-reject"));
        assert_eq!(refused.first, "Nov 22 08:00:02");
        assert!(log.fates["4dDR7m2bbbz9"].own);
        let mut ids: Vec<_> = log.fates.keys().map(String::as_str).collect();
        ids.sort_unstable();
        assert_eq!(
            ids,
            ["3F2A91C04E", "4dDR6h0Q1Yz9", "4dDR7k1aaaz9", "4dDR7m2bbbz9"]
        );
        assert_eq!(log.lines, 6);
    }

    #[test]
    fn odd_lines_do_no_harm() {
        let long = format!(
            "Nov 22 08:00:05 mx1 postfix/smtp[1]: 4dDR6h0Q1Yz9: to=<{}>, status=sent\n",
            "x".repeat(100_000)
        );
        let next = "Nov 22 08:00:06 mx1 postfix/qmgr[1]: 4dDR6h0Q1Yz9: removed";
        let text = format!("{long}\0\u{fffd}postfix\npostfix/x]: \n{next}");
        let mut log = MailLog::default();
        log.add(text.as_bytes()).unwrap();
        let fate = &log.fates["4dDR6h0Q1Yz9"];
        assert_eq!((fate.sent, fate.removed), (0, true));
        assert_eq!(log.fates.len(), 1);
    }
}
