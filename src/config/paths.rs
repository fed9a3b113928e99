//! Where things lie. XDG variables are honoured on every platform, then the platform's own places.

use crate::keys::is_plain_name;
use directories::ProjectDirs;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The folders of this user. One is absent when the user has no home and no variable names it: then nothing is read from it or
/// written to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paths {
    /// What the user writes: the configuration, themes, keymaps.
    pub config: Option<PathBuf>,
    /// What the program remembers.
    pub state: Option<PathBuf>,
    /// What can be lost.
    pub cache: Option<PathBuf>,
    /// What the user saves: exports.
    pub data: Option<PathBuf>,
}

/// The platform's own places, asked last.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SystemFolders {
    /// For configuration.
    pub config: Option<PathBuf>,
    /// For state.
    pub state: Option<PathBuf>,
    /// For caches.
    pub cache: Option<PathBuf>,
    /// For data.
    pub data: Option<PathBuf>,
}

/// A theme or keymap file larger than this is not one. Bytes.
const LARGEST_FILE: u64 = 256 << 10;

/// The folder's name below the shared ones.
const NAME: &str = "portolan";

impl SystemFolders {
    /// The places on this machine for this user.
    pub fn of_this_user() -> SystemFolders {
        match ProjectDirs::from("", "", NAME) {
            Some(dirs) => SystemFolders {
                config: Some(dirs.config_dir().to_owned()),
                // Only some platforms have a place for state; the others keep it with local data.
                state: Some(
                    dirs.state_dir()
                        .map_or_else(|| dirs.data_local_dir().join("state"), Path::to_owned),
                ),
                cache: Some(dirs.cache_dir().to_owned()),
                data: Some(dirs.data_dir().to_owned()),
            },
            None => SystemFolders::default(),
        }
    }
}

impl Paths {
    /// The folders of this process: its environment, then the platform's places.
    pub fn find() -> Paths {
        let env = |name: &str| std::env::var_os(name).and_then(|value| value.into_string().ok());
        Paths::resolve(&env, SystemFolders::of_this_user())
    }

    /// The folders for an environment: `PORTOLAN_CONFIG_DIR` itself, else `portolan` in `XDG_CONFIG_HOME`, else the system's;
    /// and likewise for `STATE`, `CACHE` and `DATA`. A path that is not absolute is ignored, as the XDG rules want it.
    pub fn resolve(env: &impl Fn(&str) -> Option<String>, system: SystemFolders) -> Paths {
        let absolute = |name: String| env(&name).map(PathBuf::from).filter(|path| path.is_absolute());
        let find = |what: &str, system: Option<PathBuf>| {
            absolute(format!("PORTOLAN_{what}_DIR"))
                .or_else(|| absolute(format!("XDG_{what}_HOME")).map(|folder| folder.join(NAME)))
                .or(system)
        };
        Paths {
            config: find("CONFIG", system.config),
            state: find("STATE", system.state),
            cache: find("CACHE", system.cache),
            data: find("DATA", system.data),
        }
    }

    /// The hand-written configuration.
    pub fn config_file(&self) -> Option<PathBuf> {
        self.config.as_ref().map(|folder| folder.join("config.toml"))
    }

    /// What the program remembers between runs.
    pub fn state_file(&self) -> Option<PathBuf> {
        self.state.as_ref().map(|folder| folder.join("state.json"))
    }

    /// Looks up the user's themes by name: gives the text of `themes/NAME.toml`.
    pub fn theme_source(&self) -> impl Fn(&str) -> Option<String> + 'static {
        source(self.config.as_ref().map(|folder| folder.join("themes")))
    }

    /// Looks up the user's keymaps by name: gives the text of `keymaps/NAME.toml`.
    pub fn keymap_source(&self) -> impl Fn(&str) -> Option<String> + 'static {
        source(self.config.as_ref().map(|folder| folder.join("keymaps")))
    }

    /// The names of the user's own themes, sorted.
    pub fn theme_names(&self) -> Vec<String> {
        names(self.config.as_ref().map(|folder| folder.join("themes")))
    }

    /// The names of the user's own keymaps, sorted.
    pub fn keymap_names(&self) -> Vec<String> {
        names(self.config.as_ref().map(|folder| folder.join("keymaps")))
    }

    /// What `--print-paths` says: a line for each place.
    pub fn print(&self) -> String {
        let folder = |base: &Option<PathBuf>, name: &str| base.as_ref().map(|folder| folder.join(name));
        let rows = [
            ("configuration", self.config_file()),
            ("themes", folder(&self.config, "themes")),
            ("keymaps", folder(&self.config, "keymaps")),
            ("state", self.state_file()),
            ("cache", self.cache.clone()),
            ("data", self.data.clone()),
        ];
        let mut text = String::new();
        for (what, path) in rows {
            let path = path.map_or_else(
                || "none: there is no home folder".to_owned(),
                |path| path.display().to_string(),
            );
            text.push_str(&format!("{what:<14} {path}\n"));
        }
        text
    }
}

/// Reads `NAME.toml` in a folder. A name that could lead elsewhere is not looked up; text that is not UTF-8 is read with marks
/// in place of the wrong bytes, so that the reader of the file can say in which line.
fn source(folder: Option<PathBuf>) -> impl Fn(&str) -> Option<String> + 'static {
    move |name| {
        let path = folder
            .as_ref()
            .filter(|_| is_plain_name(name))?
            .join(format!("{name}.toml"));
        let mut bytes = Vec::new();
        File::open(path).ok()?.take(LARGEST_FILE).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The names of the `.toml` files in a folder, at most a thousand.
fn names(folder: Option<PathBuf>) -> Vec<String> {
    let Some(Ok(entries)) = folder.map(fs::read_dir) else {
        return Vec::new();
    };
    let mut names: Vec<String> = entries
        .take(1000)
        .filter_map(|entry| {
            entry
                .ok()?
                .file_name()
                .into_string()
                .ok()?
                .strip_suffix(".toml")
                .map(str::to_owned)
        })
        .filter(|name| is_plain_name(name))
        .collect();
    names.sort();
    names
}
