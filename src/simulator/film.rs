//! Short playable videos. So far their bytes are only a stand-in.

/// What is to be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Film {
    /// In large letters.
    pub title: String,
    /// In large letters below.
    pub subtitle: String,
    /// In small letters.
    pub note: String,
    /// The picture's shape.
    pub ratio: (u32, u32),
    /// The length.
    pub seconds: u8,
    /// Settles the colours.
    pub seed: u64,
}

impl Film {
    /// The video as a file.
    pub fn mp4(&self) -> Vec<u8> {
        self.title.clone().into_bytes()
    }
}
