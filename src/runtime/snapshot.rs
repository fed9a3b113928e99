//! One frame without a terminal, and the project's pictures.

use super::MESSAGES_WAITING;
use super::cli::{PictureFormat, Pressed, SnapshotArgs, ViewArgs};
use super::clipboard::Way as CopyWay;
use super::clock::{Clock, StageClock, SystemClock};
use super::hub::{Hub, HubSettings, Source};
use super::picture::{self, picture};
use super::setup::{self, Ground};
use super::stage::Stage;
use crate::app::Model;
use crate::cluster::exec::PluginPolicy;
use crate::demo::{DemoOptions, Life};
use crate::keys::{Chord, parse_keys};
use crate::theme::{Role, Theme, colour};
use ratatui::buffer::Buffer;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc;

/// The size of a frame when none is asked for.
const SIZE: (u16, u16) = (120, 36);

/// How long a picture may take to be complete.
const SETTLE: Duration = Duration::from_secs(15);

/// A picture of the project.
#[derive(Clone, Copy, Debug)]
pub struct Screen {
    /// Its name, and that of its file.
    pub name: &'static str,
    /// Columns and rows.
    pub size: (u16, u16),
    /// Theme.
    pub theme: &'static str,
    /// What the program is opened on.
    pub kind: Option<&'static str>,
    /// Whether it shows all namespaces.
    pub all_namespaces: bool,
    /// Keys to press, as [`parse_keys`] reads them.
    pub keys: &'static str,
}

/// The pictures of the project.
pub const SCREENS: &[Screen] = &[
    Screen {
        name: "pods",
        size: SIZE,
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: false,
        keys: "<ctrl-d>jjjjjj",
    },
    Screen {
        name: "faults",
        size: (120, 24),
        theme: "color-vision-safe",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "!",
    },
    Screen {
        name: "deployments",
        size: SIZE,
        theme: "dark",
        kind: Some("deployments"),
        all_namespaces: true,
        keys: "j",
    },
    Screen {
        name: "websites",
        size: (120, 24),
        theme: "fjord",
        kind: Some("websites"),
        all_namespaces: true,
        keys: "",
    },
    Screen {
        name: "nodes",
        size: (120, 24),
        theme: "light",
        kind: Some("nodes"),
        all_namespaces: true,
        keys: "",
    },
    Screen {
        name: "palette",
        size: SIZE,
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: ":se",
    },
    Screen {
        name: "help",
        size: SIZE,
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "?",
    },
    Screen {
        name: "filter",
        size: (120, 24),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/restarts>3<enter>",
    },
    Screen {
        name: "small",
        size: (80, 24),
        theme: "high-contrast",
        kind: Some("pods"),
        all_namespaces: false,
        keys: "",
    },
    Screen {
        name: "broken-crash-loop",
        size: (120, 24),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/wishlist<enter>d",
    },
    Screen {
        name: "broken-out-of-memory",
        size: (120, 24),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/recommendations<enter>d",
    },
    Screen {
        name: "broken-image",
        size: (120, 24),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/resizer !running<enter>d",
    },
    Screen {
        name: "broken-unschedulable",
        size: (120, 24),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/fraud<enter>d",
    },
    Screen {
        name: "broken-probe",
        size: (120, 24),
        theme: "color-vision-safe",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/search !2/2<enter>d",
    },
    Screen {
        name: "broken-job",
        size: (120, 24),
        theme: "dark",
        kind: Some("jobs"),
        all_namespaces: true,
        keys: "/ledger !complete<enter>d",
    },
    Screen {
        name: "describe",
        size: SIZE,
        theme: "dark",
        kind: Some("deployments"),
        all_namespaces: true,
        keys: "/checkout<enter>d",
    },
    Screen {
        name: "yaml",
        size: SIZE,
        theme: "dark",
        kind: Some("deployments"),
        all_namespaces: true,
        keys: "/checkout<enter>yjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjK",
    },
    Screen {
        name: "relations",
        size: (120, 30),
        theme: "dark",
        kind: Some("deployments"),
        all_namespaces: true,
        keys: "/checkout<enter>O",
    },
    Screen {
        name: "timeline",
        size: (120, 30),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "ge",
    },
    Screen {
        name: "side-pane",
        size: (160, 40),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "!jjjjjjjjjji",
    },
    Screen {
        name: "logs",
        size: SIZE,
        theme: "dark",
        kind: Some("deployments"),
        all_namespaces: true,
        keys: "/checkout<enter>l",
    },
    Screen {
        name: "logs-crash",
        size: (120, 30),
        theme: "dark",
        kind: Some("pods"),
        all_namespaces: true,
        keys: "/recommendations<enter>l",
    },
];

