//! Rows -> shots: defaults filled in, names given, and each name only once.

use crate::digest::Digest;
use crate::manifest::check::{Draft, Said, with_all_of};
use crate::manifest::claims::Claimed;
use crate::manifest::diagnostic::{self, Diagnostic, Place, quoted};
use crate::manifest::moves::Names;
use crate::manifest::numbered::Numbered;
use crate::manifest::row::{Field, Row};
use crate::manifest::sheet::Sheet;
use crate::manifest::unfold::{Around, Unfolder};
use crate::manifest::whole::Whole;
use crate::manifest::{FALLBACK, oddities, value};
use crate::motion::Motion;
use crate::request::Request;
use crate::shot::{About, Shot, ShotId, ShotNumber, TakeNo};

/// The most words and letters that an id made from a prompt has.
const SLUG_WORDS: usize = 6;
const SLUG_LETTERS: usize = 48;

/// The shots of one sheet, and what the next one is built on.
pub(super) struct Shots<'s, 'a, 'e> {
    whole: &'s mut Whole<'e>,
    sheet: &'s mut Sheet<'a>,
    /// The number of the sheet's file.
    file: u16,
    /// What is around the rows that are in no group, then around those of each group.
    frames: Vec<Frame>,
    moves: &'s Names,
    /// The shots whose takes have rows of their own.
    numbered: Numbered,
    /// The first of those and all behind it, until it is known how many rows each has.
    waiting: Vec<Shot>,
}

/// What rows have in common.
#[derive(Default)]
struct Frame {
    defaults: Draft,
    /// Whether unknown values pass.
    consent: bool,
    /// What is added to their tags.
    tags: Vec<String>,
    /// What they are unfolded with.
    around: Around,
}

impl<'s, 'a, 'e> Shots<'s, 'a, 'e> {
    pub(super) fn new(whole: &'s mut Whole<'e>, sheet: &'s mut Sheet<'a>, file: u16, consent: bool, moves: &'s Names) -> Self {
        let around = Around::manifest(sheet.vars.take().as_ref(), sheet.source, &mut sheet.found);
        let outer = Frame { consent, around, ..Frame::default() };
        let (defaults, groups) = (sheet.defaults.take(), std::mem::take(&mut sheet.groups));
        let (frames, numbered, waiting) = Default::default();
        let mut shots = Self { whole, sheet, file, frames, moves, numbered, waiting };
        let outer = shots.frame(defaults, outer);
        shots.frames.push(outer);
        for group in groups {
            let (source, found) = (shots.sheet.source, &mut shots.sheet.found);
            let outer = &shots.frames[0];
            let around = outer.around.group(&group, source, found);
            let tags = group.tags.map(|tags| Draft::tags(&tags, source, found)).unwrap_or_default();
            let frame = Frame { defaults: outer.defaults.clone(), consent: outer.consent, tags, around };
            let frame = shots.frame(group.defaults, frame);
            shots.frames.push(frame);
        }
        shots
    }

    /// `outer` with `defaults` over those that it has.
    fn frame(&mut self, defaults: Option<Row>, mut outer: Frame) -> Frame {
        let Some(mut row) = defaults else { return outer };
        outer.around.take_prompt(&mut row, self.sheet.source);
        let mut draft = Draft::read(&row, self.moves, outer.consent, self.sheet.source, &mut self.sheet.found);
        self.whole.note_steps(draft.take_steps());
        self.note_scene(&draft, &row);
        let defaults = draft.over(&outer.defaults);
        Frame { consent: defaults.allow_unknown.or(outer.consent), defaults, ..outer }
    }

    /// Adds the shots of all rows.
    pub(super) fn add_all(mut self) {
        loop {
            for row in std::mem::take(&mut self.sheet.rows) {
                self.add(row);
            }
            self.whole.found.add(&mut self.sheet.found, self.file);
            let Some(mut table) = self.sheet.table.take() else { break };
            if table.read_on(self.sheet) {
                self.sheet.table = Some(table);
            }
        }
        self.numbered.count(&mut self.waiting);
        for shot in self.waiting {
            self.whole.shot(shot);
        }
    }

    /// Adds the shots that `row` describes.
    fn add(&mut self, row: Row) {
        let frame = row.group.and_then(|group| usize::try_from(group).ok()).map_or(0, |group| group + 1);
        let (source, around) = (self.sheet.source, &self.frames[frame].around);
        if Unfolder::is_plain(around, &row, source) {
            return self.add_one(&row, frame);
        }
        let rows = self.whole.unfolder.unfold(around, row, source, &mut self.sheet.found);
        let before = self.sheet.found.len();
        for row in rows {
            let known = self.sheet.found.len();
            self.add_one(&row, frame);
            diagnostic::forget_alike(&mut self.sheet.found, before, known);
        }
    }

    fn add_one(&mut self, row: &Row, frame: usize) {
        let Some(shot) = self.shot(row, frame) else { return };
        if self.numbered.are_none() {
            self.whole.shot(shot);
        } else {
            self.waiting.push(shot);
        }
    }

