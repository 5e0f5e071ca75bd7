//! Who is let in. A page of somebody else's that is open in the same browser can send requests here, and a name of its own can be made to
//! lead here (DNS rebinding); so a request has to say that it is meant for this address, and that it comes from our own page. Pure.

use std::net::SocketAddr;

use axum::http::{HeaderMap, Method, Uri, header};

/// Knows how this server is called.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: [String; 2],
}

impl Guard {
    /// Guards a server that listens at `addr`.
    pub(super) fn new(addr: SocketAddr) -> Self {
        // Browsers leave the port of HTTP itself away.
        let port = if addr.port() == 80 { String::new() } else { format!(":{}", addr.port()) };
        let own = if addr.is_ipv6() { format!("[{}]{port}", addr.ip()) } else { format!("{}{port}", addr.ip()) };
        Self { hosts: [own, format!("localhost{port}")] }
    }

    /// How this server is called in an address.
    pub(super) fn host(&self) -> &str {
        &self.hosts[0]
    }

    /// Whether such a request may be looked at any further.
    pub(super) fn admits(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(host) = single(headers, header::HOST.as_str()).filter(|host| self.hosts.iter().any(|own| own == host)) else {
            return false;
        };
        let changes = *method == Method::POST;
        let own_origin = format!("http://{host}");
        let is_own = all(headers, header::ORIGIN.as_str(), |origin| origin == own_origin);
        // `none` is an address that somebody has typed or clicked outside of any page.
        let is_near = all(headers, "sec-fetch-site", |site| site == "same-origin" || site == "none" && !changes);
        let says_so =
            headers.contains_key(header::ORIGIN) && single(headers, header::CONTENT_TYPE.as_str()).is_some_and(is_json);
        uri.authority().is_none() && is_own && is_near && (!changes || says_so)
    }
}

/// The value of a header that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())?.to_str().ok()
}

/// Whether all values of a header, if there are any, are as they should be.
fn all(headers: &HeaderMap, name: &str, good: impl Fn(&str) -> bool) -> bool {
    headers.get_all(name).iter().all(|value| value.to_str().is_ok_and(&good))
}

/// What no form can send: a page of another origin would have to ask first, and is not answered.
fn is_json(kind: &str) -> bool {
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(method: &Method, lines: &[(&'static str, &str)], expected: bool) {
        let headers = lines.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect::<Vec<_>>();
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name: header::HeaderName = name;
            map.append(name, value);
        }
        let guard = Guard::new("127.0.0.1:8789".parse().unwrap());
        assert_eq!(guard.admits(method, &Uri::from_static("/x"), &map), expected, "{method} {lines:?}");
    }

    const HOST: (&str, &str) = ("host", "127.0.0.1:8789");
    const ORIGIN: (&str, &str) = ("origin", "http://127.0.0.1:8789");
    const JSON: (&str, &str) = ("content-type", "application/json");

    #[test]
    fn only_what_is_meant_for_this_address_is_let_in() {
        let get = |lines: &[(&'static str, &str)], expected| check(&Method::GET, lines, expected);
        get(&[HOST], true);
        get(&[("host", "localhost:8789")], true);
        get(&[HOST, ORIGIN], true);
        get(&[HOST, ("sec-fetch-site", "none")], true);
        get(&[HOST, ("sec-fetch-site", "same-origin")], true);
        get(&[], false);
        for host in
            ["127.0.0.1", "127.0.0.1:80", "evil.example:8789", "localhost", "127.0.0.1:8789.evil.example", "[::1]:8789", ""]
        {
            get(&[("host", host)], false);
        }
        get(&[HOST, HOST], false);
        for origin in
            ["null", "https://127.0.0.1:8789", "http://localhost:8789", "http://127.0.0.1:8780", "http://evil.example", ""]
        {
            get(&[HOST, ("origin", origin)], false);
        }
        get(&[HOST, ORIGIN, ("origin", "http://evil.example")], false);
        get(&[HOST, ("sec-fetch-site", "cross-site")], false);
        get(&[HOST, ("sec-fetch-site", "same-site")], false);
        let elsewhere = Uri::from_static("http://evil.example/x");
        let headers = HeaderMap::from_iter([(header::HOST, "127.0.0.1:8789".parse().unwrap())]);
        assert!(!Guard::new("127.0.0.1:8789".parse().unwrap()).admits(&Method::GET, &elsewhere, &headers));
    }

    #[test]
    fn to_say_something_takes_our_own_page() {
        let post = |lines: &[(&'static str, &str)], expected| check(&Method::POST, lines, expected);
        post(&[HOST, ORIGIN, JSON], true);
        post(&[HOST, ORIGIN, ("content-type", "application/json; charset=utf-8"), ("sec-fetch-site", "same-origin")], true);
        post(&[HOST, JSON], false);
        post(&[HOST, ORIGIN], false);
        post(&[HOST, ORIGIN, ("content-type", "text/plain")], false);
        post(&[HOST, ORIGIN, JSON, JSON], false);
        post(&[HOST, ORIGIN, JSON, ("sec-fetch-site", "none")], false);
    }

    #[test]
    fn an_address_is_written_as_browsers_write_it() {
        for (addr, expected) in
            [("127.0.0.1:80", "127.0.0.1"), ("[::1]:8789", "[::1]:8789"), ("[::1]:80", "[::1]"), ("127.0.0.2:1", "127.0.0.2:1")]
        {
            assert_eq!(Guard::new(addr.parse().unwrap()).host(), expected);
        }
    }
}
