//! Which addresses are this very machine: the one question on which it hangs whether a key may travel in the clear. No I/O, so a name
//! counts by what it says and not by what it resolves to.

use url::{Host, Url};

/// Whether `url` names this very machine: `localhost` and what is under it (RFC 6761), or a loopback address.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_is_this_machine() {
        let is = |host: &str| is_loopback(&Url::parse(&format!("http://{host}/")).unwrap());
        for here in ["localhost", "LOCALHOST:8787", "a.localhost", "127.0.0.1", "127.1.2.3:1", "[::1]", "2130706433"] {
            assert!(is(here), "{here}");
        }
        for elsewhere in ["localhost.example", "notlocalhost", "128.0.0.1", "10.0.0.1", "[::2]", "0.0.0.0", "127.0.0.1.example"]
        {
            assert!(!is(elsewhere), "{elsewhere}");
        }
    }
}
