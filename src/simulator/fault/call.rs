//! What can go wrong with the call that submits: the only one that spends money.

use super::faults;

faults! {
    /// What can go wrong with the call that submits.
    CallFault {
        /// HTTP 429 without a body; not made.
        Busy = "busy",
        /// HTTP 429 with a JSON error; not made.
        BusyInWords = "busy_in_words",
        /// HTTP 429 with `Retry-After` in seconds; not made.
        BusyForSeconds = "busy_for_seconds",
        /// HTTP 429 with `Retry-After` as a date; not made.
        BusyUntil = "busy_until",
        /// HTTP 503 as the relay's own JSON error; not made.
        RelayBusy = "relay_busy",
        /// HTTP 200 with another `code`: refused; not made.
        Rejected = "rejected",
        /// HTTP 500 with `invalid_request`: refused as malformed; not made.
        Malformed = "malformed",
        /// HTTP 403: the key may not do this; not made.
        Forbidden = "forbidden",
        /// HTTP 503 with `model_not_found`: no channel for this key and model; not made.
        NoChannel = "no_channel",
        /// HTTP 403 with `quota_not_enough`: the account is empty; not made.
        NoMoney = "no_money",
        /// HTTP 401: the key is not accepted; not made.
        BadKey = "bad_key",
        /// HTTP 302 to somewhere else: the wrong address; not made.
        Redirect = "redirect",
        /// HTTP 200 with an HTML page: somebody else answers; not made.
        HtmlPage = "html_page",
        /// HTTP 502 as a gateway's page; not made.
        BadGateway = "bad_gateway",
        /// HTTP 503 as a gateway's page; not made.
        GatewayDown = "gateway_down",
        /// HTTP 504 as a gateway's page; not made.
        UpstreamTimeout = "upstream_timeout",
        /// Made, and the connection closes before the answer.
        LostAnswer = "lost_answer",
        /// Made, and the connection is reset before the answer.
        Reset = "reset",
        /// Made, and a gateway answers 524.
        GatewayTimeout = "gateway_timeout",
        /// Made, and a gateway answers 520.
        GatewayConfused = "gateway_confused",
        /// Made, and a gateway answers 522.
        GatewayUnreached = "gateway_unreached",
        /// Made, and the relay answers 500 with `do_request_failed`.
        RequestFailed = "request_failed",
        /// Made, and the relay answers 500 with `insert_task_failed`.
        InsertFailed = "insert_failed",
        /// Made, and answered by a success without a task id.
        NoId = "no_id",
        /// Made, and answered by a success that breaks off before the task id.
        HalfAnswer = "half_answer",
        /// Made, and answered 20 seconds later than usual.
        Slow = "slow",
        /// Made, and a second JSON document follows the answer.
        TwoDocuments = "two_documents",
    }
}

/// What becomes of a submission that a fault hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulator) enum Outcome {
    /// Made, and the answer says so.
    Accepted,
    /// Not made, and the answer says so.
    Refused,
    /// The answer does not tell.
    Unheard {
        /// Whether it was made.
        made: bool,
    },
}

impl CallFault {
    /// What becomes of the submission.
    pub(in crate::simulator) fn outcome(self) -> Outcome {
        match self {
            Self::Busy
            | Self::BusyInWords
            | Self::BusyForSeconds
            | Self::BusyUntil
            | Self::RelayBusy
            | Self::Rejected
            | Self::Malformed
            | Self::Forbidden
            | Self::NoChannel
            | Self::NoMoney
            | Self::BadKey
            | Self::Redirect => Outcome::Refused,
            Self::HtmlPage | Self::BadGateway | Self::GatewayDown | Self::UpstreamTimeout => Outcome::Unheard { made: false },
            Self::LostAnswer
            | Self::Reset
            | Self::GatewayTimeout
            | Self::GatewayConfused
            | Self::GatewayUnreached
            | Self::RequestFailed
            | Self::InsertFailed
            | Self::NoId
            | Self::HalfAnswer => Outcome::Unheard { made: true },
            Self::Slow | Self::TwoDocuments => Outcome::Accepted,
        }
    }

    /// Whether the same submission may be taken on later.
    pub(in crate::simulator) fn is_for_now(self) -> bool {
        matches!(self, Self::Busy | Self::BusyInWords | Self::BusyForSeconds | Self::BusyUntil | Self::RelayBusy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_says_whether_the_task_is_made() {
        for fault in CallFault::ALL {
            let made = matches!(fault.outcome(), Outcome::Accepted | Outcome::Unheard { made: true });
            assert_eq!(fault.about().starts_with("Made, "), made, "{fault:?}");
            assert_eq!(fault.about().ends_with("not made."), !made, "{fault:?}");
        }
    }
}
