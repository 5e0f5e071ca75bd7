//! How a task can end without a video.

use super::faults;
use crate::take::Class;

faults! {
    /// How a task can end without a video.
    EndingFault {
        /// Fails by the provider's own trouble.
        Internal = "internal",
        /// Fails because a service behind the provider is not there.
        ThirdParty = "third_party",
        /// Fails by the content policy, with its code.
        Moderated = "moderated",
        /// Fails by the content policy, in words and without a code.
        ModeratedInWords = "moderated_in_words",
        /// Fails because the request was no good.
        BadInput = "bad_input",
        /// Fails for a reason that nobody has documented.
        UnknownReason = "unknown_reason",
        /// Fails without a reason.
        NoReason = "no_reason",
        /// Ends as cancelled, though nobody did.
        Cancelled = "cancelled",
        /// Ends as expired.
        Expired = "expired",
        /// Is not done after 1440 minutes; the relay then calls it failed.
        NeverDone = "never_done",
    }
}

impl EndingFault {
    /// The class of the failure, and the provider's words for it: one of these.
    pub(in crate::simulator) fn words(self) -> (Class, &'static [&'static str]) {
        match self {
            Self::Internal => (Class::Internal, &["INTERNAL.BAD_OUTPUT.CODE01", "INPUT_PREPROCESSING.INTERNAL"]),
            Self::ThirdParty => (Class::Internal, &["THIRD_PARTY.UNAVAILABLE"]),
            Self::Moderated => (Class::Moderated, &["SAFETY.INPUT.TEXT", "SAFETY.OUTPUT.VIDEO"]),
            Self::ModeratedInWords => (Class::Moderated, &["This prompt was held back by our content policy."]),
            Self::BadInput => (Class::Input, &["ASSET.INVALID"]),
            Self::UnknownReason => (Class::Unknown, &["the lens cap was on"]),
            Self::NoReason | Self::Cancelled | Self::Expired => (Class::Unknown, &[""]),
            Self::NeverDone => (Class::Unknown, &["not done after 1440 minutes"]),
        }
    }

    /// The state word, where it is another one than those for a failure.
    pub(in crate::simulator) fn word(self) -> Option<&'static str> {
        match self {
            Self::Cancelled => Some("CANCELLED"),
            Self::Expired => Some("EXPIRED"),
            _ => None,
        }
    }
}
