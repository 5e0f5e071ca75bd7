//! H.264 (Constrained Baseline) for pictures on a coarse grid, without loss and in few bytes.
//!
//! How it can be exact. Every macroblock is coded as *Intra 16x16* with nothing but DC coefficients: one number for each 4 by 4 cell of
//! brightness, which is just what [`Picture`] holds. A decoder turns the coefficients `c` into the difference between the cells and
//! their prediction as `f = H c H`, with the Hadamard matrix `H`, then scales. At QP 28 the scale is exactly 1: level scale 256, shifted
//! down by 2, divided by 64 at the end (ITU-T H.264, 8.5.10 and 8.5.12). Because `H H = 4`, the coefficients of a difference `r` are
//! `c = H r H / 16`, and they are whole whenever all cells of the block are alike modulo 16 and the prediction is flat, or alike too.
//! [`Picture::settle`] sees to the first; prediction from the mean of the neighbours, which is always flat, is at hand for the second.
//! Chroma is one even number for each block: at QP 28 its DC coefficient counts twice.
//!
//! So the encoder knows what every decoder will see, without decoding anything. The deblocking filter, which would smear it, is off.
//! Later pictures skip the macroblocks that have not changed and code the others anew.

use super::bits::Bits;
use super::cavlc;
use super::picture::{BLOCK, Picture};

/// What a decoder must know before the first picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parameters {
    /// The size, the level and the like.
    pub(super) sequence: Vec<u8>,
    /// How pictures are coded.
    pub(super) picture: Vec<u8>,
}

/// One value for each cell of a macroblock.
type Cells = [[i32; BLOCK]; BLOCK];

/// How a macroblock is coded: what it is predicted from, and what is to be added.
struct Coded {
    prediction: u32,
    levels: [i32; 16],
    chroma_prediction: u32,
    chroma: [i32; 2],
}

/// The parameters of pictures of this many pixels.
pub(super) fn parameters(width: u32, height: u32) -> Parameters {
    Parameters { sequence: sequence(width, height), picture: picture_parameters() }
}

/// The first picture, which needs no other.
pub(super) fn key_frame(picture: &mut Picture) -> Vec<u8> {
    let mut bits = Bits::new();
    slice_header(&mut bits, Slice::Key);
    for (column, row) in places(picture) {
        picture.take_changed(column, row);
        write_block(&mut bits, &code(picture, column, row), 0);
    }
    bits.into_unit(0x65)
}

/// A later picture: what has changed since the last one. `number` counts from the key frame.
pub(super) fn next_frame(picture: &mut Picture, number: u32) -> Vec<u8> {
    let mut bits = Bits::new();
    slice_header(&mut bits, Slice::Next(number));
    let mut skipped = 0;
    for (column, row) in places(picture) {
        if picture.take_changed(column, row) {
            bits.number(skipped);
            write_block(&mut bits, &code(picture, column, row), INTRA_IN_P);
            skipped = 0;
        } else {
            skipped += 1;
        }
    }
    if skipped > 0 {
        bits.number(skipped);
    }
    bits.into_unit(0x41)
}

/// What the types of intra macroblocks are moved up by in a P slice (table 7-13).
const INTRA_IN_P: u32 = 5;

#[derive(Debug, Clone, Copy)]
enum Slice {
    Key,
    Next(u32),
}

/// The most macroblocks that a picture has at level 3.1; up to 8192 there are at level 4 (table A-1).
const MOST_AT_LEVEL_3_1: u32 = 3600;

/// 7.3.2.1: profile 66 with both constraint flags, the level that will do, no reordering, one reference picture, cropped to the size.
fn sequence(width: u32, height: u32) -> Vec<u8> {
    let mut bits = Bits::new();
    bits.fixed(66, 8);
    bits.fixed(0b1100_0000, 8);
    let is_small = width.div_ceil(16) * height.div_ceil(16) <= MOST_AT_LEVEL_3_1;
    bits.fixed(if is_small { 31 } else { 40 }, 8);
    bits.number(0); // seq_parameter_set_id
    bits.number(0); // log2_max_frame_num - 4
    bits.number(2); // pic_order_cnt_type: as decoded
    bits.number(1); // max_num_ref_frames
    bits.fixed(0, 1); // no gaps in frame_num
    bits.number(width.div_ceil(16) - 1);
    bits.number(height.div_ceil(16) - 1);
    bits.fixed(0b11, 2); // frame_mbs_only, direct_8x8_inference
    bits.fixed(1, 1); // cropped, in steps of two pixels: left, right, top, bottom
    bits.number(0);
    bits.number((width.next_multiple_of(16) - width) / 2);
    bits.number(0);
    bits.number((height.next_multiple_of(16) - height) / 2);
    bits.fixed(0, 1); // no VUI
    bits.into_unit(0x67)
}

