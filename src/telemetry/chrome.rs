//! A trace of the run in the Trace Event Format, which <https://ui.perfetto.dev> and `chrome://tracing` show: a lane for each take at a
//! time, what it is busy with in slices, and how many are in flight, how fast they are submitted and what they cost.
//!
//! It is written while the run is on, in whole lines, and can be read wherever it ends: the format does without the last bracket.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::file::is_ours;
use super::spans::{Kind, Recorder, Span};
use crate::account::Running;
use crate::engine::How;
use crate::price::Money;
use crate::take::{Class, Event, Take};

/// What every trace begins with, by which one is known from other files.
const BEGINNING: &str = "[\n{\"ph\":\"M\",\"pid\":1,\"tid\":0,\"name\":\"process_name\",\"args\":{\"name\":\"rushes";

/// How many bytes are kept back before they are written.
const BUFFER: usize = 1 << 15;

/// Writes a trace.
pub struct Chrome {
    path: PathBuf,
    page: RefCell<Page>,
    lanes: RefCell<Lanes>,
    in_flight: Cell<u32>,
    /// The last second in which something was submitted, and how much.
    submitted: Cell<(u64, u32)>,
    account: RefCell<Running>,
}

/// Where the lines go.
struct Page {
    /// `None` when it cannot be written any more.
    file: Option<File>,
    lines: Vec<u8>,
}

/// Which take is shown where: the topmost lane that is free.
#[derive(Default)]
struct Lanes {
    taken: HashMap<u64, u32>,
    free: BTreeSet<u32>,
    named: u32,
}

/// One event of the format.
#[derive(Serialize)]
struct Line<'a> {
    ph: &'static str,
    pid: u8,
    tid: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cat: Option<&'static str>,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Map::is_empty")]
    args: Map<String, Value>,
}

impl Chrome {
    /// Begins a trace at `path`, of the run called `run` into `output`. A file that is there is replaced if it is a trace of ours.
    pub fn create(path: &Path, run: &str, output: &str) -> io::Result<Self> {
        is_ours(path, BEGINNING.as_bytes())?;
        let page = Page { file: Some(File::create(path)?), lines: b"[\n".to_vec() };
        let trace = Self {
            path: path.to_owned(),
            page: RefCell::new(page),
            lanes: RefCell::default(),
            in_flight: Cell::new(0),
            submitted: Cell::new((0, 0)),
            account: RefCell::default(),
        };
        trace.write(&meta(0, "process_name", json!({ "name": format!("rushes run {run} into {output}") })));
        trace.write(&meta(0, "thread_name", json!({ "name": "run" })));
        trace.write(&slice("B", 0, Duration::ZERO, "run"));
        Ok(trace)
    }

    /// Puts on disk what has been kept back.
    pub fn flush(&self) {
        let Page { file, lines } = &mut *self.page.borrow_mut();
        let written = file.as_mut().map_or(Ok(()), |file| file.write_all(lines));
        lines.clear();
        if let Err(error) = written {
            *file = None;
            tracing::warn!(file = %self.path.display(), %error, "the trace cannot be written any more; the run goes on without");
        }
    }

    /// Ends the trace, at this time of the run's clock.
    pub fn finish(&self, at: Duration) {
        self.count_submissions(u64::MAX);
        self.write(&slice("E", 0, at, "run"));
        // Nothing follows, so no comma either.
        let mut last = serde_json::to_vec(&meta(0, "process_labels", json!({ "labels": "ended" })))
            .expect("an event is strings and numbers");
        last.extend_from_slice(b"\n]\n");
        self.page.borrow_mut().lines.append(&mut last);
        self.flush();
    }

    fn write(&self, line: &Line<'_>) {
        let waiting = {
            let lines = &mut self.page.borrow_mut().lines;
            serde_json::to_writer(&mut *lines, line).expect("an event is strings and numbers");
            lines.extend_from_slice(b",\n");
            lines.len()
        };
        if waiting >= BUFFER {
            self.flush();
        }
    }

    /// The lane of the take whose own span has this number.
    fn lane(&self, root: u64) -> u32 {
        let mut lanes = self.lanes.borrow_mut();
        if let Some(lane) = lanes.taken.get(&root) {
            return *lane;
        }
        let free = lanes.free.pop_first();
        let lane = free.unwrap_or(lanes.named + 1);
        lanes.taken.insert(root, lane);
        if free.is_none() {
            lanes.named = lane;
            drop(lanes);
            self.write(&meta(lane, "thread_name", json!({ "name": format!("lane {lane}") })));
            self.write(&meta(lane, "thread_sort_index", json!({ "sort_index": lane })));
        }
        lane
    }

