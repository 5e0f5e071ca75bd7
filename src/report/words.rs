//! Why a take is not stored and what to do about it, in words. The same words serve every form of the report; backticks mark
//! what is to be typed.

use crate::layout;
use crate::media::Deviation;
use crate::take::{Class, State, Take, TaskId};

/// Why the take is not stored as it was asked for; `None` when it is.
pub(crate) fn reason(take: &Take) -> Option<String> {
    Some(match &take.state {
        State::Stored { .. } => return off_spec(take),
        State::Planned { .. } => held(take),
        State::Submitting => "the submission was begun, and no answer is written down".to_owned(),
        State::Unresolved(doubt) => said("no clear answer", &doubt.why),
        State::Accepted { seen: Some(word), .. } => said("the provider works on it", word),
        State::Accepted { seen: None, .. } => "the provider took it on".to_owned(),
        State::Ready { .. } if take.record.stored_at.is_some() => "paid for and made, but no longer on disk".to_owned(),
        State::Ready { .. } => "paid for and made, but not on disk yet".to_owned(),
        State::Rejected { class, why } | State::Failed { class, why, .. } => class.told(why),
    })
}

/// What to do about the take; `None` when it is stored as it was asked for.
pub(crate) fn help(take: &Take) -> Option<String> {
    Some(match &take.state {
        State::Stored { .. } => return mend(take),
        State::Planned { .. } => "run the manifest to submit it".to_owned(),
        State::Submitting | State::Unresolved(_) => resolve(take),
        State::Accepted { .. } => "run the manifest again to wait for it; links expire within a day or two".to_owned(),
        State::Ready { .. } => "run the manifest again soon to fetch it; links expire within a day or two".to_owned(),
        State::Rejected { class, .. } | State::Failed { class, .. } => remedy(*class).to_owned(),
    })
}

/// What about a stored video is not as it was asked for, in a line; `None` when all is.
pub fn off_spec(take: &Take) -> Option<String> {
    let told: Vec<_> = take.deviations().iter().map(Deviation::to_string).collect();
    (!told.is_empty()).then(|| told.join("; "))
}

fn mend(take: &Take) -> Option<String> {
    let deviations = take.deviations();
    let is_damaged = deviations.iter().any(|deviation| matches!(deviation, Deviation::Container(_)));
    let again = "`rushes run MANIFEST --regenerate=state:off_spec` pays for another take of each such shot";
    match &take.state {
        State::Stored { asset, .. } if is_damaged => {
            let (object, video) = (layout::object(&asset.digest), layout::video(&take.name));
            Some(format!(
                "the host may have it whole: while its link lives, a day or two, move {video} and {object} away and run the \
                 manifest again to fetch it anew; or {again}"
            ))
        }
        _ => (!deviations.is_empty()).then(|| format!("watch it and keep it if it will do; {again}")),
    }
}

fn held(take: &Take) -> String {
    match &take.record.deferred_because {
        Some(why) => said("put off", why),
        None if take.record.attempts == 0 => "not submitted yet".to_owned(),
        None => "to be submitted once more".to_owned(),
    }
}

fn resolve(take: &Take) -> String {
    let [made, not_made] = settle(take, "MANIFEST");
    format!("`{made}` if the provider's dashboard shows it, `{not_made}` if it does not")
}

/// What to type once it is known that the provider has the take, or that it never made it. `place` is the manifest or the output
/// directory, as a shell takes it.
pub(crate) fn settle(take: &Take, place: &str) -> [String; 2] {
    let named = match &take.state {
        State::Unresolved(doubt) => doubt.task.as_ref().map(TaskId::as_str),
        _ => None,
    };
    // What the provider writes is not put into anyone's shell, unless it is as plain as its ids are known to be.
    let plain = |id: &&str| id.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)) && !id.starts_with('-');
    let id = named.filter(plain).unwrap_or("ID");
    let resolve = format!("rushes resolve {} {place}", take.name);
    [format!("{resolve} --task-id {id}"), format!("{resolve} --not-made")]
}

fn remedy(class: Class) -> &'static str {
    match class {
        Class::Moderated => {
            "edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an \
             account suspended"
        }
        Class::Input => "edit the shot and run the manifest again",
        Class::Account => "see to the key and its account, then `rushes run MANIFEST --retry-failed`",
        Class::Internal | Class::Unknown => {
            "`rushes run MANIFEST --retry-failed` submits it once more and pays once more; or edit the prompt"
        }
        Class::Lost | Class::NoLink => {
            "ask the provider's support with the task id, it may have been charged; `rushes run MANIFEST --retry-failed` pays for \
             another one"
        }
    }
}

fn said(what: &str, why: &str) -> String {
    if why.trim().is_empty() { what.to_owned() } else { format!("{what}: {why}") }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use crate::report::samples;

    #[test]
    fn every_state_has_its_words() {
        let takes = samples::takes_of_every_kind();
        let lines = takes.iter().map(|take| {
            let words = [super::reason(take), super::help(take)].map(|text| text.unwrap_or_else(|| "-".to_owned()));
            format!("{}\n  {}\n  {}\n", take.state.name(), words[0], words[1])
        });
        assert_snapshot!(lines.collect::<String>(), @r"
        stored
          -
          -
        planned
          not submitted yet
          run the manifest to submit it
        submitting
          the submission was begun, and no answer is written down
          `rushes resolve SC030_SH010_T01 MANIFEST --task-id ID` if the provider's dashboard shows it, `rushes resolve SC030_SH010_T01 MANIFEST --not-made` if it does not
        unresolved
          no clear answer: HTTP 524: an HTML page
          `rushes resolve SC040_SH010_T01 MANIFEST --task-id ID` if the provider's dashboard shows it, `rushes resolve SC040_SH010_T01 MANIFEST --not-made` if it does not
        accepted
          the provider took it on
          run the manifest again to wait for it; links expire within a day or two
        accepted
          the provider works on it: RUNNING
          run the manifest again to wait for it; links expire within a day or two
        ready
          paid for and made, but not on disk yet
          run the manifest again soon to fetch it; links expire within a day or two
        rejected
          bad request: ratio is not allowed
          edit the shot and run the manifest again
        failed
          content policy: oh dear
          edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an account suspended
        failed
          bad request: oh dear
          edit the shot and run the manifest again
        failed
          account: oh dear
          see to the key and its account, then `rushes run MANIFEST --retry-failed`
        failed
          the provider's own trouble: oh dear
          `rushes run MANIFEST --retry-failed` submits it once more and pays once more; or edit the prompt
        failed
          oh dear
          ask the provider's support with the task id, it may have been charged; `rushes run MANIFEST --retry-failed` pays for another one
        failed
          oh dear
          ask the provider's support with the task id, it may have been charged; `rushes run MANIFEST --retry-failed` pays for another one
        failed
          oh dear
          `rushes run MANIFEST --retry-failed` submits it once more and pays once more; or edit the prompt
        ");
    }

    #[test]
    fn all_but_what_is_stored_has_a_reason_and_help() {
        for take in samples::takes_of_every_kind() {
            let stored = take.state.name() == "stored";
            assert_eq!((super::reason(&take).is_none(), super::help(&take).is_none()), (stored, stored));
        }
    }
}
