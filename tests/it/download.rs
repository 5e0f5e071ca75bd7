//! Downloads from a host that misbehaves: where a link may lead, what of a video is asked for again, and what is made of what comes.

use std::process::Command;
use std::time::Duration;

use futures::TryStreamExt;
use reqwest::header::HeaderValue;
use rushes::digest::{Checksum, Digest};
use rushes::provider::cometapi::{self, CometApi};
use rushes::provider::{Connection, Download, FetchError, Key, Provider, Resume, Timeouts};

use crate::chaos::{Act, Chaos, nowhere};

const TAG: &str = "\"a-1\"";

#[tokio::test]
async fn the_rest_is_asked_for_by_the_name_of_what_is_here() {
    let client = here();
    for (from, expected) in [
        (None, [None, None]),
        (Some(Resume { bytes: 5, validator: TAG.into() }), [Some("bytes=5-"), Some(TAG)]),
        (Some(Resume { bytes: 1 << 40, validator: "Sun, 22 Nov 2026 12:00:00 GMT".into() }), {
            [Some("bytes=1099511627776-"), Some("Sun, 22 Nov 2026 12:00:00 GMT")]
        }),
    ] {
        let host = Chaos::new([Act::with(307, "Location: /b.mp4\r\nConnection: close\r\n", ""), Act::answer(404, "")]);
        assert!(client.fetch(&host.url("/a.mp4"), from.as_ref()).await.is_err());
        let heard = host.heard();
        assert_eq!(heard.len(), 2);
        for call in heard {
            assert_eq!([call.header("range"), call.header("if-range")], expected, "{call:?}");
            assert_eq!(call.header("accept-encoding"), Some("identity"));
        }
    }
}

#[tokio::test]
async fn only_the_very_part_that_was_asked_for_is_gone_on_with() {
    let client = here();
    let sha = "repr-digest: sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:\r\n";
    let from = Resume { bytes: 2, validator: TAG.into() };
    let part = |headers: &str| Act::with(206, &format!("Connection: close\r\n{headers}"), "c");
    for (act, expected) in [
        (part("Content-Range: bytes 2-2/3\r\n"), "2 of 3: c"),
        (part(&format!("Content-Range: bytes 2-2/3\r\nETag: {TAG}\r\n")), "2 of 3: c"),
        (part(&format!("Content-Range: bytes 2-2/3\r\n{sha}")), "2 of 3, with a checksum: c"),
        (part("Content-Range: bytes 2-2/3\r\nETag: \"b\"\r\n"), "changed"),
        (part("Content-Range: bytes 2-2/*\r\n"), "changed"),
        (part("Content-Range: bytes 0-0/3\r\n"), "changed"),
        (part("Content-Range: bytes 1-1/3\r\n"), "changed"),
        (part("Content-Range: chapters 2-2/3\r\n"), "changed"),
        (part("Content-Type: multipart/byteranges; boundary=x\r\n"), "changed"),
        (part("Content-Range: bytes 2-2/3\r\nContent-Encoding: gzip\r\n"), "trouble"),
        (Act::answer(416, ""), "changed"),
        (Act::with(416, "Content-Range: bytes */2\r\n", ""), "changed"),
        (Act::answer(200, "xyz"), "0 of 3: xyz"),
        (Act::with(200, "ETag: \"b\"\r\nConnection: close\r\n", "xyz"), "0 of 3, called \"b\": xyz"),
        (Act::with(200, "Content-Encoding: gzip\r\nConnection: close\r\n", "xyz"), "trouble"),
        (Act::with(200, "Content-Encoding: identity\r\nConnection: close\r\n", "xyz"), "0 of 3: xyz"),
        (Act::answer(503, ""), "trouble"),
        (Act::answer(410, ""), "expired"),
    ] {
        let host = Chaos::new([act.clone()]);
        let told = told(client.fetch(&host.url("/a.mp4"), Some(&from)).await).await;
        assert_eq!(told.replace(&format!(", called {TAG}"), ""), expected, "{act:?}");
    }
}

#[tokio::test]
async fn a_link_is_followed_into_the_public_network_only() {
    let host = Chaos::new([]);
    let port = host.url("").rsplit_once(':').unwrap().1.to_owned();
    let away = provider("https://api.example", Duration::from_secs(60));
    for name in ["127.0.0.1", "localhost", "localhost.", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.1"] {
        let link = format!("http://{name}:{port}/a.mp4");
        assert_eq!(told(away.fetch(&link, None).await).await, "refused", "{link}");
    }
    assert_eq!(host.heard(), []);
}