/// A frame as it was asked for.
///
/// # Errors
/// A sentence.
pub fn snapshot(args: &SnapshotArgs) -> Result<String, String> {
    let mut view = args.view.clone();
    let mut size = args.size.unwrap_or(SIZE);
    let mut keys = Vec::new();
    if let Some(name) = &args.screen {
        let Some(screen) = SCREENS.iter().find(|screen| screen.name == *name) else {
            let names: Vec<&str> = SCREENS.iter().map(|screen| screen.name).collect();
            return Err(format!("there is no picture `{name}`; there are {}", names.join(", ")));
        };
        view = view_of(screen, view);
        size = args.size.unwrap_or(screen.size);
        keys = keys_of(screen)?;
    }
    keys.extend(args.keys.0.iter().copied());
    if view.demo {
        staged(&view, size, &keys, args.format)
    } else {
        live(&view, size, &keys, args.format)
    }
}

/// Writes all pictures to a directory, or compares them with what is there.
///
/// # Errors
/// A sentence that names what cannot be written or differs.
pub fn screenshots(directory: &Path, check: bool) -> Result<String, String> {
    let mut stale = Vec::new();
    for screen in SCREENS {
        let view = view_of(screen, ViewArgs::default());
        let drawn = staged(&view, screen.size, &keys_of(screen)?, PictureFormat::Svg)?;
        let file = directory.join(format!("{}.svg", screen.name));
        if check {
            if std::fs::read_to_string(&file).ok().as_deref() != Some(drawn.as_str()) {
                stale.push(screen.name);
            }
        } else {
            std::fs::create_dir_all(directory)
                .and_then(|()| std::fs::write(&file, &drawn))
                .map_err(|error| format!("{} cannot be written ({error})", file.display()))?;
        }
    }
    match (stale.is_empty(), check) {
        (true, true) => Ok(format!("all {} pictures are as they should be\n", SCREENS.len())),
        (true, false) => Ok(format!(
            "{} pictures written to {}\n",
            SCREENS.len(),
            directory.display()
        )),
        (false, _) => Err(format!(
            "these pictures are not what the program draws now: {}; run `portolan screenshots {}`",
            stale.join(", "),
            directory.display()
        )),
    }
}

fn keys_of(screen: &Screen) -> Result<Vec<Chord>, String> {
    parse_keys(screen.keys)
        .map(|keys| Pressed(keys).0)
        .map_err(|error| format!("the keys of the picture {} are wrong: {error}", screen.name))
}

/// What a picture is opened on. What else the command line says holds.
fn view_of(screen: &Screen, view: ViewArgs) -> ViewArgs {
    ViewArgs {
        demo: true,
        kind: view.kind.or(screen.kind.map(Into::into)),
        theme: view.theme.or(Some(screen.theme.into())),
        all_namespaces: view.all_namespaces || (screen.all_namespaces && view.namespace.is_empty()),
        ..view
    }
}

/// The clock of the stage, for what asks by a plain function.
static STAGE_CLOCK: OnceLock<StageClock> = OnceLock::new();

thread_local! {
    static THREAD_CLOCK: std::cell::Cell<Option<StageClock>> = const { std::cell::Cell::new(None) };
}

/// The date on the stage.
fn stage_now() -> SystemTime {
    let clock = THREAD_CLOCK.get().or_else(|| STAGE_CLOCK.get().copied());
    clock.map_or(UNIX_EPOCH, |clock| {
        UNIX_EPOCH + Duration::from_millis(u64::try_from(clock.wall()).unwrap_or(0))
    })
}

