//! What CometAPI's words mean: every status, code, state word and phrase that decides about money, or about trying again, in tables
//! that are their own documentation. How they are found in an answer is told in `answer` and `record`. No I/O.
//!
//! Letters may be small or capital, and `_`, `-` and a space are the same, since the relays on the way spell them as they like.

use super::answer::Call;
use crate::provider::Halt;
use crate::take::Class;

/// What a refusal means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Means {
    /// Perhaps it was done all the same.
    Unclear,
    /// Surely not done; later perhaps.
    NotNow,
    /// Surely not done, and never will be: for this reason, unless the text gives a better one.
    Never(Class),
    /// Surely not done, and nothing else will be.
    Halt(Halt),
}

/// By what a refusal is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    /// A code of the gateway or of the relay behind it.
    Code(&'static str),
    /// Words in the message of a JSON answer.
    Says(&'static str),
    /// Words of this class (see [`class_of`]), under a status from the first to the last.
    Speaks(Class, u16, u16),
    /// A status from the first to the last.
    Status(u16, u16),
    /// A status from the first to the last, in answer to a submission.
    ToCreate(u16, u16),
    /// A page for people, under a status from the first to the last.
    Page(u16, u16),
    /// The relay's own JSON error under this status: it refused before it handed the call on.
    OwnError(u16),
    /// By nothing in particular.
    Anything,
}

/// What every refusal means: the first row that fits decides. So what may have been paid for stands above what surely was not, and
/// a code, which says what it means, above a status, which is anybody's.
const REFUSALS: &[(Mark, Means)] = &[
    // The relay had handed it on, or nobody knows how far it had come.
    (Mark::Code("do_request_failed"), Means::Unclear),
    (Mark::Code("insert_task_failed"), Means::Unclear),
    (Mark::Status(408, 408), Means::Unclear),
    (Mark::Status(499, 499), Means::Unclear),
    (Mark::Status(401, 401), Means::Halt(Halt::BadKey)),
    (Mark::Code("quota_not_enough"), Means::Halt(Halt::NoMoney)),
    (Mark::Code("insufficient_user_quota"), Means::Halt(Halt::NoMoney)),
    (Mark::Code("pre_consume_token_quota_failed"), Means::Halt(Halt::NoMoney)),
    // Refused at the door.
    (Mark::Status(429, 429), Means::NotNow),
    // Permanent for this key and this model; other models may do.
    (Mark::Code("model_not_found"), Means::Never(Class::Account)),
    // The gateway says HTTP 500 to a malformed request.
    (Mark::Code("invalid_request"), Means::Never(Class::Input)),
    (Mark::Code("callback_url_empty"), Means::Never(Class::Input)),
    (Mark::Says("no available channel"), Means::Never(Class::Account)),
    (Mark::Status(402, 402), Means::Halt(Halt::NoMoney)),
    (Mark::Speaks(Class::Account, 200, 499), Means::Halt(Halt::NoMoney)),
    (Mark::ToCreate(404, 405), Means::Halt(Halt::WrongAddress)),
    (Mark::Page(400, 499), Means::Halt(Halt::WrongAddress)),
    // The key may not do this.
    (Mark::Status(403, 403), Means::Never(Class::Account)),
    (Mark::Status(400, 499), Means::Never(Class::Input)),
    // Another `code` under a status that says that all is well is documented to be a refusal.
    (Mark::Status(200, 299), Means::Never(Class::Unknown)),
    (Mark::OwnError(503), Means::NotNow),
    (Mark::Anything, Means::Unclear),
];

/// Speaks of the content policy, wherever it stands, even within a word. It is looked for first: what is taken for it by mistake
/// is one take that somebody looks at, but what is it and goes unnoticed gets an account suspended.
const MODERATED: &[&str] = &[
    // Runway: SAFETY.*, INPUT_PREPROCESSING.SAFETY.*
    "safety",
    "moderat",
    "sensitive",
    "content policy",
    "usage policy",
    "policy violation",
    "community guidelines",
    "violates our",
    "flagged",
    "prohibited",
    "unsafe",
    "nsfw",
    "敏感",
    "违规",
    "审核",
];

/// Other reasons, as words of their own; the first row that fits decides.
const REASONS: &[(&str, Class)] = &[
    ("quota not enough", Class::Account),
    ("enough quota", Class::Account),
    ("enough credit", Class::Account),
    ("enough credits", Class::Account),
    ("insufficient quota", Class::Account),
    ("insufficient user quota", Class::Account),
    ("insufficient credit", Class::Account),
    ("insufficient credits", Class::Account),
    ("insufficient balance", Class::Account),
    ("insufficient funds", Class::Account),
    ("额度不足", Class::Account),
    ("余额不足", Class::Account),
    // Runway: ASSET.INVALID must not be repeated; INTERNAL*, INPUT_PREPROCESSING.INTERNAL and THIRD_PARTY.UNAVAILABLE may be.
    ("asset.invalid", Class::Input),
    ("internal", Class::Internal),
    ("third party.unavailable", Class::Internal),
    ("input preprocessing", Class::Input),
];

/// Reasons that mean this only where a task has ended. In a refusal the same words tell nothing.
const REASONS_OF_TASKS: &[(&str, Class)] = &[
    // The relay gives a task up after 1440 minutes, and refunds it.
    ("timeout", Class::Internal),
    ("time out", Class::Internal),
    ("timed out", Class::Internal),
    ("service unavailable", Class::Internal),
    ("server error", Class::Internal),
    ("overloaded", Class::Internal),
];

/// The relay's code for a refusal of the service behind it, whose status it passes on: such a 503 is not its own.
pub(super) const PASSED_ON: &str = "fail_to_fetch_task";

/// The code of an answer about a task that the relay does not know, or not yet.
pub(super) const NOT_EXIST: &str = "task_not_exist";

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// The provider is still at it.
    Unfinished,
    /// The video is made.
    Succeeded,
    /// It ended without a video.
    Failed,
}

