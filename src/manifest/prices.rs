//! Prices as an author writes them: the section `prices` of a manifest, and the file of `--prices`. Every mistake is collected, and
//! amounts are read to the letter.

use std::collections::BTreeMap;

use crate::manifest::diagnostic::{Diagnostic, Place, known, nearest, quoted};
use crate::manifest::row::{Node, Value};
use crate::manifest::section::{Entries, Entry, Form, shown};
use crate::manifest::value::{KNOWN_MODELS, KNOWN_SECONDS};
use crate::price::{BadAmount, Currency, Money, Prices, Rate, Tariff};
use crate::request::Seconds;

/// The name of the section.
pub(crate) const NAME: &str = "prices";

const CURRENCY: &str = "currency";
const MODELS: &str = "models";
const PER_TAKE: &str = "per_take";
const PER_SECOND: &str = "per_second";
const SECONDS: &str = "seconds";

/// What the section has at its top, and what each of its models has.
pub(super) const TOP: [&str; 5] = [CURRENCY, PER_TAKE, PER_SECOND, SECONDS, MODELS];
pub(super) const OF_A_MODEL: [&str; 3] = [PER_TAKE, PER_SECOND, SECONDS];

/// A right section, to copy.
const EXAMPLE: &str = "write `prices: { currency: USD, per_second: 0.05 }`";

/// The prices that `node` states, as far as they are right, and a mistake for each that is not. `is_model` knows which models there
/// are: prices of others are odd.
pub(crate) fn read(node: Node, source: &str, is_model: &dyn Fn(&str) -> bool, found: &mut Vec<Diagnostic>) -> Prices {
    let at = node.at;
    let mut reader = Reader { source, currency: None, found };
    let Some(entries) = reader.map(NAME, node, &TOP, EXAMPLE) else { return Prices::default() };
    reader.currency = reader.currency(&entries, at);
    let mut prices = Prices { general: reader.tariff("", &entries), models: BTreeMap::new() };
    if let Some(models) = entries.get(MODELS) {
        prices.models = reader.models(models.node.clone(), is_model);
    }
    if !entries.have_any(&[PER_TAKE, PER_SECOND, SECONDS, MODELS]) {
        reader.found.push(states_nothing(NAME, at, EXAMPLE));
    }
    prices
}

struct Reader<'a> {
    source: &'a str,
    /// `None` when it is missing or wrong, which has been reported; amounts are checked all the same.
    currency: Option<Currency>,
    found: &'a mut Vec<Diagnostic>,
}

