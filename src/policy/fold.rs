//! Vietnamese as ASCII, for SMTP replies: `Không gửi nhận` → `Khong gui nhan`.

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Folds to printable ASCII: marks are removed, đ becomes d, typographic signs their plain ones, any
/// white space or control character one space, anything else `?`. Bidirectional and other invisible
/// signs are left out. `%` stays: who writes to the wire doubles it.
pub(super) fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.nfd() {
        match c {
            ' '..='~' => folded.push(c),
            'đ' => folded.push('d'),
            'Đ' => folded.push('D'),
            '‘' | '’' | '‚' | '‹' | '›' | '′' => folded.push('\''),
            '“' | '”' | '„' | '«' | '»' | '″' => folded.push('"'),
            '‐'..='―' | '−' => folded.push('-'),
            '…' => folded.push_str("..."),
            '\u{ad}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}' => {}
            c if is_combining_mark(c) => {}
            c if c.is_whitespace() || c.is_control() => {
                if !folded.ends_with(' ') {
                    folded.push(' ');
                }
            }
            _ => folded.push('?'),
        }
    }
    folded
}

/// Cuts folded text to at most `max` bytes, in the middle: `bao-cao...2026.pdf`. The end of a file
/// name says what it is, so it stays.
pub(super) fn cut(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    let keep = max.saturating_sub(3);
    let tail = keep / 2;
    // Folded text is ASCII: every byte is a boundary.
    let head = text.get(..keep - tail).unwrap_or_default();
    let end = text.get(text.len() - tail..).unwrap_or_default();
    format!("{head}...{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vietnamese_loses_its_marks_only() {
        assert_eq!(
            fold("Không gửi nhận tệp tin thực thi"),
            "Khong gui nhan tep tin thuc thi"
        );
        assert_eq!(
            fold("Điều 12 khoản 6, Quyết định số 07/2022/QĐ-UBND"),
            "Dieu 12 khoan 6, Quyet dinh so 07/2022/QD-UBND"
        );
        let all = "àáảãạăằắẳẵặâầấẩẫậèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ";
        assert!(
            fold(all).bytes().all(|byte| byte.is_ascii_lowercase()),
            "{}",
            fold(all)
        );
        let decomposed: String = all.nfd().collect();
        assert_eq!(fold(all), fold(&decomposed));
    }

    #[test]
    fn nothing_that_commands_a_terminal_or_smtp_gets_through() {
        assert_eq!(fold("a\r\n550 b\0\u{1b}[31m"), "a 550 b [31m");
        assert_eq!(fold("gpj.\u{202e}exe"), "gpj.exe");
        assert_eq!(fold("日本 100%"), "?? 100%");
    }

    #[test]
    fn long_names_are_cut_in_the_middle() {
        assert_eq!(cut("abcdefghij", 10), "abcdefghij");
        assert_eq!(cut("abcdefghijk.exe", 11), "abcd....exe");
        assert_eq!(cut("abc", 2), "...");
    }
}
