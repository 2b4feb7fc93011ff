//! Numbers of sheets as text: plain, in hundredths, or as the dates and times that they stand for
//! (ECMA-376 part 1, 18.8.30, 18.8.31 and 18.17.4; [MS-XLS] 2.4.126).
//!
//! A reader sees them in the format of the cell; here dates are always `dd/mm/yyyy` and plain numbers have
//! neither groups nor rounding, so that words and patterns meet one form.

use jiff::{ToSpan, civil::date};

/// What the number of a cell stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shown {
    /// Itself.
    #[default]
    Plain,
    Percent,
    Date,
    Time,
    DateTime,
}

impl Shown {
    /// By the number of a format that every program knows (18.8.30), or that East Asian ones add.
    pub(super) fn built_in(id: u32) -> Self {
        match id {
            9 | 10 => Self::Percent,
            14..=17 | 27..=31 | 36 | 50..=54 | 57 | 58 => Self::Date,
            18..=21 | 32..=35 | 45..=47 | 55 | 56 => Self::Time,
            22 => Self::DateTime,
            _ => Self::Plain,
        }
    }

    /// By the codes of a format of the file's own (18.8.31); what is quoted in it is shown as it is.
    pub(super) fn of(code: &str) -> Self {
        let (mut day, mut month, mut time, mut percent) = (false, false, false, false);
        let mut letters = code.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                ';' => break,
                '"' => {
                    letters.by_ref().find(|c| *c == '"');
                }
                '\\' | '_' | '*' => {
                    letters.next();
                }
                '[' => {
                    // Hours that are counted on; otherwise a colour, a condition, a locale.
                    time |= matches!(letters.peek(), Some('h' | 'H' | 's' | 'S'));
                    letters.by_ref().find(|c| *c == ']');
                }
                '%' => percent = true,
                'd' | 'D' | 'y' | 'Y' => day = true,
                'm' | 'M' => month = true,
                'h' | 'H' | 's' | 'S' => time = true,
                // `General`, `Standard`.
                'G' | 'g' => return Self::Plain,
                _ => {}
            }
        }
        match (day, time, month) {
            (true, true, _) => Self::DateTime,
            (true, false, _) | (false, false, true) => Self::Date,
            (false, true, _) => Self::Time,
            _ if percent => Self::Percent,
            _ => Self::Plain,
        }
    }

    /// A number as text; none where nothing readable comes of it.
    pub(super) fn text(self, number: f64, since_1904: bool) -> Option<String> {
        if !number.is_finite() || number.abs() >= 1e15 {
            return None;
        }
        let moment = || {
            // The year 1900 had no 29 February, but number 60 is that day.
            if !(0.0..2_958_466.0).contains(&number) {
                return None;
            }
            let number = match since_1904 {
                true => number + 1462.0,
                false if number < 60.0 => number + 1.0,
                false => number,
            };
            // In range; a cast cuts off.
            let seconds = (number.fract() * 86_400.0).round() as i64;
            let day = date(1899, 12, 30).at(0, 0, 0, 0);
            let whole = day.checked_add((number.trunc() as i64).days()).ok()?;
            whole.checked_add(seconds.seconds()).ok()
        };
        Some(match self {
            Self::Plain => number.to_string(),
            // Without what binary fractions add.
            Self::Percent => format!("{}%", (number * 100.0 * 1e9).round() / 1e9),
            Self::Date => moment()?.strftime("%d/%m/%Y").to_string(),
            Self::Time => moment()?.strftime("%H:%M:%S").to_string(),
            Self::DateTime => moment()?.strftime("%d/%m/%Y %H:%M").to_string(),
        })
    }
}

/// A number in four bytes ([MS-XLS] 2.5.217, [MS-XLSB] 2.5.123).
pub(super) fn rk(value: u32) -> f64 {
    let number = match value & 2 {
        0 => f64::from_bits(u64::from(value & !3) << 32),
        _ => f64::from(value.cast_signed() >> 2),
    };
    if value & 1 == 1 {
        number / 100.0
    } else {
        number
    }
}

/// Numbers of one workbook that are told. Tables of measurements have more; what is looked for stands in
/// words, and numbers shall not use up the budget of text.
pub(super) const NUMBERS: u32 = 20_000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_tell_what_a_number_stands_for() {
        for (code, shown) in [
            ("General", Shown::Plain),
            ("0.00", Shown::Plain),
            ("#,##0 \"đồng\"", Shown::Plain),
            ("[Red]-0;[Blue]d", Shown::Plain),
            ("0.0%", Shown::Percent),
            ("dd/mm/yyyy", Shown::Date),
            ("[$-42A]dd mmmm yyyy;@", Shown::Date),
            ("\"ngày\" d \"tháng\" m", Shown::Date),
            ("mm\\-yy", Shown::Date),
            ("hh:mm", Shown::Time),
            ("[h]:mm:ss", Shown::Time),
            ("d/m/yy h:mm", Shown::DateTime),
            ("\"", Shown::Plain),
            ("[", Shown::Plain),
            ("\\", Shown::Plain),
        ] {
            assert_eq!(Shown::of(code), shown, "{code}");
        }
        assert_eq!(Shown::built_in(14), Shown::Date);
        assert_eq!(Shown::built_in(0), Shown::Plain);
    }

    #[test]
    fn numbers_are_text() {
        let text = |shown: Shown, number| shown.text(number, false);
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(text(Shown::Plain, 25.0), some("25"));
        assert_eq!(text(Shown::Plain, -12.5), some("-12.5"));
        assert_eq!(text(Shown::Percent, 0.07), some("7%"));
        assert_eq!(text(Shown::Date, 45_992.0), some("01/12/2025"));
        assert_eq!(text(Shown::Date, 1.0), some("01/01/1900"));
        assert_eq!(Shown::Date.text(0.0, true), some("01/01/1904"));
        assert_eq!(text(Shown::Time, 0.75), some("18:00:00"));
        assert_eq!(text(Shown::DateTime, 45_992.5), some("01/12/2025 12:00"));
        for odd in [f64::NAN, f64::INFINITY, 1e300, -1e300] {
            assert_eq!(text(Shown::Plain, odd), None);
        }
        for odd in [-1.0, 2_958_466.0, 1e14] {
            assert_eq!(text(Shown::Date, odd), None);
        }
    }
}
