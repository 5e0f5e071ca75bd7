//! What can go wrong, as data: a name for the script, what it means to people, and what it hits. Nothing here happens by itself.
//!
//! There are five kinds, and one of each can hit the same submission: what becomes of the call, how its task ends, how the feed
//! tells of it, how its video is handed out, and how the provider calls back.

mod call;
mod callback;
mod ending;
mod feed;
mod troubles;
mod video;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use call::CallFault;
pub(super) use call::Outcome;
pub use callback::CallbackFault;
pub use ending::EndingFault;
pub use feed::{BadPoll, FeedFault};
pub(super) use troubles::read as troubles;
pub use troubles::{Troubles, TwoOfAKind};
pub use video::VideoFault;

/// One thing that can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
pub enum Fault {
    /// With the call that submits.
    Call(CallFault),
    /// With the generation.
    Ending(EndingFault),
    /// With the questions about a task.
    Feed(FeedFault),
    /// With the download.
    Video(VideoFault),
    /// With the callbacks.
    Callback(CallbackFault),
}

/// What a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The call that submits.
    Call,
    /// The generation.
    Ending,
    /// The questions about a task.
    Feed,
    /// The download.
    Video,
    /// The callbacks.
    Callback,
}

/// A text that names no fault.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no fault; there are {known}", known = names())]
pub struct NoFault(String);

/// Writes one kind of faults: an enum, all there are, their names in a script, and what their documentation says.
macro_rules! faults {
    ($(#[$meta:meta])* $kind:ident { $($(#[doc = $about:literal])+ $fault:ident = $name:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $kind {
            $($(#[doc = $about])+ #[serde(rename = $name)] $fault,)+
        }

        impl $kind {
            /// All there are.
            pub const ALL: &'static [Self] = &[$(Self::$fault,)+];

            /// The name in a script.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$fault => $name,)+
                }
            }

            /// What happens, in a line for people.
            pub fn about(self) -> &'static str {
                match self {
                    $(Self::$fault => concat!($($about),+).trim_ascii(),)+
                }
            }
        }
    };
}
use faults;

impl Fault {
    /// Everything that can go wrong, kind by kind.
    pub fn all() -> impl Iterator<Item = Self> {
        let call = CallFault::ALL.iter().copied().map(Self::Call);
        let ending = EndingFault::ALL.iter().copied().map(Self::Ending);
        let feed = FeedFault::ALL.iter().copied().map(Self::Feed);
        let video = VideoFault::ALL.iter().copied().map(Self::Video);
        let callback = CallbackFault::ALL.iter().copied().map(Self::Callback);
        call.chain(ending).chain(feed).chain(video).chain(callback)
    }

    /// What it hits.
    pub fn kind(self) -> Kind {
        match self {
            Self::Call(_) => Kind::Call,
            Self::Ending(_) => Kind::Ending,
            Self::Feed(_) => Kind::Feed,
            Self::Video(_) => Kind::Video,
            Self::Callback(_) => Kind::Callback,
        }
    }

    /// Its name in a script.
    pub fn name(self) -> &'static str {
        match self {
            Self::Call(fault) => fault.name(),
            Self::Ending(fault) => fault.name(),
            Self::Feed(fault) => fault.name(),
            Self::Video(fault) => fault.name(),
            Self::Callback(fault) => fault.name(),
        }
    }

    /// What happens, in a line for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Call(fault) => fault.about(),
            Self::Ending(fault) => fault.about(),
            Self::Feed(fault) => fault.about(),
            Self::Video(fault) => fault.about(),
            Self::Callback(fault) => fault.about(),
        }
    }
}

impl Kind {
    /// All there are.
    pub const ALL: [Self; 5] = [Self::Call, Self::Ending, Self::Feed, Self::Video, Self::Callback];

    /// What faults of this kind hit, in words for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Call => "the call that submits",
            Self::Ending => "the generation",
            Self::Feed => "the questions about a task",
            Self::Video => "the download",
            Self::Callback => "the callbacks",
        }
    }
}

impl FromStr for Fault {
    type Err = NoFault;

    fn from_str(text: &str) -> Result<Self, NoFault> {
        Self::all().find(|fault| fault.name() == text).ok_or_else(|| NoFault(text.to_owned()))
    }
}

impl TryFrom<String> for Fault {
    type Error = NoFault;

    fn try_from(text: String) -> Result<Self, NoFault> {
        text.parse()
    }
}

impl From<Fault> for &'static str {
    fn from(fault: Fault) -> Self {
        fault.name()
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn names() -> String {
    Fault::all().map(Fault::name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_fault_reads_back_by_its_name() {
        for fault in Fault::all() {
            assert_eq!(fault.name().parse(), Ok(fault));
            assert_eq!(serde_json::from_value::<Fault>(serde_json::to_value(fault).unwrap()).unwrap(), fault);
        }
        assert!("nonsense".parse::<Fault>().unwrap_err().to_string().contains("lost_answer"));
    }

    #[test]
    fn every_fault_has_a_name_of_its_own_and_a_line_for_people() {
        let names: HashSet<_> = Fault::all().map(Fault::name).collect();
        assert_eq!(names.len(), Fault::all().count());
        for fault in Fault::all() {
            let about = fault.about();
            assert!(about.ends_with('.') && !about.contains("  ") && about.len() <= 120, "{fault}: {about:?}");
        }
    }
}
