//! Group commit: many callers hand in jobs, one of them does all that are waiting, and each is told when its own is done. So
//! that many durable writes share one flush of the disk. Knows neither ledger nor store.
//!
//! ```text
//! caller A   job ──▶ queue ──▶ turn ──▶ does A             ──▶ told
//! caller B   job ──▶ queue ──────────────────▶ turn ──▶ does B, C ──▶ told
//! caller C   job ──▶ queue ──────────────────────────────────────▶ told
//! ```
//!
//! The work itself runs on a thread for blocking work. It is finished and accounted for even when the caller that began it goes
//! away in the middle.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex as Turn;

/// How long the first caller waits for others to share its flush. A flush takes about as long, and what is made durable here is
/// one step of something that takes minutes; with hundreds of takes on their way it halves the work of the whole program.
const LINGER: Duration = Duration::from_millis(5);

/// Does a batch of jobs; all of them or, on an error, none that counts.
pub(crate) trait Batch: Send + 'static {
    /// One caller's job.
    type Job: Send;
    /// Why a batch could not be done.
    type Error: Clone + Send;

    /// Does the jobs in this order.
    fn run(&mut self, jobs: Vec<Self::Job>) -> Result<(), Self::Error>;
}

/// A [`Batch`] that many callers share.
pub(crate) struct Group<B: Batch> {
    turn: Arc<Turn<B>>,
    queue: Arc<Mutex<Queue<B>>>,
}

struct Queue<B: Batch> {
    waiting: Vec<B::Job>,
    /// How many jobs were ever handed in.
    handed_in: u64,
    /// How many of them are done.
    done: u64,
    /// The first error; after it nothing more is done.
    broken: Option<B::Error>,
}

impl<B: Batch> Group<B> {
    pub(crate) fn new(batch: B) -> Self {
        let queue = Queue { waiting: Vec::new(), handed_in: 0, done: 0, broken: None };
        Self { turn: Arc::new(Turn::new(batch)), queue: Arc::new(Mutex::new(queue)) }
    }

    /// Hands in `jobs`, which stay together and in order, and returns when they are done. After an error every call fails
    /// with that error.
    pub(crate) async fn submit(&self, jobs: impl IntoIterator<Item = B::Job>) -> Result<(), B::Error> {
        let ticket = lock(&self.queue).hand_in(jobs);
        let mut batch = Arc::clone(&self.turn).lock_owned().await;
        if let Some(verdict) = lock(&self.queue).verdict(ticket) {
            return verdict;
        }
        tokio::time::sleep(LINGER).await;
        let queue = Arc::clone(&self.queue);
        let work = move || {
            let jobs = mem::take(&mut lock(&queue).waiting);
            let count = jobs.len() as u64;
            let result = batch.run(jobs);
            let mut queue = lock(&queue);
            queue.done += count;
            queue.broken = queue.broken.take().or(result.err());
        };
        if let Err(error) = tokio::task::spawn_blocking(work).await {
            std::panic::resume_unwind(error.into_panic());
        }
        lock(&self.queue).verdict(ticket).expect("the batch that was just done held this job")
    }

    /// Hands in `jobs` to be done with the next batch that anyone waits for. Fails only with an earlier error.
    pub(crate) fn leave(&self, jobs: impl IntoIterator<Item = B::Job>) -> Result<(), B::Error> {
        let mut queue = lock(&self.queue);
        queue.hand_in(jobs);
        queue.broken.clone().map_or(Ok(()), Err)
    }
}

impl<B: Batch> Queue<B> {
    /// Takes jobs in. Returns the number of the last one.
    fn hand_in(&mut self, jobs: impl IntoIterator<Item = B::Job>) -> u64 {
        let before = self.waiting.len();
        self.waiting.extend(jobs);
        self.handed_in += (self.waiting.len() - before) as u64;
        self.handed_in
    }

    /// Whether the job with this number is done, and how it went.
    fn verdict(&self, ticket: u64) -> Option<Result<(), B::Error>> {
        match &self.broken {
            Some(error) => Some(Err(error.clone())),
            None => (self.done >= ticket).then_some(Ok(())),
        }
    }
}

/// A poisoned queue is as good as any: nothing panics between two halves of a change to it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;

    use super::*;

    /// Keeps what it was given, batch by batch, and fails when it meets a zero.
    struct Kept(Arc<Mutex<Vec<Vec<u32>>>>);

    impl Batch for Kept {
        type Job = u32;
        type Error = &'static str;

        fn run(&mut self, jobs: Vec<u32>) -> Result<(), &'static str> {
            let zero = jobs.contains(&0);
            lock(&self.0).push(jobs);
            if zero { Err("zero") } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn does_every_job_once_in_few_batches() {
        let kept = Arc::default();
        let group = Group::new(Kept(Arc::clone(&kept)));
        let results = join_all((1..=100).map(|n| group.submit([n]))).await;
        assert!(results.iter().all(Result::is_ok));
        let batches = lock(&kept).clone();
        assert_eq!(batches.concat(), (1..=100).collect::<Vec<_>>());
        assert!(batches.len() <= 3, "{} batches", batches.len());
    }

    #[tokio::test]
    async fn an_error_reaches_everyone_from_then_on() {
        let group = Group::new(Kept(Arc::default()));
        assert_eq!(group.submit([1]).await, Ok(()));
        assert_eq!(group.submit([0]).await, Err("zero"));
        assert_eq!(group.submit([2]).await, Err("zero"));
    }
}