/// The state words of all shapes. A word that is not listed means that the provider is still at it, and is worth a warning.
const STATES: &[(&str, Standing)] = &[
    ("", Standing::Unfinished),
    ("not start", Standing::Unfinished),
    ("submitted", Standing::Unfinished),
    ("queued", Standing::Unfinished),
    ("pending", Standing::Unfinished),
    ("throttled", Standing::Unfinished),
    ("created", Standing::Unfinished),
    ("preparing", Standing::Unfinished),
    ("unknown", Standing::Unfinished),
    ("in progress", Standing::Unfinished),
    ("running", Standing::Unfinished),
    ("processing", Standing::Unfinished),
    ("generating", Standing::Unfinished),
    ("success", Standing::Succeeded),
    ("succeeded", Standing::Succeeded),
    ("succeed", Standing::Succeeded),
    ("completed", Standing::Succeeded),
    ("failure", Standing::Failed),
    ("failed", Standing::Failed),
    ("fail", Standing::Failed),
    ("error", Standing::Failed),
    // By whom or for what is not said, so these have no class of their own.
    ("cancelled", Standing::Failed),
    ("canceled", Standing::Failed),
    ("expired", Standing::Failed),
];

/// The digits of the wrapper's own record, which mean this nowhere else.
const DIGITS: &[(&str, Standing)] =
    &[("0", Standing::Unfinished), ("1", Standing::Unfinished), ("2", Standing::Failed), ("3", Standing::Succeeded)];

/// What there is to know of a refusal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refusal<'a> {
    /// Which call is refused.
    pub(super) call: Call,
    /// The status, or the code that stands for it.
    pub(super) status: u16,
    /// The code in words; empty where there is none.
    pub(super) code: &'a str,
    /// What the JSON says to people; empty where there is none.
    pub(super) message: &'a str,
    /// All that was said, in one line.
    pub(super) text: &'a str,
    /// Whether it is a page for people.
    pub(super) is_page: bool,
    /// Whether it is the relay's own JSON error.
    pub(super) is_own_error: bool,
}

