//! Boxes in boxes, as ISO/IEC 14496-12 has them: read with every bound checked, whatever the bytes say.

/// The kind of a box, as the four characters that stand in the file.
pub(super) type Kind = [u8; 4];

/// What stands at the beginning of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// How many bytes the header has.
    pub(super) length: usize,
    /// How many bytes the box has with its header; `None` where it goes to the end of the file.
    pub(super) size: Option<u64>,
}

/// What can be made of the first bytes of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Begun {
    /// More bytes are needed.
    Open,
    /// The header.
    Header(Header),
    /// Its size is smaller than its header.
    Impossible(Kind),
}

/// The longest header that is read, in bytes.
pub(super) const LONGEST_HEADER: usize = 16;

/// Reads the header that `bytes` begin with.
pub(super) fn header(bytes: &[u8]) -> Begun {
    let Some((size, rest)) = bytes.split_first_chunk::<4>() else { return Begun::Open };
    let Some((kind, rest)) = rest.split_first_chunk::<4>() else { return Begun::Open };
    let (length, size) = match u32::from_be_bytes(*size) {
        0 => (8, None),
        1 => match rest.first_chunk::<8>() {
            Some(long) => (16, Some(u64::from_be_bytes(*long))),
            None => return Begun::Open,
        },
        short => (8, Some(u64::from(short))),
    };
    if size.is_some_and(|size| size < length as u64) {
        return Begun::Impossible(*kind);
    }
    Begun::Header(Header { kind: *kind, length, size })
}

/// The boxes that `bytes` consist of, as far as they are whole.
pub(super) fn boxes(bytes: &[u8]) -> impl Iterator<Item = (Kind, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let Begun::Header(Header { kind, length, size }) = header(rest) else { return None };
        let end = size.map_or(Some(rest.len()), |size| usize::try_from(size).ok())?;
        let inside = rest.get(length..end)?;
        rest = &rest[end..];
        Some((kind, inside))
    })
}

/// What is in the box at the end of `path`, the first of its kind at each step.
pub(super) fn inside<'a>(bytes: &'a [u8], path: &[&Kind]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |bytes, kind| boxes(bytes).find(|(found, _)| found == *kind).map(|(_, inside)| inside))
}

/// The number of 32 bits at `place`.
pub(super) fn number(bytes: &[u8], place: usize) -> Option<u32> {
    bytes.get(place..)?.first_chunk().map(|number| u32::from_be_bytes(*number))
}

/// The number of 64 bits at `place`.
pub(super) fn long(bytes: &[u8], place: usize) -> Option<u64> {
    bytes.get(place..)?.first_chunk().map(|number| u64::from_be_bytes(*number))
}

/// The numbers of a table of so many columns behind a version, flags and a count; as many rows as there are bytes for.
pub(super) fn table<const COLUMNS: usize>(bytes: &[u8]) -> impl Iterator<Item = [u32; COLUMNS]> {
    let count = number(bytes, 4).unwrap_or(0) as usize;
    let rows = bytes.get(8..).unwrap_or_default().chunks_exact(4 * COLUMNS).take(count);
    rows.map(|row| std::array::from_fn(|column| number(row, 4 * column).unwrap_or(0)))
}

/// The kind as a person reads it; what is no character is shown as `?`.
pub(super) fn name(kind: Kind) -> String {
    kind.iter().map(|&byte| if (b' '..=b'~').contains(&byte) && byte != b'`' { char::from(byte) } else { '?' }).collect()
}