/// A frame of the simulated cluster, the same each time.
fn staged(view: &ViewArgs, size: (u16, u16), keys: &[Chord], format: PictureFormat) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let mut ground = Ground::find(view, true);
    // A picture shows all that the theme has, whatever terminal it is made in.
    ground.traits.depth = crate::config::ColorDepth::True;
    ground.traits.unicode = true;
    let options = DemoOptions {
        life: Life::Still,
        ..DemoOptions::default()
    };
    let start = options.start * 1_000;
    runtime.block_on(async {
        let clock = StageClock::start_at(start);
        THREAD_CLOCK.set(Some(clock));
        let _ = STAGE_CLOCK.set(clock);
        let source = setup::source(view, options);
        drawn(view, &ground, source, clock, stage_now, size, keys, format).await
    })
}

/// A frame of the user's own cluster.
fn live(view: &ViewArgs, size: (u16, u16), keys: &[Chord], format: PictureFormat) -> Result<String, String> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| format!("no runtime can be started ({error})"))?;
    let mut ground = Ground::find(view, false);
    ground.traits.depth = crate::config::ColorDepth::True;
    let source = setup::source(view, DemoOptions::default());
    let drawn = runtime.block_on(drawn(
        view,
        &ground,
        source,
        SystemClock::start(),
        SystemTime::now,
        size,
        keys,
        format,
    ));
    runtime.shutdown_background();
    drawn
}

#[expect(
    clippy::too_many_arguments,
    reason = "all that differs between a staged and a live picture, used twice"
)]
async fn drawn(
    view: &ViewArgs,
    ground: &Ground,
    source: Source,
    clock: impl Clock,
    now: fn() -> SystemTime,
    size: (u16, u16),
    keys: &[Chord],
    format: PictureFormat,
) -> Result<String, String> {
    let contexts = match &source {
        Source::Demo(_) => vec![super::hub::DEMO.1.to_owned()],
        Source::Demos(_) | Source::Kubeconfig(_) => setup::context_names(&source),
    };
    let setup = setup::build_setup(view, ground, &contexts, size, clock.wall());
    let look = look(&setup.theme);
    let (outbox, messages) = mpsc::channel(MESSAGES_WAITING);
    let config = ground.config.clone();
    let settings = HubSettings {
        production: Arc::new(move |name| config.for_context(name).production),
        plugins: PluginPolicy::Allow,
        clock: now,
        copy: CopyWay::Nowhere("this is a picture"),
        terminal: None,
        copy_file: None,
        state_file: None,
    };
    let hub = Hub::start(source, settings, outbox);
    let mut stage = Stage::new(Model::new(setup), hub, messages, clock);
    let mut complete = stage.settle(SETTLE).await;
    for key in keys {
        stage.press(*key);
        complete = stage.settle(SETTLE).await;
    }
    let frame: Buffer = stage.frame(size.0, size.1);
    stage.finish();
    if !complete && view.demo {
        return Err("the simulated cluster did not come to rest; this is a fault of the program".into());
    }
    Ok(picture(&frame, format, look))
}

/// The colours below the theme.
fn look(theme: &Theme) -> picture::Ground {
    let (text, background) = if theme.is_light() {
        ([0x20; 3], [0xff; 3])
    } else {
        ([0xd8; 3], [0x14; 3])
    };
    picture::Ground {
        text: theme.style(Role::Base).fg.and_then(colour::rgb).unwrap_or(text),
        background: colour::rgb(theme.background()).unwrap_or(background),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_have_names_of_their_own_and_keys_that_exist() {
        let mut names: Vec<&str> = SCREENS.iter().map(|screen| screen.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), SCREENS.len());
        for screen in SCREENS {
            keys_of(screen).unwrap();
            assert!(crate::theme::bundled().iter().any(|(name, _)| *name == screen.theme));
        }
    }

    #[test]
    fn a_staged_frame_is_the_same_each_time() {
        let view = view_of(&SCREENS[0], ViewArgs::default());
        let frame = || staged(&view, (100, 30), &[], PictureFormat::Text).unwrap();
        let first = frame();
        assert!(first.lines().count() == 30 && first.contains("Running"), "{first}");
        assert_eq!(first, frame());
    }
}
