//! A small seeded generator, so that a rehearsal can be repeated. Not for secrets.

use std::time::Duration;

use super::span::Span;

/// `SplitMix64`, by Steele, Lea and Flood ("Fast Splittable Pseudorandom Number Generators", 2014). Good enough to spread
/// durations and to throw dice, and any 64 bits are a fine seed.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    /// The generator of this seed.
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The generator of this seed for one `name` and number: another name draws other numbers, whatever the order of calls.
    pub(super) fn of(seed: u64, name: &str, number: u64) -> Self {
        // FNV-1a over the name.
        let name = name.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        let seed = Self(seed).bits() ^ name;
        Self(Self(seed).bits() ^ number)
    }

    /// The next 64 bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to, and not including, `bound`; 0 when there is none.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.bits()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// A number from 0 up to, and not including, 1.
    pub(super) fn unit(&mut self) -> f64 {
        let upper = u32::try_from(self.bits() >> 32).unwrap_or(0);
        f64::from(upper) / 4_294_967_296.0
    }

    /// One of these. There must be one.
    pub(super) fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        let index = usize::try_from(self.below(choices.len() as u64)).unwrap_or(0);
        choices[index]
    }

    /// A duration of this span, to the millisecond.
    pub(super) fn within(&mut self, span: Span) -> Duration {
        let width = span.longest().saturating_sub(span.shortest()).as_millis();
        let width = u64::try_from(width).unwrap_or(u64::MAX).saturating_add(1);
        span.shortest() + Duration::from_millis(self.below(width))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_numbers_are_those_of_the_reference() {
        let mut random = Random::new(1_234_567);
        let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(expected, [random.bits(), random.bits(), random.bits()]);
    }

    #[test]
    fn every_draw_keeps_its_bounds() {
        let mut random = Random::of(7, "SC010", 1);
        let span: Span = "2s..3s".parse().unwrap();
        for _ in 0..1000 {
            assert!(random.below(10) < 10);
            assert!((0.0..1.0).contains(&random.unit()));
            let drawn = random.within(span);
            assert!(span.shortest() <= drawn && drawn <= span.longest());
        }
    }
}
