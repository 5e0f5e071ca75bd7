//! Prices: what a take costs, as its user has stated it. What nobody has stated is not known, and is never guessed.

use std::collections::BTreeMap;

use super::{Currency, Money};
use crate::request::{Request, Seconds};

/// What takes cost, all in one currency.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Prices {
    /// For models that have no tariff of their own.
    pub general: Tariff,
    /// For single models; what such a tariff does not say is not taken from the general one.
    pub models: BTreeMap<String, Tariff>,
}

/// What takes of a model cost.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tariff {
    /// For lengths that are not in `seconds`.
    pub rate: Option<Rate>,
    /// For takes of exactly this length, in seconds.
    pub seconds: BTreeMap<u8, Money>,
}

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rate {
    /// So much for a take, however long it is.
    PerTake(Money),
    /// So much for each second of it.
    PerSecond(Money),
}

impl Prices {
    /// The currency; `None` where nothing is stated.
    pub fn currency(&self) -> Option<Currency> {
        let tariffs = std::iter::once(&self.general).chain(self.models.values());
        tariffs.flat_map(Tariff::stated).map(Money::currency).next()
    }

    /// What one submission of this request costs; `None` where nothing is stated for it.
    pub fn of(&self, request: &Request) -> Option<Money> {
        self.models.get(&request.model).unwrap_or(&self.general).of(request.seconds)
    }
}

impl Tariff {
    /// Everything that is stated.
    fn stated(&self) -> impl Iterator<Item = Money> {
        let rate = self.rate.map(|(Rate::PerTake(price) | Rate::PerSecond(price))| price);
        rate.into_iter().chain(self.seconds.values().copied())
    }

    /// What a take of this length costs.
    fn of(&self, seconds: Seconds) -> Option<Money> {
        let stated = self.seconds.get(&seconds.get()).copied();
        stated.or_else(|| match self.rate? {
            Rate::PerTake(price) => Some(price),
            Rate::PerSecond(price) => price.times(u32::from(seconds.get())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_price_is_what_was_stated_for_the_model_and_the_length() {
        let money = |text: &str| text.parse::<Money>().unwrap();
        let prices = Prices {
            general: Tariff { rate: Some(Rate::PerTake(money("0.32 USD"))), ..Tariff::default() },
            models: BTreeMap::from([
                ("gen4_turbo".into(), Tariff { rate: Some(Rate::PerSecond(money("0.05 USD"))), ..Tariff::default() }),
                ("gen4".into(), Tariff { rate: None, seconds: BTreeMap::from([(10, money("1.1 USD"))]) }),
                (
                    "gen3".into(),
                    Tariff { rate: Some(Rate::PerTake(money("1 USD"))), seconds: BTreeMap::from([(5, money("0 USD"))]) },
                ),
            ]),
        };
        let check = |model: &str, seconds: u8, expected: Option<&str>| {
            let price = prices.of(&request(model, seconds)).map(|price| price.to_string());
            assert_eq!(price.as_deref(), expected, "{model}, {seconds} s");
        };
        check("gen4.5", 5, Some("0.32 USD"));
        check("gen4.5", 10, Some("0.32 USD"));
        check("gen4_turbo", 5, Some("0.25 USD"));
        check("gen4_turbo", 10, Some("0.50 USD"));
        check("gen4", 10, Some("1.10 USD"));
        check("gen4", 5, None);
        check("gen3", 5, Some("0.00 USD"));
        check("gen3", 10, Some("1.00 USD"));
        assert_eq!(Prices::default().of(&request("gen4", 5)), None);
    }

    fn request(model: &str, seconds: u8) -> Request {
        Request { model: model.into(), seconds: seconds.try_into().unwrap(), ..Request::sample("a cat") }
    }
}
