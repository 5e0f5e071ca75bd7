//! Bill: what several takes come to, as far as their prices are known.

use std::collections::BTreeMap;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Currency, Money};

/// What several takes come to. Prints as `2.24 USD`, as `2.24 USD for 7 of 9` where some have no known price, and as `no price known`
/// where none has. Currencies are never mixed: `1.00 EUR and 2.24 USD`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bill {
    sums: BTreeMap<Currency, Money>,
    priced: usize,
    takes: usize,
}

impl Bill {
    /// Whether any price is known.
    pub fn is_known(&self) -> bool {
        self.priced > 0
    }

    /// Whether the price of every take is known.
    pub fn is_whole(&self) -> bool {
        self.priced == self.takes
    }

    /// What those with a known price come to; `None` where there are none, or several currencies.
    pub fn sum(&self) -> Option<Money> {
        let mut sums = self.sums.values();
        sums.next().copied().filter(|_| sums.next().is_none())
    }

    /// One more take. A price that would make more than can be counted is as good as none.
    pub fn add(&mut self, price: Option<Money>) {
        self.takes += 1;
        let Some(price) = price else { return };
        let currency = price.currency();
        let before = self.sums.get(&currency).copied().unwrap_or(Money::zero(currency));
        if let Some(sum) = before.plus(price) {
            self.sums.insert(currency, sum);
            self.priced += 1;
        }
    }
}

impl FromIterator<Option<Money>> for Bill {
    fn from_iter<I: IntoIterator<Item = Option<Money>>>(prices: I) -> Self {
        let mut bill = Self::default();
        prices.into_iter().for_each(|price| bill.add(price));
        bill
    }
}

impl fmt::Display for Bill {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.is_known() {
            return f.write_str("no price known");
        }
        let sums: Vec<_> = self.sums.values().map(Money::to_string).collect();
        f.write_str(&sums.join(" and "))?;
        if self.priced < self.takes { write!(f, " for {} of {}", self.priced, self.takes) } else { Ok(()) }
    }
}

/// How many takes there are, how many have a known price, and what those come to in each currency.
impl Serialize for Bill {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Bill", 3)?;
        fields.serialize_field("takes", &self.takes)?;
        fields.serialize_field("priced", &self.priced)?;
        fields.serialize_field("sums", &self.sums.values().collect::<Vec<_>>())?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bill(prices: &[&str]) -> Bill {
        prices.iter().map(|text| text.parse().ok()).collect()
    }

    #[test]
    fn what_is_known_is_told_and_of_how_many() {
        let check = |prices: &[&str], expected: &str| assert_eq!(bill(prices).to_string(), expected);
        check(&[], "no price known");
        check(&["?"], "no price known");
        check(&["0.32 USD", "0.32 USD"], "0.64 USD");
        check(&["0.32 USD", "?", "1.92 USD"], "2.24 USD for 2 of 3");
        check(&["2 USD", "1 EUR", "0.1 USD"], "1.00 EUR and 2.10 USD");
        check(&["0 USD"], "0.00 USD");
        check(&["9000000000000 USD", "9000000000000 USD"], "9000000000000.00 USD for 1 of 2");
    }

    proptest! {
        #[test]
        fn a_sum_is_exact_whatever_the_order(parts in prop::collection::vec((0..100_000_u32, 0..1_000_000_u32), 0..50)) {
            let texts: Vec<String> = parts.iter().map(|(whole, rest)| format!("{whole}.{rest:06} USD")).collect();
            let forwards: Bill = texts.iter().map(|text| text.parse().ok()).collect();
            let backwards: Bill = texts.iter().rev().map(|text| text.parse().ok()).collect();
            prop_assert_eq!(&forwards, &backwards);
            let millionths: u64 = parts.iter().map(|(whole, rest)| u64::from(*whole) * 1_000_000 + u64::from(*rest)).sum();
            let expected: Option<Money> = format!("{}.{:06} USD", millionths / 1_000_000, millionths % 1_000_000).parse().ok();
            prop_assert_eq!(forwards.sums.values().next().copied(), expected.filter(|_| !parts.is_empty()));
        }
    }
}
