//! Writing a file of the user's: for the user's eyes alone, never over another one unasked, whole or not at all.

use crate::msg::{Failure, FailureKind, Outcome};
use crate::text::Clean;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The path with `~` and `~/` read as the home directory.
pub fn expand(path: &Path, home: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~"), home) {
        (Ok(rest), Some(home)) if rest.as_os_str().is_empty() => home.to_owned(),
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path.to_owned(),
    }
}

/// Writes the file and says where it is now. Blocks.
pub fn write_file(path: &Path, content: &[Arc<[u8]>], overwrite: bool) -> Outcome {
    let path = expand(path, std::env::home_dir().as_deref());
    let shown = path.display().to_string();
    match write(&path, content, overwrite) {
        Ok(()) => {
            let full = std::fs::canonicalize(&path).unwrap_or(path);
            Outcome::Done(Clean::new(&format!("written to {}", full.display())))
        }
        Err(error) => {
            let (message, remedy) = say(&error, &path, &shown);
            Outcome::Failed(Failure {
                kind: FailureKind::Configuration,
                message: Clean::new(&message),
                remedy: Some(Clean::new(&remedy)),
            })
        }
    }
}

fn write(path: &Path, content: &[Arc<[u8]>], overwrite: bool) -> io::Result<()> {
    if path.is_dir() {
        return Err(ErrorKind::IsADirectory.into());
    }
    if !overwrite {
        return fill(path, content);
    }
    // A device or a pipe is written to as it is; a plain file is replaced whole.
    match std::fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::new(ErrorKind::Unsupported, "it is not a plain file")),
        _ => {}
    }
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    fill(&temporary, content)?;
    std::fs::rename(&temporary, path).inspect_err(|_| {
        let _ = std::fs::remove_file(&temporary);
    })
}

/// Makes a new file with this content, or none.
fn fill(path: &Path, content: &[Arc<[u8]>]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    let written = content.iter().try_for_each(|piece| file.write_all(piece));
    written.and_then(|()| file.sync_data()).inspect_err(|_| {
        let _ = std::fs::remove_file(path);
    })
}

/// What went wrong and what to do about it.
fn say(error: &io::Error, path: &Path, shown: &str) -> (String, String) {
    let folder = path
        .parent()
        .map_or_else(|| ".".into(), |folder| folder.display().to_string());
    let (why, remedy) = match error.kind() {
        ErrorKind::AlreadyExists => (
            "it exists already".into(),
            "Choose another name, or say that it may be replaced.".into(),
        ),
        ErrorKind::NotFound => (
            format!("there is no directory {folder}"),
            "Make it first, or choose another.".into(),
        ),
        ErrorKind::PermissionDenied => ("you may not write there".into(), "Choose another directory.".into()),
        ErrorKind::IsADirectory => ("it is a directory".into(), "Add a file name.".into()),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            ("the disk is full".into(), "Make room, or choose another disk.".into())
        }
        ErrorKind::ReadOnlyFilesystem => (
            "the file system is read-only".into(),
            "Choose another directory.".into(),
        ),
        _ => (error.to_string(), "Choose another name or directory.".into()),
    };
    (format!("{shown} was not written: {why}"), remedy)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A directory of this test's own.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Folder {
            static COUNTER: AtomicU32 = AtomicU32::new(0);
            let number = COUNTER.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("portolan-files-{}-{number}", std::process::id()));
            std::fs::create_dir(&path).unwrap();
            Folder(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).unwrap();
        }
    }

    fn said(outcome: &Outcome) -> &str {
        match outcome {
            Outcome::Done(text) => text.as_str(),
            Outcome::Failed(failure) => failure.message.as_str(),
        }
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let home = Some(Path::new("/home/ann"));
        for (path, home, wanted) in [
            ("~", home, "/home/ann"),
            ("~/a/b", home, "/home/ann/a/b"),
            ("~ann/a", home, "~ann/a"),
            ("a/~", home, "a/~"),
            ("~/a", None, "~/a"),
        ] {
            assert_eq!(expand(Path::new(path), home), Path::new(wanted));
        }
    }

    #[test]
    #[cfg(unix)]
    fn a_file_is_the_users_alone_and_replaced_only_when_asked() {
        use std::os::unix::fs::PermissionsExt;
        let folder = Folder::new();
        let path = folder.0.join("pods.csv");
        assert!(said(&write_file(&path, &[b"one".as_slice().into()], false)).starts_with("written to /"));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let refused = write_file(&path, &[b"two".as_slice().into()], false);
        assert!(said(&refused).ends_with("was not written: it exists already"));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "one");
        write_file(&path, &[b"two".as_slice().into()], true);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_wrong_is_said() {
        let folder = Folder::new();
        let link = folder.0.join("link");
        std::os::unix::fs::symlink("/etc/passwd", &link).unwrap();
        for (path, overwrite, wanted) in [
            (folder.0.join("no/such/file"), false, "there is no directory"),
            (folder.0.clone(), false, "it is a directory"),
            // A link is never written through.
            (link.clone(), false, "it exists already"),
            (link, true, "not a plain file"),
        ] {
            let outcome = write_file(&path, &[b"x".as_slice().into()], overwrite);
            assert!(said(&outcome).contains(wanted), "{}", said(&outcome));
        }
    }
}