    fn fly(&self, at: Duration, in_flight: u32) {
        self.in_flight.set(in_flight);
        self.count(at, "in flight", json!({ "takes": in_flight }));
    }

    fn count(&self, at: Duration, name: &str, values: Value) {
        self.write(&Line { cat: None, args: map(values), ..slice("C", 0, at, name) });
    }

    /// How many were submitted in the second before this one, if that was the last in which any were.
    fn count_submissions(&self, second: u64) {
        let (last, count) = self.submitted.get();
        if count > 0 && last < second {
            self.submitted.set((second, 0));
            self.count(Duration::from_secs(last), "submissions a second", json!({ "takes": count }));
            self.count(Duration::from_secs(last + 1), "submissions a second", json!({ "takes": 0 }));
        }
    }
}

impl Recorder for Chrome {
    fn begun(&self, take: &Take, span: &Span) {
        let lane = self.lane(span.root);
        let (name, args) = match span.kind {
            Kind::Take => {
                let request = &take.request;
                let args = json!({
                    "shot": take.name.shot,
                    "take": take.name.number,
                    "model": request.model,
                    "seconds": request.seconds,
                });
                (take.name.to_string(), args)
            }
            Kind::Attempt => {
                self.fly(span.begun, self.in_flight.get() + 1);
                (format!("attempt {}", take.record.attempts), json!({ "attempt": take.record.attempts }))
            }
            Kind::Generate => (span.kind.as_str().to_owned(), json!({ "task": take.state.task() })),
            Kind::Deliver | Kind::Phase(_) => (span.kind.as_str().to_owned(), json!({})),
        };
        self.write(&Line { args: map(args), ..slice("B", lane, span.begun, &name) });
    }

    fn ended(&self, span: &Span, at: Duration, how: Option<(&Take, How<'_>)>) {
        let lane = self.lane(span.root);
        let args = match (span.kind, how) {
            (_, None) => json!({ "why": "the run ended" }),
            (Kind::Take, Some((take, _))) => {
                json!({ "outcome": take.outcome().as_str(), "class": take.state.class().map(Class::as_str) })
            }
            (_, Some((_, Ok(word)))) => json!({ "how": word }),
            (_, Some((_, Err(why)))) => json!({ "why": why }),
        };
        self.write(&Line { args: map(args), ..slice("E", lane, at, "") });
        match span.kind {
            Kind::Attempt => self.fly(at, self.in_flight.get().saturating_sub(1)),
            Kind::Take => {
                let lanes = &mut *self.lanes.borrow_mut();
                lanes.free.extend(lanes.taken.remove(&span.root));
            }
            Kind::Generate | Kind::Deliver | Kind::Phase(_) => {}
        }
    }

    fn saw(&self, take: &Take, event: &Event, at: Duration) {
        if let Event::Intent { .. } = event {
            self.count_submissions(at.as_secs());
            let (_, count) = self.submitted.get();
            self.submitted.set((at.as_secs(), count + 1));
        }
        self.account.borrow_mut().saw(take);
        if !matches!(event, Event::Seen { .. } | Event::Stored { .. } | Event::Probed(_)) {
            for (currency, sums) in self.account.borrow().sums() {
                let amount = |sum: Money| sum.amount().parse::<f64>().unwrap_or_default();
                let sums = sums.into_iter().map(|(standing, sum)| (standing.as_str().to_owned(), json!(amount(sum))));
                self.count(at, &format!("money ({})", currency.as_str()), Value::Object(sums.collect()));
            }
        }
    }
}

/// What the format calls a slice that begins or ends, or a count that changes.
fn slice<'a>(ph: &'static str, tid: u32, at: Duration, name: &'a str) -> Line<'a> {
    let ts = u64::try_from(at.as_micros()).ok();
    Line { ph, pid: 1, tid, ts, cat: Some("take"), name, args: Map::new() }
}

/// What something is called, or how it is shown.
fn meta(tid: u32, what: &str, args: Value) -> Line<'_> {
    Line { ph: "M", pid: 1, tid, ts: None, cat: None, name: what, args: map(args) }
}

/// The members of an object that have a value.
fn map(value: Value) -> Map<String, Value> {
    let Value::Object(mut members) = value else { return Map::new() };
    members.retain(|_, value| !value.is_null());
    members
}
