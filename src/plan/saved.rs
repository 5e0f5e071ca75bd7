//! A plan that is written down, to be carried out later to the letter or not at all: what it was made from, what it says, and a
//! digest that shows whether somebody has edited it. What has moved since is found by making the plan anew and comparing the two.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::num::NonZeroU16;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use url::Url;

use super::{Action, Change, Plan, change};
use crate::digest::Digest;
use crate::manifest::{ExtraColumns, Manifest};
use crate::price::Money;
use crate::request::Request;
use crate::shot::{About, Shot, ShotId, TakeName, TakeNo, Takes};

/// The version of the format. What is written in another one is not read.
const VERSION: u32 = 1;

/// A plan that has been written down, as it was read back.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved(Contents);

/// What a saved plan holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Contents {
    /// What was asked for.
    pub asked: Asked,
    /// The output directory that it is for.
    pub output: String,
    provider: Provider,
    shots: Vec<Wanted>,
    takes: Vec<Entry>,
}

/// What the command line said when the plan was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The folder where it was made, and where its paths lead somewhere; older plans do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folder: Option<String>,
    /// The manifests, and patterns of their names.
    pub manifests: Vec<String>,
    /// The output directory, where one was said.
    pub output: Option<String>,
    /// Whether it is for a rehearsal.
    pub simulate: bool,
    /// The file of prices, where one was said.
    pub prices: Option<String>,
    /// What was to become of columns that nobody knows, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extra_columns: Option<ExtraColumns>,
    /// Whether rejected and failed takes are to be submitted once more.
    pub retry_failed: bool,
    /// Whether changed shots may be paid for again.
    pub regenerate: bool,
    /// Which shots were to be paid for again, changed or not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again: Option<String>,
    /// How many further takes were wanted of every shot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<NonZeroU16>,
    /// Which takes were meant.
    pub only: Option<String>,
    /// Which takes were not.
    pub except: Option<String>,
}

/// Why a text is no saved plan that can be carried out.
#[derive(Debug, thiserror::Error)]
pub enum BadPlan {
    /// It is something else, or cut off.
    #[error("this is no saved plan")]
    NoPlan(#[source] serde_json::Error),
    /// It is of another version.
    #[error("this plan was saved by another version of rushes (format {0}, this one knows {VERSION})")]
    Version(u32),
    /// It does not say what was saved.
    #[error("this plan is not as it was saved: somebody has edited it")]
    Edited,
}

/// Where the manifest says that the provider is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    base_url: Option<String>,
    version: Option<String>,
    callback_url: Option<String>,
}

/// A shot of the manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    id: ShotId,
    takes: Takes,
    tags: Vec<String>,
    callback_url: Option<String>,
    request: Request,
    #[serde(default, skip_serializing_if = "About::is_empty")]
    about: About,
}

/// A take, as far as it had come, and what is to be done with it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    shot: ShotId,
    take: TakeNo,
    action: Action,
    reason: String,
    price: Option<Money>,
    state: String,
    /// The number of the last event in the ledger that happened to it.
    last_event: Option<i64>,
}

/// The file, field by field. The digest is that of the compact JSON of `plan`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document<P> {
    version: u32,
    digest: Digest,
    plan: P,
}

