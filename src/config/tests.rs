//! The configuration as written, the environment, and the state on a real file system in folders of its own.
//! One file: most of it is tables of what is written and what is told.

use super::fields::{CONTEXT_FIELDS, FIELDS};
use super::*;
use crate::keys;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder of this test alone, removed when the test ends.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Folder {
        static COUNTER: AtomicU32 = AtomicU32::new(0);
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("portolan-config-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn told(warnings: &[Warning]) -> Vec<String> {
    warnings.iter().map(Warning::to_string).collect()
}

/// Patterns cannot be compared, so configurations are compared by what they print.
fn printed(config: &Config) -> String {
    format!("{config:?}")
}

/// The documented file with every setting switched on.
fn uncommented() -> String {
    default_text()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => rest.to_owned() + "\n",
            _ => line.to_owned() + "\n",
        })
        .collect()
}

#[test]
fn the_documented_file_says_what_the_defaults_are() {
    let (config, warnings) = read("config.toml", &default_text());
    assert_eq!(told(&warnings), Vec::<String>::new());
    assert_eq!(printed(&config), printed(&Config::default()));

    let (config, warnings) = read("config.toml", &uncommented());
    assert_eq!(told(&warnings), Vec::<String>::new());
    assert_eq!(config.contexts.len(), 1);
    assert_eq!(config.keys.len(), 1);
    let rest = Config {
        contexts: Vec::new(),
        keys: Vec::new(),
        ..config
    };
    assert_eq!(printed(&rest), printed(&Config::default()));
}

#[test]
fn every_setting_is_documented_once_and_does_something() {
    let names: BTreeSet<(&str, &str)> = FIELDS.iter().map(|field| (field.section, field.name)).collect();
    assert_eq!(names.len(), FIELDS.len());
    let (before, _) = read("", "");
    for field in FIELDS {
        assert!(!field.doc.is_empty(), "{}", field.name);
        let another = match field.kind {
            fields::Kind::Flag => "true".to_owned(),
            fields::Kind::Whole(least, most) => {
                let default: u64 = field.default.parse().unwrap();
                if default == least { most } else { least }.to_string()
            }
            fields::Kind::Choice(words) => format!("\"{}\"", words[words.len() - 1]),
            fields::Kind::Name | fields::Kind::Text => "\"another\"".to_owned(),
            fields::Kind::Patterns => "\"another\"".to_owned(),
        };
        let section = if field.section.is_empty() {
            String::new()
        } else {
            format!("[{}]\n", field.section)
        };
        let (after, warnings) = read("config.toml", &format!("{section}{} = {another}\n", field.name));
        assert_eq!(told(&warnings), Vec::<String>::new(), "{} = {another}", field.name);
        assert_ne!(
            printed(&after),
            printed(&before),
            "{} = {another} changes nothing",
            field.name
        );
    }
    assert_eq!(CONTEXT_FIELDS.len(), 4);
}

#[test]
fn defaults_are_what_they_are_meant_to_be() {
    let config = Config::default();
    assert_eq!((config.theme.as_str(), config.keymap.as_str()), ("dark", "default"));
    assert_eq!((config.frames_per_second, config.default_view.as_str()), (30, "pods"));
    assert_eq!(
        (config.color, config.exec_plugins),
        (ColorChoice::Auto, ExecPolicy::Allow)
    );
    let lists = ListSettings {
        linger_seconds: 3,
        new_seconds: 5,
        warm_seconds: 60,
    };
    assert_eq!(config.lists, lists);
    assert_eq!(config.logs.ring_mib as usize, crate::store::logs::LIMIT >> 20);
    assert_eq!(config.production_pattern.len(), 1);
}

#[test]
fn production_is_known_by_its_name() {
    let config = Config::default();
    for (name, expected) in [
        ("prod-eu", true),
        ("shop.production", true),
        ("gke_shop_europe_PROD", true),
        ("arn:aws:eks:eu-west-1:1234:cluster/prod", true),
        ("admin@live", true),
        ("prd", true),
        ("product-team", false),
        ("staging", false),
        ("nonprod", false),
        ("delivery", false),
        ("", false),
    ] {
        assert_eq!(config.for_context(name).production, expected, "{name}");
    }
}

