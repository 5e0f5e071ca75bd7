//! Camera movement: the six axes of the wrapper's `motion_vector`, and the named moves that stand for numbers on them. Which way an
//! axis moves the picture is not documented by the provider, so the axes are passed on as they are, and what a name stands for is
//! a convention that can be overridden.

mod moves;
mod phrase;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(crate) use self::moves::{BadName, move_name};
pub use self::moves::{Move, Moves, Origin, Step};
pub(crate) use self::phrase::Misread;
pub use self::phrase::Speed;

/// The six axes, each a finite number. The provider documents no range; `-6.2` to `0.4` have been seen.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Motion {
    /// Horizontal movement.
    pub x: f64,
    /// Vertical movement.
    pub y: f64,
    /// Movement along the line of sight.
    pub z: f64,
    /// Roll.
    pub r: f64,
    /// Horizontal pan of the background.
    pub bg_x_pan: f64,
    /// Vertical pan of the background.
    pub bg_y_pan: f64,
}

impl Motion {
    /// The names of the axes, in the order of the provider's documentation.
    pub const AXES: [&'static str; 6] = ["x", "y", "z", "r", "bg_x_pan", "bg_y_pan"];

    /// No movement at all.
    pub const STATIC: Self = Self { x: 0.0, y: 0.0, z: 0.0, r: 0.0, bg_x_pan: 0.0, bg_y_pan: 0.0 };

    /// The numbers on the axes, in the order of [`AXES`](Self::AXES).
    pub fn axes(self) -> [f64; 6] {
        [self.x, self.y, self.z, self.r, self.bg_x_pan, self.bg_y_pan]
    }

    /// So many times as much on every axis; `None` where an axis would outgrow what a number can be, or vanish.
    pub(crate) fn times(self, factor: f64) -> Option<Self> {
        let axes = self.axes().map(|number| (number, number * factor));
        let kept = axes.iter().all(|&(before, after)| after.is_finite() && (after == 0.0) == (before == 0.0));
        kept.then(|| axes.map(|(_, after)| after).into())
    }
}

impl From<[f64; 6]> for Motion {
    /// The numbers in the order of [`Motion::AXES`].
    fn from([x, y, z, r, across, down]: [f64; 6]) -> Self {
        Self { x, y, z, r, bg_x_pan: across, bg_y_pan: down }
    }
}

impl fmt::Display for Motion {
    /// As a manifest says it: `static`, or the axes that are not zero: `{ y: 0.4, r: -6 }`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let axes = Self::AXES.iter().zip(self.axes()).filter(|(_, number)| *number != 0.0);
        let said: Vec<_> = axes.map(|(axis, number)| format!("{axis}: {}", plain(number))).collect();
        if said.is_empty() { f.write_str("static") } else { write!(f, "{{ {} }}", said.join(", ")) }
    }
}

/// A number without a fraction that says nothing, and never longer than it needs to be: `-6`, `0.4`, `1e300`.
fn plain(number: f64) -> String {
    let text = format!("{number:?}");
    text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_motion_is_shown_as_a_manifest_says_it() {
        for (axes, expected) in [
            ([0.0; 6], "static"),
            ([-0.0; 6], "static"),
            ([0.0, 0.4, 0.0, -6.0, 0.0, 0.0], "{ y: 0.4, r: -6 }"),
            ([1e300, -1e-300, 100_000.0, 0.1 + 0.2, 0.0, 5e-324], {
                "{ x: 1e300, y: -1e-300, z: 100000, r: 0.30000000000000004, bg_y_pan: 5e-324 }"
            }),
        ] {
            assert_eq!(Motion::from(axes).to_string(), expected);
        }
    }

    #[test]
    fn what_outgrows_a_number_or_vanishes_is_no_movement() {
        let some = Motion { x: 2.0, r: -1e-300, ..Motion::STATIC };
        assert_eq!(some.times(0.5), Some(Motion { x: 1.0, r: -5e-301, ..Motion::STATIC }));
        assert_eq!((some.times(1e308), some.times(1e-100)), (None, None));
    }
}
