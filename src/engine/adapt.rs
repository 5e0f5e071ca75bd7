//! How many submissions a second a provider bears that refuses some for their rate. Pure: it is told when submissions were begun and
//! how they were answered, and says which pace is right now. It has no clock of its own: times are counted from the run's beginning.
//!
//! ```text
//! ceiling ─┐ refused                                                                    ╭─ ceiling again
//!          │                                                    refused                 │
//!          │       ╭──────── a bit below what is borne ───────╮ ╷          ╭──────── …  ╯
//!          └──╴╴╴╴─╯ one is let through: doubles each         ╰─┘ half    ─╯
//!             half   round trip until it is nearly there
//! ```
//!
//! Halving alone would use three quarters of what is borne. So after each refusal it is judged what that is: the rate at which
//! submissions were let through in the last seconds. Once one that was sent at half of that is let through, the pace returns to a
//! bit below it, stays about there, and then rises ever faster, much as CUBIC's does (RFC 9438): a refusal costs little, and a
//! provider that becomes generous again is used again, up to the ceiling.

use std::collections::VecDeque;
use std::time::Duration;

/// The slowest pace: a provider that refuses everything is asked every 30 seconds.
const SLOWEST: f64 = 1.0 / 30.0;

/// How far below what is borne the pace returns to, and how steeply it rises from there, as a share of it.
const DIP: f64 = 0.05;

/// Limits are stated for a second or longer: what is let through in less says nothing about a rate.
const SECOND: f64 = 1.0;

/// Of how many submissions a rate is judged, if there are so many.
const ENOUGH: usize = 8;

/// How many submissions may be without an answer before the first is let through. Each that is allows one more.
const UNKNOWN: u64 = 10;

/// A rate that was measured counts as the pace itself if it is at least this share of it.
const NEARLY: f64 = 0.8;

/// How long the pace stays about what is borne, in seconds: at first, while that is hardly known; and each refusal that confirms it
/// doubles that, up to half a minute, or until so many submissions have gone that one refusal of them is few.
const SHORT_STAY: f64 = 3.0;
const LONG_STAY: f64 = 30.0;
const STAY_FOR: f64 = 60.0;
const LONGEST_STAY: f64 = 120.0;

/// The same after a pause that the provider asked for: at least three times as long, so that most of the time is no pause.
const STAY_AFTER_PAUSE: f64 = 3.0;
const LONGEST_AFTER_PAUSE: f64 = 900.0;

/// How many round trips that is at least: sooner nothing can be seen of what a higher pace does.
const ROUND_TRIPS: f64 = 5.0;

/// While nothing is let through, the next try comes at the latest after so many seconds, or after a quarter of the time that this
/// has lasted: many limits are of a minute, and what is left of it when it is noticed is lost.
const TRY_EVERY: f64 = 8.0;

/// The pace that the answers to submissions suggest: never above the ceiling, and at it until one is refused for its rate.
#[derive(Debug)]
pub(super) struct Adapt {
    ceiling: f64,
    phase: Phase,
    /// How many may be without an answer until the first refusal.
    leap: u64,
    unanswered: u64,
    /// What was let through since the last refusal that was followed by something let through.
    passed: Passed,
    /// The time in which there was something to submit, in seconds: a run that waits for room learns nothing about the pace.
    busy: f64,
    last_begun: Option<f64>,
    /// From a submission to its answer, in seconds, the last time.
    round_trip: f64,
    /// When the pace was last halved: refusals of what was begun before are of the same congestion.
    halved: Option<f64>,
    stay: f64,
    borne: Option<f64>,
}

/// A submission that is under way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Begun {
    at: f64,
    /// The busy time until then.
    busy: f64,
}

#[derive(Debug)]
enum Phase {
    /// Nothing stands in the way of the ceiling.
    Free,
    /// Something was refused, and nothing that was begun since has been let through yet.
    Shut(Shut),
    /// Something is let through.
    Open(Open),
}

#[derive(Debug)]
struct Shut {
    since: f64,
    pace: f64,
    /// What is borne, as far as that is known.
    borne: f64,
    /// The pace at which the first refused one was sent.
    tried: f64,
    /// The busy time until the first refusal was heard of, and until the last refused one was begun.
    until: f64,
    refused: f64,
    /// How many times in a row the pace was halved.
    halvings: u32,
    /// How long the provider wants to be left alone, if it says so.
    told: Option<f64>,
}

