//! Sum: what any number of amounts come to, for those who count more than one amount of money can hold.

use serde::ser::{Serialize, Serializer};

use super::{Money, written};

/// What any number of amounts come to that are all in one currency, which whoever adds them knows. Exact to a millionth, and never too
/// large to be counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sum(i128);

impl Sum {
    /// One more amount.
    pub fn add(&mut self, money: Money) {
        self.0 = self.0.saturating_add(money.parts.into());
    }

    /// Whether there is nothing in it.
    pub fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// The number: at least two digits behind the point, and no zeros behind those.
    pub fn amount(self) -> String {
        written(self.0)
    }

    /// The same to the nearest ten-thousandth, for people.
    #[must_use]
    pub fn rounded(self) -> Self {
        Self((self.0 + 50) / 100 * 100)
    }

    /// How much of it each of so many has, to the nearest millionth; `None` where there are none.
    pub fn for_each_of(self, count: u64) -> Option<Self> {
        let count = i128::from(count);
        (count > 0).then(|| Self((self.0 + count / 2) / count))
    }
}

/// As a decimal number in a text, which no reader rounds.
impl Serialize for Sum {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.amount())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::price::PARTS;

    fn sum(amounts: &[&str]) -> Sum {
        let mut sum = Sum::default();
        for amount in amounts {
            sum.add(amount.parse().unwrap());
        }
        sum
    }

    #[test]
    fn what_no_single_amount_can_hold_is_counted() {
        let most = "9223372036854.775807 USD";
        assert_eq!(sum(&[most, most]).amount(), "18446744073709.551614");
        assert_eq!(sum(&[]).amount(), "0.00");
        assert_eq!(sum(&["0.1 USD", "0.2 USD"]).amount(), "0.30");
    }

    #[test]
    fn a_share_is_that_of_each() {
        let share = |amount: &str, count| sum(&[amount]).for_each_of(count).map(Sum::amount);
        assert_eq!(share("1 USD", 3).as_deref(), Some("0.333333"));
        assert_eq!(share("2 USD", 3).as_deref(), Some("0.666667"));
        assert_eq!(share("3.2 USD", 10).as_deref(), Some("0.32"));
        assert_eq!(share("3.2 USD", 0), None);
        assert_eq!(sum(&["0.666667 USD"]).rounded().amount(), "0.6667");
    }

    proptest! {
        #[test]
        fn a_sum_of_one_is_written_as_that_one(parts in 0..=i64::MAX) {
            let money: Money = format!("{}.{:06} USD", parts / PARTS, parts % PARTS).parse().unwrap();
            let mut sum = Sum::default();
            sum.add(money);
            prop_assert_eq!(sum.amount(), money.amount());
            prop_assert_eq!(sum.for_each_of(1), Some(sum));
        }
    }
}
