//! From the command line, the configuration and the state to what the model begins with. Reads files; happens before the loop.

use super::cli::ViewArgs;
use super::hub::Source;
use crate::app::{self, Remembered, Setup};
use crate::cluster::kubeconfig::{Invocation, Kubeconfig, Places};
use crate::config::{self, Config, Paths, State, Traits, Warning, state_file};
use crate::demo::{Demo, DemoOptions};
use crate::msg::ContextsEvent;
use crate::screens::Settings;
use crate::text::Clean;
use crate::theme::Theme;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// How long the names of contexts are waited for before the first frame. A home directory on a network may hang.
const NAMES_WAIT: Duration = Duration::from_millis(200);

/// What is known before anything runs.
#[derive(Debug)]
pub struct Ground {
    /// Where things lie.
    pub paths: Paths,
    /// What the user configured, with the command line's word above it.
    pub config: Config,
    /// What the terminal says of itself.
    pub traits: Traits,
    /// What was wrong so far.
    pub warnings: Vec<Warning>,
}

impl Ground {
    /// Reads the configuration. `is_stage` is for pictures that must not depend on who makes them: defaults alone then.
    pub fn find(args: &ViewArgs, is_stage: bool) -> Ground {
        let env = |name: &str| std::env::var(name).ok();
        let paths = if is_stage { Paths::default() } else { Paths::find() };
        let file = args.config.clone().or_else(|| paths.config_file());
        let (mut config, warnings) = match &file {
            Some(file) if args.config.is_some() || file.exists() => config::load(file),
            _ => (Config::default(), Vec::new()),
        };
        if let Some(theme) = &args.theme {
            config.theme.clone_from(theme);
        }
        if let Some(keymap) = &args.keymap {
            config.keymap.clone_from(keymap);
        }
        Ground {
            paths,
            config,
            traits: config::terminal_traits(&env),
            warnings,
        }
    }
}

/// Where clusters come from, by the command line.
pub fn source(args: &ViewArgs, demo: DemoOptions) -> Source {
    if args.demo {
        return Source::Demo(Demo::new(demo));
    }
    let invocation = Invocation {
        kubeconfig: args.kubeconfig.clone(),
        context: args.context.clone(),
        namespace: args.namespace.first().cloned(),
        acting_as: args.acting_as.clone(),
        acting_groups: args.acting_groups.clone(),
    };
    let kubeconfig = Kubeconfig::new(invocation, Places::from_environment());
    Source::Kubeconfig(Arc::new(Mutex::new(kubeconfig)))
}

/// The names of all contexts, unless the disk takes long.
pub fn context_names(source: &Source) -> Vec<String> {
    let (send, names) = std::sync::mpsc::channel();
    let source = source.clone();
    let reading = std::thread::Builder::new().name("contexts".into()).spawn(move || {
        if let ContextsEvent::Loaded { contexts, .. } = source.contexts() {
            let _ = send.send(contexts.into_iter().map(|context| context.name).collect());
        }
    });
    match reading {
        Ok(_) => names.recv_timeout(NAMES_WAIT).unwrap_or_default(),
        Err(_) => Vec::new(),
    }
}

/// What the model begins with. `contexts` are the names of the contexts there are.
pub fn build_setup(args: &ViewArgs, ground: &Ground, contexts: &[String], size: (u16, u16), wall: i64) -> Setup {
    let (config, paths) = (&ground.config, &ground.paths);
    let mut warnings = ground.warnings.clone();
    let (theme, wrong) = config::load_theme(&config.theme, paths);
    warnings.extend(wrong);
    let themes = themes(args, ground, contexts, &mut warnings);
    let (keymap, wrong) = config::load_keymap(config, paths, &app::command_names());
    warnings.extend(wrong);
    let state = match paths.state_file() {
        Some(file) => {
            let (state, wrong) = state_file::load(&file);
            warnings.extend(wrong);
            state
        }
        None => State::default(),
    };
    Setup {
        settings: Settings {
            linger_seconds: config.lists.linger_seconds,
            new_seconds: config.lists.new_seconds,
            log_ring_mib: config.logs.ring_mib,
            ascii: !config.borders.unicode(&ground.traits),
            default_view: config.default_view.clone(),
            utc_offset: utc_offset(wall),
            facts: facts(ground),
            ..Settings::default()
        },
        theme: theme.reduced(config.color.depth(&ground.traits).into()),
        themes,
        keymap,
        size,
        wall,
        first: first_line(args),
        namespaces: args.namespace.clone(),
        all_namespaces: args.all_namespaces,
        remembered: remembered(&state, config, contexts),
        lines: lines(&state, contexts),
        warnings: warnings.iter().map(say).collect(),
    }
}

