//! How a take stands when a run is over: what every report, exit code and summary counts.

use std::fmt;

use serde::Serialize;

/// How a take stands when a run is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// On disk, fetched by this run; in reports over all runs, by any.
    Stored,
    /// On disk before this run began. Only a run's own tally says so.
    Reused,
    /// On disk, and not what was asked for: another shape or length, or a damaged file.
    OffSpec,
    /// Not submitted, and surely not paid for.
    Held,
    /// The provider refused it for good.
    Rejected,
    /// The provider ended it without a video.
    Failed,
    /// Perhaps paid for; a person has to settle it.
    Unresolved,
    /// Paid for and under way, or made and not fetched yet: another run goes on with it.
    Waiting,
}

impl Outcome {
    /// The outcome for a run that left the take as it was: what was stored before is reused.
    #[must_use]
    pub fn left_alone(self) -> Self {
        if self == Self::Stored { Self::Reused } else { self }
    }

    /// The outcome in a report, for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Reused => "reused",
            Self::OffSpec => "off_spec",
            Self::Held => "held",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Unresolved => "unresolved",
            Self::Waiting => "waiting",
        }
    }
}

/// The outcome in words for people.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::OffSpec { "off-spec" } else { self.as_str() })
    }
}
