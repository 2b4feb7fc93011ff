//! Sieve scripts (RFC 5228): which commands send mail on.
//!
//! Commands are read as flat lists of words, whatever blocks they stand in: a `redirect` under a test
//! that is hardly ever true sends on all the same. Nothing is executed and nothing recurses.

mod lexer;

use std::collections::HashMap;

pub(super) use self::lexer::{Follower, Within, Wrong};
use self::lexer::{Lexer, Token};

/// Words of one command.
const MAX_WORDS: usize = 20_000;
/// Actions of one script.
const MAX_ACTIONS: usize = 10_000;

/// What an action does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// `redirect` to this address.
    Redirect { to: To, copy: bool },
    /// `notify` by mail to this address.
    Notice { to: To },
    /// `pipe`, `execute`, `filter` (Dovecot's extprograms).
    Program { name: String },
    /// `include` of another script.
    Include { name: String, global: bool },
}

/// An address, or why it is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum To {
    Address(String),
    /// The text as it is written.
    Variable(String),
}

/// One action and its line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) line: usize,
    pub(super) does: Does,
}

/// What a script does, as far as it can be read, and where it cannot.
pub(super) fn read(script: &str) -> (Vec<Action>, Option<Wrong>) {
    let mut reading = Reading::default();
    let mut lexer = Lexer::new(script);
    loop {
        match lexer.next() {
            Ok(Some((line, token))) => reading.token(line, token),
            Ok(None) => return reading.finish(None),
            Err(wrong) => return reading.finish(Some(wrong)),
        }
    }
}

#[derive(Default)]
struct Reading {
    /// The command under way: its words and lines.
    words: Vec<(usize, Token)>,
    capabilities: Vec<String>,
    /// Texts that `set` gives to a variable; looked at when all are known.
    set: HashMap<String, Vec<String>>,
    actions: Vec<Action>,
    /// Addresses with variables: place in `actions`.
    wrong: Option<Wrong>,
}

impl Reading {
    fn token(&mut self, line: usize, token: Token) {
        match token {
            Token::Mark(';' | '{' | '}') => self.command(),
            token if self.words.len() < MAX_WORDS => self.words.push((line, token)),
            _ => {
                let why = "a command with too many words";
                self.wrong.get_or_insert(Wrong { line, why });
            }
        }
    }

    fn finish(mut self, wrong: Option<Wrong>) -> (Vec<Action>, Option<Wrong>) {
        if wrong.is_none() && self.wrong.is_none() && !self.words.is_empty() {
            let line = self.words.first().map_or(1, |(line, _)| *line);
            self.wrong = Some(Wrong {
                line,
                why: "a command without `;`",
            });
        }
        self.command();
        let set = std::mem::take(&mut self.set);
        let mut actions = Vec::with_capacity(self.actions.len());
        for action in self.actions {
            expand(action, &set, &mut actions);
        }
        (actions, self.wrong.or(wrong))
    }

    fn command(&mut self) {
        let words = std::mem::take(&mut self.words);
        let Some((line, Token::Name(name))) = words.first() else {
            return;
        };
        let line = *line;
        let texts = || {
            words.iter().filter_map(|(_, word)| match word {
                Token::Text(text) => Some(text.as_str()),
                _ => None,
            })
        };
        let tagged = |name: &str| {
            words
                .iter()
                .any(|(_, word)| matches!(word, Token::Tag(tag) if tag == name))
        };
        let mut does = Vec::new();
        match name.as_str() {
            "require" => {
                let asked: Vec<String> = texts().map(str::to_ascii_lowercase).collect();
                self.capabilities
                    .extend(asked.into_iter().take(MAX_ACTIONS));
            }
            "set" => {
                let texts: Vec<&str> = texts().collect();
                if let [name, value] = texts.as_slice() {
                    // Modifiers (`:lower`) change the text.
                    let plain = !words.iter().any(|(_, word)| matches!(word, Token::Tag(_)));
                    let value = if plain {
                        self.decoded(value)
                    } else {
                        format!("${{{name}}}")
                    };
                    let known = self.set.entry(name.to_ascii_lowercase()).or_default();
                    if known.len() < 100 {
                        known.push(value);
                    }
                }
            }
            "redirect" => {
                let copy = tagged("copy");
                // `:list "…"` and whatever else: the address is the last text.
                match texts().next_back() {
                    Some(text) if !tagged("list") => does.push(Does::Redirect {
                        to: self.to(text),
                        copy,
                    }),
                    text => does.push(Does::Redirect {
                        to: To::Variable(text.unwrap_or_default().to_owned()),
                        copy,
                    }),
                }
            }
            "notify" => does.extend(self.notice(&words)),
            "pipe" | "execute" | "filter" => {
                // The program's name and its arguments.
                let words: Vec<&str> = texts().take(100).collect();
                let name = words.join(" ");
                does.push(Does::Program { name });
            }
            "include" => {
                let name = texts().next_back().unwrap_or_default().to_owned();
                does.push(Does::Include {
                    name,
                    global: tagged("global"),
                });
            }
            _ => {}
        }
        for does in does {
            if self.actions.len() >= MAX_ACTIONS {
                self.wrong.get_or_insert(Wrong {
                    line,
                    why: "too many actions",
                });
                return;
            }
            self.actions.push(Action { line, does });
        }
    }

