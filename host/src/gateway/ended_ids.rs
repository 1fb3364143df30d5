//! Ids of sessions that their clients ended: such a session is not begun again, also not after a restart. Bounded; the
//! oldest are forgotten.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::Mutex;

use indexmap::IndexSet;

use super::lock::lock;

/// Ids that are remembered.
const MAX: usize = 10_000;
/// Bytes of a file that are read. The file is written anew long before it is that large.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// The ids, oldest first.
#[derive(Default)]
pub struct EndedIds(Mutex<Remembered>);

#[derive(Default)]
struct Remembered {
    ids: IndexSet<String>,
    /// Where the ids outlive the hub, one a line, and how many lines it has.
    kept: Option<(File, usize)>,
}

impl EndedIds {
    /// The ids in this file, which is open for reading and for writing at its end. Further ones are kept there, too.
    pub fn kept_in(file: File) -> io::Result<Self> {
        let mut text = String::new();
        (&file).take(MAX_BYTES).read_to_string(&mut text)?;
        let lines: Vec<&str> = text.lines().collect();
        let last = lines.iter().skip(lines.len().saturating_sub(MAX)).map(|line| (*line).to_owned());
        let (ids, count) = (last.collect(), lines.len());
        Ok(Self(Mutex::new(Remembered { ids, kept: Some((file, count)) })))
    }

    /// Remembers that a session was ended.
    pub(super) fn add(&self, id: &str) {
        let mut remembered = lock(&self.0);
        let Remembered { ids, kept } = &mut *remembered;
        if !ids.insert(id.to_owned()) {
            return;
        }
        if ids.len() > MAX {
            ids.shift_remove_index(0);
        }
        // A line is short, so that writing it may block.
        if let Some((file, count)) = kept
            && let Err(error) = write(file, count, ids, id)
        {
            tracing::warn!("a session that its client ended could be begun again after a restart: {error}");
        }
    }

    pub(super) fn contains(&self, id: &str) -> bool {
        lock(&self.0).ids.contains(id)
    }
}

/// Writes one more line. A file with twice as many lines as there are ids is written anew.
fn write(file: &mut File, count: &mut usize, ids: &IndexSet<String>, id: &str) -> io::Result<()> {
    if *count < 2 * MAX {
        *count += 1;
        return file.write_all(format!("{id}\n").as_bytes());
    }
    let all: String = ids.iter().flat_map(|id| [id, "\n"]).collect();
    file.set_len(0)?;
    *count = ids.len();
    file.write_all(all.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(path: &std::path::Path) -> EndedIds {
        let file = File::options().read(true).append(true).create(true).open(path).expect("file");
        EndedIds::kept_in(file).expect("ids")
    }

    #[test]
    fn the_last_ids_are_remembered_within_bounds() {
        let ended = EndedIds::default();

        (0..=MAX).for_each(|number| ended.add(&number.to_string()));

        assert!(!ended.contains("0") && ended.contains("1") && ended.contains(&MAX.to_string()));
        assert_eq!(lock(&ended.0).ids.len(), MAX);
    }

    #[test]
    fn the_ids_outlive_the_hub_in_a_file_that_is_bounded_too() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("ended");
        let ended = opened(&path);

        (0..=2 * MAX).for_each(|number| ended.add(&number.to_string()));

        let text = std::fs::read_to_string(&path).expect("text");
        assert_eq!(text.lines().count(), MAX);
        let ended = opened(&path);
        assert!(!ended.contains(&MAX.to_string()) && ended.contains(&(MAX + 1).to_string()));
        ended.add("one more");
        assert!(opened(&path).contains("one more") && opened(&path).contains(&(2 * MAX).to_string()));
    }
}
