//! Files that the hub reads by itself: only regular files of a bounded length. Opening a pipe would make the hub wait
//! for its writer, and opening a device may do anything.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::OFlags;

/// Opens a regular file for reading. Never waits; links are followed to what they name.
pub fn open(path: &Path) -> io::Result<File> {
    // Looked at first: some devices act when they are opened.
    expect_regular(&fs::metadata(path)?)?;
    opened(path, OFlags::empty())
}

/// The same for a file that the hub made itself and that is never a link: one in its place is refused.
pub fn open_unlinked(path: &Path) -> io::Result<File> {
    expect_regular(&fs::symlink_metadata(path)?)?;
    opened(path, OFlags::NOFOLLOW)
}

/// The same, also for writing at its end.
pub fn append_unlinked(path: &Path) -> io::Result<File> {
    expect_regular(&fs::symlink_metadata(path)?)?;
    opened_with(OpenOptions::new().read(true).append(true), path, OFlags::NOFOLLOW)
}

fn opened(path: &Path, flags: OFlags) -> io::Result<File> {
    opened_with(OpenOptions::new().read(true), path, flags)
}

fn opened_with(options: &mut OpenOptions, path: &Path, flags: OFlags) -> io::Result<File> {
    let flags = (flags | OFlags::NONBLOCK | OFlags::NOCTTY).bits().cast_signed();
    let file = options.custom_flags(flags).open(path)?;
    // Another file may have come in its place meanwhile.
    expect_regular(&file.metadata()?)?;
    Ok(file)
}

/// All bytes of a regular file of at most `limit` bytes.
pub fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    rest(open(path)?, limit)
}

/// What is left of an open file, of at most `limit` bytes.
pub fn rest(file: File, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= limit) {
        return Ok(bytes);
    }
    Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it has more than {limit} bytes")))
}

fn expect_regular(found: &fs::Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    let kind = if found.is_dir() { io::ErrorKind::IsADirectory } else { io::ErrorKind::InvalidInput };
    Err(io::Error::new(kind, "it is not a regular file"))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use rustix::fs::{CWD, FileType, Mode, mknodat};

    use super::*;

    #[test]
    fn pipes_devices_and_directories_are_refused_at_once_also_behind_links() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        mknodat(CWD, at("pipe"), FileType::Fifo, Mode::RWXU, 0).expect("a pipe");
        symlink(at("pipe"), at("link")).expect("linked");

        for path in [at("pipe"), at("link"), folder.path().to_owned(), "/dev/zero".into()] {
            let error = read(&path, 10).expect_err("refused");
            assert_eq!(error.to_string(), "it is not a regular file", "{}", path.display());
        }
    }

    #[test]
    fn a_link_in_place_of_a_file_of_the_hubs_own_is_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, "x").expect("written");
        symlink(&path, &link).expect("linked");

        assert!(open_unlinked(&path).is_ok());
        assert_eq!(open_unlinked(&link).expect_err("refused").to_string(), "it is not a regular file");
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, "0123456789").expect("written");
        symlink(&path, &link).expect("linked");

        assert_eq!(read(&link, 10).expect("read"), b"0123456789");
        assert_eq!(read(&path, 9).expect_err("refused").to_string(), "it has more than 9 bytes");
    }
}
