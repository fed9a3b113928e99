//! The file of the state: read with suspicion, written under another name and renamed, never shared with other users.
//!
//! Several instances may run. Each writes by reading what is there, applying its own changes and renaming the result over it,
//! under a lock where the file system has one. These functions block; they belong on a thread that may.

use super::state::{Change, State};
use crate::keys::Warning;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A state larger than this is damaged. Bytes.
const LARGEST_FILE: u64 = 4 << 20;

/// How often and how long to wait for another instance that is writing. It needs milliseconds; one that was stopped in the
/// middle is not waited for.
const LOCK_TRIES: u32 = 20;
const LOCK_WAIT: Duration = Duration::from_millis(10);

/// Reads the state at `path`. A missing file is the empty state. One that is damaged, or was written by a newer program, is kept
/// aside with the ending `.bad` and told; a folder that others can write to is refused.
pub fn load(path: &Path) -> (State, Vec<Warning>) {
    let warn = |text: String, remedy: String| {
        let warning = Warning {
            file: path.display().to_string(),
            line: None,
            text,
            remedy,
        };
        (State::default(), vec![warning])
    };
    match check_folder(path) {
        Ok(()) => {}
        Err(Trouble::Io(error)) if error.kind() == ErrorKind::NotFound => return (State::default(), Vec::new()),
        Err(trouble) => {
            let (text, remedy) = trouble.say();
            return warn(text, remedy);
        }
    }
    match read(path) {
        Ok(None) => (State::default(), Vec::new()),
        Ok(Some(text)) => match State::from_text(&text) {
            Ok(state) => (state, Vec::new()),
            Err(error) => {
                let aside = with_ending(path, "bad");
                match fs::rename(path, &aside) {
                    Ok(()) => warn(
                        format!("{error}, so nothing is remembered"),
                        format!("it is kept as {}", aside.display()),
                    ),
                    Err(failed) => warn(
                        format!("{error}, and cannot be kept aside ({failed})"),
                        "remove it".into(),
                    ),
                }
            }
        },
        Err(error) => warn(
            format!("it cannot be read ({error})"),
            "check what it is and who may read it".into(),
        ),
    }
}

/// Applies changes to the state at `path`, on top of what other instances wrote there meanwhile, and gives what is remembered
/// now. Creates the folder when it is missing.
///
/// # Errors
/// A warning, when the folder is not this user's alone or the file cannot be written; nothing is changed then.
pub fn record(path: &Path, changes: &[Change]) -> Result<(State, Vec<Warning>), Warning> {
    let warn = |(text, remedy): (String, String)| Warning {
        file: path.display().to_string(),
        line: None,
        text,
        remedy,
    };
    let not_written = |error: io::Error| warn(Trouble::Io(error).say());
    if let Some(folder) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(not_written)?;
    }
    check_folder(path).map_err(|trouble| warn(trouble.say()))?;

    let _lock = lock(&with_ending(path, "lock"));
    let (mut state, warnings) = load(path);
    for change in changes {
        state.apply(change);
    }
    replace(path, state.to_text().as_bytes()).map_err(not_written)?;
    Ok((state, warnings))
}

/// Writes the whole file under another name and renames it, so that a reader sees the old one or the new one.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    static COUNTER: AtomicU32 = AtomicU32::new(0);
    let number = COUNTER.fetch_add(1, Ordering::Relaxed);
    let temporary = with_ending(path, &format!("{}-{number}.tmp", std::process::id()));
    // What a crashed process of the same number left behind is ours and of no use.
    let _ = fs::remove_file(&temporary);
    let written = private(OpenOptions::new().write(true).create_new(true))
        .open(&temporary)
        .and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_data()
        });
    let result = written.and_then(|()| fs::rename(&temporary, path));
    if result.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    result
}

/// The text of the file, none when there is no file. A link is not followed: it could lead to another user's file.
fn read(path: &Path) -> io::Result<Option<String>> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(io::Error::other("it is not a plain file")),
        Ok(_) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_FILE).read_to_end(&mut bytes)?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// Holds the lock until it is dropped. Without one (a file system that has none, another instance that hangs) the write goes on:
/// the rename keeps the file whole, and at worst one change is lost.
fn lock(path: &Path) -> Option<File> {
    let file = private(OpenOptions::new().write(true).create(true).truncate(false))
        .open(path)
        .ok()?;
    for _ in 0..LOCK_TRIES {
        match file.try_lock() {
            Ok(()) => return Some(file),
            Err(fs::TryLockError::WouldBlock) => std::thread::sleep(LOCK_WAIT),
            Err(fs::TryLockError::Error(_)) => return None,
        }
    }
    None
}

/// Files are for this user alone, whatever the umask.
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    options
}

/// Why nothing is read from or written to the folder.
enum Trouble {
    Io(io::Error),
    #[cfg_attr(not(unix), allow(dead_code))]
    Writable(PathBuf),
    #[cfg_attr(not(unix), allow(dead_code))]
    NotOurs(PathBuf),
}

impl Trouble {
    /// The text and the remedy.
    fn say(&self) -> (String, String) {
        match self {
            Trouble::Io(error) => (
                format!("it cannot be used ({error})"),
                "check the folder, or set PORTOLAN_STATE_DIR to another".into(),
            ),
            Trouble::Writable(folder) => (
                "its folder can be written by others, so it is not used".into(),
                format!("run: chmod go-w {}", folder.display()),
            ),
            Trouble::NotOurs(folder) => (
                format!(
                    "its folder {} belongs to another user, so it is not used",
                    folder.display()
                ),
                "set PORTOLAN_STATE_DIR to a folder of your own".into(),
            ),
        }
    }
}

/// Checks that the folder is this user's and that nobody else can write to it.
fn check_folder(path: &Path) -> Result<(), Trouble> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let found = fs::metadata(folder).map_err(Trouble::Io)?;
    if !found.is_dir() {
        return Err(Trouble::Io(io::Error::other(format!(
            "{} is not a folder",
            folder.display()
        ))));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if found.mode() & 0o022 != 0 {
            return Err(Trouble::Writable(folder.to_owned()));
        }
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(Trouble::NotOurs(folder.to_owned()));
        }
    }
    Ok(())
}

/// The path with something added to its name: `state.json` and `bad` make `state.json.bad`.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}