#[test]
fn sections_of_contexts_lie_over_the_rest() {
    let text = "theme = \"dark\"\n[contexts.\"*-eu\"]\ntheme = \"light\"\nnamespace = \"shop\"\nproduction = false\n\
                [contexts.\"a?c-*\"]\nnamespace = \"web\"\nview = \"deployments\"\n";
    let (config, warnings) = read("config.toml", text);
    assert_eq!(told(&warnings), Vec::<String>::new());
    let both = config.for_context("abc-eu");
    assert_eq!((both.theme.as_str(), both.namespace.as_deref()), ("light", Some("web")));
    assert_eq!(both.view.as_deref(), Some("deployments"));
    assert!(!config.for_context("prod-eu").production);
    let none = config.for_context("prod-us");
    assert_eq!(
        (none.theme.as_str(), none.namespace, none.view, none.production),
        ("dark", None, None, true)
    );
}

#[test]
fn globs_match_whole_names() {
    for (glob, name, expected) in [
        ("*", "", true),
        ("prod-*", "prod-eu", true),
        ("prod-*", "preprod-eu", false),
        ("*-eu", "a-eu-b-eu", true),
        ("a*b*c", "aXXbYYc", true),
        ("a*b*c", "aXXbYY", false),
        ("?", "ü", true),
        ("?", "", false),
        ("[a]", "[a]", true),
        ("a", "ab", false),
    ] {
        assert_eq!(matches_glob(glob, name), expected, "{glob} {name}");
    }
    assert!(!matches_glob(&"*a".repeat(200), &"a".repeat(199)), "and takes no time");
}

#[test]
fn the_users_keys_lie_over_the_keymap() {
    let text = "keymap = \"vim\"\n\n[keys.table]\n\"X\" = \"copy_rwo\"\n\"j\" = \"\"\n\"ctrl-i\" = \"copy_row\"\n[keys.tabel]\n";
    let (config, warnings) = read("config.toml", text);
    assert_eq!(
        told(&warnings),
        [
            "config.toml:6: a plain terminal sends the same for `ctrl-i` as for `tab`; bind `tab` instead",
            "config.toml:7: there is no section `tabel`; write `[table]`",
        ]
    );
    let commands: Vec<&str> = keys::bundled()
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.split("= \"").nth(1)?.split('"').next())
        .collect();
    let (keymap, warnings) = keys::load(&config.keymap, &|_| None, &config.keys, &commands);
    assert_eq!(
        told(&warnings),
        ["config.toml:4: there is no command `copy_rwo`; write `copy_row`"]
    );
    let table = [keys::Layer::Table];
    assert_eq!(keymap.keys_of(&table, "move_down"), ["down"]);
    assert_eq!(keymap.keys_of(&table, "scroll_left"), ["left", "z h"]);
}

#[test]
fn each_wrong_configuration_is_told_with_its_line_and_remedy() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/invalid/config");
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        seen += 1;
        let (_, warnings) = read("config.toml", &fs::read_to_string(&path).unwrap());
        let said = told(&warnings).join("\n") + "\n";
        let beside = path.with_extension("expected");
        if std::env::var_os("PORTOLAN_WRITE_EXPECTED").is_some() {
            fs::write(&beside, &said).unwrap();
        }
        assert!(!warnings.is_empty(), "{} is not wrong", path.display());
        assert_eq!(
            said,
            fs::read_to_string(&beside).unwrap_or_default(),
            "{}",
            path.display()
        );
    }
    assert!(seen >= 15, "{seen} files");
}

#[test]
fn a_wrong_value_leaves_its_default_and_the_rest_alone() {
    let (config, warnings) = read(
        "config.toml",
        "theme = 3\nkeymap = \"vim\"\nframes_per_second = 1000\ndefault_view = \"nodes\"\n",
    );
    assert_eq!(warnings.len(), 2);
    assert_eq!((config.theme.as_str(), config.keymap.as_str()), ("dark", "vim"));
    assert_eq!((config.frames_per_second, config.default_view.as_str()), (30, "nodes"));
}