#[derive(Debug)]
struct Open {
    since: f64,
    /// The pace at that time.
    from: f64,
    borne: f64,
    /// How long a return takes that doubles the pace each round trip, and each such doubling.
    returning: f64,
    doubling: f64,
    stay: f64,
}

#[derive(Debug, Default)]
struct Passed {
    since: f64,
    count: f64,
    /// The last ones, by busy time: those of a second, and at least some.
    last: VecDeque<f64>,
}

impl Adapt {
    /// A pace of `ceiling` submissions a second, which must be above zero, and of `burst` at one instant.
    pub(super) fn new(ceiling: f64, burst: u32) -> Self {
        Self {
            ceiling,
            phase: Phase::Free,
            leap: UNKNOWN.max(burst.into()),
            unanswered: 0,
            passed: Passed::default(),
            busy: 0.0,
            last_begun: None,
            round_trip: 0.0,
            halved: None,
            stay: SHORT_STAY,
            borne: None,
        }
    }

    /// The most submissions a second that there may be.
    pub(super) fn ceiling(&self) -> f64 {
        self.ceiling
    }

    /// Submissions a second that are right at `now`: above zero, and at most the ceiling.
    pub(super) fn pace(&self, now: Duration) -> f64 {
        self.pace_at(now.as_secs_f64())
    }

    /// Whether submissions are to be held further apart than the ceiling asks for.
    pub(super) fn is_slowed(&self) -> bool {
        !matches!(self.phase, Phase::Free)
    }

    /// Whether the pace rises by itself.
    pub(super) fn is_rising(&self) -> bool {
        matches!(self.phase, Phase::Open(_))
    }

    /// Whether an answer has to come before anything more is submitted: as long as nothing was refused, nobody knows whether the
    /// provider bears the ceiling, and with slow answers hundreds would be refused before the first of them tells.
    pub(super) fn awaits_an_answer(&self) -> bool {
        self.halved.is_none() && self.unanswered >= self.leap
    }

    /// Whether the ceiling has been reached again by `now`; once.
    pub(super) fn has_recovered(&mut self, now: Duration) -> bool {
        let recovered = matches!(self.phase, Phase::Open(_)) && self.pace(now) >= self.ceiling;
        if recovered {
            (self.phase, self.borne, self.stay) = (Phase::Free, None, SHORT_STAY);
        }
        recovered
    }

    /// A submission is sent at `now`.
    pub(super) fn begun(&mut self, now: Duration) -> Begun {
        let now = now.as_secs_f64();
        let gap = self.last_begun.map_or(0.0, |last| now - last);
        self.busy += gap.clamp(0.0, SECOND.max(2.0 / self.pace_at(now)));
        self.last_begun = Some(now);
        self.unanswered += 1;
        Begun { at: now, busy: self.busy }
    }

    /// `begun` has an answer, or has none and never will; whether it was let through is for the two others to say.
    pub(super) fn answered(&mut self) {
        self.unanswered = self.unanswered.saturating_sub(1);
    }

    /// `begun` was let through, as is known at `now`.
    pub(super) fn accepted(&mut self, now: Duration, begun: Begun) {
        let now = now.as_secs_f64();
        self.round_trip = now - begun.at;
        self.leap = self.leap.saturating_add(1);
        match &self.phase {
            Phase::Shut(shut) if self.is_news(begun) => {
                let open = self.opened(shut, now, begun);
                if self.borne.is_some_and(|before| (0.75..1.33).contains(&(open.borne / before))) {
                    self.stay = (self.stay * 2.0).min(LONGEST_STAY);
                } else {
                    self.stay = SHORT_STAY;
                }
                self.borne = Some(open.borne);
                self.phase = Phase::Open(Open { stay: open.stay.max(self.stay.min(long_stay(open.borne))), ..open });
                self.passed = Passed { since: begun.busy, ..Passed::default() };
            }
            _ => {}
        }
        self.passed.note(begun.busy);
    }

