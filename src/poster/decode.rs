//! From coded bytes to red, green and blue, and to fewer of them.

use rusty_h264_decoder::Decoder;

use super::NoPoster;

/// A picture, row by row, three bytes a pixel.
pub(super) struct Picture {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rgb: Vec<u8>,
}

/// The longest side that is believed, in pixels: that of 8K.
const BELIEVED: usize = 8192;

/// From this height on pictures are taken to be coded as ITU-R BT.709 has it, below as BT.601 has it: what players do where nothing is
/// said.
const HIGH_DEFINITION: usize = 720;

impl Picture {
    /// The picture in a stream of bytes that has one.
    pub(super) fn decode(stream: &[u8]) -> Result<Self, NoPoster> {
        let decoded = Decoder::new().decode(stream).map_err(|error| NoPoster::Undecoded(error.to_string()))?;
        let frame = decoded.ok_or_else(|| NoPoster::Undecoded("there is none".to_owned()))?;
        let (width, height) = (frame.width, frame.height);
        let half = width.div_ceil(2);
        let is_whole = frame.y.len() >= width * height && frame.u.len().min(frame.v.len()) >= half * height.div_ceil(2);
        if width.min(height) == 0 || width.max(height) > BELIEVED || !is_whole {
            return Err(NoPoster::Size(width, height));
        }
        let matrix = if height < HIGH_DEFINITION { Matrix::BT601 } else { Matrix::BT709 };
        let pixel = |at: usize| {
            let (row, column) = (at / width, at % width);
            let colour = row / 2 * half + column / 2;
            matrix.rgb(frame.y[at], frame.u[colour], frame.v[colour])
        };
        Ok(Self { width, height, rgb: (0..width * height).flat_map(pixel).collect() })
    }

    /// The picture with its longer side as long as this, if it is longer: each pixel is the average of those in its place.
    pub(super) fn shrunk_to(self, longest: usize) -> Self {
        let side = self.width.max(self.height);
        if side <= longest {
            return self;
        }
        let width = (self.width * longest / side).max(1);
        let height = (self.height * longest / side).max(1);
        let mut rgb = Vec::with_capacity(3 * width * height);
        for row in 0..height {
            for column in 0..width {
                let rows = part(row, height, self.height);
                rgb.extend(self.average(part(column, width, self.width), &rows));
            }
        }
        Self { width, height, rgb }
    }

    fn average(&self, columns: std::ops::Range<usize>, rows: &std::ops::Range<usize>) -> [u8; 3] {
        let count = columns.len() * rows.len();
        let mut sums = [0_usize; 3];
        for row in rows.clone() {
            let line = &self.rgb[3 * (row * self.width + columns.start)..3 * (row * self.width + columns.end)];
            for pixel in line.chunks_exact(3) {
                sums.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += usize::from(*value));
            }
        }
        sums.map(|sum| u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX))
    }
}

/// The pixels of a side of `from` that come to lie on pixel `place` of a side of `to`, at least one.
fn part(place: usize, to: usize, from: usize) -> std::ops::Range<usize> {
    place * from / to..(place + 1) * from / to
}

/// How brightness and colour become red, green and blue, in parts of 65536.
struct Matrix {
    red_of_v: i32,
    green_of_u: i32,
    green_of_v: i32,
    blue_of_u: i32,
}

impl Matrix {
    const BT601: Self = Self { red_of_v: 104_597, green_of_u: -25_675, green_of_v: -53_279, blue_of_u: 132_201 };
    const BT709: Self = Self { red_of_v: 117_489, green_of_u: -13_975, green_of_v: -34_925, blue_of_u: 138_438 };
    /// Brightness goes from 16 to 235.
    const BRIGHT: i32 = 76_309;

    fn rgb(&self, y: u8, u: u8, v: u8) -> [u8; 3] {
        let bright = Self::BRIGHT * (i32::from(y) - 16);
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        let red = bright + self.red_of_v * v;
        let green = bright + self.green_of_u * u + self.green_of_v * v;
        let blue = bright + self.blue_of_u * u;
        [red, green, blue].map(|sum| u8::try_from(((sum + 32_768) >> 16).clamp(0, 255)).unwrap_or(u8::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn white_black_and_red_are_what_they_are_called() {
        for matrix in [Matrix::BT601, Matrix::BT709] {
            assert_eq!(matrix.rgb(235, 128, 128), [255; 3]);
            assert_eq!(matrix.rgb(16, 128, 128), [0; 3]);
            assert_eq!(matrix.rgb(0, 128, 128), [0; 3]);
        }
        assert_eq!(Matrix::BT601.rgb(81, 90, 240), [254, 0, 0]);
        assert_eq!(Matrix::BT709.rgb(63, 102, 240), [255, 1, 0]);
    }

    #[test]
    fn a_smaller_picture_is_made_of_averages() {
        let rgb = [0_u8, 10, 20, 30].iter().flat_map(|&grey| [grey; 3]).collect();
        let small = Picture { width: 4, height: 1, rgb }.shrunk_to(2);
        assert_eq!((small.width, small.height, small.rgb), (2, 1, vec![5, 5, 5, 25, 25, 25]));
        let same = Picture { width: 1, height: 2, rgb: vec![7; 6] }.shrunk_to(2);
        assert_eq!((same.width, same.height, same.rgb), (1, 2, vec![7; 6]));
    }
}
