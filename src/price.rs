//! Money: an exact amount in one currency; prices, as their user states them; and what several takes come to. Nothing here knows a
//! price of its own. No I/O.

mod bill;
mod profile;
mod sum;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

pub use bill::Bill;
pub use profile::{Prices, Rate, Tariff};
pub use sum::Sum;

use crate::text;

/// How many of the smallest parts make one whole.
const PARTS: i64 = 1_000_000;

/// An amount of zero or more in one currency, exact to a millionth; written `0.32 USD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Money {
    parts: i64,
    currency: Currency,
}

/// Three to eight capital letters: `USD`, `EUR`, `CREDITS`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 8]);

/// An amount as people say it, in a currency of its own or in the one that goes without saying: `20 USD`, `20`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Amount {
    parts: i64,
    currency: Option<Currency>,
}

/// Why a text is no amount of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadAmount {
    /// Not digits with perhaps a point between them.
    #[error("not a plain decimal number")]
    NoNumber,
    /// Below zero.
    #[error("negative")]
    Negative,
    /// More than six digits behind the point.
    #[error("finer than a millionth")]
    TooPrecise,
    /// More than [`Currency::MOST`].
    #[error("more than {}", Currency::MOST)]
    TooLarge,
}

/// A text that is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no amount of money; write for example 0.32 USD")]
pub struct BadMoney(String);

impl Money {
    /// Nothing, in this currency.
    pub fn zero(currency: Currency) -> Self {
        Self { parts: 0, currency }
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The number alone, as near as a floating-point number comes to it; for estimates.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    pub fn to_f64(self) -> f64 {
        self.parts as f64 / PARTS as f64
    }

    /// The number alone: at least two digits behind the point, and no zeros behind those.
    pub fn amount(self) -> String {
        written(self.parts.into())
    }

    /// Both together; `None` where the currencies differ or no such amount can be counted.
    pub fn plus(self, other: Self) -> Option<Self> {
        let parts = (self.currency == other.currency).then(|| self.parts.checked_add(other.parts))??;
        Some(Self { parts, ..self })
    }

    /// Both together, or as much as can be counted. Of another currency nothing is added.
    #[must_use]
    pub fn saturating_plus(self, other: Self) -> Self {
        let other = if self.currency == other.currency { other.parts } else { 0 };
        Self { parts: self.parts.saturating_add(other), ..self }
    }

    /// What is left without `other`, and not less than nothing. Of another currency nothing is taken away.
    #[must_use]
    pub fn saturating_minus(self, other: Self) -> Self {
        let other = if self.currency == other.currency { other.parts } else { 0 };
        Self { parts: self.parts.saturating_sub(other).max(0), ..self }
    }

    /// Whether it is more than `limit`; an amount in another currency always is.
    pub fn exceeds(self, limit: Self) -> bool {
        self.currency != limit.currency || self.parts > limit.parts
    }

    /// So many times as much; `None` where no such amount can be counted.
    pub fn times(self, count: u32) -> Option<Self> {
        Some(Self { parts: self.parts.checked_mul(i64::from(count))?, ..self })
    }
}

impl Currency {
    /// The most that a price may be. A million takes of it, ten seconds each, can still be counted.
    pub const MOST: u32 = 100_000;

