//! A picture on a coarse grid: brightness in cells of 4 by 4 pixels, colour in macroblocks of 16 by 16. Knows which macroblocks have
//! changed since they were last coded.

/// The side of a cell in pixels.
pub(super) const CELL: u32 = 4;
/// The side of a macroblock in cells.
pub(super) const BLOCK: usize = 4;

/// A colour without its brightness: Cb and Cr, both even, which is what `h264` can code exactly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tint(u8, u8);

/// The picture. What is drawn outside of it is lost.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    /// Whole cells that can be seen, across and down.
    pub(super) seen: (usize, usize),
    /// Macroblocks across and down; the last ones may be cut off.
    pub(super) blocks: (usize, usize),
    cells: Vec<u8>,
    tints: Vec<Tint>,
    changed: Vec<bool>,
}

impl Tint {
    /// No colour.
    pub(super) const GREY: Self = Self(128, 128);

    /// The tint with these two numbers, made even.
    pub(super) const fn new(blue: u8, red: u8) -> Self {
        Self(blue & !1, red & !1)
    }

    /// Cb and Cr.
    pub(super) fn parts(self) -> [i32; 2] {
        [i32::from(self.0), i32::from(self.1)]
    }
}

impl Picture {
    /// A black picture of this many pixels.
    pub(super) fn new(width: u32, height: u32) -> Self {
        let whole = |pixels: u32, of: u32| usize::try_from(pixels.div_ceil(of)).unwrap_or(0);
        let blocks = (whole(width, 16), whole(height, 16));
        Self {
            seen: ((width / CELL) as usize, (height / CELL) as usize),
            blocks,
            cells: vec![16; blocks.0 * blocks.1 * BLOCK * BLOCK],
            tints: vec![Tint::GREY; blocks.0 * blocks.1],
            changed: vec![true; blocks.0 * blocks.1],
        }
    }

    /// The brightness of a cell.
    pub(super) fn cell(&self, x: usize, y: usize) -> u8 {
        self.cells[y * self.blocks.0 * BLOCK + x]
    }

    /// Sets the brightness of a cell.
    pub(super) fn set(&mut self, x: usize, y: usize, brightness: u8) {
        let across = self.blocks.0 * BLOCK;
        if x < across && y < self.blocks.1 * BLOCK && self.cell(x, y) != brightness {
            self.cells[y * across + x] = brightness;
            self.changed[y / BLOCK * self.blocks.0 + x / BLOCK] = true;
        }
    }

    /// The colour of a macroblock.
    pub(super) fn tint(&self, column: usize, row: usize) -> Tint {
        self.tints[row * self.blocks.0 + column]
    }

    /// Sets the colour of a whole row of macroblocks.
    pub(super) fn tint_row(&mut self, row: usize, tint: Tint) {
        for column in 0..self.blocks.0 {
            self.tints[row * self.blocks.0 + column] = tint;
            self.changed[row * self.blocks.0 + column] = true;
        }
    }

    /// Whether a macroblock has changed since this was last asked.
    pub(super) fn take_changed(&mut self, column: usize, row: usize) -> bool {
        std::mem::take(&mut self.changed[row * self.blocks.0 + column])
    }

    /// The cells of a macroblock. So that they can be coded exactly, each is first moved, by 8 at most where there is room, to a
    /// brightness that differs by a multiple of 16 from that of the darkest, which is the ground that letters are written on.
    pub(super) fn settle(&mut self, column: usize, row: usize) -> [[i32; BLOCK]; BLOCK] {
        let (left, top) = (column * BLOCK, row * BLOCK);
        let ground = (0..BLOCK * BLOCK).map(|i| self.cell(left + i % BLOCK, top + i / BLOCK)).min().unwrap_or(0);
        let across = self.blocks.0 * BLOCK;
        let mut block = [[0; BLOCK]; BLOCK];
        for (y, line) in block.iter_mut().enumerate() {
            for (x, cell) in line.iter_mut().enumerate() {
                let place = &mut self.cells[(top + y) * across + left + x];
                *place = alike(*place, ground);
                *cell = i32::from(*place);
            }
        }
        block
    }
}

/// The brightness nearest to `cell` that differs from `ground` by a multiple of 16.
fn alike(cell: u8, ground: u8) -> u8 {
    let rest = ground % 16;
    let nearest = (u16::from(cell) + 8).saturating_sub(u16::from(rest)) / 16 * 16 + u16::from(rest);
    u8::try_from(nearest).unwrap_or(240 + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settled_cells_differ_by_sixteens() {
        for ground in 0..=u8::MAX {
            for cell in 0..=u8::MAX {
                let moved = alike(cell, ground);
                assert_eq!(moved % 16, ground % 16);
                assert!(moved.abs_diff(cell) <= 15);
            }
            assert_eq!(alike(ground, ground), ground);
        }
    }

    #[test]
    fn only_a_real_change_is_a_change() {
        let mut picture = Picture::new(40, 20);
        assert_eq!((picture.seen, picture.blocks), ((10, 5), (3, 2)));
        assert!(picture.take_changed(1, 0) && !picture.take_changed(1, 0));
        picture.set(4, 0, 16);
        picture.set(999, 0, 99);
        assert!(!picture.take_changed(1, 0));
        picture.set(4, 0, 99);
        assert!(picture.take_changed(1, 0));
    }
}