    /// `begun` was refused for its rate, as is known at `now`. `told` is how long the provider wants to be left alone, if it says so.
    /// The pace that is right now, if that makes it another one.
    pub(super) fn refused(&mut self, now: Duration, begun: Begun, told: Option<Duration>) -> Option<f64> {
        let now = now.as_secs_f64();
        self.round_trip = now - begun.at;
        if !self.is_news(begun) {
            return None;
        }
        let told = told.map(|told| told.as_secs_f64()).filter(|told| *told > 0.0);
        let tried = self.pace_at(begun.at);
        let borne = self.borne_by(begun, tried, told);
        let (slowest, quick) = (self.slowest(), self.quick());
        let pace = match &mut self.phase {
            Phase::Shut(shut) => {
                let longest = ((now - shut.since) / 4.0).max(TRY_EVERY);
                let least = (1.0 / longest).min(shut.pace);
                shut.pace = (shut.pace / 2.0).min(quick).max(least).max(slowest);
                (shut.refused, shut.halvings, shut.told) = (begun.busy, shut.halvings + 1, shut.told.or(told));
                shut.pace
            }
            phase => {
                // In the dark, one try a round trip is enough; what follows a known pace may go on at half of it.
                let most = if matches!(phase, Phase::Free) { quick } else { self.ceiling };
                let pace = (borne / 2.0).min(most).max(slowest);
                let (until, refused) = (self.busy, begun.busy);
                *phase = Phase::Shut(Shut { since: now, pace, borne, tried, until, refused, halvings: 1, told });
                pace
            }
        };
        self.halved = Some(now);
        Some(pace)
    }

    fn pace_at(&self, now: f64) -> f64 {
        let pace = match &self.phase {
            Phase::Free => self.ceiling,
            Phase::Shut(shut) => shut.pace,
            Phase::Open(open) => open.pace_at(now),
        };
        pace.clamp(self.slowest(), self.ceiling)
    }

    /// Whether the answer to `begun` tells something about the pace as it is since it was last halved.
    fn is_news(&self, begun: Begun) -> bool {
        self.halved.is_none_or(|halved| begun.at > halved)
    }

    fn slowest(&self) -> f64 {
        SLOWEST.min(self.ceiling)
    }

    /// The pace of one submission a round trip, or a second where that takes longer.
    fn quick(&self) -> f64 {
        1.0 / self.round_trip.clamp(1e-6, SECOND)
    }

    /// How many submissions a second the provider seems to bear, of which it has refused one that was sent at the pace `tried`.
    fn borne_by(&self, begun: Begun, tried: f64, told: Option<f64>) -> f64 {
        let measured = self.passed.rate(begun.busy, told);
        match &self.phase {
            Phase::Free if measured >= NEARLY * tried => tried,
            // A few that were let through in no time tell little.
            Phase::Free if self.passed.count < 20.0 => measured.max(tried / 8.0),
            Phase::Free => measured,
            Phase::Shut(shut) => shut.borne,
            Phase::Open(open) => {
                let borne = measured.clamp(NEARLY * tried, tried);
                // Less than was borne before: it will be less still, and to hear so once more would be one more refusal.
                if tried < open.borne { borne * (1.0 - DIP) } else { borne }
            }
        }
    }

    /// What follows when `begun` is the first that is let through again.
    fn opened(&self, shut: &Shut, now: f64, begun: Begun) -> Open {
        // What was under way at the first refusal has come back too: under too high a pace, just what is borne is let through.
        let pause = shut.told.map_or(0.0, |told| (told - SECOND).max(0.0));
        let all = self.passed.count / (shut.until - self.passed.since + pause).max(SECOND);
        let mut borne = shut.borne.max(all.min(shut.tried));
        if shut.halvings > 1 && shut.told.is_none() {
            // It was shut for a while, as after the count of a minute is used up: that is a part of its rate.
            borne = borne.min(self.passed.count / (shut.refused - self.passed.since).max(SECOND));
        }
        let borne = borne.clamp(self.slowest(), self.ceiling);
        let (from, doubling) = (shut.pace.min(borne), self.round_trip.max(0.5));
        let returning = doubling * (borne * (1.0 - DIP) / from).log2().max(0.0);
        let lasted = STAY_AFTER_PAUSE * (begun.at - shut.since);
        let longest = if shut.told.is_some() { LONGEST_AFTER_PAUSE } else { LONGEST_STAY };
        let stay = lasted.min(longest).max(ROUND_TRIPS * self.round_trip);
        Open { since: now, from, borne, returning, doubling, stay }
    }
}

