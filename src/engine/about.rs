//! Log lines about a take: each says which shot, take, attempt and task it is about, under the same names.

/// A log line of this level about a take, whose task is perhaps known better than the take knows it:
/// `about!(warn, take, take.state.task(), why, "it went wrong")`.
macro_rules! about {
    ($level:ident, $take:expr, $task:expr, $($said:tt)*) => {{
        let (take, task): (&$crate::take::Take, Option<&$crate::take::TaskId>) = ($take, $task);
        tracing::$level!(
            shot = %take.name.shot,
            take = %take.name,
            attempt = (take.record.attempts > 0).then_some(take.record.attempts),
            task = task.map(tracing::field::display),
            $($said)*
        );
    }};
}

pub(crate) use about;