    /// The shot that `row` describes within this frame, unless something is wrong with it, or it is only another take of one that is
    /// known.
    fn shot(&mut self, row: &Row, frame: usize) -> Option<Shot> {
        let consent = self.frames[frame].consent;
        let mut draft = Draft::read(row, self.moves, consent, self.sheet.source, &mut self.sheet.found);
        self.whole.note_steps(draft.take_steps());
        self.note_scene(&draft, row);
        let prompt = self.prompt(&draft, frame, row.blank.unwrap_or(row.at));
        let named = self.name(&draft, prompt.as_deref(), frame, row.at);
        let (number, at) = match draft.take {
            Said::Good(number, at) => (number, at),
            Said::Wrong => return None,
            Said::Nothing => {
                let id = named.and_then(|(id, at)| self.claim(id, at, row.at));
                return self.frames[frame].described(draft, id?, prompt?);
            }
        };
        let (id, place) = named?;
        let id = if self.numbered.know(&id) { id } else { self.claim(id, place, row.at)? };
        let shot = prompt.and_then(|prompt| self.frames[frame].described(draft, id.clone(), prompt));
        self.numbered.add((&id, shot), (number, at), row, self.sheet.source, &mut self.sheet.found)
    }

    /// Takes note of how `row` spells its scene.
    fn note_scene(&mut self, draft: &Draft, row: &Row) {
        let Said::Good(scene, at) = &draft.scene else { return };
        let text = row.cell(Field::Scene).and_then(|cell| cell.node.text(self.sheet.source)).unwrap_or_default();
        self.sheet.found.extend(self.whole.scenes.note(scene, text, at.in_file(self.file)));
    }

    fn prompt(&mut self, draft: &Draft, frame: usize, at: Place) -> Option<String> {
        let said = draft.prompt.clone().or_else(&self.frames[frame].defaults.prompt);
        if let Said::Good(prompt, at) = &said {
            self.sheet.found.extend(oddities::long_prompt(prompt, *at));
        }
        match said {
            Said::Nothing if !self.sheet.lacking.contains(&Field::Prompt) => {
                let missing = Diagnostic::error("missing-prompt", at, "this shot has no `prompt`");
                self.sheet.found.push(missing.help("say in `prompt` what is to be seen"));
                None
            }
            said => said.good(),
        }
    }

    /// What the shot is called: its id, else its scene and number, else what its prompt gives; and where that is said.
    fn name(&mut self, draft: &Draft, prompt: Option<&str>, frame: usize, row: Place) -> Option<(ShotId, Place)> {
        match (&draft.id, &draft.shot) {
            (Said::Good(id, at), _) => Some((id.clone(), *at)),
            (Said::Wrong, _) | (Said::Nothing, Said::Wrong) => None,
            (Said::Nothing, Said::Good(number, at)) => Some((self.slate(draft, number, frame, *at)?, *at)),
            (Said::Nothing, Said::Nothing) => Some((self.made_id(prompt?, row), row)),
        }
    }

    /// The id of shot `number` of its scene.
    fn slate(&mut self, draft: &Draft, number: &ShotNumber, frame: usize, at: Place) -> Option<ShotId> {
        let scene = match draft.scene.clone().or_else(&self.frames[frame].defaults.scene) {
            Said::Good(scene, _) => Some(scene),
            Said::Wrong => return None,
            Said::Nothing if self.sheet.lacking.contains(&Field::Scene) => None,
            Said::Nothing => {
                let missing = Diagnostic::error("missing-scene", at, "this shot has a number, but no `scene`");
                let help = "fill in the scene, also where cells are merged: only the first of them says it in an export";
                self.sheet.found.push(missing.help(help));
                return None;
            }
        };
        let id = number.id(scene.as_ref());
        let mistake =
            |why| Diagnostic::error("shot", at, format!("no id can be made of this shot: {why}")).help("add a column `id`");
        id.map_err(|why| self.sheet.found.push(mistake(why))).ok()
    }

    /// `id`, which stands `at` this place of `row`, if no other shot has it.
    fn claim(&mut self, id: ShotId, at: Place, row: Place) -> Option<ShotId> {
        if let Err(first) = self.whole.claims.take(&id, at.in_file(self.file)) {
            // One `id` behind an alias: then the two uses of it are to be told apart.
            let at = if first.at == at.in_file(self.file) { row } else { at };
            self.sheet.found.push(taken(&id, at, first));
            return None;
        }
        Some(id)
    }

    fn made_id(&mut self, prompt: &str, at: Place) -> ShotId {
        let id = slug(prompt);
        if !self.sheet.lacking.contains(&Field::Id) {
            let what = if self.sheet.is_numbered { "number" } else { "`id`" };
            let message = format!("this shot has no {what}; it is called `{id}` after its prompt");
            let help = if self.sheet.is_numbered {
                "give it one: then it stays the same shot when its prompt changes".to_owned()
            } else {
                format!("add `id: {id}`: then it stays the same shot when its prompt changes")
            };
            self.sheet.found.push(Diagnostic::warning("missing-id", at, message).help(help));
        }
        id
    }
}