/// 7.3.2.2: variable-length codes, QP 28, the deblocking filter under the slices' control.
fn picture_parameters() -> Vec<u8> {
    let mut bits = Bits::new();
    bits.number(0); // pic_parameter_set_id
    bits.number(0); // seq_parameter_set_id
    bits.fixed(0b00, 2); // entropy_coding_mode, bottom_field_pic_order
    bits.number(0); // one slice group
    bits.number(0); // one reference picture
    bits.number(0);
    bits.fixed(0b000, 3); // no weighted prediction
    bits.signed(2); // QP - 26
    bits.signed(0);
    bits.signed(0); // chroma has the same QP
    bits.fixed(0b100, 3); // deblocking_filter_control_present, constrained_intra_pred, redundant_pic_cnt
    bits.into_unit(0x68)
}

/// 7.3.3
fn slice_header(bits: &mut Bits, slice: Slice) {
    bits.number(0); // first_mb_in_slice
    match slice {
        Slice::Key => {
            bits.number(7); // all slices are I
            bits.number(0); // pic_parameter_set_id
            bits.fixed(0, 4); // frame_num
            bits.number(0); // idr_pic_id
            bits.fixed(0b00, 2); // no_output_of_prior_pics, long_term_reference
        }
        Slice::Next(number) => {
            bits.number(5); // all slices are P
            bits.number(0); // pic_parameter_set_id
            bits.fixed(number % 16, 4); // frame_num
            bits.fixed(0b000, 3); // the usual references: not overridden, not reordered, not marked
        }
    }
    bits.signed(0); // slice_qp_delta
    bits.number(1); // deblocking filter off
}

/// 7.3.5
fn write_block(bits: &mut Bits, coded: &Coded, type_offset: u32) {
    let with_chroma = u32::from(coded.chroma != [0, 0]);
    bits.number(type_offset + 1 + coded.prediction + 4 * with_chroma);
    bits.number(coded.chroma_prediction);
    bits.signed(0); // mb_qp_delta
    cavlc::write_block(bits, &coded.levels);
    if with_chroma == 1 {
        coded.chroma.iter().for_each(|level| cavlc::write_chroma(bits, *level));
    }
}

/// Decides how a macroblock is coded.
fn code(picture: &mut Picture, column: usize, row: usize) -> Coded {
    let cells = picture.settle(column, row);
    let (prediction, levels) = luma(&cells, &predictions(picture, column, row));
    let (chroma_prediction, predicted) = chroma_prediction(picture, column, row);
    let tint = picture.tint(column, row).parts();
    let chroma = [(tint[0] - predicted[0]) / 2, (tint[1] - predicted[1]) / 2];
    Coded { prediction, levels, chroma_prediction, chroma }
}

/// The cheapest way to get from one of the predictions to the cells exactly. A flat prediction always can.
fn luma(cells: &Cells, predictions: &[(u32, Cells)]) -> (u32, [i32; 16]) {
    if let Some((prediction, _)) = predictions.iter().find(|(_, predicted)| predicted == cells) {
        return (*prediction, [0; 16]);
    }
    let exact = predictions.iter().filter_map(|(prediction, predicted)| Some((*prediction, transform(cells, predicted)?)));
    exact.min_by_key(|(_, levels)| cost(levels)).unwrap_or((DC, [0; 16]))
}

const VERTICAL: u32 = 0;
const HORIZONTAL: u32 = 1;
const DC: u32 = 2;

/// What the macroblock can be predicted from: the cells above it, those to the left, or their mean (8.3.3).
fn predictions(picture: &Picture, column: usize, row: usize) -> Vec<(u32, Cells)> {
    let (left, top) = (column * BLOCK, row * BLOCK);
    let above: Option<[i32; BLOCK]> = (row > 0).then(|| std::array::from_fn(|x| i32::from(picture.cell(left + x, top - 1))));
    let before: Option<[i32; BLOCK]> =
        (column > 0).then(|| std::array::from_fn(|y| i32::from(picture.cell(left - 1, top + y))));
    let known: Vec<i32> = above.iter().chain(&before).flatten().copied().collect();
    let count = i32::try_from(known.len()).unwrap_or(0);
    let mean = if count == 0 { 128 } else { (known.iter().sum::<i32>() + count / 2) / count };
    let vertical = above.map(|above| (VERTICAL, [above; BLOCK]));
    let horizontal = before.map(|before| (HORIZONTAL, before.map(|cell| [cell; BLOCK])));
    [vertical, horizontal, Some((DC, [[mean; BLOCK]; BLOCK]))].into_iter().flatten().collect()
}

