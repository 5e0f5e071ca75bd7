//! Everything that a manifest can say, by name, as editors explain it: a line a field. The readers' own tables are in `row`, `sheet`
//! and `prices`.

use serde_json::Value;

use super::shapes;

/// A name, what it means to an author, and what may stand there.
pub(super) type Entry = (&'static str, &'static str, fn() -> Value);

/// The top of a manifest.
pub(super) const TOP: &[Entry] = &[
    ("version", "The version of the manifest format; may be left out.", shapes::format_version),
    ("output", "The output directory, from where the program runs; otherwise `out/NAME`, after the file.", shapes::output),
    ("provider", "How to reach the provider; the command line may say otherwise.", shapes::provider),
    ("prices", "What takes cost. Nothing here knows a price; state what you are charged.", shapes::prices),
    ("budget", "How much may be spent, and how many takes may be submitted.", shapes::budget),
    ("limits", "How fast a run goes and how long it lasts; the command line may say otherwise.", shapes::limits),
    ("profiles", "The same for those who say `--profile NAME`, by name, each perhaps with a budget.", shapes::profiles),
    ("on", "What a run does when it begins and when it has ended: commands to run, addresses to tell.", shapes::hooks),
    ("moves", "What the names of camera moves stand for, over the convention that `rushes moves` prints.", shapes::moves),
    (
        "include",
        "Other manifests whose shots come first: names relative to this file, with `*` and `?` for other letters and `**` for folders.",
        shapes::include,
    ),
    ("vars", "What `{{ name }}` in prompts and ids stands for. Groups and shots can say something else.", shapes::vars),
    ("defaults", "What shots leave out. Axes are replaced one by one; named moves and `tags` as a whole.", shapes::defaults),
    ("shots", "The shots, in order.", shapes::shots),
    ("groups", "Shots that have something in common: defaults, variables, a matrix, tags.", shapes::groups),
    ("scenes", "Groups that are scenes: the name of each is the scene of its shots.", shapes::scenes),
    (
        "allow_unknown",
        "Whether `ratio`, `style`, `model` and `seconds` may be values that nobody has documented.",
        shapes::consent,
    ),
];

/// The settings of the provider.
pub(super) const PROVIDER: &[Entry] = &[
    ("name", "Which provider; there is one.", shapes::provider_name),
    ("base_url", "Where its API is: https, or this machine.", shapes::url),
    ("version", "The API version, sent as `X-Runway-Version`.", shapes::api_version),
    ("callback_url", "Where it is to call back, unless a shot says otherwise.", shapes::url),
];

/// A shot.
pub(super) const SHOT: &[Entry] = &[
    (
        "id",
        "The shot's name in the output directory: 1 to 100 letters, digits, `.`, `_`, `-`. No two may differ in case only. Without one, \
         an edited prompt is a new shot.",
        shapes::id,
    ),
    ("prompt", "What is to be seen.", shapes::prompt),
    ("ratio", "The picture's shape; `16:9` if left out.", shapes::ratio),
    ("style", "The look; `cinematic` if left out.", shapes::style),
    ("model", "The model; `gen4_turbo` if left out.", shapes::model),
    ("seconds", "The length, 5 or 10; 5 if left out.", shapes::seconds),
    (
        "motion",
        "The camera: named moves, as `push in slow, pan left` or as a list, or any of the six axes. `slow`, `fast` or a number behind a \
         name says how much. No movement if left out.",
        shapes::motion_reference,
    ),
    (
        "takes",
        "How many takes, 1 to 999; or a list of their numbers, as `[1, 3]`. One take if left out. Each is paid for.",
        shapes::takes,
    ),
    ("tags", "Words to group shots by; no part of the request.", shapes::tags),
    (
        "scene",
        "The scene that the shot belongs to: a number, or a name of at most 40 letters, digits, `.`, `_` and `-`; no part of the request.",
        shapes::scene,
    ),
    ("notes", "What people should know; goes to the reports, and is no part of the request.", shapes::notes),
    ("callback_url", "Where the provider is to call back for this shot; no part of the request.", shapes::url),
    (
        "allow_unknown",
        "Whether `ratio`, `style`, `model` and `seconds` of this shot may be values that nobody has documented.",
        shapes::consent,
    ),
    ("options", "As in the provider's own request body: says the same as `seconds` and `motion`.", shapes::options),
    ("vars", "What `{{ name }}` in this prompt and id stands for, over what is set around the shot.", shapes::vars),
    (
        "matrix",
        "Makes a shot of every combination: one value of each list. A name that is a field of a shot sets it; every other is set for \
         `{{ name }}` in the prompt and the id.",
        shapes::matrix_reference,
    ),
];

