//! Runs hooks, so that they can neither fail a run nor hang it: beside it, on a thread of their own, each within its time, and what
//! goes wrong with one is a warning.

mod command;
mod post;

use std::ffi::OsString;
use std::io;
use std::sync::Arc;

use futures::future::join_all;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::hook::{Act, Hook, Occasion};

/// What the log calls them.
const EVENT: &str = "hook";

/// What a hook is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// What it is called on.
    pub occasion: Occasion,
    /// All there is to tell, as JSON.
    pub document: String,
    /// The same in a line.
    pub line: String,
    /// What the environment of a command has besides what ours has.
    pub variables: Vec<(&'static str, OsString)>,
    /// What it does not have of ours: whatever holds a key, and what was told to those who called us.
    pub hidden: Vec<&'static str>,
}

/// What came of a hook.
#[derive(Debug, Default)]
struct Done {
    /// Why it came to nothing, if it did.
    why: Option<String>,
    /// The first of what it wrote, to standard output and to standard error.
    said: [String; 2],
}

/// Calls hooks. A run has one.
#[derive(Debug, Default)]
pub struct Caller {
    /// The thread, from the first hook on.
    runtime: Option<Runtime>,
    /// The hooks of the beginning, while they may still be on.
    begun: Option<JoinHandle<()>>,
}

impl Caller {
    /// Begins these hooks, and does not wait for them.
    pub fn begin(&mut self, hooks: Vec<Hook>, told: Told) {
        if let Some(runtime) = self.runtime(&hooks, false) {
            self.begun = Some(runtime.spawn(call_all(hooks, told)));
        }
    }

    /// Runs these hooks to their end, all at once, after those that were begun: who is told of both is to hear of the beginning first.
    /// When `interrupted` comes to pass, what is still on is ended. Must not be called where a future is being driven.
    pub fn end(mut self, hooks: Vec<Hook>, told: Told, interrupted: impl Future<Output = io::Result<()>>) {
        let mut begun = self.begun.take();
        let Some(runtime) = self.runtime(&hooks, begun.is_some()) else { return };
        runtime.block_on(async {
            let all = async {
                if let Some(begun) = &mut begun {
                    begun.await.ok();
                }
                begun = None;
                call_all(hooks, told).await;
            };
            let interrupted = async {
                if interrupted.await.is_err() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                // Whoever sees a hook may interrupt it.
                biased;
                () = interrupted => {}
                () = all => return,
            }
            tracing::warn!(event = EVENT, "interrupted: hooks that were still on are ended");
            if let Some(begun) = begun {
                begun.abort();
                begun.await.ok();
            }
        });
    }

    /// Ends the hooks that were begun, if they are still on.
    pub async fn leave(&mut self) {
        if let Some(begun) = self.begun.take() {
            begun.abort();
            begun.await.ok();
        }
    }

    /// The thread on which hooks are run, where there are any.
    fn runtime(&mut self, hooks: &[Hook], is_needed: bool) -> Option<&Runtime> {
        if hooks.is_empty() && !is_needed {
            return None;
        }
        if self.runtime.is_none() {
            // A worker of its own, because a run may have no time for anybody while it reads and writes.
            let made = Builder::new_multi_thread().worker_threads(1).thread_name(EVENT).enable_all().build();
            let made = made.inspect_err(|why| tracing::warn!(event = EVENT, %why, "no hooks can be run"));
            self.runtime = made.ok();
        }
        self.runtime.as_ref()
    }
}

/// Lets go of the thread, without waiting for what cannot be ended, such as a question to a name server.
impl Drop for Caller {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Runs them all at once.
async fn call_all(hooks: Vec<Hook>, told: Told) {
    let told = Arc::new(told);
    join_all(hooks.iter().map(|hook| call(hook, &told))).await;
}

/// Runs one, and takes down what came of it.
async fn call(hook: &Hook, told: &Told) {
    let Done { why, said: [out, err] } = match &hook.act {
        Act::Run(words) => command::run(command::words(words), told, hook.timeout).await,
        Act::Shell(text) => command::run(command::shell(text), told, hook.timeout).await,
        Act::Post(address, format) => match timeout(hook.timeout, post::send(address, *format, told, hook.timeout)).await {
            Ok(sent) => Done { why: sent.err(), ..Done::default() },
            Err(_) => Done { why: Some(format!("no answer within {:?}", hook.timeout)), ..Done::default() },
        },
    };
    let on = told.occasion.as_str();
    tracing::info!(event = EVENT, on, %hook, out, err, "what a hook wrote");
    if let Some(why) = why {
        tracing::warn!(event = EVENT, on, %hook, why, "a hook came to nothing; the run is as it is without");
    }
}
