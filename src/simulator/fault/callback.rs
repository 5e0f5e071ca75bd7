//! What can go wrong with the callbacks about a task.

use super::faults;

faults! {
    /// What can go wrong with the callbacks about a task.
    CallbackFault {
        /// Each comes twice.
        Twice = "callback_twice",
        /// Each comes ten minutes late.
        Late = "callback_late",
        /// The end is told first, and then that it is worked on.
        OutOfOrder = "callback_out_of_order",
        /// None ever comes.
        Lost = "callback_lost",
        /// One more comes first, with a wrong token, that says it has failed.
        WrongToken = "callback_wrong_token",
        /// One more comes first, with the right token and the id of another task.
        OtherTask = "callback_other_task",
        /// One more comes first, with the right token and the id of no task.
        UnknownTask = "callback_unknown_task",
        /// One more comes first, with the right token and no JSON.
        Nonsense = "callback_nonsense",
        /// The query of the address is gone.
        NoQuery = "callback_no_query",
        /// The path of the address is gone.
        NoPath = "callback_no_path",
        /// Path and query of the address are gone.
        Bare = "callback_bare",
    }
}
