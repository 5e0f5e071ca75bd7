//! What a plan says, without what a run needs: small enough for a million takes and more.

use std::borrow::Borrow;
use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::Arc;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::{Action, Change, Plan, Planned};
use crate::price::{Bill, Money};
use crate::shot::TakeNo;

/// What is to be done with every take, in order, and what that comes to.
#[derive(Debug, Clone, Default)]
pub struct Overview {
    /// The ids of the shots, one behind the other, once a take.
    ids: String,
    takes: Vec<Packed>,
    reasons: Pool<Arc<str>>,
    changes: Pool<Arc<[Change]>>,
    prices: Pool<Option<Money>>,
    actions: BTreeMap<Action, Tally>,
    is_work: bool,
}

/// One take of an overview.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Line<'a> {
    /// The id of its shot.
    pub shot: &'a str,
    /// Its number.
    pub take: TakeNo,
    /// What to do with it.
    pub action: Action,
    /// Whether it is wanted over what the manifest asks for, see [`Planned::further`].
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub further: bool,
    /// Why.
    pub reason: &'a str,
    /// In what the shot is not what it was, where that is why.
    #[serde(skip_serializing_if = "<[Change]>::is_empty")]
    pub changes: &'a [Change],
    /// What it costs, see [`Planned::price`].
    pub price: Option<Money>,
}

/// One take; what many have in common is kept once.
#[derive(Debug, Clone, Copy)]
struct Packed {
    /// Where its shot's id ends.
    end: usize,
    reason: u32,
    changes: u32,
    price: u32,
    number: TakeNo,
    action: Action,
    further: bool,
}

/// How many takes, and what they cost.
#[derive(Debug, Clone, Default)]
struct Tally {
    takes: usize,
    bill: Bill,
}

impl Overview {
    /// Adds a take.
    pub fn add(&mut self, planned: &Planned) {
        self.ids.push_str(planned.name.shot.as_str());
        self.takes.push(Packed {
            end: self.ids.len(),
            reason: self.reasons.keep(planned.reason.as_str(), |own| Arc::from(own)),
            changes: self.changes.keep(planned.changes.as_slice(), |own| Arc::from(own)),
            price: self.prices.keep(&planned.price, Clone::clone),
            number: planned.name.number,
            action: planned.action,
            further: planned.further,
        });
        let tally = self.actions.entry(planned.action).or_default();
        tally.takes += 1;
        tally.bill.add(planned.price);
        self.is_work |= planned.is_work();
    }

    /// How many takes there are.
    pub fn len(&self) -> usize {
        self.takes.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.takes.is_empty()
    }

    /// Whether a run would do something about any of them.
    pub fn is_work(&self) -> bool {
        self.is_work
    }

    /// The take at this place.
    pub fn line(&self, place: usize) -> Option<Line<'_>> {
        let packed = self.takes.get(place)?;
        let start = place.checked_sub(1).and_then(|before| self.takes.get(before)).map_or(0, |before| before.end);
        Some(Line {
            shot: &self.ids[start..packed.end],
            take: packed.number,
            action: packed.action,
            further: packed.further,
            reason: self.reasons.get(packed.reason),
            changes: self.changes.get(packed.changes),
            price: *self.prices.get(packed.price),
        })
    }

    /// Every take, in order.
    pub fn lines(&self) -> impl ExactSizeIterator<Item = Line<'_>> {
        (0..self.len()).map(|place| self.line(place).expect("a place there is"))
    }

    /// The actions that there are, with the number of takes and what they cost, in the order in which they are told.
    pub fn actions(&self) -> impl Iterator<Item = (Action, usize, &Bill)> {
        self.actions.iter().map(|(action, tally)| (*action, tally.takes, &tally.bill))
    }

    /// What all takes cost.
    pub fn total(&self) -> Bill {
        self.lines().map(|line| line.price).collect()
    }
}

impl From<&Plan> for Overview {
    fn from(plan: &Plan) -> Self {
        let mut overview = Self::default();
        plan.takes.iter().for_each(|planned| overview.add(planned));
        overview
    }
}

/// What the takes with each action cost, what all of them cost, then the takes.
impl Serialize for Overview {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Lines<'a>(&'a Overview);

        impl Serialize for Lines<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.lines())
            }
        }

        let prices: BTreeMap<Action, &Bill> = self.actions().map(|(action, _, bill)| (action, bill)).collect();
        let mut fields = serializer.serialize_struct("Plan", 3)?;
        fields.serialize_field("prices", &prices)?;
        fields.serialize_field("total", &self.total())?;
        fields.serialize_field("takes", &Lines(self))?;
        fields.end()
    }
}

/// Values, each kept once, by number.
#[derive(Debug, Clone)]
struct Pool<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
}

impl<T: Clone + Eq + Hash> Pool<T> {
    /// The number of `value`, which is made into one to keep when it is new.
    fn keep<Q: Eq + Hash + ?Sized>(&mut self, value: &Q, own: impl FnOnce(&Q) -> T) -> u32
    where
        T: Borrow<Q>,
    {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = u32::try_from(self.values.len()).expect("fewer different values than takes there is room for");
        let value = own(value);
        self.values.push(value.clone());
        self.numbers.insert(value, number);
        number
    }

    fn get(&self, number: u32) -> &T {
        &self.values[number as usize]
    }
}

impl<T> Default for Pool<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new() }
    }
}
