//! `rushes`: from a manifest of AI-video shots to a content-hashed output directory, at a provider where every submission costs money and
//! cannot be undone.
//!
//! ```text
//! manifest ──read──▶ shots ──expand──▶ takes ──compare with the ledger──▶ plan
//!                                                                          │
//!      report, cut ◀──fold── events ◀──record── submit ▸ poll ▸ fetch ▸ store ◀┘
//! ```
//!
//! A [`manifest`] becomes [`shot`]s or everything that is wrong with it. A [`take`] is one generation of a shot: a state, what comes next in
//! it, and what each event makes of it. A [`plan`] says for every take what is left to do and why. The [`engine`] asks a take what comes
//! next, does that at a [`provider`], and writes what happened into the [`ledger`] before anything else; bytes go to the [`store`]. What
//! all that came to is a fold over the events: the [`report`], the [`account`], the cut of [`edit`]. Values know nothing of the world, and
//! ports know nothing of the shell around them, so most of it can be used without the rest:
//!
//! ```
//! use rushes::manifest::{self, Source};
//! use rushes::plan::{Basis, Consent, Plan, Wish};
//! use rushes::report::Report;
//!
//! let text = "shots:\n  - { id: CAT, prompt: a cat on a wall, takes: 2 }\n";
//! let manifest = manifest::read(&Source::new("cats.yaml", text.into()), None).expect("no mistake");
//! let basis = Basis {
//!     provider: "cometapi",
//!     consent: Consent::default(),
//!     wish: &|_| Wish::default(),
//!     now: "2026-11-22T22:00:00Z".parse().expect("a time"),
//!     price: &|request| manifest.prices.of(request),
//!     on_disk: &|_| false,
//! };
//! // `rushes::ledger::read(root)` gives the takes that an output directory knows already.
//! let plan = Plan::new(&manifest.shots, Vec::new(), &basis);
//! let told: Vec<_> = plan.takes.iter().map(|planned| format!("{} {}", planned.name, planned.action.as_str())).collect();
//! assert_eq!(told, ["CAT_T01 submit", "CAT_T02 submit"]);
//!
//! let report = Report::new(plan.takes.iter().map(|planned| &planned.take));
//! assert_eq!(report.totals().to_string(), "2 takes: 2 held");
//! ```
//!
//! The program is in [`cli`]; what it promises is in `README.md`, how the house is built in `ARCHITECTURE.md`. Until 1.0 the library may
//! change with any version.

// Values: no I/O, no clock, no async.
mod address;
pub mod digest;
pub mod film;
mod hex;
pub mod layout;
pub mod media;
pub mod motion;
#[cfg(feature = "posters")]
pub mod poster;
pub mod price;
pub mod quota;
pub mod request;
pub mod review;
pub mod shot;
pub mod sniff;
mod text;

pub mod account;
pub mod budget;
pub mod cadence;
pub mod edit;
pub mod hook;
pub mod limits;
pub mod manifest;
pub mod plan;
pub mod report;
pub mod seal;
pub mod select;
pub mod take;

// Ports: what the engine needs from the world.
mod group;
pub mod ledger;
pub mod provider;
pub mod spool;
pub mod store;

// The shell: everything that puts the two together.
pub mod cli;
pub mod clock;
pub mod config;
mod connections;
pub mod engine;
pub mod hooks;
pub mod receiver;
pub mod screening;
pub mod simulator;
pub mod telemetry;
