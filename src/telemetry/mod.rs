//! What a run tells machines that watch over it: metrics, a trace to look at, spans for a collector. All of it is made from what the
//! engine tells its watchers, and none of it can stop a run or hold it up.

mod chrome;
mod exposition;
mod file;
mod metrics;
#[cfg(feature = "otlp")]
mod otlp;
mod spans;

pub use chrome::Chrome;
pub use file::replace;
pub use metrics::Metrics;
#[cfg(feature = "otlp")]
pub use otlp::{Collector, Otlp};
pub use spans::{Kind, Recorder, Span, Spans};
