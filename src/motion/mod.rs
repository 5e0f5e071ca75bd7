//! Camera movement: the six axes of the wrapper's `motion_vector`. Which way an axis moves the picture is not documented by the
//! provider, so nothing here interprets the numbers.

use serde::{Deserialize, Serialize};

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

    /// The axis called `name`, to be read or set.
    pub fn axis_mut(&mut self, name: &str) -> Option<&mut f64> {
        Some(match name {
            "x" => &mut self.x,
            "y" => &mut self.y,
            "z" => &mut self.z,
            "r" => &mut self.r,
            "bg_x_pan" => &mut self.bg_x_pan,
            "bg_y_pan" => &mut self.bg_y_pan,
            _ => return None,
        })
    }
}
