//! `rushes`: from a manifest of AI-video shots to a content-hashed output directory.

pub mod account;
mod address;
pub mod budget;
pub mod cadence;
pub mod cli;
pub mod clock;
pub mod config;
mod connections;
pub mod digest;
pub mod edit;
pub mod engine;
pub mod film;
mod group;
mod hex;
pub mod hook;
pub mod hooks;
pub mod layout;
pub mod ledger;
pub mod limits;
pub mod manifest;
pub mod media;
pub mod motion;
pub mod plan;
#[cfg(feature = "posters")]
pub mod poster;
pub mod price;
pub mod provider;
pub mod quota;
pub mod receiver;
pub mod report;
pub mod request;
pub mod review;
pub mod screening;
pub mod seal;
pub mod select;
pub mod shot;

pub mod simulator;
pub mod sniff;
pub mod spool;
pub mod store;
pub mod take;
pub mod telemetry;
mod text;
