//! From coded bytes to a small picture in red, green and blue.

use std::ops::Range;

use rusty_h264_decoder::Decoder;

use super::NoPoster;

/// A picture as it is coded: a plane of brightness, and two of colour with half as many pixels each way.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) width: usize,
    pub(super) height: usize,
    bright: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

/// A picture, row by row, three bytes a pixel.
#[derive(Debug, PartialEq, Eq)]
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

impl Frame {
    /// The picture in a stream of bytes that has one.
    pub(super) fn decode(stream: &[u8]) -> Result<Self, NoPoster> {
        let decoded = Decoder::new().decode(stream).map_err(|error| NoPoster::Undecoded(error.to_string()))?;
        let decoded = decoded.ok_or_else(|| NoPoster::Undecoded("there is none".to_owned()))?;
        let (width, height) = (decoded.width, decoded.height);
        let frame = Self { width, height, bright: decoded.y, blue: decoded.u, red: decoded.v };
        if frame.is_whole() { Ok(frame) } else { Err(NoPoster::Size(width, height)) }
    }

    /// Whether it has the pixels that its size promises, and a size that videos have.
    fn is_whole(&self) -> bool {
        let is_believed = self.width.min(self.height) > 0 && self.width.max(self.height) <= BELIEVED;
        let colours = self.width.div_ceil(2) * self.height.div_ceil(2);
        is_believed && self.bright.len() >= self.width * self.height && self.blue.len().min(self.red.len()) >= colours
    }

    /// The picture with its longer side no longer than this: each pixel is the average of those in its place.
    pub(super) fn shrunk_to(&self, longest: usize) -> Picture {
        let side = self.width.max(self.height);
        let shrunk = |length: usize| if side > longest { (length * longest / side).max(1) } else { length };
        let (width, height) = (shrunk(self.width), shrunk(self.height));
        let matrix = if self.height < HIGH_DEFINITION { Matrix::BT601 } else { Matrix::BT709 };
        let half = self.width.div_ceil(2);
        let mut rgb = Vec::with_capacity(3 * width * height);
        for row in 0..height {
            let rows = part(row, height, self.height);
            for column in 0..width {
                let columns = part(column, width, self.width);
                let bright = average(&self.bright, self.width, &columns, &rows);
                let [blue, red] = [&self.blue, &self.red].map(|plane| average(plane, half, &halved(&columns), &halved(&rows)));
                rgb.extend(matrix.rgb(bright, blue, red));
            }
        }
        Picture { width, height, rgb }
    }
}

/// The average of the pixels in these columns and rows of a plane that is so wide.
fn average(plane: &[u8], width: usize, columns: &Range<usize>, rows: &Range<usize>) -> u8 {
    let lines = rows.clone().map(|row| &plane[row * width + columns.start..row * width + columns.end]);
    let sum: usize = lines.map(|line| line.iter().copied().map(usize::from).sum::<usize>()).sum();
    let count = columns.len() * rows.len();
    u8::try_from((sum + count / 2) / count).unwrap_or(u8::MAX)
}

/// The pixels of a side of `from` that come to lie on pixel `place` of a side of `to`, at least one.
fn part(place: usize, to: usize, from: usize) -> Range<usize> {
    place * from / to..(place + 1) * from / to
}

/// The same pixels where there are half as many.
fn halved(part: &Range<usize>) -> Range<usize> {
    part.start / 2..part.end.div_ceil(2)
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
        let grey = |width: usize, height: usize, bright: &[u8]| {
            let colours = vec![128; width.div_ceil(2) * height.div_ceil(2)];
            Frame { width, height, bright: bright.to_vec(), blue: colours.clone(), red: colours }
        };
        let small = grey(4, 1, &[16, 26, 225, 235]).shrunk_to(2);
        assert_eq!(small, Picture { width: 2, height: 1, rgb: vec![6, 6, 6, 249, 249, 249] });
        let same = grey(1, 3, &[16, 235, 16]).shrunk_to(3);
        assert_eq!(same, Picture { width: 1, height: 3, rgb: vec![0, 0, 0, 255, 255, 255, 0, 0, 0] });
        assert_eq!(grey(3, 1000, &[235; 3000]).shrunk_to(2), Picture { width: 1, height: 2, rgb: vec![255; 6] });
    }

    #[test]
    fn what_has_no_size_or_fewer_pixels_than_it_promises_is_not_believed() {
        let frame = |width, height, pixels, colours| {
            Frame { width, height, bright: vec![0; pixels], blue: vec![0; colours], red: vec![0; colours] }.is_whole()
        };
        assert!(frame(4, 2, 8, 2) && frame(3, 3, 9, 4));
        assert!(!frame(0, 2, 8, 2) && !frame(4, 2, 7, 2) && !frame(3, 3, 9, 3) && !frame(8193, 1, 9000, 9000));
    }
}