impl Frame {
    /// The shot called `id`, with defaults for what `draft` leaves out.
    fn described(&self, draft: Draft, id: ShotId, prompt: String) -> Option<Shot> {
        let Self { defaults, tags, .. } = self;
        let request = Request {
            motion: motion(&draft, defaults)?,
            ratio: pick(draft.ratio, &defaults.ratio, || FALLBACK.ratio.parse().ok())?,
            style: pick(draft.style, &defaults.style, || Some(FALLBACK.style.into()))?,
            model: pick(draft.model, &defaults.model, || Some(FALLBACK.model.into()))?,
            seconds: pick(draft.seconds, &defaults.seconds, || FALLBACK.seconds.try_into().ok())?,
            prompt,
        };
        let about = About {
            scene: pick(draft.scene.map(Some), &defaults.scene.clone().map(Some), || Some(None))?,
            notes: pick(draft.notes, &defaults.notes, || Some(String::new()))
                .map(|notes| Some(notes).filter(|notes| !notes.is_empty()))?,
            metadata: with_all_of(draft.metadata?, defaults.metadata.as_ref()),
        };
        let own = pick(draft.tags, &defaults.tags, || Some(Vec::new()))?;
        Some(Shot {
            id,
            request,
            takes: pick(draft.takes, &defaults.takes, || Some(TakeNo::FIRST.into()))?,
            tags: if tags.is_empty() { own } else { value::without_repetition([own, tags.clone()].concat()) },
            callback_url: pick(draft.callback_url.map(Some), &defaults.callback_url.clone().map(Some), || Some(None))?,
            about,
        })
    }
}

/// What the shot says, else what the defaults say, else `fallback`; none of them if what it says is wrong.
fn pick<T: Clone>(own: Said<T>, default: &Said<T>, fallback: impl FnOnce() -> Option<T>) -> Option<T> {
    match own.or_else(default) {
        Said::Nothing => fallback(),
        said => said.good(),
    }
}

/// Axis by axis: what the shot says, else what the defaults say, else zero. Moves say something about all axes.
fn motion(draft: &Draft, defaults: &Draft) -> Option<Motion> {
    let mut axes = [0.0; Motion::AXES.len()];
    for (axis, number) in axes.iter_mut().enumerate() {
        *number = pick(draft.axis(axis), &defaults.axis(axis), || Some(0.0))?;
    }
    Some(axes.into())
}

/// Two shots that would be one file.
fn taken(id: &ShotId, at: Place, first: Claimed<'_>) -> Diagnostic {
    let message = if id.as_str() == first.id {
        format!("the id {} is used twice", quoted(id.as_str()))
    } else {
        format!("the ids `{id}` and `{}` differ in case only, which many file systems ignore", first.id)
    };
    let free = Diagnostic::error("duplicate-id", at, message).value(id.as_str());
    free.help("give each shot an `id` of its own").related(first.at, "first used here")
}

/// A name for a shot that has none: the first words of its prompt, and some digits of its digest unless those words are all.
fn slug(prompt: &str) -> ShotId {
    let mut words = String::new();
    for word in prompt.split(|c: char| !c.is_alphanumeric()).map(ascii).filter(|word| !word.is_empty()).take(SLUG_WORDS) {
        if words.len() + word.len() < SLUG_LETTERS {
            words.push_str(if words.is_empty() { "" } else { "-" });
            words.push_str(&word);
        }
    }
    let whole = words.parse().ok().filter(|_| words.replace('-', " ") == prompt);
    let digest = Digest::of(prompt.as_bytes()).to_string();
    let part = || format!("{}-{}", if words.is_empty() { "shot" } else { &words }, &digest[..6]);
    whole.unwrap_or_else(|| {
        part().parse().expect("letters, digits and dashes, too many for a device, and a letter or digit in front")
    })
}

/// The ASCII letters and digits of `word`, in lower case.
fn ascii(word: &str) -> String {
    word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::{Ratio, Seconds};

    #[test]
    fn a_shot_without_an_id_is_called_after_its_prompt() {
        for (prompt, expected) in [
            ("a cat", "a-cat"),
            ("A cat.", "a-cat-60a52d"),
            ("a lighthouse at dawn, fog rolling in from the sea", "a-lighthouse-at-dawn-fog-rolling-0ea579"),
            ("一只猫", "shot-104242"),
            ("nul", "nul-99e624"),
        ] {
            assert_eq!(slug(prompt).as_str(), expected, "{prompt}");
        }
        assert!(slug(&format!("{} {}", "x".repeat(47), "y".repeat(500))).as_str().len() < ShotId::MAX_LEN);
    }

    #[test]
    fn what_nobody_says_is_valid() {
        assert!(FALLBACK.ratio.parse::<Ratio>().is_ok() && Seconds::try_from(FALLBACK.seconds).is_ok());
    }
}