/// What a matrix has besides its lists.
pub(super) const MATRIX: &[Entry] = &[
    ("exclude", "Combinations that are left out: all that agree with an entry.", shapes::combinations),
    ("include", "Further combinations, each with a value for every name.", shapes::combinations),
];

/// A group.
pub(super) const GROUP: &[Entry] = &[
    ("name", "What it is called; `{{ group }}` in prompts and ids.", shapes::group_name),
    ("defaults", "What its shots leave out, over the defaults of the manifest.", shapes::defaults),
    ("vars", "What `{{ name }}` in its prompts and ids stands for, over those of the manifest.", shapes::vars),
    ("matrix", "Makes a shot of every combination, for each shot of the group.", shapes::matrix_reference),
    ("tags", "Words that are added to the tags of each of its shots.", shapes::tags),
    ("shots", "Its shots, in order.", shapes::shots),
];

/// What stands under `scenes`: a group, with another name.
pub(super) const SCENE: &[Entry] = &[
    (
        "name",
        "The scene of its shots, a number or a name; `{{ scene }}` in prompts and ids, and `--only scene:…`.",
        shapes::scene,
    ),
    GROUP[1],
    GROUP[2],
    GROUP[3],
    GROUP[4],
    GROUP[5],
];

/// The provider's own names in `options`.
pub(super) const OPTIONS: &[Entry] = &[
    ("seconds", "The length, 5 or 10.", shapes::known_seconds),
    ("motion_vector", "The six axes of the camera's movement.", shapes::motion_reference),
];

/// The section `prices`.
pub(super) const PRICES: &[Entry] = &[
    ("currency", "Three to eight capital letters: `USD`, `EUR`, `CREDITS`.", shapes::currency),
    ("per_take", "What a take costs, whatever its length, of models without prices of their own.", shapes::amount_reference),
    ("per_second", "What a second costs, instead of `per_take`.", shapes::amount_reference),
    ("seconds", "What single lengths cost; goes before the rest.", shapes::lengths),
    ("models", "Prices of single models, each charged by its own entry alone.", shapes::model_prices),
];

/// What `models` of the prices have.
pub(super) const TARIFF: &[Entry] = &[
    ("per_take", "What a take costs, whatever its length.", shapes::amount_reference),
    ("per_second", "What a second costs, instead of `per_take`.", shapes::amount_reference),
    ("seconds", "What single lengths cost; goes before the rest.", shapes::lengths),
];

/// The section `budget`.
pub(super) const BUDGET: &[Entry] = &[
    ("run", "The most that one run may spend, in the currency of the prices or one of its own: `20 USD`.", shapes::sum),
    ("day", "The most that the runs of one day may spend together.", shapes::sum),
    ("month", "The most that the runs of one month may spend together.", shapes::sum),
    ("max_takes", "The most takes that one run may pay for, whatever they cost.", shapes::count),
    ("daily_quota", "The most submissions within any 24 hours, over all runs.", shapes::count),
    (
        "refunds",
        "The failures that are refunded where the provider does not say; a list, or `none`. `internal`, `input`, `account` and \
         `unknown` if left out.",
        shapes::refunds,
    ),
    ("balance_unit", "What one unit of the provider's balance is worth. 1 if left out.", shapes::sum),
];

/// The section `limits`.
pub(super) const LIMITS: &[Entry] = &[
    ("pace", "Submissions per time: `2/s`, `30/m` or `200/h`. `2/s` if left out.", shapes::rate),
    ("burst", "Submissions at one instant. 1 if left out.", shapes::count),
    ("in_flight", "Takes at the provider at once. 20 if left out.", shapes::count),
    ("poll_pace", "Polls per time. `20/s` if left out.", shapes::rate),
    ("downloads", "Downloads at once. 4 if left out.", shapes::count),
    ("until", "Be over by this time of the day, `06:00`, or at this date and time, `2026-11-23T06:00`.", shapes::until),
    ("max_duration", "Be over after so long; with `until`, whichever is sooner.", shapes::time),
    ("patience", "How long to look after a take before leaving it to the next run. `1h` if left out.", shapes::time),
    (
        "attempts",
        "Submissions of a take that may be taken on when the provider's own trouble ends them; each is paid for. 1 if left out.",
        shapes::count,
    ),
];

