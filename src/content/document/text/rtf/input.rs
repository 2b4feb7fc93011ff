//! From bytes to the tokens of RTF: groups, control words, control symbols, letters.

/// A token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'b> {
    Open,
    Close,
    /// A control word and its number.
    Word(&'b [u8], Option<i64>),
    /// A control symbol: a backslash and this.
    Symbol(u8),
    /// A letter as two hexadecimal digits.
    Byte(u8),
    /// Letters as they are.
    Text(&'b [u8]),
}

/// The bytes of a document.
pub(super) struct Input<'b>(&'b [u8]);

impl<'b> Input<'b> {
    pub(super) fn new(bytes: &'b [u8]) -> Self {
        Self(bytes)
    }

    /// Leaves out bytes that are no RTF.
    pub(super) fn skip(&mut self, count: i64) {
        let count = usize::try_from(count).unwrap_or(0);
        self.0 = self.0.get(count..).unwrap_or_default();
    }

    pub(super) fn next(&mut self) -> Option<Token<'b>> {
        loop {
            let (first, rest) = self.0.split_first()?;
            let text = self.0;
            self.0 = rest;
            return Some(match first {
                b'{' => Token::Open,
                b'}' => Token::Close,
                b'\\' => self.control()?,
                b'\r' | b'\n' | 0 => continue,
                _ => {
                    let ends = |byte: &u8| matches!(byte, b'{' | b'}' | b'\\' | b'\r' | b'\n' | 0);
                    let end = text.iter().position(ends).unwrap_or(text.len());
                    let (text, rest) = text.split_at(end.min(LONG));
                    self.0 = rest;
                    Token::Text(text)
                }
            });
        }
    }

    fn control(&mut self) -> Option<Token<'b>> {
        let (first, rest) = self.0.split_first()?;
        if !first.is_ascii_alphabetic() {
            self.0 = rest;
            if *first != b'\'' {
                return Some(Token::Symbol(*first));
            }
            let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
            return Some(match (digit(0), digit(1)) {
                (Some(high), Some(low)) => {
                    self.0 = rest.get(2..).unwrap_or_default();
                    Token::Byte((high << 4 | low) as u8)
                }
                _ => Token::Symbol(b'\''),
            });
        }
        let end = self.0.iter().position(|byte| !byte.is_ascii_alphabetic());
        let (word, mut rest) = self.0.split_at(end.unwrap_or(self.0.len()));
        let negative = matches!(rest, [b'-', digit, ..] if digit.is_ascii_digit());
        if negative {
            rest = rest.get(1..).unwrap_or_default();
        }
        let mut number: Option<i64> = None;
        while let Some((digit, more)) = rest.split_first().filter(|(byte, _)| byte.is_ascii_digit())
        {
            let value = number.unwrap_or(0).saturating_mul(10);
            number = Some(value.saturating_add(i64::from(digit - b'0')));
            rest = more;
        }
        if let [b' ', more @ ..] = rest {
            rest = more;
        }
        self.0 = rest;
        Some(Token::Word(
            word,
            number.map(|number| if negative { -number } else { number }),
        ))
    }
}

/// Letters that are given out at once.
const LONG: usize = 16 << 10;