/// Seconds that the clock face is ahead of UTC at this moment (unix milliseconds), by the system's time zone.
fn utc_offset(wall: i64) -> i64 {
    let zone = jiff::tz::TimeZone::system();
    jiff::Timestamp::from_millisecond(wall).map_or(0, |now| i64::from(zone.to_offset(now).seconds()))
}

/// The line that the command line stands for, as typed into the palette.
fn first_line(args: &ViewArgs) -> Option<String> {
    match (&args.kind, &args.selector) {
        (None, None) => None,
        (kind, selector) => {
            let mut line = kind.clone().unwrap_or_else(|| "pods".into());
            if let Some(selector) = selector {
                line.push_str(&format!(" -l \"{selector}\""));
            }
            if let Some(name) = &args.name {
                line.push_str(&format!(" --name {name}"));
            }
            Some(line)
        }
    }
}

/// The themes of the contexts that are configured to have their own. A theme on the command line is for all of them.
fn themes(
    args: &ViewArgs,
    ground: &Ground,
    contexts: &[String],
    warnings: &mut Vec<Warning>,
) -> BTreeMap<String, Theme> {
    let config = &ground.config;
    let mut loaded: BTreeMap<String, Theme> = BTreeMap::new();
    let mut own = BTreeMap::new();
    for context in contexts.iter().filter(|_| args.theme.is_none()) {
        let name = config.for_context(context).theme;
        if name == config.theme {
            continue;
        }
        let theme = loaded.entry(name).or_insert_with_key(|name| {
            let (theme, wrong) = config::load_theme(name, &ground.paths);
            warnings.extend(wrong);
            theme.reduced(config.color.depth(&ground.traits).into())
        });
        own.insert(context.clone(), theme.clone());
    }
    own
}

/// What the state remembers of the contexts, and where it remembers nothing what the configuration says.
fn remembered(state: &State, config: &Config, contexts: &[String]) -> BTreeMap<String, Remembered> {
    contexts
        .iter()
        .map(|name| {
            let known = state.context(name);
            let configured = config.for_context(name);
            let last = known.and_then(|known| known.last_view.as_ref());
            let remembered = Remembered {
                view: last.map(|view| view.kind.clone()).or(configured.view),
                namespaces: last
                    .map(|view| view.namespaces.clone())
                    .or(configured.namespace.map(|namespace| vec![namespace])),
                typed: known.map(|known| known.typed_namespaces.clone()).unwrap_or_default(),
            };
            (name.clone(), remembered)
        })
        .collect()
}

/// What was typed before in these contexts, oldest first.
fn lines(state: &State, contexts: &[String]) -> BTreeMap<&'static str, Vec<String>> {
    let mut palette = Vec::new();
    let mut filters = Vec::new();
    let names = contexts.iter().map(String::as_str).chain([super::memory::NO_CONTEXT]);
    for context in names.filter_map(|name| state.context(name)) {
        for (lines, all) in [(&context.palette, &mut palette), (&context.filters, &mut filters)] {
            for line in lines.iter().rev() {
                all.retain(|known| known != line);
                all.push(line.clone());
            }
        }
    }
    BTreeMap::from([("palette", palette), ("filter", filters)])
}

/// A warning in one line.
pub fn say(warning: &Warning) -> String {
    let line = warning.line.map_or_else(String::new, |line| format!(":{line}"));
    let text = format!("{}{line}: {}; {}", warning.file, warning.text, warning.remedy);
    Clean::new(&text).as_str().to_owned()
}

