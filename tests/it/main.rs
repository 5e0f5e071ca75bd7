//! What has to hold whatever happens, a theme a file.

mod engine;
mod manifest;
mod simulator;
mod support;