/// What every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Contents {
    /// What there is to be written down about this plan for `manifest`. `last_events` has the number of the last event of every take
    /// that the ledger knows.
    pub fn new(asked: Asked, output: String, manifest: &Manifest, plan: &Plan, last_events: &HashMap<TakeName, i64>) -> Self {
        let planned: HashSet<_> = plan.takes.iter().map(|planned| &planned.name.shot).collect();
        let entry = |planned: &super::Planned| Entry {
            shot: planned.name.shot.clone(),
            take: planned.name.number,
            action: planned.action,
            reason: planned.reason.clone(),
            price: planned.price,
            state: planned.take.state.name().to_owned(),
            last_event: last_events.get(&planned.name).copied(),
        };
        Self {
            asked,
            output,
            provider: Provider {
                base_url: url(manifest.provider.base_url.as_ref()),
                version: manifest.provider.version.clone(),
                callback_url: url(manifest.provider.callback_url.as_ref()),
            },
            shots: manifest.shots.iter().filter(|shot| planned.contains(&shot.id)).map(Wanted::of).collect(),
            takes: plan.takes.iter().map(entry).collect(),
        }
    }

    /// The file.
    pub fn render(&self) -> String {
        let document = Document { version: VERSION, digest: self.digest(), plan: self };
        serde_json::to_string_pretty(&document).expect("a plan is strings and finite numbers") + "\n"
    }

    fn digest(&self) -> Digest {
        Digest::of(&serde_json::to_vec(self).expect("a plan is strings and finite numbers"))
    }
}

impl Saved {
    /// Reads the file.
    pub fn read(text: &str) -> Result<Self, BadPlan> {
        let Versioned { version } = serde_json::from_str(text).map_err(BadPlan::NoPlan)?;
        if version != VERSION {
            return Err(BadPlan::Version(version));
        }
        let document: Document<Contents> = serde_json::from_str(text).map_err(BadPlan::NoPlan)?;
        if document.plan.digest() == document.digest { Ok(Self(document.plan)) } else { Err(BadPlan::Edited) }
    }

    /// Whether this text was a saved plan once, of whatever version, edited or cut off: nothing that anybody would miss for a new one.
    pub fn was_one(text: &[u8]) -> bool {
        const KEY: &[u8] = b"\"digest\"";
        let is_cut_off = |error: serde_json::Error| error.is_eof() && text.windows(KEY.len()).any(|part| part == KEY);
        serde_json::from_slice::<Document<IgnoredAny>>(text).map_or_else(is_cut_off, |_| true)
    }

    /// What was asked for.
    pub fn asked(&self) -> &Asked {
        &self.0.asked
    }

    /// What has moved between it and the same plan made anew, a line each: settings, shots field by field, then takes. Nothing, where
    /// carrying out the new one is carrying out this one.
    pub fn moved(&self, now: &Contents) -> Vec<String> {
        let mut moved = Vec::new();
        let then = &self.0;
        for (what, was, is) in [
            ("output directory", Some(then.output.as_str()), Some(now.output.as_str())),
            ("base URL", then.provider.base_url.as_deref(), now.provider.base_url.as_deref()),
            ("API version", then.provider.version.as_deref(), now.provider.version.as_deref()),
            ("callback URL", then.provider.callback_url.as_deref(), now.provider.callback_url.as_deref()),
        ] {
            moved.extend((was != is).then(|| format!("the {what} was {}, and is {}", or_none(was), or_none(is))));
        }
        let edited = edited(&then.shots, &now.shots, &mut moved);
        compare(&then.takes, &now.takes, &edited, &mut moved);
        moved
    }
}

/// What has moved in the shots. Returns those that have.
fn edited<'a>(then: &'a [Wanted], now: &'a [Wanted], moved: &mut Vec<String>) -> HashSet<&'a ShotId> {
    let before: HashMap<_, _> = then.iter().map(|shot| (&shot.id, shot)).collect();
    let left: HashSet<_> = now.iter().map(|shot| &shot.id).collect();
    let mut edited = HashSet::new();
    for shot in now {
        let lines = match before.get(&shot.id) {
            Some(before) => before.differences(shot),
            None => vec!["the manifest has this shot now".to_owned()],
        };
        edited.extend((!lines.is_empty()).then_some(&shot.id));
        moved.extend(lines.into_iter().map(|line| format!("{}: {line}", shot.id)));
    }
    for shot in then.iter().filter(|shot| !left.contains(&shot.id)) {
        edited.insert(&shot.id);
        moved.push(format!("{}: the manifest does not have this shot any more", shot.id));
    }
    edited
}

