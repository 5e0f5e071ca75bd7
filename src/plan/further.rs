//! Further takes: what the author wants of a shot over what the manifest asks for. They are entered as such, so that every later run
//! sees them to their end without being told again. A further take is of the shot as it was then; when the shot is changed before it
//! is paid for, it is not asked for any more.

use std::collections::BTreeSet;

use super::{Action, Basis, Planned, after, as_it_is, ended, fresh};
use crate::shot::{Shot, TakeNo};
use crate::take::{Event, State, Take};

/// What is wanted of a shot over what the manifest asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wish {
    /// One take more, of the shot as it is now; none while any take of it is still to come. A shot that was changed after it was paid
    /// for gets what it is held for instead.
    pub again: bool,
    /// So many takes more; none while the shot is held, or an earlier further take of it is still to come.
    pub more: u16,
}

/// The further takes that are wanted of `shot` and can be had, behind the number `last`. Of its other takes, `others`, the first that
/// is in the way of any says so.
pub(super) fn wanted(shot: &Shot, wish: Wish, others: &mut [Planned], last: Option<TakeNo>, basis: &Basis<'_>) -> Vec<Planned> {
    let first = |is_in_the_way: &dyn Fn(&Planned) -> bool| others.iter().position(is_in_the_way);
    let again = first(&|other| is_to_come(shot, other)).filter(|_| wish.again);
    let more = first(&|other| is_to_come(shot, other) && (other.action == Action::Held || other.take.record.further));
    let more = more.filter(|_| wish.more > 0);
    let count = u16::from(wish.again && again.is_none()) + if more.is_none() { wish.more } else { 0 };
    // Where a change is agreed to, what was wanted is what is in the way.
    let agreed = others.iter().any(|other| other.needs_consent && other.action == Action::Submit);
    for place in again.filter(|_| !agreed).into_iter().chain(more).collect::<BTreeSet<_>>() {
        others[place].reason += "; no further take before this one";
    }
    after(last).take(count.into()).map(|number| entered(shot, number, basis)).collect()
}

/// A further take that the ledger does not know.
fn entered(shot: &Shot, number: TakeNo, basis: &Basis<'_>) -> Planned {
    let new = fresh(shot, number, basis).after([Event::Further]).priced(shot, basis);
    Planned { further: true, reason: "a further take, as agreed".to_owned(), ..new }
}

/// A further take that the ledger knows, of the shot as it still is. What ended without a video is no wish any more, unless it is
/// agreed to submit it again: the manifest has no place where its author could take the wish back.
pub(super) fn gone_on_with(shot: &Shot, take: Take, basis: &Basis<'_>) -> Planned {
    let planned = as_it_is(shot, take, basis);
    if planned.action == Action::GivenUp {
        let reason = format!("a further take that came to nothing; it stays as it is: {}", ended(&planned.take));
        return Planned::new(planned.take, Action::Drop, reason);
    }
    let reason = format!("a further take: {}", planned.reason);
    Planned { further: true, reason, ..planned }.priced(shot, basis)
}

/// Further takes that are to be submitted take the places of takes that came to nothing, the last first: as soon as they are paid for,
/// they are what serves the shot.
pub(super) fn take_places(takes: &mut [Planned]) {
    let submitted = takes.iter().filter(|planned| planned.further && planned.action == Action::Submit);
    let numbers: Vec<TakeNo> = submitted.map(|planned| planned.name.number).collect();
    let given_up = takes.iter_mut().rev().filter(|planned| planned.action == Action::GivenUp);
    for (planned, number) in given_up.zip(numbers.into_iter().rev()) {
        planned.reason = format!("{number} takes its place; it stays as it is: {}", planned.reason);
        planned.action = Action::Drop;
    }
}

/// Whether something of the shot as it is now is on its way, to be submitted, or held.
fn is_to_come(shot: &Shot, planned: &Planned) -> bool {
    let is_begun = !matches!(planned.take.state, State::Stored { .. } | State::Rejected { .. } | State::Failed { .. });
    let is_of_it = planned.take.request == shot.request;
    let is_left = planned.action == Action::Drop;
    matches!(planned.action, Action::Submit | Action::Held) || is_begun && is_of_it && !is_left
}