impl Reader<'_> {
    fn map(&mut self, path: &str, node: Node, names: &[&'static str], help: &str) -> Option<Entries> {
        Entries::read(&Form { path, names, help, hint }, node, self.source, self.found)
    }

    fn currency(&mut self, entries: &Entries, at: Place) -> Option<Currency> {
        let Some(entry) = entries.get(CURRENCY) else {
            if entries.misspelt {
                return None;
            }
            let missing = Diagnostic::error("prices", at, "`prices` does not say in which `currency` they are");
            self.found.push(missing.help("add `currency: USD`, or `currency: CREDITS`"));
            return None;
        };
        let text = entry.node.text(self.source).unwrap_or_default();
        let currency = text.parse().ok();
        if currency.is_none() {
            let upper = text.to_uppercase();
            let better = upper.parse::<Currency>().map_or("USD".to_owned(), |currency| currency.as_str().to_owned());
            let message = format!("`currency` must be three to eight capital letters, not {}", shown(&entry.node, self.source));
            let mistake = Diagnostic::error("prices", entry.node.at, message).value(text);
            self.found.push(mistake.help(format!("write `currency: {better}`")));
        }
        currency
    }

    /// What is said for all models, or for one.
    fn tariff(&mut self, path: &str, entries: &Entries) -> Tariff {
        let (per_take, per_second) = (entries.get(PER_TAKE), entries.get(PER_SECOND));
        if let (Some(first), Some(second)) = (per_take, per_second) {
            let both = format!("`{path}per_take` and `{path}per_second` are both given");
            let mistake = Diagnostic::error("prices", second.at, both).help("keep the one that is charged");
            self.found.push(mistake.value(PER_SECOND).related(first.at, "the other is given here"));
        }
        let per_take = per_take.and_then(|entry| self.amount(&format!("{path}{PER_TAKE}"), &entry.node));
        let per_second = per_second.and_then(|entry| self.amount(&format!("{path}{PER_SECOND}"), &entry.node));
        let seconds = entries.get(SECONDS).map(|entry| self.seconds(path, &entry.node)).unwrap_or_default();
        Tariff { rate: per_take.map(Rate::PerTake).or(per_second.map(Rate::PerSecond)), seconds }
    }

    /// What single lengths cost.
    fn seconds(&mut self, path: &str, node: &Node) -> BTreeMap<u8, Money> {
        let path = format!("{path}{SECONDS}");
        let help = "write `seconds: { 5: 0.6, 10: 1.1 }`";
        let mut prices = BTreeMap::new();
        for entry in self.map(&path, node.clone(), &[], help).map(|entries| entries.list).unwrap_or_default() {
            let length = entry.name.parse::<u8>().ok().and_then(|length| Seconds::try_from(length).ok());
            let length = length.filter(|length| length.is_known());
            if length.is_none() {
                let message = format!("no video is {} seconds long", quoted(&entry.name));
                let mistake = Diagnostic::error("prices", entry.at, message).value(&entry.name);
                self.found.push(mistake.help("lengths are 5 and 10").allowed(&KNOWN_SECONDS));
            }
            let price = self.amount(&format!("{path}.{}", entry.name), &entry.node);
            prices.extend(length.map(Seconds::get).zip(price));
        }
        prices
    }

    fn models(&mut self, node: Node, is_model: &dyn Fn(&str) -> bool) -> BTreeMap<String, Tariff> {
        let mut models = BTreeMap::new();
        let entries = self.map("prices.models", node, &[], "write `models: { gen4: { per_take: 0.5 } }`");
        for Entry { name, at, node } in entries.map(|entries| entries.list).unwrap_or_default() {
            if !is_model(&name) {
                self.found.push(no_model(&name, at));
            }
            let help = format!("write `{name}: {{ per_take: 0.5 }}`");
            let Some(entries) = self.map(&name, node, &OF_A_MODEL, &help) else { continue };
            if !entries.have_any(&OF_A_MODEL) {
                self.found.push(states_nothing(&name, at, &help));
            }
            let tariff = self.tariff(&format!("{name}."), &entries);
            models.insert(name, tariff);
        }
        models
    }

    /// An exact amount. Without a currency it is only checked.
    fn amount(&mut self, name: &str, node: &Node) -> Option<Money> {
        const ANY: &str = "CREDITS";
        let currency = self.currency.or_else(|| ANY.parse().ok())?;
        let why = match node.text(self.source).map_or(Err(BadAmount::NoNumber), |text| currency.price(text.trim())) {
            Ok(price) => return self.currency.map(|_| price),
            Err(why) => why,
        };
        let shown = shown(node, self.source);
        let (message, help) = match why {
            BadAmount::Negative => (format!("`{name}` cannot be negative: {shown}"), "write what a take costs".to_owned()),
            BadAmount::TooPrecise => {
                (format!("`{name}` has more than six digits behind the point: {shown}"), "round it to a millionth".to_owned())
            }
            BadAmount::TooLarge => {
                let most = Currency::MOST;
                (
                    format!("`{name}` is more than {most}, which no take costs: {shown}"),
                    "check the currency and the point".to_owned(),
                )
            }
            BadAmount::NoNumber => {
                let help = "write the number alone, with a point: `0.32`; the currency is said once, by `currency`";
                (format!("`{name}` must be an amount, not {shown}"), help.to_owned())
            }
        };
        let code = if matches!(node.value, Value::List(_) | Value::Map(_) | Value::Nothing) { "wrong-type" } else { "prices" };
        let mistake = Diagnostic::error(code, node.at, message).help(help);
        self.found.push(node.text(self.source).map_or(mistake.clone(), |text| mistake.value(text)));
        None
    }
}

/// No amount where there should be one.
fn states_nothing(path: &str, at: Place, help: &str) -> Diagnostic {
    Diagnostic::error("prices", at, format!("`{path}` states no price")).help(help)
}

/// What may have been meant.
fn hint(path: &str, word: &str) -> Option<String> {
    match word {
        NAME => Some("a file of prices begins with `currency`, without `prices:` above it".to_owned()),
        _ if path == NAME && KNOWN_MODELS.contains(&word) => Some(format!("put it under `models`: `models: {{ {word}: … }}`")),
        _ => None,
    }
}

/// A price of a model that nobody knows: no mistake by itself, but it may be why another model has none.
fn no_model(name: &str, at: Place) -> Diagnostic {
    let odd = Diagnostic::warning("model", at, format!("a price for the model {}, which is not known", quoted(name)));
    let near = nearest(name, KNOWN_MODELS).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
    odd.value(name).help(format!("{near}{}", known(&KNOWN_MODELS)))
}
