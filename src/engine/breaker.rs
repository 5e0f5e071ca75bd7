//! What the ends of takes mean for the run: too many that the content policy has ended, or one that the account was not good for, and
//! nothing more is submitted. Pure: it is told how each take ended, in the order in which they end, and says when it is enough.
//!
//! ```text
//! in a row   …✓ ✗ ✗ ✗ ✗ ✗           five without a made video in between
//! share      ✓✗✓✓✓✗✓✓✗✓✓✓✓✗✓✓✓✗✓✗   more than 25 of a hundred, once there are 20
//! ```
//!
//! Counted is what the content policy has judged: videos made (✓) and takes that it has ended (✗), also those that it refused at the
//! door. What ends for another reason tells nothing about it. Several takes are on their way at once, so some more may end after
//! it was enough; they change nothing.

use std::num::NonZeroU32;

use jiff::Timestamp;

use super::Reason;
use crate::shot::TakeName;
use crate::take::{Bearing, Event, Policy, Take, rule};

/// Counts how takes end.
#[derive(Debug)]
pub(super) struct Breaker {
    in_a_row: Option<NonZeroU32>,
    share: Option<u8>,
    counts_from: u32,
    /// What the content policy has ended, in order.
    moderated: Vec<TakeName>,
    /// How many of those have ended since the last video was made.
    row: usize,
    /// How many videos were made.
    made: usize,
}

impl Breaker {
    /// With the numbers of `policy`, and nothing counted yet.
    pub(super) fn new(policy: &Policy) -> Self {
        let Policy { moderated_in_a_row: in_a_row, moderated_share: share, share_counts_from: counts_from, .. } = *policy;
        Self { in_a_row, share, counts_from, moderated: Vec::new(), row: 0, made: 0 }
    }

    /// `event` has happened to `take` at `at`. The reason to submit nothing more, if it is one.
    pub(super) fn saw(&mut self, take: &Take, at: Timestamp, event: &Event) -> Option<Reason> {
        match event {
            // A fresh link to what was made before is no further video.
            Event::Succeeded { .. } if take.record.finished_at == Some(at) => self.made(),
            Event::Failed { class, why, .. } if rule(*class).run == Bearing::Stops => Some(Reason::Account(why.clone())),
            Event::Rejected { class, .. } | Event::Failed { class, .. } if rule(*class).run == Bearing::Counted => {
                self.moderated(&take.name)
            }
            _ => None,
        }
    }

    fn made(&mut self) -> Option<Reason> {
        self.made += 1;
        self.row = 0;
        self.too_large_a_share()
    }

    fn moderated(&mut self, take: &TakeName) -> Option<Reason> {
        self.moderated.push(take.clone());
        self.row += 1;
        self.too_long_a_row().or_else(|| self.too_large_a_share())
    }

    fn too_long_a_row(&self) -> Option<Reason> {
        let too_long = self.in_a_row.is_some_and(|most| self.row >= most.get() as usize);
        let row = &self.moderated[self.moderated.len() - self.row..];
        too_long.then(|| Reason::Moderation { takes: row.to_vec(), judged: None })
    }

