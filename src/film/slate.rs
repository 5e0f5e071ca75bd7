//! The design of the picture: a clapper's stripes above, the title and its box in the middle, a footer with the time and a bar below.

use std::ops::Range;

use super::Film;
use super::font;
use super::picture::{BLOCK, Picture, Tint};

/// What of the slate moves.
#[derive(Debug)]
pub(super) struct Slate {
    /// The row of cells where the bar begins.
    bar: usize,
    /// Where the time is written, if there is room for it.
    clock: Option<(usize, usize)>,
    seconds: u32,
    /// After how many pictures the time is another.
    second: u32,
}

/// Colours as pairs, the body's and the footer's.
const PALETTE: [(Tint, Tint); 8] = [
    (Tint::new(150, 106), Tint::new(106, 156)),
    (Tint::new(158, 122), Tint::new(92, 146)),
    (Tint::new(146, 142), Tint::new(112, 104)),
    (Tint::new(122, 154), Tint::new(150, 108)),
    (Tint::new(104, 146), Tint::new(156, 120)),
    (Tint::new(100, 124), Tint::new(144, 146)),
    (Tint::new(116, 104), Tint::new(134, 156)),
    (Tint::new(138, 102), Tint::new(104, 148)),
];

const WHITE: u8 = 235;
const BLACK: u8 = 24;
const BODY: u8 = 72;
const FOOTER: u8 = 40;

/// Cells between the text and the edge.
const MARGIN: usize = 3;
/// Cells from one letter to the next, at scale 1.
const STEP: usize = font::WIDTH + 1;
/// Cells from one line of text to the next, at scale 1.
const LINE: usize = font::HEIGHT + 2;
/// The most lines of the note.
const NOTE: usize = 2;
/// The height of the subtitle's box, with the space around it.
const BOX: usize = font::HEIGHT + 6;
/// The most letters of the time.
const TIME: usize = 5;

/// How the picture is divided, in rows of macroblocks.
#[derive(Debug, Clone, Copy)]
struct Layout {
    /// Where the body begins, below the stripes.
    body: usize,
    /// Where the footer begins.
    footer: usize,
    /// Whether there is room for more than the title and the bar.
    roomy: bool,
}

impl Slate {
    /// Draws all that does not move, and says what will.
    pub(super) fn new(film: &Film, picture: &mut Picture) -> Self {
        let layout = Layout::of(picture);
        let (body, accent) = palette(film.seed);
        draw_stripes(picture, layout.body);
        draw_ground(picture, layout.body..layout.footer, body, BODY);
        draw_ground(picture, layout.footer..picture.blocks.1, accent, FOOTER);
        draw_words(film, picture, layout);
        let slate = Self::moving(film, picture, layout);
        slate.draw_time(picture, 0);
        (0..picture.seen.0).for_each(|x| slate.draw_bar(picture, x, FOOTER + 32));
        slate
    }

    /// Moves on to picture `frame` of `frames`.
    pub(super) fn advance(&self, picture: &mut Picture, frame: u32, frames: u32) {
        let reach = |frame: u32| picture.seen.0 * frame as usize / (frames as usize - 1).max(1);
        for x in reach(frame - 1)..reach(frame) {
            self.draw_bar(picture, x, WHITE);
        }
        if frame.is_multiple_of(self.second) {
            self.draw_time(picture, frame / self.second);
        }
    }

    fn moving(film: &Film, picture: &mut Picture, layout: Layout) -> Self {
        let (across, down) = picture.seen;
        let line = layout.footer * BLOCK + 2;
        let room = layout.roomy && across >= 2 * MARGIN + (film.notice.len() + 1 + TIME) * STEP;
        if room {
            draw_text(picture, (MARGIN, line), film.notice, 1, WHITE);
        }
        let clock = room.then(|| (across - MARGIN - TIME * STEP, line));
        let (pictures, seconds) = (film.rate.pictures.get(), film.rate.seconds.get());
        let second = (pictures.saturating_add(seconds / 2) / seconds).max(1);
        Self { bar: down.saturating_sub(4), clock, seconds: u32::from(film.seconds), second }
    }