    /// The price that `amount`, a plain decimal number, is in this currency; to the letter, with no rounding on the way.
    pub fn price(self, amount: &str) -> Result<Money, BadAmount> {
        if let Some(amount) = amount.strip_prefix('-') {
            return Err(self.price(amount).map_or_else(|why| why, |_| BadAmount::Negative));
        }
        let (whole, rest) = amount.split_once('.').unwrap_or((amount, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(rest) {
            return Err(BadAmount::NoNumber);
        }
        if rest.trim_end_matches('0').len() > 6 {
            return Err(BadAmount::TooPrecise);
        }
        let parts = parts(&format!("{whole}.{rest:.6}")).filter(|parts| *parts <= i64::from(Self::MOST) * PARTS);
        parts.map(|parts| Money { parts, currency: self }).ok_or(BadAmount::TooLarge)
    }

    /// The letters.
    pub fn as_str(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        str::from_utf8(&self.0[..length]).unwrap_or_default()
    }
}

impl Amount {
    /// The money that is meant, where `usual` goes without saying.
    pub fn in_currency(self, usual: Option<Currency>) -> Option<Money> {
        Some(Money { parts: self.parts, currency: self.currency.or(usual)? })
    }
}

impl FromStr for Amount {
    type Err = BadMoney;

    fn from_str(text: &str) -> Result<Self, BadMoney> {
        let trimmed = text.trim();
        let (amount, currency) = trimmed.split_at(trimmed.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(trimmed.len()));
        let bad = || BadMoney(text.to_owned());
        let currency = Some(currency).filter(|currency| !currency.is_empty()).map(str::parse).transpose().map_err(|_| bad())?;
        let parts = parts(amount.trim_end()).ok_or_else(bad)?;
        Ok(Self { parts, currency })
    }
}

impl FromStr for Currency {
    type Err = BadMoney;

    fn from_str(text: &str) -> Result<Self, BadMoney> {
        let mut letters = [0; 8];
        let fits = (3..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_uppercase());
        let place = fits.then(|| letters.get_mut(..text.len())).flatten().ok_or_else(|| BadMoney(text.to_owned()))?;
        place.copy_from_slice(text.as_bytes());
        Ok(Self(letters))
    }
}

impl FromStr for Money {
    type Err = BadMoney;

    fn from_str(text: &str) -> Result<Self, BadMoney> {
        let bad = || BadMoney(text.to_owned());
        let (amount, currency) = text.trim().split_once(' ').ok_or_else(bad)?;
        let currency = currency.trim().parse().map_err(|_| bad())?;
        let parts = parts(amount).ok_or_else(bad)?;
        Ok(Self { parts, currency })
    }
}

/// So many millionths, zero or more, as a number.
fn written(parts: i128) -> String {
    let (whole, rest) = (parts / i128::from(PARTS), format!("{:06}", parts % i128::from(PARTS)));
    let (cents, more) = rest.split_at(2);
    format!("{whole}.{cents}{}", more.trim_end_matches('0'))
}

/// The amount in millionths: digits, perhaps a point and up to six more.
fn parts(amount: &str) -> Option<i64> {
    let (whole, rest) = amount.split_once('.').unwrap_or((amount, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(rest) || rest.len() > 6 {
        return None;
    }
    let rest: i64 = format!("{rest:0<6}").parse().ok()?;
    whole.parse::<i64>().ok()?.checked_mul(PARTS)?.checked_add(rest)
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount(), self.currency.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Money {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        text::parsed(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::BadAmount::{Negative, NoNumber, TooLarge, TooPrecise};
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_price_is_a_plain_decimal_number() {
        let usd: Currency = "USD".parse().unwrap();
        let price = |text: &str| usd.price(text).map(|money| money.to_string());
        let check = |text: &str, expected: &str| assert_eq!(price(text).as_deref(), Ok(expected), "{text}");
        check("0.32", "0.32 USD");
        check("5", "5.00 USD");
        check("0.1000000000", "0.10 USD");
        check("100000", "100000.00 USD");
        check("0", "0.00 USD");
        for (text, why) in [
            ("", NoNumber),
            ("-", NoNumber),
            (".5", NoNumber),
            ("5.", NoNumber),
            ("1e3", NoNumber),
            ("1_000", NoNumber),
            ("+1", NoNumber),
            ("0.32 USD", NoNumber),
            ("--1", Negative),
            ("-x", NoNumber),
            ("-0.1", Negative),
            ("0.0000001", TooPrecise),
            ("100000.000001", TooLarge),
            ("99999999999999999999", TooLarge),
        ] {
            assert_eq!(price(text), Err(why), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_price_is_what_is_written(whole in 0..100_000_u32, rest in "[0-9]{1,6}") {
            let text = format!("{whole}.{rest}");
            let money = "EUR".parse::<Currency>().unwrap().price(&text).unwrap();
            prop_assert_eq!(Ok(money), format!("{text} EUR").parse());
            prop_assert_eq!(money.amount().parse::<f64>(), text.parse::<f64>());
        }

        #[test]
        fn an_amount_reads_back(parts in 0..=i64::MAX, currency in "[A-Z]{3,8}") {
            let money = Money { parts, currency: currency.parse().unwrap() };
            prop_assert_eq!(money.to_string().parse(), Ok(money));
        }

        #[test]
        fn no_text_is_too_odd(text in ".{0,40}") {
            if let Ok(money) = text.parse::<Money>() {
                prop_assert_eq!(money.to_string().parse(), Ok(money));
            }
        }
    }

    #[test]
    fn amounts_are_written_like_money() {
        let check = |text: &str, written: &str| assert_eq!(text.parse::<Money>().unwrap().to_string(), written);
        check("0.32 USD", "0.32 USD");
        check("5 EUR", "5.00 EUR");
        check("0.000001 CREDITS", "0.000001 CREDITS");
        check(" 1.50  USD ", "1.50 USD");
        for bad in ["", "5", "USD", "-1 USD", "1,5 USD", "1.0000001 USD", ". USD", "1. USD", "1 us", "9999999999999999 USD"] {
            assert!(bad.parse::<Money>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sums_are_exact_or_none() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        assert_eq!(money("0.1 USD").plus(money("0.2 USD")), Some(money("0.3 USD")));
        assert_eq!(money("1 USD").plus(money("1 EUR")), None);
        assert_eq!(money("9000000000000 USD").times(2), None);
        assert_eq!(money("0.32 USD").times(100), Some(money("32 USD")));
        assert_eq!(Money::zero(money("1 USD").currency()).to_string(), "0.00 USD");
    }
}
