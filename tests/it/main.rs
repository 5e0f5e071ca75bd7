//! What has to hold whatever happens, a theme a file.

mod breaker;
mod budget;
mod cadence;
mod callbacks;
mod chaos;
mod cli;
#[cfg(unix)]
mod docs;
mod download;
mod engine;
mod fetching;
mod include;
mod language;
mod ledger;
mod manifest;
mod moves;
mod pace;
mod provider;
#[cfg(unix)]
mod readme;
mod receiver;
mod reviews;
mod schema;
mod screening;
mod sheets;
mod simulator;
mod spool;
mod store;
mod support;
mod sweep;
mod telemetry;
mod tidy;
