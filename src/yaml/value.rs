//! Small values that policies and settings are written with.

use std::time::Duration;

/// What can be wrong with a value: the sentence and the remedy.
pub(crate) type Wrong = (String, String);

/// A number of bytes, and how it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) bytes: u64,
    /// Number and unit: `30 MiB`.
    pub(crate) written: String,
}

impl Size {
    /// Bytes, with a unit: decimal `KB MB GB`, binary `KiB MiB GiB`, or `B`. `whole` is what is
    /// shown to the user: the text with all that stands before it (`> 30 MiB`).
    pub(crate) fn parse(text: &str, whole: &str) -> Result<Self, Wrong> {
        let digits = text
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(text.len());
        let (number, unit) = text.split_at(digits);
        let unit = unit.trim();
        let factor: u64 = match unit {
            "B" => 1,
            "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "" => {
                return Err((
                    format!("the size `{whole}` has no unit"),
                    format!(
                        "write for example `{} MiB` (units: B, KB, MB, GB of 1000 and KiB, MiB, GiB of 1024)",
                        whole.trim()
                    ),
                ));
            }
            other => {
                let help = match other.to_ascii_lowercase().as_str() {
                    other if other.starts_with(',') => "write a point, not a comma: `> 1.5 MiB`",
                    "mb" | "m" | "mib" | "megabyte" | "megabytes" | "mebibyte" => {
                        "write `MiB` (1,048,576 bytes, as the shipped policies do) or `MB` (1,000,000 bytes)"
                    }
                    "kb" | "k" | "kib" | "kilobyte" | "kilobytes" => {
                        "write `KiB` (1024 bytes) or `KB` (1000 bytes)"
                    }
                    "gb" | "g" | "gib" | "gigabyte" | "gigabytes" => {
                        "write `GiB` (1,073,741,824 bytes) or `GB` (1,000,000,000 bytes)"
                    }
                    _ => "units are B, KB, MB, GB (of 1000) and KiB, MiB, GiB (of 1024)",
                };
                return Err((format!("`{other}` is not a unit of size"), help.to_owned()));
            }
        };
        let wrong = || {
            let help = match number.matches('.').count() {
                0 | 1 => "write for example `> 30 MiB`".to_owned(),
                _ => format!(
                    "write it without points between the thousands: `{} {unit}`",
                    number.replace('.', "")
                ),
            };
            (format!("`{number}` is not a number"), help)
        };
        let (whole, part) = number.split_once('.').unwrap_or((number, ""));
        if part.len() > 6 || (number.contains('.') && part.is_empty()) {
            return Err(wrong());
        }
        let whole: u64 = whole.parse().map_err(|_| wrong())?;
        let thousandths: u128 = if part.is_empty() {
            0
        } else {
            let value: u128 = part.parse().map_err(|_| wrong())?;
            value * u128::from(factor) / 10u128.pow(part.len() as u32)
        };
        let value = u128::from(whole) * u128::from(factor) + thousandths;
        let bytes = u64::try_from(value).ok().filter(|&value| value < 1 << 50);
        let Some(bytes) = bytes else {
            return Err((
                format!("the size `{}` is larger than any message", text.trim()),
                "did you mean a smaller unit?".to_owned(),
            ));
        };
        Ok(Self {
            bytes,
            written: format!("{number} {unit}"),
        })
    }
}

/// A time with its unit: `500ms`, `30s`, `5m`, `1h`, `2d`.
pub(crate) fn duration(text: &str) -> Result<Duration, Wrong> {
    let text = text.trim();
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim();
    let example = "write for example `30s`, `5m` or `1h` (units: ms, s, m, h, d)";
    if number.is_empty() {
        return Err((format!("`{text}` is not a time"), example.to_owned()));
    }
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        "" => {
            return Err((
                format!("the time `{text}` has no unit"),
                format!("write for example `{number}s` (units: ms, s, m, h, d)"),
            ));
        }
        other => {
            let help = match other.chars().next() {
                Some('.' | ',') => {
                    "write whole numbers, in a smaller unit: `90s`, not `1.5m`".to_owned()
                }
                Some('s' | 'S') => format!("did you mean `{number}s`?"),
                Some('m' | 'M') => format!("did you mean `{number}m` (minutes)?"),
                Some('h' | 'H') => format!("did you mean `{number}h`?"),
                Some('d' | 'D') => format!("did you mean `{number}d`?"),
                _ => example.to_owned(),
            };
            return Err((format!("`{other}` is not a unit of time"), help));
        }
    };
    let number: Option<u64> = number.parse().ok();
    let product = number.and_then(|number| number.checked_mul(milliseconds));
    product.map(Duration::from_millis).ok_or_else(|| {
        (
            format!("the time `{text}` is too long"),
            "did you mean a smaller unit?".to_owned(),
        )
    })
}

/// A time as [`duration`] reads it, in the largest unit that says it whole.
pub(crate) fn human_duration(time: Duration) -> String {
    let milliseconds = time.as_millis();
    for (unit, factor) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ] {
        if milliseconds >= factor && milliseconds.is_multiple_of(factor) {
            return format!("{}{unit}", milliseconds / factor);
        }
    }
    match milliseconds {
        0 => "0s".to_owned(),
        milliseconds => format!("{milliseconds}ms"),
    }
}

/// Bytes for people: whole bytes below 1 KiB, then one decimal, rounded up: one byte above 30 MiB is
/// `30.1 MiB`, for "30.0, at most 30" is no answer to a sender.
pub(crate) fn human_size(bytes: u64) -> String {
    for (unit, factor) in [("GiB", 1u64 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
        if bytes >= factor {
            let tenths = (u128::from(bytes) * 10).div_ceil(u128::from(factor));
            return format!("{}.{} {unit}", tenths / 10, tenths % 10);
        }
    }
    format!("{bytes} B")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_for_people_show_what_is_over() {
        assert_eq!(human_size((30 << 20) + 1), "30.1 MiB");
        assert_eq!(human_size(30 << 20), "30.0 MiB");
        assert_eq!(human_size(999), "999 B");
    }

    #[test]
    fn times() {
        for (text, seconds) in [
            ("30s", 30),
            ("5m", 300),
            ("5 min", 300),
            ("1h", 3600),
            ("2d", 172_800),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for (text, message, help) in [
            ("30", "the time `30` has no unit", "write for example `30s`"),
            (
                "30 sec",
                "`sec` is not a unit of time",
                "did you mean `30s`?",
            ),
            ("1.5h", "`.5h` is not a unit of time", "write whole numbers"),
            ("soon", "`soon` is not a time", "write for example"),
            (
                "99999999999999999999s",
                "the time `99999999999999999999s` is too long",
                "did you",
            ),
        ] {
            let (said, remedy) = duration(text).unwrap_err();
            assert_eq!(said, message);
            assert!(remedy.starts_with(help), "{remedy}");
        }
        for text in ["0s", "1500ms", "90s", "5m", "1h", "2d"] {
            assert_eq!(human_duration(duration(text).unwrap()), text);
        }
    }
}