/// What a profile has besides.
pub(super) const PROFILE: &[Entry] =
    &[("budget", "How much may be spent; each entry goes over that of the manifest's `budget`.", shapes::own_budget)];

/// What a run can have hooks for.
pub(super) const ON: &[Entry] = &[
    ("start", "When a run holds the output directory and knows what there is to do.", shapes::hook_list),
    ("success", "When a run has ended with 0: everything is on disk.", shapes::hook_list),
    ("partial", "When a run has ended with 1, 3 or 5: something failed, or is left for the next run.", shapes::hook_list),
    ("failure", "When a run has ended with 2 or 7: it could not do what it was to do.", shapes::hook_list),
    ("unresolved", "When a run has ended with 4: somebody has to find out what became of money.", shapes::hook_list),
    ("locked", "When a run has ended with 6: another one holds the output directory.", shapes::hook_list),
    ("healthchecks", "The address of a check at healthchecks.io: it is told of all of these.", shapes::healthchecks),
];

/// A hook that is written out.
pub(super) const HOOK: &[Entry] = &[
    ("run", "A text for the shell, or a list: a program and its words.", shapes::hook_run),
    ("post", "An address to post to, instead of `run`.", shapes::url),
    (
        "format",
        "What is posted: the summary as JSON, its last line for Slack, or that line alone. `json` if left out.",
        shapes::hook_format,
    ),
    ("timeout", "How long it may take, at most 24h; 30s if left out.", shapes::hook_timeout),
];

/// The axes of a movement, in the order of [`Motion::AXES`](crate::motion::Motion::AXES). What they do is not documented.
pub(super) const AXES: &[Entry] = &[
    ("x", "Horizontal movement.", shapes::number_reference),
    ("y", "Vertical movement.", shapes::number_reference),
    ("z", "Movement along the line of sight.", shapes::number_reference),
    ("r", "Roll.", shapes::number_reference),
    ("bg_x_pan", "Horizontal pan of the background.", shapes::number_reference),
    ("bg_y_pan", "Vertical pan of the background.", shapes::number_reference),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::manifest::{FALLBACK, budget, group, hooks, limits, matrix, prices, row, sheet};
    use crate::motion::Motion;

    #[track_caller]
    fn check<'a>(entries: &[Entry], known: impl IntoIterator<Item = &'a str>) {
        let ours: BTreeSet<&str> = entries.iter().map(|(name, ..)| *name).collect();
        assert_eq!(ours, known.into_iter().collect(), "on the left what editors are told, on the right what is read");
        assert_eq!(ours.len(), entries.len(), "each name once");
        for (name, about, _) in entries {
            assert!(about.ends_with('.') && about.len() > 4, "{name}: {about}");
        }
    }

    #[test]
    fn editors_are_told_exactly_what_is_read() {
        check(TOP, sheet::TOP.iter().map(|(name, _)| *name));
        check(PROVIDER, sheet::PROVIDER.iter().map(|(name, _)| *name));
        check(SHOT, row::NAMES.iter().map(|(name, _)| *name).chain([row::OPTIONS, row::VARS, row::MATRIX]));
        check(MATRIX, [matrix::INCLUDE, matrix::EXCLUDE]);
        check(GROUP, group::NAMES);
        check(SCENE, group::NAMES);
        check(OPTIONS, ["seconds", row::MOTION_VECTOR]);
        check(PRICES, prices::TOP);
        check(TARIFF, prices::OF_A_MODEL);
        check(BUDGET, budget::TOP);
        check(LIMITS, limits::TOP);
        let of_a_profile: Vec<Entry> = LIMITS.iter().chain(PROFILE).copied().collect();
        check(&of_a_profile, limits::OF_A_PROFILE);
        check(ON, hooks::TOP);
        check(HOOK, hooks::OF_A_HOOK);
        check(AXES, Motion::AXES);
    }

    #[test]
    fn what_is_said_of_fallbacks_is_true() {
        let said = |name: &str| SHOT.iter().find(|(field, ..)| *field == name).map(|(_, about, _)| *about).unwrap_or_default();
        for (name, value) in [("ratio", FALLBACK.ratio), ("style", FALLBACK.style), ("model", FALLBACK.model)] {
            assert!(said(name).contains(&format!("`{value}` if left out")), "{name}");
        }
        assert!(said("seconds").contains(&format!("{} if left out", FALLBACK.seconds)));
    }
}