impl Refusal<'_> {
    /// What it means. A reason in the text is better than one that only a status suggests; against a code only the content policy
    /// counts.
    pub(super) fn means(&self) -> Means {
        let row = REFUSALS.iter().find(|(mark, _)| self.has(*mark));
        let &(mark, means) = row.unwrap_or(&(Mark::Anything, Means::Unclear));
        let said = class_of(self.text);
        match (means, mark) {
            (Means::Never(_), _) if said == Some(Class::Moderated) => Means::Never(Class::Moderated),
            (Means::Never(class), Mark::Status(..)) => Means::Never(said.unwrap_or(class)),
            _ => means,
        }
    }

    /// Whether it says by a code what it is.
    pub(super) fn is_coded(&self) -> bool {
        REFUSALS.iter().any(|(mark, _)| matches!(mark, Mark::Code(_) | Mark::Says(_)) && self.has(*mark))
    }

    fn has(&self, mark: Mark) -> bool {
        let within = |first, last| (first..=last).contains(&self.status);
        match mark {
            Mark::Code(code) => self.code.eq_ignore_ascii_case(code),
            Mark::Says(words) => plain(self.message).contains(words),
            Mark::Speaks(class, first, last) => within(first, last) && class_of(self.text) == Some(class),
            Mark::Status(first, last) => within(first, last),
            Mark::ToCreate(first, last) => self.call == Call::Create && within(first, last),
            Mark::Page(first, last) => self.is_page && within(first, last),
            Mark::OwnError(status) => self.is_own_error && self.status == status,
            Mark::Anything => true,
        }
    }
}

/// The class that a text names, of a refusal or of a task.
fn class_of(text: &str) -> Option<Class> {
    let text = plain(text);
    if MODERATED.iter().any(|words| text.contains(words)) {
        return Some(Class::Moderated);
    }
    listed(REASONS, &text)
}

/// The class of a task that ended for this reason.
pub(super) fn class_of_task(reason: &str) -> Class {
    class_of(reason).or_else(|| listed(REASONS_OF_TASKS, &plain(reason))).unwrap_or(Class::Unknown)
}

/// How a task in this state stands. `own`: whether it is the wrapper's own record, the only one with digits for states.
pub(super) fn standing(word: &str, own: bool) -> Standing {
    let digits = if own { DIGITS } else { &[] };
    let word = plain(word);
    STATES.iter().chain(digits).find(|(state, _)| *state == word).map_or(Standing::Unfinished, |&(_, standing)| standing)
}

/// Whether this state is in the provider's known vocabulary.
pub(super) fn is_state(word: &str) -> bool {
    let word = plain(word);
    STATES.iter().chain(DIGITS).any(|(state, _)| *state == word)
}

/// The class of the first row whose words stand in `text` as words of their own: `international` is not `internal`.
fn listed(rows: &[(&str, Class)], text: &str) -> Option<Class> {
    let is_part = |c: char| c.is_ascii_alphanumeric();
    let stands = |words: &str| {
        text.match_indices(words).any(|(at, _)| {
            let (before, behind) = (&text[..at], &text[at + words.len()..]);
            !words.starts_with(is_part) || !before.ends_with(is_part) && !behind.starts_with(is_part)
        })
    };
    rows.iter().find(|(words, _)| stands(words)).map(|&(_, class)| class)
}