/// What has moved in the takes, apart from what their edited shots explain.
fn compare(then: &[Entry], now: &[Entry], edited: &HashSet<&ShotId>, moved: &mut Vec<String>) {
    let before: BTreeMap<_, _> = then.iter().map(|take| ((&take.shot, take.take), take)).collect();
    let left: HashSet<_> = now.iter().map(|take| (&take.shot, take.take)).collect();
    for take in now {
        let line = match before.get(&(&take.shot, take.take)) {
            Some(before) => before.difference(take, edited.contains(&take.shot)),
            None if edited.contains(&take.shot) => None,
            None => Some(format!("it is in the plan now: {} ({})", take.action.as_str(), take.reason)),
        };
        moved.extend(line.map(|line| format!("{}: {line}", take.name())));
    }
    for take in then.iter().filter(|take| !left.contains(&(&take.shot, take.take)) && !edited.contains(&take.shot)) {
        moved.push(format!("{}: it is not in the plan any more", take.name()));
    }
}

impl Wanted {
    fn of(shot: &Shot) -> Self {
        Self {
            id: shot.id.clone(),
            takes: shot.takes.clone(),
            tags: shot.tags.clone(),
            callback_url: url(shot.callback_url.as_ref()),
            request: shot.request.clone(),
            about: shot.about.clone(),
        }
    }

    /// What the manifest says about this shot that it did not say then.
    fn differences(&self, now: &Self) -> Vec<String> {
        let changes = Change::between(&self.request, &now.request);
        let mut lines: Vec<_> = (!changes.is_empty()).then(|| change::told(&changes)).into_iter().collect();
        if self.takes != now.takes {
            lines.push(format!("takes: {} → {}", self.takes, now.takes));
        }
        if self.tags != now.tags {
            lines.push(format!("tags: {:?} → {:?}", self.tags, now.tags));
        }
        if self.callback_url != now.callback_url {
            let (was, is) = (self.callback_url.as_deref(), now.callback_url.as_deref());
            lines.push(format!("callback_url: {} → {}", or_none(was), or_none(is)));
        }
        lines.extend(annotations(&self.about, &now.about));
        lines
    }
}

impl Entry {
    fn name(&self) -> TakeName {
        TakeName::new(self.shot.clone(), self.take)
    }

    /// What is not as it was then: in the ledger, else in the price, else on disk.
    fn difference(&self, now: &Self, edited: bool) -> Option<String> {
        if (self.last_event, &self.state) != (now.last_event, &now.state) {
            return Some(format!("the ledger tells more of it: it was {}, and is {}", self.state, now.state));
        }
        if self.price != now.price && self.action == now.action {
            let price = |price: Option<Money>| price.map_or_else(|| "not known".to_owned(), |price| price.to_string());
            return Some(format!("its price was {}, and is {}", price(self.price), price(now.price)));
        }
        let other = self.action != now.action && !edited;
        other.then(|| format!("{} → {}: {}", self.action.as_str(), now.action.as_str(), now.reason))
    }
}

/// What else the manifest says about a shot that it did not say then, a line a field.
fn annotations(then: &About, now: &About) -> Vec<String> {
    let scene = |about: &About| about.scene.as_ref().map(ToString::to_string);
    let names: BTreeSet<_> = then.metadata.keys().chain(now.metadata.keys()).collect();
    let own = |about: &About, name: &String| about.metadata.get(name).cloned();
    let fields = [("scene", scene(then), scene(now)), ("notes", then.notes.clone(), now.notes.clone())].into_iter();
    let fields = fields.chain(names.into_iter().map(|name| (name.as_str(), own(then, name), own(now, name))));
    fields.filter_map(|(field, was, is)| change::of_text(field, was.as_deref(), is.as_deref())).collect()
}

fn url(url: Option<&Url>) -> Option<String> {
    url.map(Url::to_string)
}

