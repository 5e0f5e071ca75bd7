//! `--only` and `--except`: which takes a verb is about.

use super::args::Selection;
use super::{Failure, say};
use crate::config;
use crate::manifest::{self, Diagnostic, Source};
use crate::report::Exit;
use crate::select::{Item, Selector};
use crate::take::Take;

/// Both selectors, without a mistake in them.
#[derive(Debug)]
pub(super) struct Selectors {
    only: Option<Selector>,
    except: Option<Selector>,
}

impl Selection {
    /// Reads both. Prints what is wrong with them; `Err` means that they cannot be used.
    pub(super) fn read(&self) -> Result<Selectors, Failure> {
        let only = self.only.as_deref().map(|text| read("--only", text)).transpose()?;
        let except = self.except.as_deref().map(|text| read("--except", text)).transpose()?;
        Ok(Selectors { only, except })
    }

    /// Whether anything is left out at all.
    pub(super) fn is_some(&self) -> bool {
        self.only.is_some() || self.except.is_some()
    }
}

impl Selectors {
    /// Which of these takes are meant: all of them where nothing was said, and otherwise at least one.
    pub(super) fn meant(&self, items: &[Item<'_>]) -> Result<Vec<bool>, Failure> {
        let all = || vec![true; items.len()];
        let only = self.only.as_ref().map_or_else(|| Ok(all()), |only| select("--only", only, items))?;
        let Some(except) = &self.except else { return Ok(only) };
        let left_out = except.look(items).map_err(|wrong| refused("--except", except.text(), &wrong))?;
        let meant: Vec<_> = only.iter().zip(left_out).map(|(only, left_out)| *only && !left_out).collect();
        if !items.is_empty() && !meant.contains(&true) {
            let none = format!("--except {} leaves nothing to look at", except.text());
            return Err(Failure::usage(none).help("`rushes plan` and `rushes status` list the takes; nothing was sent"));
        }
        Ok(meant)
    }

    /// The takes of a ledger that are meant.
    pub(super) fn of(&self, takes: Vec<Take>) -> Result<Vec<Take>, Failure> {
        let items: Vec<_> = takes.iter().map(Item::of).collect();
        let meant = self.meant(&items)?;
        Ok(takes.into_iter().zip(meant).filter_map(|(take, meant)| meant.then_some(take)).collect())
    }
}

/// Reads the selector that `flag` was given.
pub(super) fn read(flag: &str, text: &str) -> Result<Selector, Failure> {
    Selector::parse(text).map_err(|wrong| refused(flag, text, &wrong))
}

/// Which of these takes the selector means that `flag` was given: at least one.
pub(super) fn select(flag: &str, selector: &Selector, items: &[Item<'_>]) -> Result<Vec<bool>, Failure> {
    selector.select(items).map_err(|wrong| refused(flag, selector.text(), &wrong))
}

/// Prints what is wrong with a selector.
fn refused(flag: &str, text: &str, wrong: &[Diagnostic]) -> Failure {
    say::aside(manifest::render(&Source::new(flag, text.into()), wrong, config::colour()));
    Failure::new(Exit::Usage, format!("{flag} cannot be used as it is; nothing was sent"))
}
