//! Small values that policies and settings are written with.

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
                    "mb" | "m" | "mib" => {
                        "write `MiB` (1,048,576 bytes, as the shipped policies do) or `MB` (1,000,000 bytes)"
                    }
                    "kb" | "k" | "kib" => "write `KiB` (1024 bytes) or `KB` (1000 bytes)",
                    "gb" | "g" | "gib" => {
                        "write `GiB` (1,073,741,824 bytes) or `GB` (1,000,000,000 bytes)"
                    }
                    _ => "units are B, KB, MB, GB (of 1000) and KiB, MiB, GiB (of 1024)",
                };
                return Err((format!("`{other}` is not a unit of size"), help.to_owned()));
            }
        };
        let wrong = || {
            (
                format!("`{number}` is not a number"),
                "write for example `> 30 MiB`".to_owned(),
            )
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
}
