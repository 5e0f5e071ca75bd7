//! Where a video may be fetched from. A link is what somebody else wrote, and this machine may stand in a network that has more to give
//! than the public one: so a link is looked at before it is followed, and so is every address that its name resolves to.

use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::address::is_public;

/// Which links may be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Guard {
    /// Whether this very machine may be asked: where the provider itself is on it.
    pub loopback: bool,
}

/// A link that may not be followed, and why not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    #[error("it is no URL: {0}")]
    Unreadable(#[from] url::ParseError),
    #[error("it is {0}:, and only http: and https: are fetched from")]
    Scheme(String),
    #[error("it has a user name or a password in it")]
    Credentials,
    #[error("it leads to {0}, which is this machine and not the host of a video")]
    ThisMachine(String),
    #[error("it leads to {0}, which is no address of the public network")]
    NotPublic(IpAddr),
    #[error("it leads to {0}, which resolves to {1}, which is no address of the public network")]
    ResolvesTo(String, IpAddr),
}

impl Guard {
    /// Reads a link. What it says must be such that it may be followed; what its name resolves to is yet to be seen.
    pub(super) fn read(self, link: &str) -> Result<Url, Refused> {
        self.check(Url::parse(link)?)
    }

    /// Where an answer from `url` sends whoever asked.
    pub(super) fn redirected(self, url: &Url, location: &str) -> Result<Url, Refused> {
        self.check(url.join(location)?)
    }

    fn check(self, url: Url) -> Result<Url, Refused> {
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Refused::Scheme(url.scheme().to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Refused::Credentials);
        }
        match url.host() {
            Some(Host::Ipv4(address)) => self.check_address(address.into()).map_err(Refused::NotPublic)?,
            Some(Host::Ipv6(address)) => self.check_address(address.into()).map_err(Refused::NotPublic)?,
            Some(Host::Domain(name)) if !self.loopback && is_local(name) => return Err(Refused::ThisMachine(name.to_owned())),
            Some(Host::Domain(_)) | None => {}
        }
        Ok(url)
    }

    /// The address again if it may not be connected to.
    fn check_address(self, address: IpAddr) -> Result<(), IpAddr> {
        let here = self.loopback && address.to_canonical().is_loopback();
        if here || is_public(address) { Ok(()) } else { Err(address) }
    }

    /// Those of the addresses of `name` that may be connected to. None at all is an error, which names one of them.
    fn admit(self, name: &str, addresses: impl IntoIterator<Item = SocketAddr>) -> Result<Vec<SocketAddr>, Refused> {
        let (mut admitted, mut refused) = (Vec::new(), None);
        for address in addresses {
            match self.check_address(address.ip()) {
                Ok(()) => admitted.push(address),
                Err(address) => refused = Some(address),
            }
        }
        match refused {
            Some(address) if admitted.is_empty() => Err(Refused::ResolvesTo(name.to_owned(), address)),
            _ => Ok(admitted),
        }
    }
}

/// Asks the system, and passes on only what may be connected to: the connection goes to the very address that was looked at.
impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let addresses: Addrs = Box::new(guard.admit(name.as_str(), found)?.into_iter());
            Ok(addresses)
        })
    }
}