    fn draw_bar(&self, picture: &mut Picture, x: usize, brightness: u8) {
        (self.bar..self.bar + 2).for_each(|y| picture.set(x, y, brightness));
    }

    /// Writes how many seconds are left.
    fn draw_time(&self, picture: &mut Picture, second: u32) {
        let Some((x, y)) = self.clock else { return };
        let ground = picture.cell(x - 1, y);
        fill(picture, x..x + TIME * STEP, y..y + font::HEIGHT, ground);
        let left = self.seconds.saturating_sub(second);
        draw_text(picture, (x, y), &format!("{:>TIME$}", format!("0:{left:02}")), 1, WHITE);
    }
}

impl Layout {
    fn of(picture: &Picture) -> Self {
        let down = picture.seen.1;
        let roomy = down >= 76;
        let (body, footer) = if roomy { (2, down / BLOCK - 4) } else { (1, down / BLOCK - 1) };
        Self { body, footer, roomy }
    }
}

fn palette(seed: u64) -> (Tint, Tint) {
    let index = usize::try_from(seed % PALETTE.len() as u64).unwrap_or(0);
    PALETTE[index]
}

/// Diagonal stripes over the uppermost rows of macroblocks.
fn draw_stripes(picture: &mut Picture, rows: usize) {
    for y in 0..rows * BLOCK {
        for x in 0..picture.blocks.0 * BLOCK {
            let light = (x + y) / 8 % 2 == 0;
            picture.set(x, y, if light { WHITE } else { BLACK });
        }
    }
}

/// Paints whole rows of macroblocks, getting a little darker downwards.
fn draw_ground(picture: &mut Picture, rows: Range<usize>, tint: Tint, brightness: u8) {
    for (index, row) in rows.enumerate() {
        let shade = u8::try_from(index / 2 * 2).unwrap_or(u8::MAX);
        let brightness = brightness.saturating_sub(shade).max(BLACK);
        picture.tint_row(row, tint);
        fill(picture, 0..picture.blocks.0 * BLOCK, row * BLOCK..(row + 1) * BLOCK, brightness);
    }
}

/// Writes the title as large as it fits, and below it the subtitle in a box and the beginning of the note, if there is room for them.
fn draw_words(film: &Film, picture: &mut Picture, layout: Layout) {
    let rows = layout.body * BLOCK + 2..layout.footer * BLOCK;
    let width = picture.seen.0.saturating_sub(2 * MARGIN);
    if !layout.roomy {
        let text = format!("{} {}", film.title, film.subtitle);
        let (scale, lines) = fit(text.trim(), width, rows.len()).unwrap_or_else(|| squeezed(&text, width, rows.len()));
        return draw_lines(picture, rows.start, &lines, scale, WHITE);
    }
    let height = rows.len() - BOX;
    let with_note = fit(&film.title, width, height - NOTE * LINE);
    let reserved = if with_note.is_some() { NOTE * LINE } else { 0 };
    let fitting = with_note.or_else(|| fit(&film.title, width, height));
    let (scale, lines) = fitting.unwrap_or_else(|| squeezed(&film.title, width, height));
    let taken = lines.len() * LINE * scale;
    let top = rows.start + (height - reserved).saturating_sub(taken) / 2;
    draw_lines(picture, top, &lines, scale, WHITE);
    draw_box(picture, (MARGIN, top + taken + 1), &film.subtitle);
    let note = wrap(&film.note, width / STEP).0;
    draw_lines(picture, rows.end - reserved, &note[..note.len().min(reserved / LINE)], 1, WHITE - 48);
}

fn draw_lines(picture: &mut Picture, top: usize, lines: &[String], scale: usize, brightness: u8) {
    for (index, line) in lines.iter().enumerate() {
        draw_text(picture, (MARGIN, top + index * LINE * scale), line, scale, brightness);
    }
}

/// Letters cut out of a bright box.
fn draw_box(picture: &mut Picture, (x, y): (usize, usize), text: &str) {
    let length = text.chars().count() * STEP;
    if length > 0 {
        let ground = picture.cell(x, y);
        fill(picture, x..x + length + 3, y..y + font::HEIGHT + 4, WHITE - 16);
        draw_text(picture, (x + 2, y + 2), text, 1, ground);
    }
}

