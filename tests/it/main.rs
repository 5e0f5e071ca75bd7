//! What has to hold whatever happens, a theme a file.

mod chaos;
mod cli;
mod engine;
mod ledger;
mod manifest;
mod provider;
mod simulator;
mod store;
mod support;
mod tidy;
