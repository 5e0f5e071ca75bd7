//! One HTTP POST to this machine over a connection of its own: all that it takes to call back. No client, no redirects, no second try.

use std::io::{self, ErrorKind};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

use crate::address::is_loopback;

/// How long it may take in all, in the world's time.
const PATIENCE: Duration = Duration::from_secs(10);

/// Posts JSON to `url`, which is on this machine, and gives the status of the answer.
pub(super) async fn send(url: &Url, body: &str) -> io::Result<u16> {
    let host = url.host_str().filter(|_| url.scheme() == "http" && is_loopback(url));
    let host = host.ok_or_else(|| io::Error::new(ErrorKind::Unsupported, "calls back over plain HTTP to this machine only"))?;
    let port = url.port_or_known_default().unwrap_or(80);
    tokio::time::timeout(PATIENCE, exchange(host, port, &request(url, host, port, body))).await?
}

fn request(url: &Url, host: &str, port: u16, body: &str) -> String {
    let query = url.query().map(|query| format!("?{query}")).unwrap_or_default();
    let head = format!("POST {}{query} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close", url.path());
    format!("{head}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

async fn exchange(host: &str, port: u16, request: &str) -> io::Result<u16> {
    // A URL has the brackets of an IPv6 address, a socket has none.
    let host = host.trim_matches(['[', ']']);
    let mut stream = TcpStream::connect((host, port)).await?;
    stream.write_all(request.as_bytes()).await?;
    let mut line = Vec::new();
    // "HTTP/1.1 204" says it all.
    (&mut stream).take(12).read_to_end(&mut line).await?;
    let status = std::str::from_utf8(&line).ok().and_then(|line| line.strip_prefix("HTTP/1.")?.get(2..)?.parse().ok());
    // What follows is read, so that the other side is not cut off in the middle of its answer.
    tokio::io::copy(&mut stream.take(1 << 16), &mut tokio::io::sink()).await?;
    status.ok_or_else(|| io::Error::new(ErrorKind::InvalidData, "the answer is not HTTP"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// Posts to a server that answers with these bytes; what it got, and what the caller makes of the answer.
    async fn meet(path: &str, answer: &'static str) -> (String, io::Result<u16>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Url = format!("http://{}{path}", listener.local_addr().unwrap()).parse().unwrap();
        let serve = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut got = vec![0; 4096];
            let count = stream.read(&mut got).await.unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&got[..count]).into_owned()
        };
        tokio::join!(serve, send(&url, "{\"a\":1}"))
    }

    #[tokio::test]
    async fn it_is_a_plain_request_and_gives_the_status() {
        let (got, status) = meet("/hook/1?a=b", "HTTP/1.1 204 No Content\r\n\r\n").await;
        assert!(got.starts_with("POST /hook/1?a=b HTTP/1.1\r\nHost: 127.0.0.1:"), "{got}");
        assert!(got.ends_with("Content-Length: 7\r\n\r\n{\"a\":1}"), "{got}");
        assert_eq!(status.unwrap(), 204);
        assert_eq!(meet("/", "HTTP/1.0 500").await.1.unwrap(), 500);
    }

    #[tokio::test]
    async fn what_is_no_answer_is_an_error() {
        for answer in ["", "SSH-2.0-x", "HTTP/1.1 abc"] {
            assert!(meet("/", answer).await.1.is_err(), "{answer}");
        }
    }

    #[tokio::test]
    async fn it_goes_nowhere_else() {
        for url in ["https://127.0.0.1/", "http://192.0.2.1/", "http://callback.invalid/"] {
            assert_eq!(send(&url.parse().unwrap(), "").await.unwrap_err().kind(), ErrorKind::Unsupported, "{url}");
        }
    }
}
