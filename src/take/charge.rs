//! What a take costs: one charge an attempt, reserved with the intent and settled when it is known what came of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Class, Event};
use crate::price::Money;

/// The money of one attempt.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Charge {
    /// When the submission was begun; the charge counts for the day and the month of this time.
    pub at: Timestamp,
    /// What was reserved; `None` where no price was stated.
    pub price: Option<Money>,
    /// What became of it.
    pub standing: Standing,
    /// What the provider counted for it in its own points, where it said so.
    pub points: Option<f64>,
    /// Who says whether the money comes back, where the task failed.
    pub refund: Option<Refund>,
}

/// What has become of the money of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// For a video that the provider made, or for an end without one that is charged.
    Spent,
    /// Under way: to be spent or refunded.
    Reserved,
    /// Nobody knows whether anything was bought.
    Unresolved,
    /// Charged at first, and given back when the task had failed.
    Refunded,
    /// Surely never charged: refused, put off, or found never to have been made.
    Returned,
}

/// What is known about a task that is over, besides how it ended: what the provider says, and when it was last seen unfinished.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Finish {
    /// What it counted for the task, in points of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<f64>,
    /// Whether the money comes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<Refund>,
    /// How long it took, in whole seconds from its submission to its end, by the provider's own times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_in: Option<u32>,
    /// How many whole seconds after its submission was begun it was last seen unfinished: 0 where whoever submitted it has found it
    /// finished at once, nothing where others have looked before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unfinished_at: Option<u32>,
}

/// Whether the money for a task that failed comes back, and who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refund {
    /// The provider, in its answer.
    Stated(bool),
    /// The rule that held when it failed, because the provider said nothing.
    Ruled(bool),
}

/// The rule by which tasks that failed are refunded where the provider does not say: for which classes they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refunds([bool; Class::ALL.len()]);

impl Standing {
    /// Every standing.
    pub const ALL: [Self; 5] = [Self::Spent, Self::Reserved, Self::Unresolved, Self::Refunded, Self::Returned];

    /// Whether the money is gone, or may be: what a budget counts.
    pub fn counts(self) -> bool {
        matches!(self, Self::Spent | Self::Reserved | Self::Unresolved)
    }

    /// Whether there is, or was, anything to pay for: all but what surely never was charged.
    pub fn is_charge(self) -> bool {
        self != Self::Returned
    }

    /// The standing in a report.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Spent => "spent",
            Self::Reserved => "reserved",
            Self::Unresolved => "unresolved",
            Self::Refunded => "refunded",
            Self::Returned => "returned",
        }
    }
}

impl Finish {
    /// Whether nothing is said.
    pub(super) fn is_silent(&self) -> bool {
        *self == Self::default()
    }

    /// With the word of `rule` about a task that failed in this way, where the provider gives none.
    pub(super) fn ruled(self, class: Class, rule: Refunds) -> Self {
        Self { refund: Some(self.refund.unwrap_or(Refund::Ruled(rule.covers(class)))), ..self }
    }
}

impl Refund {
    /// Whether the money comes back.
    pub fn is_given(self) -> bool {
        let (Self::Stated(given) | Self::Ruled(given)) = self;
        given
    }
}

impl Refunds {
    /// Nothing comes back.
    pub const NONE: Self = Self([false; Class::ALL.len()]);

    /// The rule for these classes.
    pub fn of(classes: impl IntoIterator<Item = Class>) -> Self {
        let mut rule = Self::NONE;
        for class in classes {
            rule.0[class as usize] = true;
        }
        rule
    }

    /// Whether tasks that failed in this way are refunded.
    pub fn covers(self, class: Class) -> bool {
        self.0[class as usize]
    }
}

/// As documented: failed tasks are refunded, but what the content policy has ended costs as much as a finished video. What the provider
/// has lost or gives no link to has not failed to it.
impl Default for Refunds {
    fn default() -> Self {
        Self::of([Class::Input, Class::Account, Class::Internal, Class::Unknown])
    }
}

/// What `event`, which happened at `at`, makes of the charges of a take. What surely was never charged makes room for the next attempt.
pub(super) fn note(charges: &mut Vec<Charge>, at: Timestamp, event: &Event) {
    if let Event::Intent { price, .. } = event {
        charges.pop_if(|last| last.standing == Standing::Returned);
        // Most takes have one attempt, and there may be a million of them.
        charges.reserve_exact(1);
        charges.push(Charge { at, price: *price, standing: Standing::Reserved, points: None, refund: None });
        return;
    }
    let Some(last) = charges.last_mut() else { return };
    last.standing = match event {
        Event::Accepted { .. } | Event::Adopted { .. } => Standing::Reserved,
        Event::Deferred { .. } | Event::Rejected { .. } | Event::Freed => Standing::Returned,
        Event::AnswerLost(_) => Standing::Unresolved,
        Event::Succeeded { .. } => Standing::Spent,
        Event::Failed { class, finish, .. } => {
            // Ledgers that do not tell are older than any rule but the documented one.
            let refund = finish.ruled(*class, Refunds::default()).refund;
            last.refund = refund;
            if refund.is_some_and(Refund::is_given) { Standing::Refunded } else { Standing::Spent }
        }
        _ => return,
    };
    if let Event::Succeeded { finish, .. } | Event::Failed { finish, .. } = event {
        last.points = finish.points.or(last.points);
    }
}
