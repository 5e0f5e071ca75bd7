//! Durable appends, by one task and by many that share flushes; and reading everything back.

mod measure;

use futures::future::join_all;
use jiff::Timestamp;
use measure::{best, folder, shots, take, timed, told};
use rushes::ledger::{self, Entry, Holder, Ledger};
use rushes::take::{Event, Take};

const COUNT: usize = 2048;

fn main() {
    let takes: Vec<Take> = shots(COUNT).iter().map(take).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    for tasks in [1, 8, 64] {
        let root = folder();
        let ledger = Ledger::open(root.path(), "bench", &Holder { pid: 1, host: String::new(), since: Timestamp::UNIX_EPOCH })
            .expect("a ledger");
        // One flush an append is slow on an honest disk: fewer will do.
        let takes = &takes[..COUNT.min(tasks * 128)];
        let append = |part| append(&ledger, part);
        let work = join_all(takes.chunks(takes.len() / tasks).map(append));
        let time = timed(|| drop(runtime.block_on(work)));
        told(&format!("append durably, {tasks} at once"), takes.len(), time);
        if tasks == 64 {
            best("read and replay 2,048 takes", COUNT, || {
                assert_eq!(ledger::read(root.path()).expect("a ledger").len(), COUNT);
            });
        }
    }
}

async fn append(ledger: &Ledger, takes: &[Take]) {
    for take in takes {
        let event = Event::Planned { request: take.request.clone(), key: take.key, tags: Vec::new() };
        let entry = Entry { take: take.name.clone(), at: Timestamp::UNIX_EPOCH, event, answer: None };
        ledger.append([entry]).await.expect("a ledger that can be written");
    }
}