/// A text as the tables spell it.
fn plain(text: &str) -> String {
    text.to_lowercase().replace(['_', '-'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_decide() {
        let words = REASONS.iter().chain(REASONS_OF_TASKS).map(|(words, _)| *words);
        let says = REFUSALS.iter().filter_map(|(mark, _)| if let Mark::Says(words) = mark { Some(*words) } else { None });
        let states = STATES.iter().map(|(word, _)| *word);
        for word in words.chain(says).chain(states).chain(MODERATED.iter().copied()) {
            assert_eq!(plain(word), word, "never found: a text is spelled otherwise before it is looked at");
        }
        for rows in [REASONS, REASONS_OF_TASKS] {
            for (words, class) in rows {
                assert_eq!(class_of_task(words), *class, "{words}: a row above it takes it away");
            }
        }
        for words in MODERATED {
            assert_eq!(class_of_task(words), Class::Moderated);
        }
    }

    #[test]
    fn what_a_task_ended_for() {
        use Class::{Account, Input, Internal, Moderated, Unknown};
        for (reason, class) in [
            // Runway's codes, wherever they stand.
            ("SAFETY.INPUT.TEXT", Moderated),
            ("SAFETY.INPUT.IMAGE", Moderated),
            ("SAFETY.OUTPUT.VIDEO", Moderated),
            ("task failed: SAFETY.OUTPUT.THIRD_PARTY (request id: 1)", Moderated),
            ("INPUT_PREPROCESSING.SAFETY.TEXT", Moderated),
            ("input_preprocessing.safety.text", Moderated),
            ("ASSET.INVALID", Input),
            ("failed, code=asset.invalid.", Input),
            ("INTERNAL", Internal),
            ("INTERNAL.BAD_OUTPUT.CODE01", Internal),
            ("INTERNAL_ERROR", Internal),
            ("INPUT_PREPROCESSING.INTERNAL", Internal),
            ("upstream says THIRD_PARTY.UNAVAILABLE", Internal),
            ("INPUT_PREPROCESSING.BAD_TEXT", Input),
            // Plain words.
            ("Your prompt was flagged by our Moderation system", Moderated),
            ("This content violates our community guidelines", Moderated),
            ("content-policy", Moderated),
            ("输入包含敏感内容", Moderated),
            ("You do not have enough credits to run this task.", Account),
            ("internal error: not enough credits", Account),
            ("Insufficient credits.", Account),
            ("insufficient_user_quota", Account),
            ("用户额度不足", Account),
            ("task timeout", Internal),
            ("Task timed out after 1440 minutes", Internal),
            ("internal server error", Internal),
            // The content policy goes before everything.
            ("INTERNAL: the output was moderated", Moderated),
            ("timeout in safety check, insufficient credits", Moderated),
            // Not these words.
            ("international letters", Unknown),
            ("an internalised prompt", Unknown),
            ("timeouts", Unknown),
            ("cancelled by the user", Unknown),
            ("task expired", Unknown),
            ("", Unknown),
        ] {
            assert_eq!(class_of_task(reason), class, "{reason}");
        }
    }

    #[test]
    fn a_code_is_stronger_than_the_words_beside_it_unless_they_speak_of_the_content_policy() {
        let means = |status, code, message| {
            let text = &format!("HTTP {status}: {code}: {message}");
            let (is_page, is_own_error) = (false, false);
            Refusal { call: Call::Create, status, code, message, text, is_page, is_own_error }.means()
        };
        assert_eq!(means(500, "invalid_request", "internal"), Means::Never(Class::Input));
        assert_eq!(means(500, "invalid_request", "flagged by moderation"), Means::Never(Class::Moderated));
        assert_eq!(means(400, "", "internal"), Means::Never(Class::Internal));
        assert_eq!(means(400, "", "timeout"), Means::Never(Class::Input));
        for status in [200, 400, 403] {
            assert_eq!(means(status, "", "insufficient balance"), Means::Halt(Halt::NoMoney));
            assert_eq!(means(status, "", "a sensitive word, insufficient balance"), Means::Never(Class::Moderated));
        }
        // Words are no proof that nothing was paid: under a status that leaves it open it stays open.
        assert_eq!(means(500, "", "insufficient balance"), Means::Unclear);
        assert_eq!(means(502, "", "flagged by moderation"), Means::Unclear);
        assert_eq!(means(500, "do_request_failed", "insufficient balance, moderation"), Means::Unclear);
    }
}