#[test]
fn files_that_are_missing_or_unreadable_mean_the_defaults() {
    let folder = Folder::new();
    let (config, warnings) = load(&folder.join("config.toml"));
    assert_eq!((printed(&config), warnings), (printed(&Config::default()), Vec::new()));

    let path = folder.join("bytes.toml");
    fs::write(&path, b"theme = \"\xff\"").unwrap();
    let (config, warnings) = load(&path);
    assert_eq!(
        told(&warnings),
        [format!("{}: it is not UTF-8 text; save it as UTF-8", path.display())]
    );
    assert_eq!(printed(&config), printed(&Config::default()));

    fs::write(&path, vec![b'#'; (1 << 20) + 1]).unwrap();
    assert!(told(&load(&path).1)[0].contains("larger than 1 MiB"));
    assert!(told(&load(&folder.0).1)[0].contains("it cannot be read"));

    fs::write(&path, "theme = \"light\"\n").unwrap();
    assert_eq!(load(&path).0.theme, "light");
}

fn environment<'a>(pairs: &'a [(&'a str, &'a str)]) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        pairs
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    }
}

#[test]
fn paths_follow_own_variables_then_xdg_then_the_system() {
    let system = || SystemFolders {
        config: Some("/system/config".into()),
        state: Some("/system/state".into()),
        cache: None,
        data: Some("/system/data".into()),
    };
    let env = environment(&[
        ("PORTOLAN_CONFIG_DIR", "/own"),
        ("XDG_CONFIG_HOME", "/xdg/config"),
        ("XDG_STATE_HOME", "/xdg/state"),
        ("XDG_DATA_HOME", "relative/is/ignored"),
    ]);
    let paths = Paths::resolve(&env, system());
    assert_eq!(paths.config_file().unwrap(), Path::new("/own/config.toml"));
    assert_eq!(paths.state_file().unwrap(), Path::new("/xdg/state/portolan/state.json"));
    assert_eq!(paths.data.as_deref(), Some(Path::new("/system/data")));
    assert_eq!(paths.cache, None);
    assert_eq!(
        paths.print(),
        "configuration  /own/config.toml\nthemes         /own/themes\nkeymaps        /own/keymaps\n\
         state          /xdg/state/portolan/state.json\ncache          none: there is no home folder\n\
         data           /system/data\n"
    );
    assert_eq!(
        Paths::resolve(&environment(&[]), SystemFolders::default()),
        Paths::default()
    );
}

#[test]
fn themes_and_keymaps_are_looked_up_in_their_folders_alone() {
    let folder = Folder::new();
    fs::create_dir_all(folder.join("keymaps")).unwrap();
    fs::write(folder.join("keymaps/mine.toml"), "inherits = \"vim\"\n").unwrap();
    fs::write(folder.join("keymaps/notes.txt"), "").unwrap();
    fs::write(folder.join("config.toml"), "").unwrap();
    let paths = Paths {
        config: Some(folder.0.clone()),
        ..Paths::default()
    };
    let source = paths.keymap_source();
    assert_eq!(source("mine").as_deref(), Some("inherits = \"vim\"\n"));
    for name in ["other", "../config", "", ".", "notes.txt", "a/b"] {
        assert_eq!(source(name), None, "{name}");
    }
    assert_eq!(paths.keymap_names(), ["mine"]);
    assert_eq!(paths.theme_names(), Vec::<String>::new());
    assert_eq!(Paths::default().theme_source()("mine"), None);
}