/// Bounds and places, for the info screen.
fn facts(ground: &Ground) -> Vec<(String, String)> {
    let place =
        |path: Option<std::path::PathBuf>| path.map_or_else(|| "none".into(), |path| path.display().to_string());
    [
        ("configuration", place(ground.paths.config_file())),
        ("state", place(ground.paths.state_file())),
        ("theme", ground.config.theme.clone()),
        ("keymap", ground.config.keymap.clone()),
        ("paste", format!("at most {} KiB", super::decode::PASTE_LIMIT / 1024)),
        (
            "clipboard through the terminal",
            format!("at most {} bytes, encoded", super::clipboard::LIMIT),
        ),
        (
            "whole objects of a list",
            format!(
                "at most {} MiB in memory, each at most {} MiB on the wire",
                crate::cluster::listwatch::whole::LIST_CAP >> 20,
                crate::cluster::listwatch::whole::OBJECT_CAP >> 20
            ),
        ),
        (
            "history of an open object",
            format!(
                "at most {} changes and {} MiB",
                crate::screens::detail::HISTORY_ENTRIES,
                crate::screens::detail::HISTORY_BYTES >> 20
            ),
        ),
        (
            "logs on their way",
            format!(
                "batches of at most {} KiB or {} ms; lines are cut at {} KiB",
                crate::cluster::logs::task::BATCH_BYTES >> 10,
                crate::cluster::logs::task::LINGER.as_millis(),
                crate::cluster::logs::lines::LINE_CAP >> 10
            ),
        ),
        (
            "lines of a view of logs",
            format!("at most {} MiB, the oldest go", ground.config.logs.ring_mib),
        ),
        ("messages waiting", format!("at most {}", super::MESSAGES_WAITING)),
        (
            "unwanted lists and contexts",
            format!("stopped after {} s", ground.config.lists.warm_seconds),
        ),
    ]
    .into_iter()
    .map(|(what, value)| (what.to_owned(), value))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_becomes_a_line_of_the_palette() {
        let args = |kind: Option<&str>, name: Option<&str>, selector: Option<&str>| ViewArgs {
            kind: kind.map(Into::into),
            name: name.map(Into::into),
            selector: selector.map(Into::into),
            ..ViewArgs::default()
        };
        for (kind, name, selector, wanted) in [
            (None, None, None, None),
            (Some("deploy"), None, None, Some("deploy")),
            (Some("po"), Some("web-1"), None, Some("po --name web-1")),
            (None, None, Some("app=web"), Some("pods -l \"app=web\"")),
            (Some("rs,svc"), None, Some("a=b, c!=d"), Some("rs,svc -l \"a=b, c!=d\"")),
        ] {
            assert_eq!(first_line(&args(kind, name, selector)).as_deref(), wanted);
        }
    }

    #[test]
    fn what_was_typed_comes_back_once_and_in_order() {
        let mut state = State::default();
        for (context, text) in [("a", "pods"), ("a", "svc"), ("b", "pods")] {
            state.apply(&config::Change::PaletteEntry {
                context: context.into(),
                text: text.into(),
            });
        }
        assert_eq!(lines(&state, &["a".into(), "b".into()])["palette"], ["svc", "pods"]);
    }

    #[test]
    fn contexts_have_their_own_themes_unless_the_command_line_names_one() {
        let (config, warnings) = config::read(
            "config.toml",
            "[contexts.\"prod-*\"]\ntheme = \"light\"\n[contexts.lost]\ntheme = \"nowhere\"\n",
        );
        assert_eq!(warnings, []);
        let ground = Ground {
            config,
            ..Ground::find(&ViewArgs::default(), true)
        };
        let contexts = ["prod-eu", "prod-us", "stage"].map(str::to_owned);
        let mut warnings = Vec::new();
        let own = themes(&ViewArgs::default(), &ground, &contexts, &mut warnings);
        let names: Vec<(&str, &str)> = own
            .iter()
            .map(|(context, theme)| (context.as_str(), theme.name()))
            .collect();
        assert_eq!(names, [("prod-eu", "light"), ("prod-us", "light")]);
        assert_eq!(warnings, []);
        let args = ViewArgs {
            theme: Some("dark".into()),
            ..ViewArgs::default()
        };
        assert!(themes(&args, &ground, &contexts, &mut warnings).is_empty());
        themes(&ViewArgs::default(), &ground, &["lost".into()], &mut warnings);
        assert_eq!(warnings.len(), 1, "{warnings:?}");
    }

    #[test]
    fn a_stage_does_not_depend_on_who_stands_on_it() {
        let ground = Ground::find(&ViewArgs::default(), true);
        assert_eq!(ground.paths, Paths::default());
        assert_eq!(ground.config.theme, Config::default().theme);
    }
}
