//! The shapes in which the wrapper and the relays behind it have been seen to answer and to call back. Names
//! only; `wire` writes them.

use std::str::FromStr;

use serde::de::IntoDeserializer;
use serde::de::value::Error;
use serde::{Deserialize, Serialize};

/// How the answer to an accepted submission is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CreateShape {
    /// `code`, `msg`, the id alone, and `exec_time`.
    Timed,
    /// `code`, `message`, `msg` and the id alone.
    Plain,
    /// The wrapper's whole record with nothing in it but the id.
    Record,
}

/// How the feed's answers about a task are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedShape {
    /// A: the relay's record in its envelope.
    Relay,
    /// B: the same record bare, with `result_url`.
    Bare,
    /// C: the wrapper's own record, with states from `"0"` to `"3"`.
    Wrapper,
}

/// When the provider calls back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occasion {
    /// On each change of state.
    Change,
    /// Once the task is over.
    End,
}

impl CreateShape {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Timed, Self::Plain, Self::Record];
}

impl FeedShape {
    /// All there are.
    pub const ALL: [Self; 3] = [Self::Relay, Self::Bare, Self::Wrapper];
}

impl FromStr for CreateShape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::deserialize(text.into_deserializer())
    }
}

impl FromStr for FeedShape {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::deserialize(text.into_deserializer())
    }
}

impl FromStr for Occasion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::deserialize(text.into_deserializer())
    }
}
