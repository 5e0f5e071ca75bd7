//! Which takes of a shot are seen in a cut.

use crate::report::Row;
use crate::take::Outcome;

/// Which takes of a shot are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// Those that were picked, in the order of their numbers.
    Picks,
    /// One: a picked one, else the one with the highest rating, else the latest. None that was rejected; one that is off-spec only
    /// where there is nothing else.
    Best,
    /// Every one, in the order of their numbers, whatever was said of it.
    All,
}

impl Choice {
    /// The wanted ones of a shot's takes.
    pub fn of(self, mut rows: Vec<Row<'_>>) -> Vec<Row<'_>> {
        rows.retain(is_usable);
        rows.sort_by_key(|row| row.number);
        match self {
            Self::Picks => rows.retain(|row| row.review.is_pick()),
            Self::Best => {
                let best = rows.into_iter().filter(|row| !row.review.is_reject()).max_by_key(worth);
                rows = best.into_iter().collect();
            }
            Self::All => {}
        }
        rows
    }
}

/// Whether there is a video, and no choice takes it because its container is not sound and nobody has picked it.
pub fn is_damaged(row: &Row<'_>) -> bool {
    row.facts.file.is_some() && !is_usable(row)
}

/// Whether there is a video that can be played: it is stored, and its container sound, or somebody has watched it all the same.
fn is_usable(row: &Row<'_>) -> bool {
    row.facts.file.is_some() && (row.review.is_pick() || row.facts.media.is_none_or(|media| media.trouble.is_none()))
}

/// What a take is chosen by; the latest of those that are worth the same.
fn worth(row: &Row<'_>) -> impl Ord + use<> {
    (row.review.is_pick(), row.outcome != Outcome::OffSpec, row.review.rating, row.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edit::samples::{clip, damaged, off_spec, reviewed};
    use crate::take::Take;

    #[track_caller]
    fn check(choice: Choice, takes: &[Take], expected: &[u16]) {
        let chosen = choice.of(takes.iter().map(Row::new).collect());
        assert_eq!(chosen.iter().map(|row| row.number.get()).collect::<Vec<_>>(), expected);
    }

    fn take(number: u16) -> Take {
        clip(&format!("A_T{number:02}"), 120, (24, 1))
    }

    #[test]
    fn the_best_is_the_pick_then_the_rating_then_the_latest() {
        check(Choice::Best, &[take(1), take(2)], &[2]);
        check(Choice::Best, &[reviewed(take(1), None, Some(1)), take(2)], &[1]);
        check(Choice::Best, &[reviewed(take(1), None, Some(4)), reviewed(take(2), None, Some(5))], &[2]);
        check(Choice::Best, &[reviewed(take(1), Some(true), None), reviewed(take(2), None, Some(5))], &[1]);
        check(Choice::Best, &[take(1), reviewed(take(2), Some(false), Some(5))], &[1]);
        check(Choice::Best, &[reviewed(take(1), Some(false), None)], &[]);
    }

    #[test]
    fn what_is_off_spec_is_used_where_there_is_nothing_else() {
        check(Choice::Best, &[take(1), off_spec(take(2))], &[1]);
        check(Choice::Best, &[off_spec(take(2))], &[2]);
        check(Choice::Best, &[take(1), reviewed(off_spec(take(2)), Some(true), None)], &[2]);
    }

    #[test]
    fn what_cannot_be_played_is_not_used_unless_somebody_picked_it() {
        check(Choice::Best, &[take(1), damaged(take(2))], &[1]);
        check(Choice::All, &[damaged(take(2))], &[]);
        check(Choice::Picks, &[reviewed(damaged(take(2)), Some(true), None)], &[2]);
    }

    #[test]
    fn picks_are_picks_and_all_is_all() {
        let takes = [reviewed(take(3), Some(true), None), take(2), reviewed(take(1), Some(true), None)];
        check(Choice::Picks, &takes, &[1, 3]);
        check(Choice::Picks, &[take(1)], &[]);
        let takes = [off_spec(take(3)), reviewed(take(2), Some(false), None), take(1)];
        check(Choice::All, &takes, &[1, 2, 3]);
    }
}
