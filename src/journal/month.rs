//! Months, by which the journal is cut: a file or a partition each.

use std::{fmt, ops::Range, str::FromStr};

use jiff::{Timestamp, civil::date, tz::TimeZone};

/// A month of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i16,
    month: i8,
}

impl Month {
    /// The month in which a time lies, in microseconds since 1970.
    pub fn of(time: i64) -> Self {
        let time = Timestamp::from_microsecond(time).unwrap_or_default();
        let day = time.to_zoned(TimeZone::UTC);
        Self {
            year: day.year(),
            month: day.month(),
        }
    }

    /// Its first microsecond, and the first of the next month.
    pub fn span(self) -> Range<i64> {
        self.begin()..self.next().begin()
    }

    /// The month before.
    pub fn previous(self) -> Self {
        Self::of(self.begin().saturating_sub(1))
    }

    /// As a part of a table's name: `2026_11`.
    pub fn underscored(self) -> String {
        self.to_string().replace('-', "_")
    }

    fn next(self) -> Self {
        match self.month {
            12 => Self {
                year: self.year.saturating_add(1),
                month: 1,
            },
            month => Self {
                year: self.year,
                month: month.saturating_add(1),
            },
        }
    }

    fn begin(self) -> i64 {
        date(self.year, self.month, 1)
            .to_zoned(TimeZone::UTC)
            .map_or(i64::MAX, |begin| begin.timestamp().as_microsecond())
    }
}

/// `2026-11`
impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

impl FromStr for Month {
    type Err = ();

    /// `2026-11` or `2026_11`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (year, month) = text.split_once(['-', '_']).ok_or(())?;
        if year.len() != 4 || month.len() != 2 {
            return Err(());
        }
        let (year, month) = (
            year.parse().map_err(|_| ())?,
            month.parse().map_err(|_| ())?,
        );
        match month {
            1..=12 => Ok(Self { year, month }),
            _ => Err(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_meet_without_a_gap() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap().as_microsecond();
        let end = time("2026-12-31T23:59:59.999999Z");
        let december = Month::of(end);
        assert_eq!(december.to_string(), "2026-12");
        assert_eq!(december.span(), time("2026-12-01T00:00:00Z")..end + 1);
        let january = Month::of(end + 1);
        assert_eq!(january.underscored(), "2027_01");
        assert_eq!(january.previous(), december);
        assert_eq!(january.span().start, december.span().end);
        assert_eq!("2026_12".parse(), Ok(december));
        for wrong in ["2026", "2026-13", "2026-0", "26-12", "journal", "2026-1x"] {
            assert_eq!(wrong.parse::<Month>(), Err(()), "{wrong}");
        }
    }
}
