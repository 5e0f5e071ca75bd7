//! Bits, as H.264 writes them: Exp-Golomb numbers, and NAL units in which no start code can appear (ITU-T H.264, 7.3.1 and 9.1).

/// Bits in the order of writing.
#[derive(Debug, Clone, Default)]
pub(super) struct Bits {
    bytes: Vec<u8>,
    last: u8,
    used: u8,
}

impl Bits {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// The lowest `count` bits of `value`: u(n).
    pub(super) fn fixed(&mut self, value: u32, count: u32) {
        for shift in (0..count).rev() {
            self.bit(value >> shift & 1 == 1);
        }
    }

    /// A number as an Exp-Golomb code: ue(v).
    pub(super) fn number(&mut self, value: u32) {
        let code = value + 1;
        let length = code.ilog2();
        self.fixed(0, length);
        self.fixed(code, length + 1);
    }

    /// A signed number as an Exp-Golomb code: se(v).
    pub(super) fn signed(&mut self, value: i32) {
        let code = value.unsigned_abs() * 2;
        self.number(if value > 0 { code - 1 } else { code });
    }

    /// A code word as the standard prints it, for example `0001`.
    pub(super) fn word(&mut self, word: &str) {
        for digit in word.bytes() {
            self.bit(digit == b'1');
        }
    }

    /// Ends the unit and wraps it: header, then the bytes, with a 3 wherever they could be taken for a start code.
    pub(super) fn into_unit(mut self, header: u8) -> Vec<u8> {
        self.bit(true);
        while self.used != 0 {
            self.bit(false);
        }
        let mut unit = vec![header];
        let mut zeros = 0;
        for byte in self.bytes {
            if zeros == 2 && byte <= 3 {
                unit.push(3);
                zeros = 0;
            }
            unit.push(byte);
            zeros = if byte == 0 { zeros + 1 } else { 0 };
        }
        unit
    }

    fn bit(&mut self, set: bool) {
        self.last = self.last << 1 | u8::from(set);
        self.used += 1;
        if self.used == 8 {
            self.bytes.push(self.last);
            (self.last, self.used) = (0, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_written_as_the_standard_says() {
        let mut bits = Bits::new();
        for value in 0..4 {
            bits.number(value); // 1 010 011 00100
        }
        bits.signed(-1); // 011
        bits.signed(2); // 00100
        assert_eq!(bits.into_unit(0), [0, 0b1010_0110, 0b0100_0110, 0b0100_1000]);
    }

    proptest! {
        #[test]
        fn no_start_code_can_appear_and_nothing_is_lost(bytes in prop::collection::vec(0..5_u8, 0..60)) {
            let mut bits = Bits::new();
            for &byte in &bytes {
                bits.fixed(u32::from(byte), 8);
            }
            let unit = bits.into_unit(0x65);
            prop_assert!(!unit.windows(3).any(|w| w[0] == 0 && w[1] == 0 && w[2] < 3));
            // What a decoder does: a 3 behind two zeros is left out.
            let (mut plain, mut zeros) = (Vec::new(), 0);
            for &byte in &unit[1..] {
                if zeros < 2 || byte != 3 {
                    plain.push(byte);
                }
                zeros = if byte == 0 { zeros + 1 } else { 0 };
            }
            prop_assert_eq!(plain, [&bytes[..], &[0x80]].concat());
        }
    }
}