impl Open {
    /// Doubles until it is a bit below what is borne, and then goes along the curve.
    fn pace_at(&self, now: f64) -> f64 {
        let time = (now - self.since).max(0.0);
        let doubled = self.from * (time / self.doubling).min(64.0).exp2();
        let bend = ((time - self.returning) / self.stay - 1.0).clamp(-1.0, 8.0);
        doubled.min(self.borne * (DIP * bend.powi(3)).exp())
    }
}

impl Passed {
    /// One more was let through; it was begun at this busy time. Those begun before the count began do not count.
    fn note(&mut self, busy: f64) {
        if busy < self.since {
            return;
        }
        self.count += 1.0;
        self.last.push_back(busy);
        while self.last.len() > ENOUGH + 1 && self.last.front().is_some_and(|first| *first < busy - SECOND) {
            self.last.pop_front();
        }
    }

    /// How many a second were let through of those begun before `busy`: in the last second or so, or in all the time and in the
    /// pause that the provider asks for, of which a second may be rounding.
    fn rate(&self, busy: f64, told: Option<f64>) -> f64 {
        let pause = told.map_or(0.0, |told| (told - SECOND).max(0.0));
        let (mut count, mut first) = (0.0, None);
        for begun in self.last.iter().filter(|begun| **begun < busy) {
            count += 1.0;
            first.get_or_insert(*begun);
        }
        let is_enough = self.last.len() >= ENOUGH && pause == 0.0;
        match first.filter(|_| is_enough) {
            Some(first) => count / (busy - first).max(SECOND),
            None => self.count / (busy - self.since + pause).max(SECOND),
        }
    }
}

