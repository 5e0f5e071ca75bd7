//! Which takes of a shot are wanted. No I/O.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::TakeNo;

/// Which takes of a shot are wanted: `3`, or `[1, 3]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Takes {
    /// So many, whatever their numbers.
    Count(TakeNo),
    /// Those with these numbers, and no others.
    Listed(TakeList),
}

/// Numbers of takes: one at least, each once, in order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<TakeNo>")]
pub struct TakeList(Box<[TakeNo]>);

/// A list without a number in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a list of takes has at least one number")]
pub struct NoTakes;

impl Takes {
    /// How many there are.
    pub fn count(&self) -> TakeNo {
        match self {
            Self::Count(count) => *count,
            Self::Listed(list) => {
                let count = u16::try_from(list.0.len()).ok().and_then(|count| TakeNo::try_from(count).ok());
                count.expect("one of each number at most")
            }
        }
    }

    /// Their numbers, in order; none where any number is as good.
    pub fn listed(&self) -> &[TakeNo] {
        match self {
            Self::Count(_) => &[],
            Self::Listed(list) => &list.0,
        }
    }
}

impl From<TakeNo> for Takes {
    fn from(count: TakeNo) -> Self {
        Self::Count(count)
    }
}

impl TryFrom<Vec<TakeNo>> for TakeList {
    type Error = NoTakes;

    fn try_from(mut numbers: Vec<TakeNo>) -> Result<Self, NoTakes> {
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.is_empty() { Err(NoTakes) } else { Ok(Self(numbers.into())) }
    }
}

/// As an author writes it.
impl fmt::Display for Takes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => write!(f, "{}", count.get()),
            Self::Listed(list) => {
                let numbers: Vec<_> = list.0.iter().map(|number| number.get().to_string()).collect();
                write!(f, "[{}]", numbers.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_a_number_and_a_list_is_a_list() {
        for (text, count, listed) in [("3", 3, &[][..]), ("[5]", 1, &[5]), ("[1, 3]", 2, &[1, 3])] {
            let takes: Takes = serde_json::from_str(text).unwrap();
            assert_eq!((takes.count().get(), takes.to_string().as_str()), (count, text));
            assert_eq!(takes.listed().iter().map(|number| number.get()).collect::<Vec<_>>(), listed);
            assert_eq!(serde_json::to_string(&takes).unwrap(), text.replace(' ', ""));
        }
        let odd: Takes = serde_json::from_str("[3, 1, 3]").unwrap();
        assert_eq!(odd.to_string(), "[1, 3]");
        for bad in ["0", "1000", "[]", "[0]", "[1000]", "\"1\"", "null", "[[1]]"] {
            assert!(serde_json::from_str::<Takes>(bad).is_err(), "{bad}");
        }
        let all: Vec<_> = (1..=TakeNo::MAX).map(|number| TakeNo::try_from(number).unwrap()).collect();
        assert_eq!(Takes::Listed(all.try_into().unwrap()).count().get(), TakeNo::MAX);
        assert!(size_of::<Takes>() <= 16, "most shots have a count, and there may be a million of them");
    }
}
