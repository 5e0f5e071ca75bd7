//! What a run tells machines that watch over it: metrics, a trace to look at, spans for a collector. All of it is made from what the
//! engine tells its watchers, and none of it can stop a run or hold it up.

mod chrome;
mod exposition;
mod file;
mod metrics;
mod spans;

pub use chrome::Chrome;
pub use file::replace;
pub use metrics::Metrics;
pub use spans::{Kind, Recorder, Span, Spans};