#[test]
fn the_terminal_is_known_by_its_environment() {
    use ColorDepth::{Ansi, Indexed, None as Off, True};
    for (pairs, depth) in [
        (&[("TERM", "xterm-256color"), ("COLORTERM", "truecolor")][..], True),
        (&[("TERM", "xterm-256color"), ("COLORTERM", "24bit")], True),
        (&[("TERM", "xterm-256color"), ("COLORTERM", "yes")], Indexed),
        (&[("TERM", "xterm-256color")], Indexed),
        (&[("TERM", "xterm")], Ansi),
        (&[("TERM", "xterm-kitty"), ("SSH_TTY", "/dev/pts/0")], True),
        (&[("TERM", "foot-extra")], True),
        (&[("TERM", "footless")], Ansi),
        (&[("TERM", "xterm-direct")], True),
        (&[("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux,1,0")], Indexed),
        (
            &[
                ("TERM", "screen-256color"),
                ("TMUX", "/tmp/tmux,1,0"),
                ("COLORTERM", "truecolor"),
            ],
            True,
        ),
        (
            &[
                ("TERM", "screen-256color"),
                ("STY", "1.pts"),
                ("COLORTERM", "truecolor"),
            ],
            Indexed,
        ),
        (&[("TERM", "screen"), ("COLORTERM", "truecolor")], Ansi),
        (&[("TERM", "linux"), ("COLORTERM", "truecolor")], Ansi),
        (&[("TERM", "dumb"), ("COLORTERM", "truecolor")], Off),
        (&[("TERM", "vt100")], Off),
        (&[("TERM", "xterm-256color"), ("NO_COLOR", "1")], Off),
        (&[("TERM", "xterm-256color"), ("NO_COLOR", "")], Indexed),
        (&[("TERM", "xterm-256color"), ("CLICOLOR", "0")], Off),
        (&[("TERM", "xterm-256color"), ("CLICOLOR", "1")], Indexed),
        (&[("WT_SESSION", "guid")], True),
        (&[], Ansi),
    ] {
        assert_eq!(terminal_traits(&environment(pairs)).depth, depth, "{pairs:?}");
    }

    for (pairs, unicode) in [
        (&[("LANG", "en_US.UTF-8")][..], true),
        (&[("LANG", "C.utf8")], true),
        (&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")], false),
        (&[("LC_ALL", ""), ("LC_CTYPE", "UTF-8"), ("LANG", "C")], true),
        (&[("LANG", "de_DE.ISO-8859-1")], false),
        (&[("TERM", "dumb"), ("LANG", "en_US.UTF-8")], false),
        (&[], false),
    ] {
        assert_eq!(terminal_traits(&environment(pairs)).unicode, unicode, "{pairs:?}");
    }

    // (variables, ssh, tmux, screen, dumb, linux console)
    for (pairs, expected) in [
        (&[("SSH_TTY", "/dev/pts/1")][..], (true, false, false, false, false)),
        (
            &[("SSH_CONNECTION", "a b c d"), ("TMUX", "x"), ("TERM", "screen")],
            (true, true, false, false, false),
        ),
        (&[("TERM", "tmux")], (false, true, false, false, false)),
        (&[("TERM", "screen.xterm")], (false, false, true, false, false)),
        (&[("TERM", "dumb"), ("SSH_TTY", "")], (false, false, false, true, false)),
        (&[("TERM", "linux")], (false, false, false, false, true)),
    ] {
        let traits = terminal_traits(&environment(pairs));
        let found = (
            traits.ssh,
            traits.tmux,
            traits.screen,
            traits.dumb,
            traits.linux_console,
        );
        assert_eq!(found, expected, "{pairs:?}");
    }
}

#[test]
fn theme_and_keymap_come_from_the_users_folders_with_their_warnings() {
    let folder = Folder::new();
    for name in ["keymaps", "themes"] {
        fs::create_dir_all(folder.join(name)).unwrap();
        fs::write(folder.join(name).join("mine.toml"), "inherits = \"nowhere\"\n").unwrap();
    }
    let paths = Paths {
        config: Some(folder.0.clone()),
        ..Paths::default()
    };
    let (theme, warnings) = load_theme("mine", &paths);
    assert_eq!(theme.name(), "mine");
    assert_eq!(warnings.len(), 1, "{:?}", told(&warnings));
    assert!(
        told(&warnings)[0].starts_with("themes/mine.toml:1: "),
        "{:?}",
        told(&warnings)
    );
    let config = Config {
        keymap: "mine".into(),
        ..Config::default()
    };
    let (_, warnings) = load_keymap(&config, &paths, &[]);
    assert!(told(&warnings)[0].starts_with("keymaps/mine.toml:1: there is no keymap `nowhere`"));
    let (theme, warnings) = load_theme(&Config::default().theme, &Paths::default());
    assert_eq!((theme.name(), warnings), ("dark", vec![]), "the default theme is there");
}

#[test]
fn a_choice_overrules_the_terminal() {
    let traits = terminal_traits(&environment(&[("TERM", "xterm"), ("LANG", "C")]));
    assert_eq!(ColorChoice::Auto.depth(&traits), ColorDepth::Ansi);
    assert_eq!(ColorChoice::True.depth(&traits), ColorDepth::True);
    assert_eq!(ColorChoice::None.depth(&traits), ColorDepth::None);
    assert!(!BorderChoice::Auto.unicode(&traits));
    assert!(BorderChoice::Unicode.unicode(&traits));
    for word in ClipboardChoice::WORDS {
        assert_eq!(ClipboardChoice::named(word).unwrap().word(), *word);
    }
}

fn filter(context: &str, text: &str) -> Change {
    Change::Filter {
        context: context.into(),
        text: text.into(),
    }
}

fn namespace(context: &str, name: &str) -> Change {
    Change::TypedNamespace {
        context: context.into(),
        namespace: name.into(),
    }
}

fn view(context: &str, kind: &str, namespaces: &[&str]) -> Change {
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    Change::LastView {
        context: context.into(),
        view: LastView {
            kind: kind.into(),
            namespaces,
        },
    }
}

#[test]
fn the_state_remembers_the_latest_first_and_once() {
    let mut state = State::default();
    for change in [
        filter("a", "one"),
        filter("a", "two"),
        filter("a", "one"),
        filter("a", "  "),
        namespace("a", "shop"),
        namespace("a", "web"),
        Change::ForgottenNamespace {
            context: "a".into(),
            namespace: "shop".into(),
        },
        Change::PaletteEntry {
            context: "a".into(),
            text: "pods".into(),
        },
        view("a", "pods", &["shop"]),
        view("a", "deployments", &[]),
        filter("b", "three"),
        filter("", "nowhere"),
        filter("a", &"x".repeat(2000)),
    ] {
        state.apply(&change);
    }
    let a = state.context("a").unwrap();
    assert_eq!(a.filters, ["one", "two"]);
    assert_eq!(a.typed_namespaces, ["web"]);
    assert_eq!(a.palette, ["pods"]);
    assert_eq!(
        a.last_view,
        Some(LastView {
            kind: "deployments".into(),
            namespaces: vec![]
        })
    );
    assert_eq!(state.context("b").unwrap().filters, ["three"]);
    assert_eq!(state.context(""), None);
    assert_eq!(State::from_text(&state.to_text()), Ok(state));
}

#[test]
fn the_state_is_bounded_and_forgets_the_oldest() {
    let mut state = State::default();
    for number in 0..150 {
        state.apply(&filter("a", &format!("f{number}")));
    }
    assert_eq!(state.context("a").unwrap().filters.len(), 100);
    assert_eq!(state.context("a").unwrap().filters[0], "f149");
    for number in 0..200 {
        state.apply(&filter(&format!("c{number}"), "x"));
    }
    assert_eq!(state.context("a"), None, "changed longest ago");
    assert!(state.context("c0").is_some() && state.context("c199").is_some());
}

#[test]
fn a_state_that_is_damaged_or_newer_is_not_read() {
    for (text, newer) in [
        ("", false),
        ("{", false),
        ("[]", false),
        ("{\"version\":\"1\"}", false),
        ("{\"version\":1,\"contexts\":3}", false),
        ("{\"version\":2,\"contexts\":3}", true),
    ] {
        let error = State::from_text(text).unwrap_err();
        assert_eq!(matches!(error, StateError::Newer(2)), newer, "{text}: {error}");
    }
    let (text, later) = (
        "{\"version\":1}",
        "{\"version\":1,\"contexts\":{\"a\":{\"filters\":[\"x\"],\"later\":1}}}",
    );
    assert_eq!(State::from_text(text), Ok(State::default()));
    assert_eq!(State::from_text(later).unwrap().context("a").unwrap().filters, ["x"]);
}

#[test]
fn the_state_is_written_for_this_user_alone_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let path = folder.join("deep/state/state.json");
    assert_eq!(state_file::load(&path), (State::default(), vec![]));
    let (written, warnings) = state_file::record(&path, &[filter("a", "one")]).unwrap();
    assert_eq!(warnings, []);
    assert_eq!(state_file::load(&path), (written, vec![]));
    let mut names: Vec<String> = fs::read_dir(path.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["state.json", "state.json.lock"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        assert_eq!(mode(&path.with_extension("json.lock")), 0o600);
    }
}

#[test]
fn several_instances_do_not_undo_each_other() {
    let folder = Folder::new();
    let path = folder.join("state/state.json");
    std::thread::scope(|scope| {
        for worker in 0..4 {
            let path = &path;
            scope.spawn(move || {
                for number in 0..5 {
                    state_file::record(path, &[filter("a", &format!("{worker}-{number}"))]).unwrap();
                }
            });
        }
    });
    let (state, warnings) = state_file::load(&path);
    assert_eq!(warnings, []);
    assert_eq!(state.context("a").unwrap().filters.len(), 20);
    state_file::record(&path, &[view("a", "pods", &["shop"])]).unwrap();
    state_file::record(&path, &[view("a", "nodes", &[])]).unwrap();
    assert_eq!(
        state_file::load(&path)
            .0
            .context("a")
            .unwrap()
            .last_view
            .as_ref()
            .unwrap()
            .kind,
        "nodes"
    );
}

#[test]
fn a_bad_state_is_kept_aside_and_told() {
    let folder = Folder::new();
    let path = folder.join("state/state.json");
    state_file::record(&path, &[]).unwrap();
    for (text, reason) in [
        (
            "not json",
            "it is damaged (expected ident at line 1 column 2), so nothing is remembered",
        ),
        (
            "{\"version\":9}",
            "it was written by a newer Portolan (form 9), so nothing is remembered",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let (state, warnings) = state_file::load(&path);
        assert_eq!(state, State::default());
        let (path, aside) = (path.display(), folder.join("state/state.json.bad"));
        assert_eq!(
            told(&warnings),
            [format!("{path}: {reason}; it is kept as {}", aside.display())]
        );
        assert_eq!(fs::read_to_string(aside).unwrap(), text);
    }
    fs::write(&path, "again").unwrap();
    let (state, warnings) = state_file::record(&path, &[filter("a", "x")]).unwrap();
    assert_eq!((state.context("a").unwrap().filters.len(), warnings.len()), (1, 1));
    assert_eq!(state_file::load(&path).1, []);
}

#[cfg(unix)]
#[test]
fn a_folder_or_file_that_others_could_have_made_is_refused() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let path = folder.join("open/state.json");
    fs::create_dir(folder.join("open")).unwrap();
    for mode in [0o777, 0o770, 0o702] {
        fs::set_permissions(folder.join("open"), fs::Permissions::from_mode(mode)).unwrap();
        let expected = format!(
            "{}: its folder can be written by others, so it is not used; run: chmod go-w {}",
            path.display(),
            folder.join("open").display()
        );
        assert_eq!(
            state_file::record(&path, &[filter("a", "x")]).unwrap_err().to_string(),
            expected
        );
        assert_eq!(told(&state_file::load(&path).1), [expected]);
        assert!(!path.exists());
    }
    fs::set_permissions(folder.join("open"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(folder.join("elsewhere"), "{\"version\":1}").unwrap();
    symlink(folder.join("elsewhere"), &path).unwrap();
    assert!(told(&state_file::load(&path).1)[0].contains("it is not a plain file"));
    state_file::record(&path, &[filter("a", "x")]).unwrap();
    assert_eq!(
        fs::read_to_string(folder.join("elsewhere")).unwrap(),
        "{\"version\":1}",
        "the link was replaced"
    );

    let file = folder.join("file");
    fs::write(&file, "").unwrap();
    assert!(state_file::record(&file.join("state.json"), &[]).is_err());
}

fn any_change() -> impl Strategy<Value = Change> {
    let word = "[a-c]{0,3}|\\PC{0,20}";
    (0..5, "[a-d]", word, prop::collection::vec(word, 0..4)).prop_map(
        |(which, context, text, namespaces)| match which {
            0 => Change::LastView {
                context,
                view: LastView { kind: text, namespaces },
            },
            1 => Change::TypedNamespace {
                context,
                namespace: text,
            },
            2 => Change::ForgottenNamespace {
                context,
                namespace: text,
            },
            3 => Change::PaletteEntry { context, text },
            _ => Change::Filter { context, text },
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_state_reads_back_what_it_writes(changes in prop::collection::vec(any_change(), 0..40)) {
        let mut state = State::default();
        for change in &changes {
            state.apply(change);
        }
        prop_assert_eq!(State::from_text(&state.to_text()), Ok(state));
    }

    #[test]
    fn no_text_is_too_strange_to_read(text in "\\PC{0,200}", rows in "[\\[\\]a-z_\"=.0-9\n -]{0,200}") {
        let _ = read("config.toml", &text);
        let _ = read("config.toml", &rows);
        let _ = State::from_text(&text);
    }
}