/// The levels that make a decoder get from `predicted` to `cells`, in zigzag order; `None` when there are no whole ones.
fn transform(cells: &Cells, predicted: &Cells) -> Option<[i32; 16]> {
    let rest: Cells = std::array::from_fn(|y| std::array::from_fn(|x| cells[y][x] - predicted[y][x]));
    let half: Cells = rest.map(hadamard);
    let turned: Cells = std::array::from_fn(|x| hadamard(std::array::from_fn(|y| half[y][x])));
    let whole = turned.iter().flatten().all(|level| level % 16 == 0);
    // `turned` has its rows where the columns belong, hence the order of the indices.
    whole.then(|| ZIGZAG.map(|(y, x)| turned[x][y] / 16))
}

fn hadamard([a, b, c, d]: [i32; 4]) -> [i32; 4] {
    [a + b + c + d, a + b - c - d, a - b - c + d, a - b + c - d]
}

/// Row and column in the order of table 8-2.
const ZIGZAG: [(usize, usize); 16] = [
    (0, 0),
    (0, 1),
    (1, 0),
    (2, 0),
    (1, 1),
    (0, 2),
    (0, 3),
    (1, 2),
    (2, 1),
    (3, 0),
    (3, 1),
    (2, 2),
    (1, 3),
    (2, 3),
    (3, 2),
    (3, 3),
];

/// About how many bits the levels take.
fn cost(levels: &[i32; 16]) -> u32 {
    levels.iter().filter(|level| **level != 0).map(|level| 2 + 2 * (1 + level.unsigned_abs().ilog2())).sum()
}

/// What the colour is predicted from, the nearer the better: the block to the left, the one above, or grey (8.3.4).
fn chroma_prediction(picture: &Picture, column: usize, row: usize) -> (u32, [i32; 2]) {
    let own = picture.tint(column, row);
    let before = (column > 0).then(|| picture.tint(column - 1, row));
    let above = (row > 0).then(|| picture.tint(column, row - 1));
    match (before, above) {
        (Some(before), _) if before == own => (1, before.parts()),
        (_, Some(above)) => (2, above.parts()),
        (Some(before), None) => (1, before.parts()),
        (None, None) => (0, [128, 128]),
    }
}

/// Every macroblock in the order of coding.
fn places(picture: &Picture) -> impl Iterator<Item = (usize, usize)> + use<> {
    let (across, down) = picture.blocks;
    (0..down).flat_map(move |row| (0..across).map(move |column| (column, row)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a decoder makes of a block, by the formulas of 8.5.10 and 8.5.12 at QP 28.
    fn decoded(coded: &Coded, predicted: &Cells) -> Cells {
        let mut levels: Cells = [[0; 4]; 4];
        ZIGZAG.iter().zip(coded.levels).for_each(|(&(y, x), level)| levels[y][x] = level);
        let half: Cells = levels.map(hadamard);
        let turned: Cells = std::array::from_fn(|x| hadamard(std::array::from_fn(|y| half[y][x])));
        let scaled = |value: i32| (((value * 256 + 2) >> 2) + 32) >> 6;
        std::array::from_fn(|y| std::array::from_fn(|x| predicted[y][x] + scaled(turned[x][y])))
    }

    proptest! {
        #[test]
        fn a_decoder_sees_every_cell_as_it_was_drawn(cells in prop::collection::vec(any::<u8>(), 12 * 12)) {
            let mut picture = Picture::new(48, 48);
            cells.iter().enumerate().for_each(|(i, cell)| picture.set(i % 12, i / 12, *cell));
            for (column, row) in places(&picture) {
                let coded = code(&mut picture, column, row);
                let choices = predictions(&picture, column, row);
                let (_, predicted) = choices.iter().find(|(p, _)| *p == coded.prediction).unwrap();
                prop_assert_eq!(decoded(&coded, predicted), picture.settle(column, row));
            }
        }
    }

    #[test]
    fn an_unchanged_picture_is_one_run() {
        let mut picture = Picture::new(640, 360);
        key_frame(&mut picture);
        assert!(next_frame(&mut picture, 1).len() < 10);
        assert!(key_frame(&mut picture).len() > 900);
    }
}
