//! The text in which Prometheus reads metrics, version 0.0.4: families one after the other, each with its help and type, no times.

use std::fmt::{Display, Write as _};

/// A page of metrics.
#[derive(Debug)]
pub(super) struct Exposition {
    text: String,
    /// What every sample says about itself.
    common: Vec<(&'static str, String)>,
}

/// The samples of one name.
pub(super) struct Family<'a> {
    page: &'a mut Exposition,
    name: &'static str,
}

/// Durations in classes.
#[derive(Debug, Clone, Default)]
pub(super) struct Histogram {
    counts: [u64; Self::BOUNDS.len()],
    count: u64,
    /// In milliseconds.
    sum: u64,
}

impl Exposition {
    /// An empty page, on which every sample has these labels.
    pub(super) fn new(common: Vec<(&'static str, String)>) -> Self {
        Self { text: String::new(), common }
    }

    /// A new family. A name is given once.
    pub(super) fn family(&mut self, name: &'static str, kind: &'static str, help: &'static str) -> Family<'_> {
        write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n").ok();
        Family { page: self, name }
    }

    /// The page.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

impl Family<'_> {
    /// One sample. Labels are given once, and differ between the samples of a family.
    pub(super) fn sample(mut self, labels: &[(&'static str, &str)], value: impl Display) -> Self {
        self.line("", labels, value);
        self
    }

    /// The samples of a histogram, in seconds.
    pub(super) fn histogram(mut self, labels: &[(&'static str, &str)], histogram: &Histogram) -> Self {
        let mut below = 0;
        for (bound, count) in Histogram::BOUNDS.into_iter().zip(histogram.counts) {
            below += count;
            self.line("_bucket", &[labels, &[("le", &bound.to_string())]].concat(), below);
        }
        self.line("_bucket", &[labels, &[("le", "+Inf")]].concat(), histogram.count);
        self.line("_sum", labels, seconds(histogram.sum));
        self.line("_count", labels, histogram.count);
        self
    }

    fn line(&mut self, end: &str, labels: &[(&'static str, &str)], value: impl Display) {
        let Exposition { text, common } = &mut *self.page;
        let common = common.iter().map(|(name, value)| (*name, value.as_str()));
        let labels: Vec<_> =
            common.chain(labels.iter().copied()).map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        writeln!(text, "{}{end}{{{}}} {value}", self.name, labels.join(",")).ok();
    }
}

impl Histogram {
    /// The upper ends of its classes, in seconds.
    const BOUNDS: [u32; 14] = [15, 30, 45, 60, 90, 120, 150, 180, 240, 300, 420, 600, 1200, 3600];

    /// One more duration, in milliseconds.
    pub(super) fn add(&mut self, milliseconds: u64) {
        let class = Self::BOUNDS.iter().position(|bound| milliseconds <= u64::from(*bound) * 1000);
        if let Some(class) = class {
            self.counts[class] += 1;
        }
        self.count += 1;
        self.sum = self.sum.saturating_add(milliseconds);
    }
}

/// Milliseconds, written as seconds.
pub(super) fn seconds(milliseconds: u64) -> String {
    format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000)
}

/// A label's value as it stands between quotation marks.
fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