fn or_none(text: Option<&str>) -> &str {
    text.unwrap_or("not said")
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::plan::{Basis, Consent, Wish};

    const MANIFEST: &str = "provider: { version: v1 }\nprices: { currency: USD, per_take: 0.25 }\nshots:\n\
        - { id: CAT, prompt: a cat, takes: 2, tags: [pets] }\n- { id: DOG, prompt: a dog }\n";

    fn contents(manifest: &str, last_event: Option<i64>) -> Contents {
        let source = crate::manifest::Source::new("a.yaml", manifest.into());
        let manifest = crate::manifest::read(&source, None).expect("a manifest");
        let price = |request: &Request| manifest.prices.of(request);
        let consent = Consent::default();
        let basis = Basis {
            provider: "cometapi",
            consent,
            wish: &|_| Wish::default(),
            now: Timestamp::UNIX_EPOCH,
            price: &price,
            on_disk: &|_| true,
        };
        let plan = Plan::new(&manifest.shots, Vec::new(), &basis);
        let last = last_event.map(|last| ("CAT_T01".parse().expect("a name"), last)).into_iter().collect();
        Contents::new(Asked::default(), "out".into(), &manifest, &plan, &last)
    }

    fn saved() -> Saved {
        Saved::read(&contents(MANIFEST, None).render()).expect("a plan as it was saved")
    }

    #[test]
    fn what_was_saved_reads_back_and_has_not_moved() {
        assert_eq!(saved().0, contents(MANIFEST, None));
        assert_eq!(saved().moved(&contents(MANIFEST, None)), Vec::<String>::new());
        assert_eq!(saved().moved(&contents(&format!("# a remark\n{MANIFEST}"), None)), Vec::<String>::new());
    }

    #[test]
    fn whatever_has_moved_is_told() {
        let check = |from: &str, to: &str, expected: &[&str]| {
            assert!(MANIFEST.contains(from), "{from}");
            assert_eq!(saved().moved(&contents(&MANIFEST.replace(from, to), None)), expected);
        };
        check("a dog", "a cow", &[r#"DOG: prompt: "a dog" → "a cow""#]);
        check("takes: 2", "takes: 3", &["CAT: takes: 2 → 3"]);
        check("takes: 2", "takes: [1, 2]", &["CAT: takes: 2 → [1, 2]"]);
        check("pets", "wild", &[r#"CAT: tags: ["pets"] → ["wild"]"#]);
        check("prompt: a dog", "prompt: a dog, callback_url: https://x/", &["DOG: callback_url: not said → https://x/"]);
        check(
            "id: DOG",
            "id: COW",
            &["COW: the manifest has this shot now", "DOG: the manifest does not have this shot any more"],
        );
        check("v1", "v2", &["the API version was v1, and is v2"]);
        check(
            "per_take: 0.25",
            "seconds: { 10: 1 }",
            &[
                "CAT_T01: its price was 0.25 USD, and is not known",
                "CAT_T02: its price was 0.25 USD, and is not known",
                "DOG_T01: its price was 0.25 USD, and is not known",
            ],
        );
        let told = saved().moved(&contents(MANIFEST, Some(7)));
        assert_eq!(told, ["CAT_T01: the ledger tells more of it: it was planned, and is planned"]);
        let elsewhere = Contents { output: "other".into(), ..contents(MANIFEST, None) };
        assert_eq!(saved().moved(&elsewhere), ["the output directory was out, and is other"]);
    }

    #[test]
    fn what_is_said_about_a_shot_moves_it_field_by_field() {
        let shot = |said: &str| contents(&MANIFEST.replace("prompt: a dog", &format!("prompt: a dog, {said}")), None);
        let then = shot("scene: 10, notes: at night, x_lens: 35, x_crew: A");
        let text = then.render();
        let saved_then = Saved::read(&text).expect("a plan as it was saved");
        assert_eq!(saved_then.moved(&then), Vec::<String>::new());
        let now = shot("scene: 20, notes: at noon, x_lens: 50, x_place: roof");
        let expected = [
            r#"DOG: scene: "SC010" → "SC020""#,
            r#"DOG: notes: "at night" → "at noon""#,
            r#"DOG: x_crew: "A" → not said"#,
            r#"DOG: x_lens: "35" → "50""#,
            r#"DOG: x_place: not said → "roof""#,
        ];
        assert_eq!(saved_then.moved(&now), expected);
        assert!(Saved::read(&text.replace("at night", "at noon")).is_err(), "it is under the digest");
        // Older plans knew nothing of all that.
        assert!(!contents(MANIFEST, None).render().contains("about"));
        assert_eq!(saved().moved(&shot("notes: new")), [r#"DOG: notes: not said → "new""#]);
    }

    #[test]
    fn a_take_more_or_less_has_moved() {
        let mut now = contents(MANIFEST, None);
        now.takes[0].action = Action::Fetch;
        now.takes[0].price = None;
        now.takes.swap_remove(1);
        now.takes[1].take = now.takes[1].take.next().expect("a number");
        assert_eq!(
            saved().moved(&now),
            [
                "CAT_T01: submit → fetch: new",
                "DOG_T02: it is in the plan now: submit (new)",
                "CAT_T02: it is not in the plan any more",
                "DOG_T01: it is not in the plan any more",
            ]
        );
    }

    #[test]
    fn what_was_a_plan_once_can_be_told_from_anything_else() {
        let text = contents(MANIFEST, None).render();
        for plan in [text.replace("a dog", "a cow"), text.replace("\"version\": 1", "\"version\": 9"), text.clone()] {
            assert!(Saved::was_one(plan.as_bytes()) && Saved::was_one(plan.replace(['\n', ' '], "").as_bytes()), "{plan}");
        }
        assert!([40, 100, 400].iter().all(|&length| Saved::was_one(&text.as_bytes()[..length])), "cut off");
        let more = text.replacen('{', "{ \"shots\": [],", 1);
        let whole = r#"{ "version": 1, "shots": [{ "id": "CAT", "prompt": "a cat" }] }"#;
        for other in [MANIFEST, "", "{}", "[]", "precious", "\0", whole, &more, &more[..100], &text[..20], &format!("{text}x")]
        {
            assert!(!Saved::was_one(other.as_bytes()), "{other}");
        }
        assert!(!Saved::was_one(b"\xff\xfe"));
    }

    #[test]
    fn a_plan_that_does_not_say_where_it_was_made_reads_as_it_did() {
        let older = contents(MANIFEST, None).render();
        assert!(!older.contains("folder"));
        assert_eq!(Saved::read(&older).expect("a plan as it was saved").asked().folder, None);
        let asked = Asked { folder: Some("here".into()), ..Asked::default() };
        let text = Contents { asked, ..contents(MANIFEST, None) }.render();
        assert_eq!(Saved::read(&text).expect("a plan as it was saved").asked().folder.as_deref(), Some("here"));
        assert!(Saved::read(&text.replace("here", "there")).is_err());
    }

    #[test]
    fn what_somebody_has_edited_is_not_carried_out() {
        let text = contents(MANIFEST, None).render();
        let read = |text: &str| Saved::read(text).map(drop).map_err(|bad| bad.to_string());
        for (from, to) in [("\"take\": 1", "\"take\": 2"), ("submit", "keep"), ("a dog", "a cow"), ("0.25 USD", "0.20 USD")] {
            assert!(read(&text.replacen(from, to, 1)).unwrap_err().contains("edited"), "{from}");
        }
        assert!(read(&text.replace("\"takes\"", "\"more\": 1, \"takes\"")).unwrap_err().contains("no saved plan"));
        assert!(read(&text.replace("\"version\": 1", "\"version\": 2")).unwrap_err().contains("format 2"));
        assert!(read(&text[..text.len() / 2]).is_err() && read("").is_err() && read("[]").is_err());
        assert_eq!(read(&text.replace("\n  ", "\n")), Ok(()), "white space says nothing");
    }
}
