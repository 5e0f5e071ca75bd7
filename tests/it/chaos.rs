//! A server on this machine that misbehaves as it is told, one connection after the other, and remembers what it heard. Ends when
//! it is dropped.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// What the server does with one connection.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Closes it before anything is read.
    Slam,
    /// Hears a call, sends these bytes, and closes.
    Say(Vec<u8>),
    /// Hears a call, sends these bytes, and then nothing more until the caller goes away.
    Stall(Vec<u8>),
    /// Hears a call for a file, sends so many bytes of what was asked for, and closes.
    Serve(File, usize),
    /// The same, and then nothing more until the caller goes away.
    Hang(File, usize),
}

/// A file on a host that knows ranges.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// What is in it.
    pub(crate) bytes: Vec<u8>,
    /// More headers, each with its line end.
    pub(crate) headers: String,
    /// What `If-Range` must say for a part of it to come, and not the whole.
    pub(crate) validator: Option<String>,
    /// Whether it says how long the body is, or sends it piece by piece with no end in sight.
    pub(crate) announced: bool,
}

/// One call as it arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Method, path and version.
    pub(crate) line: String,
    /// The headers in the order in which they came; names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: String,
}

/// The server.
pub(crate) struct Chaos {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    heard: Vec<Heard>,
    /// The connection that is open now.
    current: Option<TcpStream>,
    over: bool,
}

impl Act {
    /// Answers with this status and body, as a server does that closes after every call.
    pub(crate) fn answer(status: u16, body: &str) -> Self {
        Self::with(status, "Connection: close\r\n", body)
    }

    /// Answers with these headers besides the length, each with its line end.
    pub(crate) fn with(status: u16, headers: &str, body: &str) -> Self {
        Self::Say(format!("HTTP/1.1 {status} X\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes())
    }

    /// Sends the first half of what it would have sent, and closes.
    pub(crate) fn cut_in_half(self) -> Self {
        match self {
            Self::Say(bytes) => Self::Say(bytes[..bytes.len() / 2].to_vec()),
            other => other,
        }
    }
}

impl File {
    /// A file with this entity tag.
    pub(crate) fn tagged(bytes: &[u8], tag: &str) -> Self {
        let (headers, validator) = (format!("ETag: {tag}\r\n"), Some(tag.to_owned()));
        Self { bytes: bytes.to_vec(), headers, validator, announced: true }
    }

    /// The first `count` bytes of the body of the answer to `call`, and its head before them.
    fn answer(&self, call: &Heard, count: usize) -> Vec<u8> {
        let total = self.bytes.len();
        let range =
            call.header("range").and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
        let start = range.filter(|_| call.header("if-range") == self.validator.as_deref()).unwrap_or(0);
        let (status, range) = match start {
            0 => (200, String::new()),
            start if start >= total => return format!("HTTP/1.1 416 X\r\nContent-Range: bytes */{total}\r\n\r\n").into_bytes(),
            start => (206, format!("Content-Range: bytes {start}-{}/{total}\r\n", total - 1)),
        };
        let (length, sent) = (total - start, (total - start).min(count));
        let body = &self.bytes[start..start + sent];
        let head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\n{range}{}", self.headers);
        if self.announced {
            return [format!("{head}Content-Length: {length}\r\n\r\n").as_bytes(), body].concat();
        }
        let pieces = body.chunks(7).flat_map(|piece| [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat());
        let end = if sent == length { "0\r\n\r\n" } else { "" };
        format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes().into_iter().chain(pieces).chain(end.bytes()).collect()
    }
}

impl Heard {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Chaos {
    /// A server that does these acts, one a connection, and refuses every further connection.
    pub(crate) fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::default();
        let (acts, memory) = (acts.into_iter().collect::<Vec<_>>(), Arc::clone(&shared));
        let thread = std::thread::spawn(move || {
            for act in acts {
                let Ok((stream, _)) = listener.accept() else { return };
                if lock(&memory).begin(&stream) {
                    return;
                }
                // The caller may go away at any time, and often does.
                perform(&act, stream, &memory).ok();
                lock(&memory).current = None;
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    /// Where it listens: `http://127.0.0.1:1234`, and `path` behind it.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every call so far.
    pub(crate) fn heard(&self) -> Vec<Heard> {
        lock(&self.shared).heard.clone()
    }
}

impl Shared {
    /// Whether it was over before this connection began.
    fn begin(&mut self, stream: &TcpStream) -> bool {
        self.current = stream.try_clone().ok();
        self.over
    }
}

impl Drop for Chaos {
    fn drop(&mut self) {
        let current = {
            let mut shared = lock(&self.shared);
            shared.over = true;
            shared.current.take()
        };
        // Whoever waits for the caller to speak or to go away has waited long enough; so has who waits for a caller.
        current.map(|stream| stream.shutdown(Shutdown::Both));
        TcpStream::connect(self.address).ok();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server does not panic");
        }
    }
}

/// Where nobody listens.
pub(crate) fn nowhere() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    format!("http://{}", listener.local_addr().expect("an address"))
}

fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().expect("no panic while it is held")
}

fn perform(act: &Act, mut stream: TcpStream, memory: &Mutex<Shared>) -> io::Result<()> {
    if matches!(act, Act::Slam) {
        return Ok(());
    }
    let heard = hear(&stream)?;
    lock(memory).heard.push(heard.clone());
    match act {
        Act::Slam => {}
        Act::Say(bytes) | Act::Stall(bytes) => stream.write_all(bytes)?,
        Act::Serve(file, count) | Act::Hang(file, count) => stream.write_all(&file.answer(&heard, *count))?,
    }
    if matches!(act, Act::Stall(_) | Act::Hang(..)) {
        io::copy(&mut stream, &mut io::sink())?;
    }
    Ok(())
}

fn hear(stream: &TcpStream) -> io::Result<Heard> {
    let mut reader = BufReader::new(stream);
    let mut next = || -> io::Result<String> {
        let mut line = String::new();
        match reader.read_line(&mut line)? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(line.trim_end().to_owned()),
        }
    };
    let line = next()?;
    let mut headers = Vec::new();
    while let Some((name, value)) = next()?.split_once(": ") {
        headers.push((name.to_ascii_lowercase(), value.to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok());
    let mut body = String::new();
    reader.take(length.unwrap_or(0)).read_to_string(&mut body)?;
    Ok(Heard { line, headers, body })
}
