//! The simulator's memory on disk: one line of JSON for each accepted submission, written before it is answered, so that a killed
//! rehearsal finds its tasks again. Outlives the process, not a power failure: nothing is synced.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::Path;

use jiff::Timestamp;

use super::task::Task;

/// An open journal, which no other process can open meanwhile.
#[derive(Debug)]
pub struct Journal {
    file: File,
    length: u64,
}

impl Journal {
    /// Opens the journal at `path`, which is made if need be, and reads the tasks in it. A last line that a kill has cut off is dropped:
    /// its submission was never answered, though the caller may think that it was made.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Task>)> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
            // To open a pipe is to wait for ever.
            return Err(io::Error::new(ErrorKind::InvalidInput, "there is something else than a file"));
        }
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        file.try_lock().map_err(|_| io::Error::new(ErrorKind::ResourceBusy, "another simulator uses it"))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        let tasks = read(&bytes[..whole])?;
        let journal = Self { file, length: whole as u64 };
        journal.cut()?;
        Ok((journal, tasks))
    }

    /// When the last task in the journal at `path` was accepted; `None` without a journal or a task. A clock that runs faster than the
    /// world must not begin before this when the rehearsal is started again, or its tasks would lie in the future.
    pub fn latest(path: &Path) -> io::Result<Option<Timestamp>> {
        if !path.try_exists()? {
            return Ok(None);
        }
        let (_, tasks) = Self::open(path)?;
        Ok(tasks.iter().map(|task| task.accepted).max())
    }

    /// Writes down one more task.
    pub fn append(&mut self, task: &Task) -> io::Result<()> {
        let mut line = serde_json::to_vec(task)?;
        line.push(b'\n');
        if let Err(e) = self.file.write_all(&line) {
            // Half a line would spoil the next one.
            self.cut()?;
            return Err(e);
        }
        self.length += line.len() as u64;
        Ok(())
    }

    /// Drops whatever comes behind the last whole line.
    fn cut(&self) -> io::Result<()> {
        self.file.set_len(self.length)
    }
}

fn read(bytes: &[u8]) -> io::Result<Vec<Task>> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.is_empty());
    let task = |(index, line): (usize, &[u8])| {
        serde_json::from_slice(line).map_err(|e| io::Error::new(ErrorKind::InvalidData, format!("line {}: {e}", index + 1)))
    };
    lines.map(task).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Ask, Model, Script, Verdict};

    fn tasks(count: i64) -> Vec<Task> {
        let mut model = Model::new(Script::default());
        let ask =
            Ask { take: None, token: None, callback: None, prompt: "a cat\non a mat".into(), ratio: "1:1".into(), seconds: 5 };
        let task = |n| match model.submit(Timestamp::from_second(n).unwrap(), ask.clone()) {
            Verdict::Accepted(task) => task,
            other => panic!("{other:?}"),
        };
        (0..count).map(task).collect()
    }

    #[test]
    fn what_is_written_reads_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/simulator.jsonl");
        let (mut journal, found) = Journal::open(&path).unwrap();
        assert_eq!(found, []);
        assert_eq!(Journal::latest(&folder.path().join("other")).unwrap(), None);
        for task in tasks(3) {
            journal.append(&task).unwrap();
        }
        drop(journal);
        assert_eq!(Journal::open(&path).unwrap().1, tasks(3));
        assert_eq!(Journal::latest(&path).unwrap(), Timestamp::from_second(2).ok());
    }

    #[test]
    fn a_torn_last_line_is_dropped_wherever_it_is_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("simulator.jsonl");
        let line = serde_json::to_string(&tasks(1)[0]).unwrap() + "\n";
        for length in 0..line.len() {
            fs::write(&path, format!("{line}{}", &line[..length])).unwrap();
            let (mut journal, found) = Journal::open(&path).unwrap();
            assert_eq!(found, tasks(1), "torn at {length}");
            journal.append(&tasks(1)[0]).unwrap();
            drop(journal);
            assert_eq!(fs::read_to_string(&path).unwrap(), line.repeat(2));
        }
    }

    #[test]
    fn a_spoilt_line_is_told_with_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("simulator.jsonl");
        fs::write(&path, "{}\n").unwrap();
        assert!(Journal::open(&path).unwrap_err().to_string().contains("line 1"));
    }

    #[test]
    fn two_simulators_cannot_share_a_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("simulator.jsonl");
        let _first = Journal::open(&path).unwrap();
        assert_eq!(Journal::open(&path).unwrap_err().kind(), ErrorKind::ResourceBusy);
    }
}
