//! The words of a Sieve script (RFC 5228 section 8.1): comments, strings with escapes, `text:` blocks.

/// One word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `redirect`, in lower case.
    Name(String),
    /// `:copy`, in lower case and without the colon.
    Tag(String),
    /// A string without its quotes and escapes.
    Text(String),
    Number,
    /// `[ ] ( ) { } ; ,`
    Mark(char),
}

/// What is wrong with a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::audit) struct Wrong {
    pub(in crate::audit) line: usize,
    pub(in crate::audit) why: &'static str,
}

/// Reads words one after the other.
#[derive(Debug)]
pub(super) struct Lexer<'s> {
    rest: &'s str,
    /// Of what comes next, from 1.
    pub(super) line: usize,
}

impl<'s> Lexer<'s> {
    pub(super) fn new(script: &'s str) -> Self {
        Self {
            rest: script.strip_prefix('\u{feff}').unwrap_or(script),
            line: 1,
        }
    }

    /// The next word and its line; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<(usize, Token)>, Wrong> {
        self.skip_space()?;
        let line = self.line;
        let Some(first) = self.rest.chars().next() else {
            return Ok(None);
        };
        let token = match first {
            '[' | ']' | '(' | ')' | '{' | '}' | ';' | ',' => {
                self.take(1);
                Token::Mark(first)
            }
            '"' => Token::Text(self.quoted()?),
            ':' => {
                self.take(1);
                Token::Tag(self.name())
            }
            '0'..='9' => {
                // `100K`
                self.name();
                Token::Number
            }
            c if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name();
                if name == "text" && self.rest.starts_with(':') {
                    Token::Text(self.block()?)
                } else {
                    Token::Name(name)
                }
            }
            _ => return Err(self.wrong("a character that no Sieve script has here")),
        };
        Ok(Some((line, token)))
    }

    /// White space, `# …` and `/* … */`.
    fn skip_space(&mut self) -> Result<(), Wrong> {
        loop {
            let space = self.rest.len() - self.rest.trim_start().len();
            self.take(space);
            if self.rest.starts_with('#') {
                self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                let Some(end) = self.rest.find("*/") else {
                    return Err(self.wrong("a comment `/*` that does not end"));
                };
                // `/*/` opens only.
                let end = if end < 2 {
                    self.rest
                        .get(2..)
                        .and_then(|it| it.find("*/"))
                        .map(|it| it + 2)
                } else {
                    Some(end)
                };
                let Some(end) = end else {
                    return Err(self.wrong("a comment `/*` that does not end"));
                };
                self.take(end + 2);
            } else {
                return Ok(());
            }
        }
    }

    fn quoted(&mut self) -> Result<String, Wrong> {
        let begin = self.wrong("a string that does not end");
        let mut text = String::new();
        let mut escaped = false;
        let mut chars = self.rest.char_indices().skip(1);
        let end = loop {
            let Some((at, c)) = chars.next() else {
                return Err(begin);
            };
            match c {
                // `\"` and `\\`; before any other character the backslash means nothing.
                _ if escaped => {
                    text.push(c);
                    escaped = false;
                }
                '\\' => escaped = true,
                '"' => break at,
                c => text.push(c),
            }
        };
        self.take(end + 1);
        Ok(text)
    }

    /// `text:` white space or a comment, a line break, lines, a line with only a dot.
    fn block(&mut self) -> Result<String, Wrong> {
        let begin = self.wrong("a `text:` block that does not end with a line `.`");
        let Some((_, rest)) = self.rest.split_once('\n') else {
            return Err(begin);
        };
        self.take(self.rest.len() - rest.len());
        let mut text = String::new();
        let mut used = 0;
        for line in self.rest.split_inclusive('\n') {
            used += line.len();
            let plain = line.trim_end_matches(['\r', '\n']);
            if plain == "." {
                self.take(used);
                return Ok(text);
            }
            text.push_str(plain.strip_prefix('.').unwrap_or(plain));
            text.push('\n');
        }
        Err(begin)
    }

    fn name(&mut self) -> String {
        let end = self
            .rest
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .unwrap_or(self.rest.len());
        let name = self
            .rest
            .get(..end)
            .unwrap_or_default()
            .to_ascii_lowercase();
        self.take(end);
        name
    }

    fn take(&mut self, bytes: usize) {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.line += taken.bytes().filter(|&byte| byte == b'\n').count();
        self.rest = rest;
    }

    fn wrong(&self, why: &'static str) -> Wrong {
        Wrong {
            line: self.line,
            why,
        }
    }
}

/// Where a text that begins a script stands at the end of a line, for readers of files in which a
/// script is one value of many lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::audit) enum Within {
    /// Between commands.
    #[default]
    Nothing,
    /// In a command or a block of commands.
    Command,
    Comment,
    Quoted,
    Block,
}

/// Follows a script line by line.
#[derive(Clone, Debug, Default)]
pub(in crate::audit) struct Follower {
    within: Within,
    depth: u32,
    /// A command has begun.
    begun: bool,
}

impl Follower {
    /// Takes one line, without its line break.
    pub(in crate::audit) fn line(&mut self, line: &str) {
        if self.within == Within::Block {
            if line.trim_end_matches('\r') == "." {
                self.within = Within::Nothing;
            }
            return;
        }
        let mut chars = line.chars().peekable();
        // The last word, to know `text:`.
        let mut word = String::new();
        while let Some(c) = chars.next() {
            match self.within {
                Within::Comment => {
                    if c == '*' && chars.next_if_eq(&'/').is_some() {
                        self.within = Within::Nothing;
                    }
                    continue;
                }
                Within::Quoted => {
                    match c {
                        '\\' => drop(chars.next()),
                        '"' => self.within = Within::Nothing,
                        _ => {}
                    }
                    continue;
                }
                _ => {}
            }
            match c {
                '#' => break,
                '/' if chars.next_if_eq(&'*').is_some() => self.within = Within::Comment,
                '"' => self.within = Within::Quoted,
                '{' => (self.depth, self.begun) = (self.depth + 1, false),
                '}' => (self.depth, self.begun) = (self.depth.saturating_sub(1), false),
                ';' => self.begun = false,
                ':' if word.eq_ignore_ascii_case("text") => {
                    self.within = Within::Block;
                    break;
                }
                c if !c.is_whitespace() => self.begun = true,
                _ => {}
            }
            if c.is_ascii_alphanumeric() || c == '_' {
                if word.len() < 10 {
                    word.push(c);
                }
            } else {
                word.clear();
            }
        }
    }

    /// Where the script stands now.
    pub(in crate::audit) fn within(&self) -> Within {
        match self.within {
            Within::Nothing if self.depth > 0 || self.begun => Within::Command,
            within => within,
        }
    }
}
