//! `rushes`: from a manifest of AI-video shots to a content-hashed output directory.

pub mod clock;
pub mod digest;
pub mod layout;
pub mod motion;
pub mod provider;
pub mod request;
pub mod shot;
pub mod take;
