//! Kleene's three values, with the reason why a thing is unknown.

use crate::facts::Reason;

/// True, false, or unknown and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Truth {
    False,
    Unknown(Reason),
    True,
}

impl Truth {
    /// Of two unknowns the lesser reason stays, so that order never matters.
    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::False, _) | (_, Self::False) => Self::False,
            (Self::Unknown(a), Self::Unknown(b)) => Self::Unknown(a.min(b)),
            (Self::Unknown(why), Self::True) | (Self::True, Self::Unknown(why)) => {
                Self::Unknown(why)
            }
            (Self::True, Self::True) => Self::True,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        !((!self).and(!other))
    }

    pub(super) fn is_true(&self) -> bool {
        *self == Self::True
    }

    pub(super) fn is_false(&self) -> bool {
        *self == Self::False
    }

    /// All of them; looks no further than the first false.
    pub(super) fn all(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for truth in truths {
            match truth {
                Self::False => return Self::False,
                Self::True => {}
                unknown => result = result.and(unknown),
            }
        }
        result
    }

    /// Any of them; looks no further than the first true.
    pub(super) fn any(truths: impl IntoIterator<Item = Self>) -> Self {
        let mut result = Self::False;
        for truth in truths {
            match truth {
                Self::True => return Self::True,
                Self::False => {}
                unknown => result = result.or(unknown),
            }
        }
        result
    }
}

impl std::ops::Not for Truth {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::False => Self::True,
            Self::True => Self::False,
            unknown @ Self::Unknown(_) => unknown,
        }
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

impl std::fmt::Display for Truth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::False => f.write_str("false"),
            Self::True => f.write_str("true"),
            Self::Unknown(why) => write!(f, "unknown ({why})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: [Truth; 3] = [Truth::False, Truth::Unknown(Reason::NotYet), Truth::True];

    #[test]
    fn and_is_the_minimum_or_the_maximum_not_the_mirror() {
        let rank = |truth: &Truth| VALUES.iter().position(|value| value == truth).unwrap();
        for a in &VALUES {
            assert_eq!(rank(&!a.clone()), 2 - rank(a));
            for b in &VALUES {
                assert_eq!(
                    rank(&a.clone().and(b.clone())),
                    rank(a).min(rank(b)),
                    "{a} and {b}"
                );
                assert_eq!(
                    rank(&a.clone().or(b.clone())),
                    rank(a).max(rank(b)),
                    "{a} or {b}"
                );
            }
        }
    }

    #[test]
    fn all_and_any_of_nothing() {
        assert_eq!(Truth::all([]), Truth::True);
        assert_eq!(Truth::any([]), Truth::False);
    }

    #[test]
    fn the_reason_does_not_hang_on_the_order() {
        let a = Truth::Unknown(Reason::NotAsked);
        let b = Truth::Unknown(Reason::NotKept);
        assert_eq!(a.clone().and(b.clone()), b.clone().and(a.clone()));
        assert_eq!(a.clone().or(b.clone()), b.or(a));
    }
}