    fn too_large_a_share(&self) -> Option<Reason> {
        let (moderated, judged) = (self.moderated.len(), self.moderated.len() + self.made);
        let too_large = self.share.is_some_and(|share| moderated * 100 > judged * usize::from(share));
        let counts = judged >= self.counts_from as usize;
        (counts && too_large).then(|| Reason::Moderation { takes: self.moderated.clone(), judged: Some(judged) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::request::Request;
    use crate::shot::TakeNo;
    use crate::take::{Class, Finish};

    /// How a take ends.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum End {
        Made,
        Refused,
        Moderated,
        Otherwise,
    }
    use End::{Made, Moderated, Otherwise, Refused};

    /// After how many of these the run is stopped, and how many the content policy is said to have ended.
    fn tripped(ends: &[End], policy: &Policy) -> Option<(usize, usize)> {
        let mut breaker = Breaker::new(policy);
        ends.iter().zip(1..).find_map(|(end, count)| match breaker.saw(&take(*end), now(), &event(*end)) {
            Some(Reason::Moderation { takes, .. }) => Some((count, takes.len())),
            Some(other) => panic!("{other:?}"),
            None => None,
        })
    }

    fn policy(in_a_row: u32, share: Option<u8>, from: u32) -> Policy {
        let (moderated_in_a_row, moderated_share) = (NonZeroU32::new(in_a_row), share);
        Policy { moderated_in_a_row, moderated_share, share_counts_from: from, ..Policy::default() }
    }

    #[test]
    fn so_many_in_a_row_are_enough() {
        let five = policy(5, None, 0);
        assert_eq!(tripped(&[Moderated; 4], &five), None);
        assert_eq!(tripped(&[Moderated, Refused, Moderated, Refused, Moderated], &five), Some((5, 5)));
        let interrupted = [[Moderated; 4].as_slice(), &[Made], &[Moderated; 4], &[Otherwise], &[Moderated]].concat();
        assert_eq!(tripped(&interrupted, &five), Some((11, 5)), "only a video says that all is well");
        assert_eq!(tripped(&[Moderated; 99], &policy(0, None, 0)), None, "switched off");
    }

    #[test]
    fn a_share_is_enough_once_there_are_enough_to_share() {
        let quarter = policy(0, Some(25), 20);
        assert_eq!(tripped(&[Moderated, Made], &quarter), None, "one of two");
        let mut ends = vec![Made; 14];
        ends.extend([Moderated; 5]);
        assert_eq!(tripped(&ends, &quarter), None, "five of nineteen");
        ends.push(Moderated);
        assert_eq!(tripped(&ends, &quarter), Some((20, 6)));
        let exactly = [[Made; 15].as_slice(), &[Moderated; 5]].concat();
        assert_eq!(tripped(&exactly, &quarter), None, "a quarter is not more than a quarter");
        assert_eq!(tripped(&[Moderated; 99], &policy(0, Some(100), 1)), None);
    }

    #[test]
    fn a_fresh_link_is_no_further_video_and_an_empty_account_stops_at_once() {
        let mut breaker = Breaker::new(&policy(2, None, 0));
        let mut saw = |end, at| breaker.saw(&take(end), at, &event(end)).is_some();
        assert!(!saw(Moderated, now()));
        assert!(!saw(Made, now() + std::time::Duration::from_secs(1)), "a link for what was made at another time");
        assert!(saw(Moderated, now()));
        let failed = Event::Failed { class: Class::Account, why: "insufficient credits".into(), finish: Finish::default() };
        let reason = breaker.saw(&take(Otherwise), now(), &failed);
        assert!(matches!(reason, Some(Reason::Account(why)) if why == "insufficient credits"));
        let rejected = Event::Rejected { class: Class::Account, why: "model_not_found".into() };
        assert!(breaker.saw(&take(Otherwise), now(), &rejected).is_none(), "surely not paid, and others may do");
    }

    proptest! {
        #[test]
        fn it_trips_at_the_first_of_the_two_and_only_there(
            ends in prop::collection::vec(prop::sample::select(vec![Made, Made, Refused, Moderated, Otherwise]), 0..80),
            in_a_row in 0..6_u32, share in prop::option::of(0..=100_u8), from in 0..30_u32,
        ) {
            let part = |count: usize| f64::from(u32::try_from(count).unwrap());
            let is_moderated = |end: &&End| matches!(end, Moderated | Refused);
            let enough = |before: &[End]| {
                let judged: Vec<&End> = before.iter().filter(|end| **end != Otherwise).collect();
                if judged.is_empty() {
                    return false;
                }
                let row = judged.iter().rev().take_while(|end| is_moderated(end)).count();
                let moderated = judged.iter().filter(|end| is_moderated(end)).count();
                let long = in_a_row > 0 && row >= in_a_row as usize;
                let many = share.is_some_and(|share| part(moderated) / part(judged.len()) > f64::from(share) / 100.0);
                long || many && judged.len() >= from as usize
            };
            let expected = (1..=ends.len()).find(|count| enough(&ends[..*count]));
            prop_assert_eq!(tripped(&ends, &policy(in_a_row, share, from)).map(|(count, _)| count), expected);
        }
    }

    /// A take to which this has just happened.
    fn take(end: End) -> Take {
        let request = Request::sample("a cat");
        let key = request.key("cometapi", TakeNo::FIRST);
        let mut take = Take::new("SC010_SH010_T01".parse().unwrap(), request, key, Vec::new());
        take.record.finished_at = (end != Otherwise).then(now);
        take
    }

    fn event(end: End) -> Event {
        let why = "no".to_owned();
        match end {
            Made => Event::Succeeded { link: "https://v/1".into(), finish: Finish::default() },
            Refused => Event::Rejected { class: Class::Moderated, why },
            Moderated => Event::Failed { class: Class::Moderated, why, finish: Finish::default() },
            Otherwise => Event::Failed { class: Class::Internal, why, finish: Finish::default() },
        }
    }

    fn now() -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
