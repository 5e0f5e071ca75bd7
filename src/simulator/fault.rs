//! What can go wrong with a submission, as data: a name for the script, and what it does. Nothing here happens by itself.

use std::str::FromStr;

use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde::{Deserialize, Serialize};

use crate::take::Class;

/// One thing that can go wrong with a submission.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Made, and ended by the provider's own trouble.
    Internal,
    /// Made, and ended by the content policy.
    Moderated,
    /// Made, and ended because the request was no good.
    BadInput,
    /// HTTP 200 with another `code` than 200: not made.
    Rejected,
    /// HTTP 429: not made.
    Busy,
    /// HTTP 403: not made, the account is empty.
    NoMoney,
    /// HTTP 401: not made, the key is not accepted.
    BadKey,
    /// Made, and the connection closes before the answer.
    LostAnswer,
    /// Made, and a gateway answers 524.
    GatewayTimeout,
    /// Not made, and a gateway answers 502.
    BadGateway,
}

/// What a fault does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// The task is made and ends without a video, for one of these reasons.
    Ends(Class, &'static [&'static str]),
    /// Nothing is made, and the answer says so.
    Refuses(Refusal),
    /// The answer does not tell whether the task is made.
    Obscures {
        /// Whether it is.
        made: bool,
        /// What comes instead of an answer.
        silence: Silence,
    },
}

/// Why a submission is surely not taken on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Too many submissions or unfinished tasks just now.
    Busy,
    /// The wrapper does not want this request.
    Rejected,
    /// The account has no money left.
    NoMoney,
    /// The key is not accepted.
    BadKey,
}

/// What comes instead of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// The connection closes.
    Cut,
    /// A gateway answers with this status and a page for people.
    Gateway(u16),
}

impl Fault {
    /// Everything that can go wrong.
    pub const ALL: [Self; 10] = [
        Self::Internal,
        Self::Moderated,
        Self::BadInput,
        Self::Rejected,
        Self::Busy,
        Self::NoMoney,
        Self::BadKey,
        Self::LostAnswer,
        Self::GatewayTimeout,
        Self::BadGateway,
    ];

    /// What it does.
    pub(super) fn effect(self) -> Effect {
        match self {
            Self::Internal => Effect::Ends(Class::Internal, &["INTERNAL.BAD_OUTPUT.CODE01", "INPUT_PREPROCESSING.INTERNAL"]),
            Self::Moderated => Effect::Ends(Class::Moderated, &["SAFETY.INPUT.TEXT", "SAFETY.OUTPUT.VIDEO"]),
            Self::BadInput => Effect::Ends(Class::Input, &["ASSET.INVALID"]),
            Self::Rejected => Effect::Refuses(Refusal::Rejected),
            Self::Busy => Effect::Refuses(Refusal::Busy),
            Self::NoMoney => Effect::Refuses(Refusal::NoMoney),
            Self::BadKey => Effect::Refuses(Refusal::BadKey),
            Self::LostAnswer => Effect::Obscures { made: true, silence: Silence::Cut },
            Self::GatewayTimeout => Effect::Obscures { made: true, silence: Silence::Gateway(524) },
            Self::BadGateway => Effect::Obscures { made: false, silence: Silence::Gateway(502) },
        }
    }
}

impl FromStr for Fault {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::deserialize(text.into_deserializer())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_reads_back_by_its_name() {
        for fault in Fault::ALL {
            let name = serde_json::to_string(&fault).unwrap();
            assert_eq!(name.trim_matches('"').parse(), Ok(fault));
        }
        assert!("nonsense".parse::<Fault>().unwrap_err().to_string().contains("lost_answer"));
    }
}
