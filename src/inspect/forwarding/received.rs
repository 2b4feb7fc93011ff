//! One Received line (RFC 5321 section 4.4), as far as it tells where a letter came from.
//!
//! ```text
//! Received: from mx.example.com (mx.example.com [203.0.113.5])
//!     by mail.so.gov.vn (Postfix) with ESMTPS id 4F… for <vanthu@so.gov.vn>; Sun, 22 Nov 2026 …
//! ```
//!
//! Every program writes it a little differently, and anyone can write one: what is not understood is
//! left out, and at most [`LONGEST`] bytes are looked at.

use std::net::IpAddr;

use crate::message::Address;

/// What a Received line says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hop {
    /// The address of the client.
    pub(super) client: Option<IpAddr>,
    /// The host that wrote the line, in lower case.
    pub(super) by: Option<String>,
    /// The protocol, in lower case: `esmtpsa`, `lmtp`.
    pub(super) with: Option<String>,
    /// The only recipient at that time.
    pub(super) recipient: Option<Address>,
    /// Whether a program of the same machine handed it in: `(Postfix, from userid 33)`.
    local: bool,
}

impl Hop {
    pub(super) fn parse(value: &[u8]) -> Self {
        let value = value.get(..LONGEST).unwrap_or(value);
        let text = String::from_utf8_lossy(value).to_lowercase();
        // The date may hold anything, and says nothing here.
        let text = text
            .rsplit_once(';')
            .map_or(text.as_str(), |(text, _)| text);
        let mut hop = Self {
            local: text.contains("from userid ") || text.contains("invoked by uid "),
            ..Self::default()
        };
        let mut key = "";
        let mut depth = 0_usize;
        for word in text.split_ascii_whitespace() {
            let outside = depth == 0 && !word.starts_with('(');
            for byte in word.bytes() {
                match byte {
                    b'(' => depth = depth.saturating_add(1),
                    b')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            if outside {
                match word {
                    "from" | "by" | "with" | "id" | "for" | "via" => {
                        key = word;
                        continue;
                    }
                    _ => {}
                }
            }
            match key {
                "from" => {
                    hop.client = hop
                        .client
                        .or_else(|| bracketed(word))
                        .or_else(|| bare(word))
                }
                "by" if outside => {
                    hop.by.get_or_insert_with(|| host(word).to_owned());
                }
                "with" if outside => {
                    hop.with.get_or_insert_with(|| word.to_owned());
                }
                "for" if outside && word.contains('@') => {
                    let address = Address::parse_path(word.trim_end_matches(',').as_bytes());
                    hop.recipient.get_or_insert(address);
                }
                _ => {}
            }
        }
        hop
    }

    /// Whether its client had logged in, was a program of the same machine, or a web page.
    pub(super) fn submitted(&self) -> bool {
        self.local
            || self.with.as_deref().is_some_and(|with| {
                // RFC 3848 and RFC 6531: `ESMTPA`, `ESMTPSA`, `UTF8SMTPSA`; Exim's `asmtp`.
                with.ends_with("smtpa")
                    || with.ends_with("smtpsa")
                    || with.starts_with("asmtp")
                    || ["http", "https", "local", "mapi", "sqmail"].contains(&with)
            })
    }
}

/// `[203.0.113.5]`, `([203.0.113.5])`, `[IPv6:2001:db8::1]`
fn bracketed(word: &str) -> Option<IpAddr> {
    let (_, rest) = word.split_once('[')?;
    let (inside, _) = rest.split_once(']')?;
    inside.strip_prefix("ipv6:").unwrap_or(inside).parse().ok()
}

/// `(203.0.113.5)`, as Exchange and qmail write it.
fn bare(word: &str) -> Option<IpAddr> {
    let inside = word.strip_prefix('(')?.trim_end_matches(')');
    inside.parse().ok()
}

fn host(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Bytes of a line that are looked at.
const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(text: &str) -> Hop {
        Hop::parse(text.as_bytes())
    }

    #[test]
    fn lines_of_many_programs() {
        type Text = Option<&'static str>;
        let rows: &[(&str, Text, Text, Text, Text)] = &[
            (
                "from mx.example.com (mx.example.com [203.0.113.5])\n\tby mail.so.gov.vn (Postfix) with ESMTPS id 4F\n\tfor <vanthu@so.gov.vn>; Sun, 22 Nov 2026 09:00:00 +0700 (ICT)",
                Some("203.0.113.5"),
                Some("mail.so.gov.vn"),
                Some("esmtps"),
                Some("vanthu@so.gov.vn"),
            ),
            (
                "from [IPv6:2001:db8::5] (helo=x) by mail.a.vn with esmtpsa (TLS1.3) (Exim 4.96) (envelope-from <a@b.vn>) id 1x for c@d.vn; Sun, 22 Nov 2026",
                Some("2001:db8::5"),
                Some("mail.a.vn"),
                Some("esmtpsa"),
                Some("c@d.vn"),
            ),
            (
                "by mail.a.vn (Postfix, from userid 1000) id 278FD40BBE; Sat, 29 Jun 2024 17:16:55 +0200 (CEST)",
                None,
                Some("mail.a.vn"),
                None,
                None,
            ),
            (
                "from mx ([127.0.0.1]) by store with LMTP id AAA (envelope-from <x@y.vn>) for <u@a.vn>; x",
                Some("127.0.0.1"),
                Some("store"),
                Some("lmtp"),
                Some("u@a.vn"),
            ),
            (
                "from mx.example.com (203.0.113.5) by EX01.so.gov.vn (10.0.0.4) with Microsoft SMTP Server id 15.1; x",
                Some("203.0.113.5"),
                Some("ex01.so.gov.vn"),
                Some("microsoft"),
                None,
            ),
            (
                "(qmail 1234 invoked by uid 89); 22 Nov 2026 02:00:00 -0000",
                None,
                None,
                None,
                None,
            ),
            (
                "by 2002:ab0:300f:0:0:0:0:0 with SMTP id f15csp1762809ual; Fri, 8 Feb 2019",
                None,
                Some("2002:ab0:300f:0:0:0:0:0"),
                Some("smtp"),
                None,
            ),
        ];
        for (text, client, by, with, recipient) in rows {
            let found = hop(text);
            assert_eq!(found.client, client.map(|it| it.parse().unwrap()), "{text}");
            assert_eq!(found.by.as_deref(), *by, "{text}");
            assert_eq!(found.with.as_deref(), *with, "{text}");
            let expected = recipient.map(|it| Address::parse_path(it.as_bytes()));
            assert_eq!(found.recipient, expected, "{text}");
        }
    }

    #[test]
    fn who_logged_in_is_told_by_the_protocol() {
        for (with, expected) in [
            ("ESMTPSA", true),
            ("ESMTPA", true),
            ("UTF8SMTPSA", true),
            ("HTTPS", true),
            ("ESMTPS", false),
            ("ESMTP", false),
            ("LMTP", false),
        ] {
            let line = format!("from a ([203.0.113.5]) by b with {with} id 1; x");
            assert_eq!(hop(&line).submitted(), expected, "{with}");
        }
        assert!(!hop("from a by b").submitted());
        assert!(hop("by a.vn (Postfix, from userid 33) id 4F; x").submitted());
    }

    #[test]
    fn what_an_enemy_writes_is_bounded_and_never_panics() {
        for text in [
            "(".repeat(100_000),
            ")".repeat(5000),
            "from [".repeat(1000),
            "for @ for <@> for >@<;;;;".to_owned(),
            "by by by with with".to_owned(),
            "from ([[[IPv6:]]]) by ; ".to_owned(),
            "\u{0}\u{ff}ệ by ệ.vn with ệ for ệ@ệ;".to_owned(),
        ] {
            let found = hop(&text);
            assert!(found.by.is_none_or(|by| by.len() <= LONGEST));
        }
        let mut cut = "a ".repeat(LONGEST).into_bytes();
        cut.push(0xc3);
        assert_eq!(Hop::parse(&cut), Hop::default());
    }
}
