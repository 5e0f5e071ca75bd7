//! Values that are written as text wherever they are written.

use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

/// Reads a value from its text, which is borrowed where it can be.
pub(crate) fn parsed<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
}
