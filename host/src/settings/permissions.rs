//! Who else may read the settings or put plugins in place, by the modes of the files.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Reading, by the group and by others.
const READ: u32 = 0o044;
/// Writing, by the group and by others.
const WRITE: u32 = 0o022;
/// In such a folder only the owner of a file may replace it.
const STICKY: u32 = 0o1000;

/// Everything that is open to others, each as a sentence with the command that closes it. What is not there is open to nobody.
#[must_use]
pub fn open_to_others(settings: &Path, plugins: &[PathBuf]) -> Vec<String> {
    let mut told = Vec::new();
    let shown = settings.display();
    if has(settings, READ) {
        told.push(format!(
            "{shown}: other users may read this file, which may hold secrets; run: chmod 600 {}",
            quoted(settings)
        ));
    }
    if has(settings, WRITE) {
        told.push(format!("{shown}: other users may change this file; run: chmod 600 {}", quoted(settings)));
    }
    let folder = settings.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| has(folder, WRITE) && !has(folder, STICKY)) {
        told.push(format!(
            "{}: other users may put another file in the place of the settings; run: chmod go-w {}",
            folder.display(),
            quoted(folder)
        ));
    }
    for directory in plugins {
        let files = fs::read_dir(directory).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.path());
        let plugins = files.filter(|path| path.extension().is_some_and(|ending| ending == "wasm"));
        for path in [directory.clone()].into_iter().chain(plugins).filter(|path| has(path, WRITE)) {
            let command = quoted(&path);
            told.push(format!(
                "{}: other users may put their own plugins here; run: chmod go-w {command}",
                path.display()
            ));
        }
    }
    told
}

fn has(path: &Path, bits: u32) -> bool {
    fs::metadata(path).is_ok_and(|found| found.mode() & bits != 0)
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | ',' | '@');
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    struct TempPlace(tempfile::TempDir);

    impl TempPlace {
        fn new() -> Self {
            let place = Self(tempfile::tempdir().expect("directory"));
            fs::create_dir(place.path("plugins")).expect("made");
            fs::write(place.path("settings.json"), "{}").expect("written");
            fs::write(place.path("plugins/acme.wasm"), "").expect("written");
            for (name, mode) in
                [("settings.json", 0o600), ("plugins", 0o755), ("plugins/acme.wasm", 0o644), ("", 0o755)]
            {
                place.set(name, mode);
            }
            place
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn set(&self, name: &str, mode: u32) {
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).expect("mode");
        }

        fn told(&self) -> Vec<String> {
            open_to_others(&self.path("settings.json"), &[self.path("plugins"), self.path("none")])
        }
    }

    #[test]
    fn what_is_the_persons_own_is_not_told() {
        assert_eq!(TempPlace::new().told(), Vec::<String>::new());
    }

    #[test]
    fn what_others_may_read_or_write_is_told_with_the_command_to_run() {
        for (name, mode, remedy) in [
            ("settings.json", 0o640, "chmod 600 "),
            ("settings.json", 0o604, "chmod 600 "),
            ("settings.json", 0o602, "chmod 600 "),
            ("", 0o777, "chmod go-w "),
            ("plugins", 0o775, "chmod go-w "),
            ("plugins", 0o1777, "chmod go-w "),
            ("plugins/acme.wasm", 0o666, "chmod go-w "),
        ] {
            let place = TempPlace::new();
            place.set(name, mode);

            let told = place.told();

            let expected = format!("run: {remedy}{}", place.path(name).display());
            assert_eq!(told.len(), 1, "{name} {mode:o}: {told:?}");
            assert!(told[0].trim_end_matches('/').ends_with(expected.trim_end_matches('/')), "{told:?}");
        }
    }

    #[test]
    fn a_path_with_blanks_is_quoted_for_the_shell() {
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }
}