/// How long the pace stays about `borne` at most.
fn long_stay(borne: f64) -> f64 {
    (STAY_FOR / borne).clamp(LONG_STAY, LONGEST_STAY)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What happens next, and how long after the last thing.
    #[derive(Debug, Clone)]
    enum Happens {
        Sent,
        /// The oldest that is under way is let through, refused, or left without an answer.
        Accepted,
        Refused(Option<u64>),
        Lost,
    }

    fn history() -> impl Strategy<Value = Vec<(u64, Happens)>> {
        let told = prop::option::of(prop::sample::select(vec![0_u64, 1, 60, 3600]));
        let happens = prop_oneof![
            4 => Just(Happens::Sent),
            3 => Just(Happens::Accepted),
            2 => told.prop_map(Happens::Refused),
            1 => Just(Happens::Lost),
        ];
        let after = prop::sample::select(vec![0_u64, 1, 50, 333, 2_000, 90_000]);
        prop::collection::vec((after, happens), 0..200)
    }

    /// Plays a history, and looks at the pace after each step.
    fn play(adapt: &mut Adapt, history: &[(u64, Happens)], mut look: impl FnMut(&Adapt, Duration)) -> Duration {
        let (mut now, mut under_way) = (Duration::ZERO, VecDeque::new());
        for (after, happens) in history {
            now += Duration::from_millis(*after);
            if let Happens::Sent = happens {
                under_way.push_back(adapt.begun(now));
            } else if let Some(begun) = under_way.pop_front() {
                adapt.answered();
                match happens {
                    Happens::Accepted => adapt.accepted(now, begun),
                    Happens::Refused(told) => {
                        let (before, halved) = (adapt.pace(now), adapt.halved);
                        if let Some(pace) = adapt.refused(now, begun, told.map(Duration::from_secs)) {
                            assert!(pace <= before && pace <= (before / 2.0).max(1.0 / TRY_EVERY).max(adapt.slowest()));
                        } else {
                            assert!(halved.is_some_and(|at| begun.at <= at), "a refusal of something new is ignored");
                            assert!(adapt.pace(now).total_cmp(&before).is_eq());
                        }
                    }
                    _ => {}
                }
            }
            adapt.has_recovered(now);
            look(adapt, now);
        }
        while under_way.pop_front().is_some() {
            adapt.answered();
        }
        now
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]
        #[test]
        fn whatever_happens_it_is_never_zero_never_above_the_ceiling_and_halves_once_a_round_trip(
            history in history(), ceiling in prop::sample::select(vec![0.003, 0.5, 2.0, 20.0, 5000.0]), burst in 1..50_u32,
        ) {
            play(&mut Adapt::new(ceiling, burst), &history, |adapt, now| {
                let pace = adapt.pace(now);
                assert!(pace > 0.0 && pace <= ceiling && pace >= SLOWEST.min(ceiling), "{pace}");
            });
        }

        #[test]
        fn once_nothing_is_refused_any_more_it_comes_back_to_the_ceiling_and_never_slows_down_on_its_way(
            history in history(), ceiling in prop::sample::select(vec![0.003, 0.5, 2.0, 20.0, 500.0]),
        ) {
            let mut adapt = Adapt::new(ceiling, 1);
            let mut now = play(&mut adapt, &history, |_, _| {});
            let (mut sent, mut before) = (0, 0.0);
            while adapt.is_slowed() {
                // At least a step of the clock, or the way from the floor to a high ceiling would be a long one to test.
                now += Duration::from_secs_f64((1.0 / adapt.pace(now)).max(1.0));
                prop_assert!(!adapt.awaits_an_answer());
                let begun = adapt.begun(now);
                adapt.answered();
                adapt.accepted(now + Duration::from_millis(600), begun);
                adapt.has_recovered(now);
                let pace = adapt.pace(now);
                prop_assert!(pace >= before * 0.999 || sent < 2, "from {before} to {pace}");
                (sent, before) = (sent + 1, pace);
                prop_assert!(sent < 100_000, "still at {pace} after {now:?}");
            }
            prop_assert!(adapt.pace(now).total_cmp(&ceiling).is_eq());
        }
    }

    #[test]
    fn one_burst_of_refusals_is_one_congestion() {
        let mut adapt = Adapt::new(20.0, 1);
        let at = |ms: u64| Duration::from_millis(ms);
        let begun: Vec<_> = (0..12).map(|n| adapt.begun(at(n * 50))).collect();
        for (n, begun) in (0..3).zip(&begun) {
            adapt.accepted(at(600 + n * 50), *begun);
        }
        assert!(!adapt.is_slowed());
        let slower = adapt.refused(at(750), begun[3], None);
        assert_eq!(slower, Some(1.5), "three were let through in the first second: half of that");
        for (n, begun) in (4..12).zip(&begun[4..]) {
            assert_eq!(adapt.refused(at(600 + n * 50), *begun, None), None);
        }
        let later = adapt.begun(at(1400));
        assert_eq!(adapt.refused(at(2000), later, None), Some(0.75), "a round trip later it is news");
    }

    #[test]
    fn who_refuses_everything_is_asked_ever_more_seldom() {
        let mut adapt = Adapt::new(20.0, 1);
        let (mut now, mut tries) = (Duration::ZERO, 0);
        while now < Duration::from_secs(600) {
            let begun = adapt.begun(now);
            adapt.answered();
            adapt.refused(now + Duration::from_millis(600), begun, None);
            now += Duration::from_secs_f64((1.0 / adapt.pace(now)).max(0.6));
            tries += 1;
        }
        assert!(tries < 40, "{tries} tries in ten minutes");
        assert!(adapt.pace(now).total_cmp(&SLOWEST).is_eq(), "{}", adapt.pace(now));
    }

    #[test]
    fn slow_answers_are_waited_for_before_much_is_sent_into_the_unknown() {
        let mut adapt = Adapt::new(20.0, 1);
        let mut begun = VecDeque::new();
        let mut round = |adapt: &mut Adapt, at| {
            while !adapt.awaits_an_answer() {
                begun.push_back(adapt.begun(at));
            }
            let sent = begun.len();
            for begun in begun.drain(..) {
                adapt.answered();
                adapt.accepted(at + Duration::from_secs(21), begun);
            }
            sent
        };
        let sent: Vec<_> = (0..4).map(|n| round(&mut adapt, Duration::from_secs(21 * n))).collect();
        assert_eq!(sent, [10, 20, 40, 80]);
        assert!(Adapt::new(20.0, 300).leap == 300, "who may send a burst may send it");
    }
}