/// Whether a name means this machine, wherever it is asked about (RFC 6761).
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name == "localhost" || name.ends_with(".localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Guard = Guard { loopback: false };
    const HOME: Guard = Guard { loopback: true };

    #[test]
    fn links_into_the_public_network_may_be_followed() {
        for link in [
            "https://films.example/a.mp4",
            "http://films.example:8080/a%20b?signature=1#x",
            "https://1.1.1.1/",
            "http://[2606:4700::1111]/",
            "http://localhost.example/",
            "http://metadata.google.internal/",
            "HTTP://FILMS.EXAMPLE",
        ] {
            assert!(OPEN.read(link).is_ok() && HOME.read(link).is_ok(), "{link}");
        }
    }

    #[test]
    fn however_an_address_of_this_machine_is_written_it_is_this_machine() {
        for host in "localhost LOCALHOST. a.localhost a.b.localhost. 127.0.0.1 127.1 0x7f.1 0x7f000001 2130706433 017700000001 \
            0177.0.0.01 127.0.0.1. 127.9.9.9:80 [::1] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1] [::ffff:7f00:1] ①②⑦.⓪.⓪.① %31%32%37.0.0.1"
            .split_whitespace()
        {
            let link = format!("http://{host}/");
            assert!(matches!(OPEN.read(&link), Err(Refused::ThisMachine(_) | Refused::NotPublic(_))), "{link}");
            assert!(HOME.read(&link).is_ok(), "{link}");
        }
    }

    #[test]
    fn other_links_are_refused_also_where_this_machine_is_not() {
        for link in "http://10.0.0.1/ http://0xa.1/ http://167772161/ http://172.16.0.1/ http://192.168.1.1:8080/ http://100.64.0.1/ \
            http://169.254.169.254/latest/meta-data/ http://0xa9fea9fe/ http://2852039166/ http://0251.0376.0251.0376/ http://0/ \
            http://0.0.0.0/ http://[::]/ http://255.255.255.255/ http://224.0.0.1/ http://[fe80::1]/ http://[fd00::1]/ \
            http://[::ffff:169.254.169.254]/ http://[::ffff:a00:1]/ http://[64:ff9b::a00:1]/ http://[2002:a00:1::]/ \
            http://192.168.1.1./"
            .split_whitespace()
        {
            for guard in [OPEN, HOME] {
                assert!(matches!(guard.read(link), Err(Refused::NotPublic(_))), "{link}");
            }
        }
        for (link, expected) in [
            ("", "no URL"),
            ("a.mp4", "no URL"),
            ("http://", "no URL"),
            ("http://256.256.256.256/", "no URL"),
            ("http://[fe80::1%25eth0]/", "no URL"),
            ("file:///etc/passwd", "only http: and https:"),
            ("ftp://films.example/a.mp4", "only http: and https:"),
            ("data:video/mp4,x", "only http: and https:"),
            ("javascript:alert(1)", "only http: and https:"),
            ("https://me@films.example/", "user name"),
            ("https://:secret@films.example/", "user name"),
            ("https://films.example:80@127.0.0.1/", "user name"),
        ] {
            for guard in [OPEN, HOME] {
                let why = guard.read(link).unwrap_err().to_string();
                assert!(why.contains(expected) && !why.contains("secret"), "{link}: {why}");
            }
        }
    }

    #[test]
    fn a_redirect_is_a_link_like_any_other() {
        let from = OPEN.read("https://films.example/a/b.mp4?x").unwrap();
        for (location, expected) in [
            ("c.mp4", Some("https://films.example/a/c.mp4")),
            ("/c.mp4?y", Some("https://films.example/c.mp4?y")),
            ("//cdn.example/c.mp4", Some("https://cdn.example/c.mp4")),
            ("http://cdn.example/", Some("http://cdn.example/")),
            ("http://0x7f.1/", None),
            ("//169.254.169.254/", None),
            ("file:///etc/passwd", None),
            ("https://me:secret@films.example/", None),
        ] {
            assert_eq!(OPEN.redirected(&from, location).ok().as_ref().map(Url::as_str), expected, "{location}");
        }
    }

    #[test]
    fn of_what_a_name_resolves_to_only_the_public_is_used() {
        let admitted = |guard: Guard, addresses: &str| {
            let addresses = addresses.split_whitespace().map(|address| SocketAddr::new(address.parse().unwrap(), 0));
            guard.admit("films.example", addresses).map(|admitted| admitted.len())
        };
        assert_eq!(admitted(OPEN, ""), Ok(0));
        assert_eq!(admitted(OPEN, "1.1.1.1 10.0.0.1 ::1 2606:4700::1111"), Ok(2));
        assert_eq!(admitted(HOME, "1.1.1.1 10.0.0.1 ::1 2606:4700::1111"), Ok(3));
        for alone in ["10.0.0.1", "169.254.169.254", "fe80::1", "::ffff:192.168.0.1"] {
            for guard in [OPEN, HOME] {
                assert_eq!(admitted(guard, alone), Err(Refused::ResolvesTo("films.example".into(), alone.parse().unwrap())));
            }
        }
    }

    #[tokio::test]
    async fn a_name_that_the_system_takes_for_this_machine_does_not_get_through() {
        let found = |guard: Guard| guard.resolve("localhost".parse().unwrap());
        let Err(refused) = found(OPEN).await else { panic!("this machine has got through") };
        assert!(matches!(refused.downcast_ref(), Some(Refused::ResolvesTo(..))), "{refused}");
        assert!(found(HOME).await.is_ok_and(|mut addresses| addresses.all(|address| address.ip().is_loopback())));
    }
}
