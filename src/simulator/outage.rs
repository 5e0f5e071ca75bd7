//! When nobody is there at all: times that are counted from the start of the simulator. Pure.

use jiff::Timestamp;

use super::span::Span;

/// The times at which the simulator cannot be reached.
#[derive(Debug, Clone, Default)]
pub(super) struct Outages(Vec<(Timestamp, Timestamp)>);

impl Outages {
    /// Each from the shortest to the longest time after `start`.
    pub(super) fn since(start: Timestamp, spans: &[Span]) -> Self {
        let after = |wait| start.saturating_add(wait).unwrap_or(Timestamp::MAX);
        Self(spans.iter().map(|span| (after(span.shortest()), after(span.longest()))).collect())
    }

    /// Whether there are none.
    pub(super) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// When the outage of `time` ends, if there is one.
    pub(super) fn end(&self, time: Timestamp) -> Option<Timestamp> {
        let around = self.0.iter().filter(|(from, to)| *from <= time && time < *to);
        around.map(|(_, to)| *to).max()
    }

    /// When the next one after `time` begins.
    pub(super) fn next(&self, time: Timestamp) -> Option<Timestamp> {
        self.0.iter().filter(|(from, to)| *from > time && from < to).map(|(from, _)| *from).min()
    }

    /// Whether a connection that was made at `from` is gone at `to`.
    pub(super) fn cut(&self, from: Timestamp, to: Timestamp) -> bool {
        self.end(to).is_some() || self.next(from).is_some_and(|begins| begins <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_from_its_beginning_up_to_its_end() {
        let at = |seconds: i64| Timestamp::from_second(1_800_000_000 + seconds).unwrap();
        let spans: Vec<Span> = ["10s..20s", "50s..60s", "55s..70s", "90s"].map(|span| span.parse().unwrap()).into();
        let outages = Outages::since(at(0), &spans);
        let ends = [0, 9, 10, 19, 20, 50, 55, 65, 70, 90].map(|second| outages.end(at(second)).map(Timestamp::as_second));
        let until = |second| Some(at(second).as_second());
        let expected = [None, None, until(20), until(20), None, until(60), until(70), until(70), None, None];
        assert_eq!(ends, expected);
        let next = [0, 10, 50, 55, 70].map(|second| outages.next(at(second)));
        assert_eq!(next, [Some(at(10)), Some(at(50)), Some(at(55)), None, None]);
        assert!(outages.cut(at(5), at(10)) && outages.cut(at(5), at(30)) && outages.cut(at(15), at(16)));
        assert!(!outages.cut(at(20), at(49)) && !outages.cut(at(80), at(99)));
        assert!(Outages::default().is_none() && !Outages::default().cut(at(0), at(9)));
    }
}
