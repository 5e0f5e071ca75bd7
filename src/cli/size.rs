//! How many bytes, as people write it.

/// The units, and how many bytes each is.
const UNITS: &[(&str, u64)] = &[
    ("", 1),
    ("b", 1),
    ("kb", 1000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("tb", 1_000_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
    ("tib", 1 << 40),
];

/// Reads `512`, `10kB`, `1.5 GB` or `1GiB`; case does not matter.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong = || "write a number of bytes, for example 512, 10kB, 1.5GB or 4GiB".to_owned();
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let (_, unit) = UNITS.iter().find(|(name, _)| unit.eq_ignore_ascii_case(name)).ok_or_else(wrong)?;
    let (whole, fraction) = number.trim_end().split_once('.').unwrap_or((number.trim_end(), "0"));
    let digits = |text: &str| (1..=18).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return Err(wrong());
    }
    let number = |text: &str| text.parse::<u128>().map_err(|_| wrong());
    let tail = number(fraction)? * u128::from(*unit) / 10_u128.pow(u32::try_from(fraction.len()).map_err(|_| wrong())?);
    u64::try_from(number(whole)? * u128::from(*unit) + tail).map_err(|_| format!("{text} is more than can be counted"))
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, expected) in [
            ("0", 0),
            ("512", 512),
            (" 512 B ", 512),
            ("10kB", 10_000),
            ("10KB", 10_000),
            ("1.5 GB", 1_500_000_000),
            ("0.001kb", 1),
            ("1.9", 1),
            ("4gb", 4_000_000_000),
            ("1GiB", 1 << 30),
            ("1.5KiB", 1536),
            ("18TB", 18_000_000_000_000),
        ] {
            assert_eq!(size(text), Ok(expected), "{text}");
        }
        for text in
            ["", "kB", "-1", "+1", "1e3", "1,5GB", "1.", ".5", "1..5", "1 2", "5xB", "10k", "99999999TB", "ten", "١", "1é"]
        {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
