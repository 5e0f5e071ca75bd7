//! Sixteen numbers as H.264's variable-length code writes them (ITU-T H.264, 9.2). Only for blocks whose neighbours have no coefficients
//! of their own, which is all that `h264` makes.

use super::bits::Bits;

/// Writes one block of levels, which come in zigzag order.
pub(super) fn write_block(bits: &mut Bits, levels: &[i32; 16]) {
    let coded: Vec<(usize, i32)> = levels.iter().copied().enumerate().filter(|(_, level)| *level != 0).collect();
    let values: Vec<i32> = coded.iter().rev().map(|(_, level)| *level).collect();
    let ones = values.iter().take(3).take_while(|level| level.abs() == 1).count();
    bits.word(COEFFICIENT_TOKEN[values.len()][ones]);
    values[..ones].iter().for_each(|level| bits.word(if *level < 0 { "1" } else { "0" }));
    write_levels(bits, &values[ones..], ones, values.len());
    write_gaps(bits, &coded);
}

/// Writes one 2 by 2 block of chroma in which all but the first level are zero (tables 9-5 and 9-9).
pub(super) fn write_chroma(bits: &mut Bits, level: i32) {
    match level {
        0 => return bits.word("01"),
        1 => bits.word("10"),
        -1 => bits.word("11"),
        _ => {
            bits.word("000111");
            write_levels(bits, &[level], 0, 1);
        }
    }
    bits.word("1"); // no zeros before it
}

/// Writes the levels that are not trailing ones. Each one's size tells how wide the next is likely to be.
fn write_levels(bits: &mut Bits, levels: &[i32], ones: usize, total: usize) {
    let mut width = u32::from(total > 10 && ones < 3);
    for (index, &level) in levels.iter().enumerate() {
        let sign = u32::from(level < 0);
        // Where a trailing one would have been possible, a 1 is not: the codes move down by one pair.
        let unusable = if index == 0 && ones < 3 { 2 } else { 0 };
        write_level(bits, level.unsigned_abs() * 2 - 2 + sign - unusable, width);
        width = width.max(1);
        if level.unsigned_abs() > 3 << (width - 1) && width < 6 {
            width += 1;
        }
    }
}

/// Writes one level's code with `width` bits behind its prefix, or with an escape where that is not enough (9.2.2.1).
fn write_level(bits: &mut Bits, code: u32, width: u32) {
    let (prefix, suffix, length) = match (width, code) {
        (0, 0..14) => (code, 0, 0),
        (0, 14..30) => (14, code - 14, 4),
        (0, _) => (15, code - 30, 12),
        _ if code < 15 << width => (code >> width, code, width),
        _ => (15, code - (15 << width), 12),
    };
    bits.fixed(1, prefix + 1);
    bits.fixed(suffix, length);
}

/// Writes where the levels are: how many zeros come before the last, and how they are spread.
fn write_gaps(bits: &mut Bits, coded: &[(usize, i32)]) {
    let Some(&(last, _)) = coded.last() else { return };
    let mut zeros = last + 1 - coded.len();
    if coded.len() < 16 {
        bits.word(TOTAL_ZEROS[coded.len() - 1][zeros]);
    }
    for pair in coded.windows(2).rev() {
        let run = pair[1].0 - pair[0].0 - 1;
        match zeros {
            0 => return,
            1..=6 => bits.word(RUN_BEFORE[zeros - 1][run]),
            _ if run < 7 => bits.fixed(7 - u32::try_from(run).unwrap_or(0), 3),
            _ => bits.fixed(1, u32::try_from(run).unwrap_or(0) - 3),
        }
        zeros -= run;
    }
}

/// Table 9-5, column 0 <= nC < 2: by how many levels there are, then by how many of the last are 1 or -1.
const COEFFICIENT_TOKEN: [&[&str]; 17] = [
    &["1"],
    &["000101", "01"],
    &["00000111", "000100", "001"],
    &["000000111", "00000110", "0000101", "00011"],
    &["0000000111", "000000110", "00000101", "000011"],
    &["00000000111", "0000000110", "000000101", "0000100"],
    &["0000000001111", "00000000110", "0000000101", "00000100"],
    &["0000000001011", "0000000001110", "00000000101", "000000100"],
    &["0000000001000", "0000000001010", "0000000001101", "0000000100"],
    &["00000000001111", "00000000001110", "0000000001001", "00000000100"],
    &["00000000001011", "00000000001010", "00000000001101", "0000000001100"],
    &["000000000001111", "000000000001110", "00000000001001", "00000000001100"],
    &["000000000001011", "000000000001010", "000000000001101", "00000000001000"],
    &["0000000000001111", "000000000000001", "000000000001001", "000000000001100"],
    &["0000000000001011", "0000000000001110", "0000000000001101", "000000000001000"],
    &["0000000000000111", "0000000000001010", "0000000000001001", "0000000000001100"],
    &["0000000000000100", "0000000000000110", "0000000000000101", "0000000000001000"],
];