    /// `notify :options … "mailto:a@b?…"` (RFC 5435, 5436), its older form with `:method "mailto"
    /// :options "a@b"`, and Zimbra's `notify "a@b" "subject" …`.
    fn notice(&self, words: &[(usize, Token)]) -> Vec<Does> {
        let mut found = Vec::new();
        let mut tag = "";
        let mut list = false;
        for (_, word) in words {
            match word {
                Token::Tag(name) => tag = name,
                Token::Mark('[') => list = true,
                Token::Mark(']') => (list, tag) = (false, ""),
                Token::Text(text) => {
                    let told = !matches!(tag, "message" | "from" | "importance" | "id" | "fcc");
                    if !list {
                        tag = "";
                    }
                    let text = self.decoded(text);
                    if let Some(rest) = strip_scheme(&text) {
                        let (addresses, _) = rest.split_once('?').unwrap_or((rest, ""));
                        for address in addresses.split(',').filter(|it| !it.is_empty()) {
                            found.push(Does::Notice {
                                to: variable_or(&percent_decoded(address)),
                            });
                        }
                    } else if told && text.contains('@') && !text.contains(char::is_whitespace) {
                        found.push(Does::Notice {
                            to: variable_or(&text),
                        });
                    } else if told && text.starts_with("${") {
                        found.push(Does::Notice {
                            to: To::Variable(text),
                        });
                    }
                }
                _ => {}
            }
        }
        found
    }

    fn to(&self, text: &str) -> To {
        let text = self.decoded(text);
        if self.asks("variables") {
            variable_or(&text)
        } else {
            To::Address(text)
        }
    }

    fn asks(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|it| it == capability)
    }

    /// `${hex:40}`, `${unicode:40}` (RFC 5228 section 2.4.2.4), where the script asks for them.
    fn decoded(&self, text: &str) -> String {
        if !self.asks("encoded-character") || !text.contains("${") {
            return text.to_owned();
        }
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find("${") {
            let (before, after) = rest.split_at(at);
            out.push_str(before);
            let decoded = after
                .find('}')
                .and_then(|end| Some((characters(after.get(2..end)?)?, end)));
            let taken = match decoded {
                Some((characters, end)) => {
                    out.push_str(&characters);
                    end + 1
                }
                None => {
                    out.push_str("${");
                    2
                }
            };
            rest = after.get(taken..).unwrap_or_default();
        }
        out.push_str(rest);
        out
    }
}

/// `hex:40 67`, `unicode:0040`.
fn characters(inner: &str) -> Option<String> {
    let (kind, digits) = inner.split_once(':')?;
    let numbers = digits
        .split_whitespace()
        .map(|it| u32::from_str_radix(it, 16).ok());
    let numbers: Vec<u32> = numbers.collect::<Option<_>>()?;
    match kind.to_ascii_lowercase().as_str() {
        "hex" => {
            let bytes: Option<Vec<u8>> = numbers
                .into_iter()
                .map(|it| u8::try_from(it).ok())
                .collect();
            Some(String::from_utf8_lossy(&bytes?).into_owned())
        }
        "unicode" => numbers.into_iter().map(char::from_u32).collect(),
        _ => None,
    }
}

fn variable_or(text: &str) -> To {
    match text.contains("${") {
        true => To::Variable(text.to_owned()),
        false => To::Address(text.to_owned()),
    }
}

/// A variable that is only ever set to fixed texts is as good as these texts.
fn expand(action: Action, set: &HashMap<String, Vec<String>>, out: &mut Vec<Action>) {
    let variable = match &action.does {
        Does::Redirect {
            to: To::Variable(text),
            ..
        }
        | Does::Notice {
            to: To::Variable(text),
        } => {
            let name = text
                .strip_prefix("${")
                .and_then(|rest| rest.strip_suffix('}'));
            name.and_then(|name| set.get(&name.to_ascii_lowercase()))
        }
        _ => None,
    };
    let Some(values) = variable.filter(|values| values.iter().all(|it| !it.contains("${"))) else {
        out.push(action);
        return;
    };
    for value in values {
        let to = To::Address(value.clone());
        let does = match &action.does {
            Does::Redirect { copy, .. } => Does::Redirect { to, copy: *copy },
            _ => Does::Notice { to },
        };
        if out.len() < MAX_ACTIONS {
            out.push(Action {
                line: action.line,
                does,
            });
        }
    }
}

fn strip_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once(':')?;
    scheme.eq_ignore_ascii_case("mailto").then_some(rest)
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        let hex = match (byte, after) {
            (b'%', [high, low, ..]) => {
                (char::from(*high).to_digit(16)).zip(char::from(*low).to_digit(16))
            }
            _ => None,
        };
        match hex {
            Some((high, low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or(b'%'));
                rest = after.get(2..).unwrap_or_default();
            }
            None => {
                bytes.push(byte);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests;
