//! A command as a hook. It may hang, stop, write without end, read nothing, and leave others behind that keep its pipes open: none of
//! that is waited for longer than its time.

use std::io;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::{Done, Told};

/// How much is kept of what it writes to each of its two outputs, in bytes. The rest is read and forgotten, so that it can go on.
const KEPT: usize = 4096;

/// How long to go on reading when it has ended: what it has written is in the pipe already, but a process that it has left behind
/// may keep that open.
const LINGER: Duration = Duration::from_millis(200);

/// How long a process that was killed may take to go.
const REAP: Duration = Duration::from_secs(1);

/// A program and its words, as they are.
pub(super) fn words(words: &[String]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().map_or("", String::as_str));
    command.args(words);
    command
}

/// What the shell of this system makes of a text.
pub(super) fn shell(text: &str) -> Command {
    let (shell, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut command = Command::new(shell);
    command.args([flag, text]);
    command
}

/// Runs it, for at most so long.
pub(super) async fn run(mut command: Command, told: &Told, most: Duration) -> Done {
    for name in &told.hidden {
        command.env_remove(name);
    }
    command.envs(told.variables.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Done { why: Some(format!("it cannot be started: {error}")), ..Done::default() },
    };
    let group = Group::of(&child);
    let mut said = [Vec::new(), Vec::new()];
    let ended = timeout(most, attend(&mut child, &told.document, &mut said)).await;
    let why = if let Ok(ended) = ended {
        group.leave();
        ended.map_or_else(|error| Some(format!("it cannot be waited for: {error}")), trouble)
    } else {
        drop(group);
        child.start_kill().ok();
        timeout(REAP, child.wait()).await.ok();
        Some(format!("it was still on after {most:?}, and was ended"))
    };
    Done { why, said: said.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()) }
}

/// Gives it the document, listens to it, and waits for its end.
async fn attend(child: &mut Child, document: &str, [out, err]: &mut [Vec<u8>; 2]) -> io::Result<ExitStatus> {
    let (mut stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let traffic = async {
        let tell = async {
            if let Some(stdin) = &mut stdin {
                // It need not listen.
                stdin.write_all(document.as_bytes()).await.ok();
            }
            drop(stdin);
        };
        tokio::join!(tell, listen(stdout, out), listen(stderr, err));
    };
    let (mut traffic, mut is_over) = (pin!(traffic), false);
    let status = loop {
        tokio::select! {
            status = child.wait() => break status,
            () = &mut traffic, if !is_over => is_over = true,
        }
    };
    if !is_over {
        timeout(LINGER, traffic).await.ok();
    }
    status
}

/// Reads to the end, and keeps the beginning.
async fn listen(pipe: Option<impl AsyncRead + Unpin>, kept: &mut Vec<u8>) {
    let Some(mut pipe) = pipe else { return };
    let mut bytes = vec![0; 1 << 16];
    while let Ok(read @ 1..) = pipe.read(&mut bytes).await {
        let room = KEPT - kept.len();
        kept.extend(bytes.iter().take(read.min(room)));
    }
}

/// Why an end is no good one.
fn trouble(status: ExitStatus) -> Option<String> {
    // `exit status: 1`, or `signal: 15 (SIGTERM)`.
    (!status.success()).then(|| format!("it ended with {status}"))
}

/// The process and all that it has started, unless they have gone away from it. Ended when this is dropped.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        Self(child.id())
    }

    /// Lets whatever is left of it live: what a hook has put into the background is its own business.
    fn leave(mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        {
            use rustix::process::{Pid, Signal, kill_process_group};
            let leader = self.0.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
            if let Some(leader) = leader {
                // Fails only where nobody is left.
                kill_process_group(leader, Signal::KILL).ok();
            }
        }
    }
}