#[tokio::test]
async fn every_step_of_a_redirect_is_looked_at() {
    let client = here();
    for location in [
        "http://169.254.169.254/latest/meta-data/",
        "//10.0.0.1/",
        "http://[fd00::1]/a.mp4",
        "https://me:secret@films.example/",
        "file:///etc/passwd",
    ] {
        let lead_on = |to: &str| Act::with(302, &format!("Location: {to}\r\nConnection: close\r\n"), "");
        let host = Chaos::new([lead_on("/b.mp4"), lead_on(location)]);
        let Err(error) = client.fetch(&host.url("/a.mp4"), None).await else { panic!("{location} was followed") };
        assert!(matches!(error, FetchError::Refused(_)) && !error.to_string().contains("secret"), "{location}: {error}");
        assert_eq!(host.heard().len(), 2);
    }
    let round = Act::with(301, "Location: /a.mp4\r\nConnection: close\r\n", "");
    let host = Chaos::new(std::iter::repeat_n(round, 10));
    assert_eq!(told(client.fetch(&host.url("/a.mp4"), None).await).await, "trouble");
    assert_eq!(host.heard().len(), 6);
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test that runs itself again has no other way to know")]
async fn a_proxy_fetches_what_it_may_wherever_it_is_itself() {
    let Some(proxy) = std::env::var_os("RUSHES_TEST_PROXY") else { return over_a_proxy() };
    let away = provider("https://api.example", Duration::from_secs(60));
    assert_eq!(told(away.fetch("http://films.example/a.mp4", None).await).await, "0 of 5: video", "{proxy:?}");
    for link in ["http://127.0.0.1/", "http://10.0.0.1/", "http://localhost/", "http://me@films.example/"] {
        assert_eq!(told(away.fetch(link, None).await).await, "refused", "{link}");
    }
    let leads_on = told(away.fetch("http://films.example/b.mp4", None).await).await;
    assert_eq!(leads_on, "refused");
}

/// Runs the test again as a process that is told of a proxy, by its address and by its name: both are of this machine.
fn over_a_proxy() {
    for name in ["127.0.0.1", "localhost"] {
        let onward = Act::with(302, "Location: http://10.0.0.1/\r\nConnection: close\r\n", "");
        let proxy = Chaos::new([Act::answer(200, "video"), onward]);
        let url = proxy.url("").replace("127.0.0.1", name);
        let mut again = Command::new(std::env::current_exe().unwrap());
        again.args(["--exact", "download::a_proxy_fetches_what_it_may_wherever_it_is_itself"]);
        again.envs(["HTTP_PROXY", "http_proxy", "RUSHES_TEST_PROXY"].map(|name| (name, &url)));
        again.env_remove("NO_PROXY").env_remove("no_proxy").env_remove("REQUEST_METHOD");
        let output = again.output().unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{told}");
        let lines: Vec<_> = proxy.heard().into_iter().map(|heard| heard.line).collect();
        assert_eq!(lines, ["GET http://films.example/a.mp4 HTTP/1.1", "GET http://films.example/b.mp4 HTTP/1.1"]);
    }
}

/// A client whose provider is on this machine.
pub(crate) fn here() -> CometApi {
    provider(&nowhere(), Duration::from_secs(60))
}

/// A client that gives up on a host that is silent for so long.
pub(crate) fn provider(base: &str, stall: Duration) -> CometApi {
    let long = Duration::from_secs(60);
    CometApi::connect(Connection {
        base_url: base.parse().unwrap(),
        version: HeaderValue::from_static(cometapi::VERSION),
        callback_url: cometapi::CALLBACK_URL.parse().unwrap(),
        seal: None,
        key: Key::new("k").unwrap(),
        timeouts: Timeouts { connect: long, create: long, feed: long, stall },
    })
    .unwrap()
}

/// What came of a fetch, in words.
async fn told(fetched: Result<Download, FetchError>) -> String {
    let download = match fetched {
        Ok(download) => download,
        Err(FetchError::Expired(_)) => return "expired".into(),
        Err(FetchError::Changed(_)) => return "changed".into(),
        Err(FetchError::Refused(_)) => return "refused".into(),
        Err(FetchError::Trouble(_)) => return "trouble".into(),
    };
    let mut words = format!("{} of {}", download.start, download.length.unwrap());
    if let Some(checksum) = download.checksum {
        assert_eq!(checksum, Checksum::Sha256(Digest::of(b"abc")));
        words += ", with a checksum";
    }
    words += &download.validator.map(|name| format!(", called {name}")).unwrap_or_default();
    let body: Vec<_> = download.body.try_collect().await.unwrap();
    format!("{words}: {}", String::from_utf8(body.concat()).unwrap())
}
