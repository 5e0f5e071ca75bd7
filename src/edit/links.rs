//! Where a cut says that its videos lie.

/// How the files of a cut are named in it. Folders are written with `/`, and are empty or end in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Links {
    /// The output directory: as seen from the file that the cut is written to, or from the root of the file system.
    pub folder: String,
    /// Whether it is seen from the root.
    pub absolute: bool,
    /// The folder of the films that are seen in gaps, seen from the same place; none where there are no such films.
    pub slugs: Option<String>,
}

impl Links {
    /// The path of a file of the output directory.
    pub fn path(&self, file: &str) -> String {
        format!("{}{file}", self.folder)
    }

    /// The path of a film that is seen in a gap.
    pub fn slug(&self, name: &str) -> Option<String> {
        self.slugs.as_ref().map(|folder| format!("{folder}{name}"))
    }

    /// The same as a URL, relative or with `file:` in front (RFC 3986, RFC 8089).
    pub fn url(&self, file: &str) -> String {
        let path = encoded(&self.path(file), self.absolute);
        match (self.absolute, path.starts_with('/')) {
            (false, _) => path,
            (true, true) => format!("file://{path}"),
            // A drive of Windows has no slash of its own in front.
            (true, false) => format!("file:///{path}"),
        }
    }
}

/// The path with `%` and two digits for each byte that means something in a URL; a colon does in a relative one.
fn encoded(path: &str, absolute: bool) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) || absolute && byte == b':';
    let one = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    path.bytes().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(folder: &str, absolute: bool, path: &str, url: &str) {
        let links = Links { folder: folder.to_owned(), absolute, slugs: None };
        assert_eq!((links.path("shots/A_T01.mp4"), links.url("shots/A_T01.mp4")), (path.to_owned(), url.to_owned()));
    }

    #[test]
    fn a_url_is_the_path_encoded() {
        check("", false, "shots/A_T01.mp4", "shots/A_T01.mp4");
        check("../o ut/", false, "../o ut/shots/A_T01.mp4", "../o%20ut/shots/A_T01.mp4");
        check("a:b/", false, "a:b/shots/A_T01.mp4", "a%3Ab/shots/A_T01.mp4");
        check("/o#t/", true, "/o#t/shots/A_T01.mp4", "file:///o%23t/shots/A_T01.mp4");
        check("C:/é/", true, "C:/é/shots/A_T01.mp4", "file:///C:/%C3%A9/shots/A_T01.mp4");
    }
}
