//! What can go wrong with the download of a video that is made.

use super::faults;

faults! {
    /// What can go wrong with a download. Hits the first try, or as many as the script says; those after it go well.
    VideoFault {
        /// The link has expired: HTTP 410; the feed gives a fresh one.
        LinkExpired = "link_expired",
        /// HTTP 503.
        VideoUnavailable = "video_unavailable",
        /// HTTP 200 with an HTML page.
        VideoPage = "video_page",
        /// HTTP 200 with nothing in it.
        VideoEmpty = "video_empty",
        /// The connection closes after half of the bytes.
        Truncated = "truncated",
        /// Nothing more comes after half of the bytes, and the connection stays open.
        Stalled = "stalled",
        /// Half of the file, announced as if it were all; only its `Repr-Digest` tells.
        Incomplete = "incomplete",
        /// More bytes are announced than there are.
        Overlong = "overlong",
        /// Some bytes are not those of the file; only its `Repr-Digest` tells.
        Corrupted = "corrupted",
        /// The connection closes after half of the bytes, and ranges of the rest are not given.
        NoRanges = "no_ranges",
        /// The connection closes after half of the bytes, and then another file lies there.
        Replaced = "replaced",
        /// Half of the file, announced as if it were all, and nothing tells: so it lies at the host.
        CutAtSource = "cut_at_source",
        /// A video of another shape than was asked for.
        WrongShape = "wrong_shape",
        /// A video that plays about half as long as was asked for.
        WrongLength = "wrong_length",
    }
}
