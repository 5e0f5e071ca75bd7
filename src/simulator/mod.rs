//! A rehearsal of the provider: the same API, on this machine, with playable videos, faults on request, and no bill.
//!
//! [`Script`] says what the rehearsal is like. [`Model`] decides what becomes of every call, purely; `wire` writes its answers in the
//! shapes of the API. [`server`] puts that on a loopback port and keeps a journal, so that a killed rehearsal finds its tasks again;
//! It also calls back, when the address is on this machine. [`SimulatedProvider`] hands the same model to the engine without a
//! socket. [`film`](crate::film) makes the videos.

mod callback;
mod fault;
pub mod journal;
mod limit;
mod line;
mod model;
mod outage;
mod outbox;
mod post;
mod provider;
mod quota;
mod random;
mod script;
pub mod server;
mod shape;
mod span;
mod task;
pub mod wire;

pub use fault::{
    BadPoll, CallFault, CallbackFault, EndingFault, Fault, FeedFault, Kind, NoFault, Troubles, TwoOfAKind, VideoFault,
};
pub use limit::{BadRateLimit, RateLimit};
pub use model::{Model, NoVideo, Showing, Stats, Verdict, View};
pub use provider::{CallbackSent, SimulatedProvider, Submission};
pub use script::{BadScript, Changes, Scene, Script};
pub use server::{ServeError, Server, serve};
pub use shape::{CreateShape, FeedShape, Occasion};
pub use span::{BadSpan, BadTimes, Span, Times};
pub use task::{Ask, Ending, Phase, Task};