/// The largest scale at which `text` fits, rather without breaking a word, and its lines at that scale.
fn fit(text: &str, width: usize, height: usize) -> Option<(usize, Vec<String>)> {
    let at = |scale: usize| {
        let (lines, whole) = wrap(text, width / (scale * STEP));
        (lines.len() * LINE * scale <= height).then_some((scale, lines, whole))
    };
    let fitting: Vec<_> = (1..=6).rev().filter_map(at).collect();
    let best = fitting.iter().find(|(.., whole)| *whole).or(fitting.first());
    best.map(|(scale, lines, _)| (*scale, lines.clone()))
}

/// `text` in lines that are filled to the end, as many as there is room for.
fn squeezed(text: &str, width: usize, height: usize) -> (usize, Vec<String>) {
    let letters: Vec<char> = text.chars().collect();
    let lines = letters.chunks((width / STEP).max(1)).take(height / LINE);
    (1, lines.map(String::from_iter).collect())
}

/// Breaks `text` into lines of at most `length` letters, behind one of ` _-.` where there is one; also whether no word was broken.
fn wrap(text: &str, length: usize) -> (Vec<String>, bool) {
    let (mut lines, mut line, mut whole) = (Vec::new(), String::new(), true);
    for word in text.split_inclusive([' ', '_', '-', '.']) {
        if !line.is_empty() && line.chars().count() + word.trim_end().chars().count() > length {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.chars() {
            let full = line.chars().count() >= length.max(1);
            if full && letter != ' ' {
                whole = false;
                lines.push(std::mem::take(&mut line));
            }
            if !full || letter != ' ' {
                line.push(letter);
            }
        }
    }
    lines.push(line);
    (lines, whole)
}

fn draw_text(picture: &mut Picture, (x, y): (usize, usize), text: &str, scale: usize, brightness: u8) {
    for (index, letter) in text.chars().enumerate() {
        let left = x + index * scale * STEP;
        for (column, row) in font::dots(letter) {
            let (across, down) = (left + column * scale, y + row * scale);
            fill(picture, across..across + scale, down..down + scale, brightness);
        }
    }
}

fn fill(picture: &mut Picture, columns: Range<usize>, rows: Range<usize>, brightness: u8) {
    for y in rows {
        columns.clone().for_each(|x| picture.set(x, y, brightness));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Rate;

    #[test]
    fn lines_break_behind_the_parts_of_an_id() {
        let (lines, whole) = wrap("SC010_SH020_hero", 6);
        assert_eq!((lines.join("|").as_str(), whole), ("SC010_|SH020_|hero", true));
        let (lines, whole) = wrap("lighthouse at dawn", 7);
        assert_eq!((lines.join("|").as_str(), whole), ("lightho|use at |dawn", false));
        let (lines, whole) = wrap("a cat sat", 5);
        assert_eq!((lines.join("|").as_str(), whole), ("a cat|sat", true));
    }

    #[test]
    fn the_longest_id_fits_every_shape() {
        let id: String = (0..100).map(|n| if n % 23 == 22 { '_' } else { 'x' }).collect();
        for ratio in
            [(16, 9), (9, 16), (1, 1), (4, 3), (3, 4), (21, 9), (9, 21), (4, 1), (1, 12), (16384, 1), (1, 16384), (160, 159)]
        {
            let film = Film {
                title: id.clone(),
                subtitle: "T999".into(),
                note: String::new(),
                ratio,
                exactly: None,
                rate: Rate::CINEMA,
                seconds: 5,
                notice: "REHEARSAL",
                seed: 0,
            };
            let (width, height) = film.size();
            let picture = Picture::new(width, height);
            let layout = Layout::of(&picture);
            let height = (layout.footer - layout.body) * BLOCK - 2 - if layout.roomy { BOX } else { 0 };
            let text = if layout.roomy { id.clone() } else { format!("{id} T999") };
            let width = picture.seen.0 - 2 * MARGIN;
            let (_, lines) = fit(&text, width, height).unwrap_or_else(|| squeezed(&text, width, height));
            assert_eq!(lines.concat(), text, "{ratio:?}");
        }
    }
}