/// Tables 9-7 and 9-8: by how many levels there are, less one, then by how many zeros come before the last.
const TOTAL_ZEROS: [&[&str]; 15] = [
    &[
        "1",
        "011",
        "010",
        "0011",
        "0010",
        "00011",
        "00010",
        "000011",
        "000010",
        "0000011",
        "0000010",
        "00000011",
        "00000010",
        "000000011",
        "000000010",
        "000000001",
    ],
    &[
        "111", "110", "101", "100", "011", "0101", "0100", "0011", "0010", "00011", "00010", "000011", "000010", "000001",
        "000000",
    ],
    &["0101", "111", "110", "101", "0100", "0011", "100", "011", "0010", "00011", "00010", "000001", "00001", "000000"],
    &["00011", "111", "0101", "0100", "110", "101", "100", "0011", "011", "0010", "00010", "00001", "00000"],
    &["0101", "0100", "0011", "111", "110", "101", "100", "011", "0010", "00001", "0001", "00000"],
    &["000001", "00001", "111", "110", "101", "100", "011", "010", "0001", "001", "000000"],
    &["000001", "00001", "101", "100", "011", "11", "010", "0001", "001", "000000"],
    &["000001", "0001", "00001", "011", "11", "10", "010", "001", "000000"],
    &["000001", "000000", "0001", "11", "10", "001", "01", "00001"],
    &["00001", "00000", "001", "11", "10", "01", "0001"],
    &["0000", "0001", "001", "010", "1", "011"],
    &["0000", "0001", "01", "1", "001"],
    &["000", "001", "1", "01"],
    &["00", "01", "1"],
    &["0", "1"],
];

/// Table 9-10: by how many zeros are left, less one, then by how many of them come just before a level.
const RUN_BEFORE: [&[&str]; 6] = [
    &["1", "0"],
    &["1", "01", "00"],
    &["11", "10", "01", "00"],
    &["11", "10", "01", "001", "000"],
    &["11", "10", "011", "010", "001", "000"],
    &["11", "000", "001", "011", "010", "101", "100"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(levels: &[i32]) -> String {
        let mut block = [0; 16];
        block[..levels.len()].copy_from_slice(levels);
        let mut bits = Bits::new();
        write_block(&mut bits, &block);
        let text: Vec<String> = bits.into_unit(0)[1..].iter().map(|byte| format!("{byte:08b}")).collect();
        text.concat().trim_end_matches('0').strip_suffix('1').unwrap().to_owned()
    }

    #[test]
    fn blocks_are_written_as_textbooks_write_them() {
        // The worked examples of Richardson, "The H.264 Advanced Video Compression Standard", section 7.4.
        assert_eq!(written(&[0, 3, 0, 1, -1, -1, 0, 1]), "000010001110010111101101");
        assert_eq!(written(&[-2, 4, 3, -3, 0, 0, -1]), "000000011010001001000010111001100");
    }

    #[test]
    fn nothing_is_one_bit_and_large_levels_escape() {
        assert_eq!(written(&[]), "1");
        assert_eq!(written(&[1]), "0101");
        assert_eq!(written(&[-200]), format!("000101{}1{:012b}1", "0".repeat(15), 2 * 200 - 2 + 1 - 2 - 30));
    }

    #[test]
    fn no_code_word_begins_another() {
        let tables = [&COEFFICIENT_TOKEN[..].concat(), TOTAL_ZEROS[0], TOTAL_ZEROS[7], RUN_BEFORE[3], RUN_BEFORE[5]];
        for words in tables {
            for (i, word) in words.iter().enumerate() {
                assert!(words.iter().enumerate().all(|(j, other)| i == j || !other.starts_with(word)), "{word}");
            }
        }
    }
}
