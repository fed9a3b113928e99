//! What every bundled theme must hold, and how wrong files are met.

use std::collections::BTreeSet;

use ratatui::style::{Color, Modifier, Style};

use super::colour::{Rgb, contrast, distance, rgb};
use super::*;

/// Text that has to be read; the rest may be overlooked or is a line.
fn must_be_read(role: Role) -> bool {
    !matches!(
        role,
        Role::Faint | Role::Border | Role::Scrollbar | Role::DeletedRow | Role::Comment | Role::CursorBar
    )
}

/// The background a role stands on, where it does not paint its own.
const GROUNDS: [Role; 4] = [Role::Base, Role::Popup, Role::Selection, Role::SelectionUnfocused];

fn all() -> impl Iterator<Item = Theme> {
    bundled().iter().map(|(name, _)| load(name, &|_| None).0)
}

fn ground(theme: &Theme, role: Role) -> Rgb {
    theme
        .style(role)
        .bg
        .and_then(rgb)
        .or(rgb(theme.background()))
        .unwrap_or([0; 3])
}

/// What is drawn with a role over a ground: colours of text and background, where both are known.
fn drawn(theme: &Theme, role: Role, over: Role) -> Option<(Rgb, Rgb)> {
    let style = theme.style(role);
    let default = theme.style(Role::Base).fg.and_then(rgb);
    let fg = style.fg.and_then(rgb).or(default)?;
    Some((fg, style.bg.and_then(rgb).unwrap_or_else(|| ground(theme, over))))
}

#[test]
fn the_directory_and_the_list_agree() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/themes");
    let files: BTreeSet<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .map(|name| name.strip_suffix(".toml").unwrap_or(&name).to_owned())
        .collect();
    assert_eq!(files, bundled().iter().map(|(name, _)| (*name).to_owned()).collect());
    assert_eq!(bundled()[0].0, "dark");
}

#[test]
fn bundled_themes_load_without_a_warning() {
    for (name, _) in bundled() {
        let (theme, warnings) = load(name, &|_| None);
        assert_eq!(warnings, [], "{name}");
        assert_eq!(theme.name(), *name);
    }
    assert_eq!(Theme::default().name(), "dark");
    let light: Vec<String> = all()
        .filter(Theme::is_light)
        .map(|theme| theme.name().to_owned())
        .collect();
    assert_eq!(light, ["light", "parchment"]);
}

#[test]
fn bundled_themes_say_every_role() {
    for (name, text) in bundled() {
        let mut said = BTreeSet::new();
        let mut file = Some(*text);
        while let Some(text) = file {
            let table: toml::Table = text.parse().unwrap();
            said.extend(
                table
                    .get("roles")
                    .and_then(|roles| roles.as_table())
                    .into_iter()
                    .flat_map(|t| t.keys().cloned()),
            );
            let parent = table
                .get("inherits")
                .and_then(|parent| parent.as_str().map(str::to_owned));
            file = parent
                .and_then(|parent| bundled().iter().find(|(name, _)| *name == parent))
                .map(|(_, text)| *text);
        }
        assert_eq!(
            said,
            Role::ALL.iter().map(|role| role.name().to_owned()).collect(),
            "{name}"
        );
    }
}

#[test]
fn roles_are_well_formed() {
    let names: BTreeSet<&str> = Role::ALL.iter().map(|role| role.name()).collect();
    assert_eq!(names.len(), Role::COUNT);
    for (index, role) in Role::ALL.iter().enumerate() {
        assert_eq!(*role as usize, index);
        assert_eq!(Role::named(role.name()), Some(*role));
        assert!(role.doc().ends_with('.'));
        assert!(
            role.parent() < *role || *role == Role::Base,
            "{role:?} must stand after the role it looks like"
        );
    }
}

#[test]
fn text_can_be_read() {
    let mut unreadable = Vec::new();
    for theme in all() {
        for over in GROUNDS {
            if theme.style(over).add_modifier.contains(Modifier::REVERSED) {
                continue;
            }
            let on_rows = matches!(over, Role::Selection | Role::SelectionUnfocused);
            let is_line = |role: &Role| matches!(role, Role::Border | Role::BorderFocus | Role::Scrollbar);
            for role in Role::ALL.iter().copied().filter(|role| !(on_rows && is_line(role))) {
                let wanted = match (theme.name(), must_be_read(role)) {
                    ("high-contrast", _) => 7.0,
                    (_, true) => 4.5,
                    // What may be overlooked may be so all the more on the row under the cursor.
                    (_, false) if over == Role::Selection => 2.5,
                    (_, false) => 3.0,
                };
                if let Some((fg, bg)) = drawn(&theme, role, over) {
                    let ratio = contrast(fg, bg);
                    if ratio < wanted {
                        unreadable.push(format!(
                            "{}: {} on {}: {ratio:.2}",
                            theme.name(),
                            role.name(),
                            over.name()
                        ));
                    }
                }
            }
        }
    }
    assert!(unreadable.is_empty(), "{unreadable:#?}");
}

#[test]
fn bands_and_bars_can_be_seen() {
    for theme in all() {
        for depth in [Depth::True, Depth::Indexed, Depth::Ansi, Depth::None] {
            let theme = theme.reduced(depth);
            let base = theme.style(Role::Base);
            for role in [
                Role::Selection,
                Role::SelectionUnfocused,
                Role::HeaderContext,
                Role::HeaderProduction,
                Role::Danger,
            ] {
                let style = theme.style(role);
                let marked = !style.add_modifier.is_empty();
                let apart = style.bg.is_some() && distance(ground(&theme, role), ground(&theme, Role::Base)) > 0.025;
                assert!(
                    marked || apart,
                    "{} at {depth:?}: {role:?} is {style:?} on {base:?}",
                    theme.name()
                );
            }
            let (context, production) = (theme.style(Role::HeaderContext), theme.style(Role::HeaderProduction));
            assert_ne!(context, production, "{} at {depth:?}", theme.name());
            assert_ne!(
                theme.style(Role::Selection),
                theme.style(Role::SelectionUnfocused),
                "{} at {depth:?}",
                theme.name()
            );
        }
    }
}

#[test]
fn reduced_themes_use_only_what_there_is() {
    let is_ansi = |colour: Color| !matches!(colour, Color::Rgb(..) | Color::Indexed(_));
    let mut unreadable = Vec::new();
    for theme in all() {
        assert_eq!(theme.reduced(Depth::True), theme);
        for role in Role::ALL.iter().copied() {
            let at = |depth| theme.reduced(depth).style(role);
            let colours = |style: Style| style.fg.into_iter().chain(style.bg);
            assert!(colours(at(Depth::Indexed)).all(|colour| !matches!(colour, Color::Rgb(..))));
            assert!(colours(at(Depth::Ansi)).all(is_ansi), "{role:?}");
            assert_eq!(colours(at(Depth::None)).count(), 0);
            assert!(at(Depth::None).add_modifier.contains(role.without_colour()));
        }
        for depth in [Depth::Indexed, Depth::Ansi] {
            let theme = theme.reduced(depth);
            for role in Role::ALL.iter().copied().filter(|role| must_be_read(*role)) {
                if let Some((fg, bg)) = drawn(&theme, role, Role::Base)
                    && contrast(fg, bg) < 4.0
                {
                    unreadable.push(format!(
                        "{} at {depth:?}: {role:?} {:.2}",
                        theme.name(),
                        contrast(fg, bg)
                    ));
                }
            }
        }
    }
    assert!(unreadable.is_empty(), "{unreadable:#?}");
}

#[test]
fn monochrome_has_no_colour_and_looks_like_no_color() {
    let (monochrome, _) = load("monochrome", &|_| None);
    for role in Role::ALL.iter().copied() {
        let style = monochrome.style(role);
        assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        assert_eq!(style.add_modifier, role.without_colour(), "{role:?}");
    }
}

#[test]
fn states_differ_in_every_theme() {
    let states = [Role::Ok, Role::Warn, Role::Error];
    for theme in all().filter(|theme| theme.name() != "monochrome") {
        for (one, other) in pairs(&states) {
            let (one, other) = (drawn(&theme, one, Role::Base), drawn(&theme, other, Role::Base));
            assert!(
                distance(one.unwrap().0, other.unwrap().0) > 0.08,
                "{}: {one:?} {other:?}",
                theme.name()
            );
        }
    }
}

#[test]
fn states_differ_without_red_or_green() {
    // Dichromats' view as linear maps of linear RGB (Viénot, Brettel and Mollon, 1999).
    let protan = [
        [0.11238, 0.88762, 0.0],
        [0.11238, 0.88762, 0.0],
        [0.00401, -0.00401, 1.0],
    ];
    let deutan = [
        [0.29275, 0.70725, 0.0],
        [0.29275, 0.70725, 0.0],
        [-0.02234, 0.02234, 1.0],
    ];
    let states = [Role::Ok, Role::Progress, Role::Warn, Role::Error];
    for name in ["color-vision-safe", "high-contrast"] {
        let (theme, _) = load(name, &|_| None);
        // Only the one theme promises it; the other shows that the measure can fail.
        let smallest = [protan, deutan]
            .iter()
            .flat_map(|map| pairs(&states).into_iter().map(move |pair| (map, pair)))
            .map(|(map, (one, other))| {
                let seen = |role| simulate(map, theme.style(role).fg.and_then(rgb).unwrap());
                distance(seen(one), seen(other))
            })
            .fold(f64::MAX, f64::min);
        assert_eq!(smallest > 0.09, name == "color-vision-safe", "{name}: {smallest:.3}");
    }
}

fn simulate(map: &[[f64; 3]; 3], colour: Rgb) -> Rgb {
    let linear = colour.map(|channel| (f64::from(channel) / 255.0).powf(2.2));
    map.map(|row| {
        let value: f64 = row.iter().zip(linear).map(|(a, b)| a * b).sum();
        (value.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0).round() as u8
    })
}

fn pairs(roles: &[Role]) -> Vec<(Role, Role)> {
    let after = |index: usize| roles[index + 1..].iter().copied();
    roles
        .iter()
        .enumerate()
        .flat_map(|(index, one)| after(index).map(move |other| (*one, other)))
        .collect()
}

fn own(files: &'static [(&'static str, &'static str)]) -> impl Fn(&str) -> Option<String> {
    move |name| {
        files
            .iter()
            .find(|(own, _)| *own == name)
            .map(|(_, text)| (*text).to_owned())
    }
}

#[test]
fn wrong_files_warn_and_load() {
    type Expected = &'static [(usize, &'static str, &'static str)];
    let table: [(&str, Expected); 16] = [
        ("", &[]),
        ("inherits = \"dark\"\n", &[]),
        ("[roles]\ntext = \"#ffg\"", &[(2, "unknown colour \"#ffg\"", "")]),
        (
            "[roles]\n\nerorr = \"red\"",
            &[(3, "unknown role \"erorr\"", "did you mean \"error\"?")],
        ),
        (
            "[roles]\nerror = \"rde\"",
            &[(2, "unknown colour \"rde\"", "did you mean \"red\"?")],
        ),
        (
            "[palette]\nfog = \"#888\"\n[roles]\nerror = \"fgo\"",
            &[(4, "unknown colour \"fgo\"", "did you mean \"fog\"?")],
        ),
        (
            "[palette]\nfog = \"thick\"",
            &[(2, "the colour fog is not understood", "#rrggbb")],
        ),
        (
            "[roles]\nerror = { fgg = \"red\" }",
            &[(2, "unknown attribute \"fgg\"", "did you mean \"fg\"?")],
        ),
        (
            "[roles]\nerror = { bold = 3 }",
            &[(2, "bold must be true or false", "bold = true")],
        ),
        ("[roles]\nerror = 1.5", &[(2, "this is not a colour", "")]),
        (
            "palete = 1",
            &[(1, "unknown key \"palete\"", "did you mean \"palette\"?")],
        ),
        ("roles = 1", &[(1, "roles must be a table", "")]),
        (
            "inherits = \"drak\"",
            &[(1, "there is no theme \"drak\"", "did you mean \"dark\"?")],
        ),
        ("inherits = \"test\"", &[(1, "\"test\" inherits from itself", "")]),
        ("\n[roles\ntext = \"red\"", &[(2, "", "TOML")]),
        (
            "[roles]\n\"\\u001b[2J\" = \"red\"",
            &[(2, "unknown role \"^[[2J\"", "known are base, ")],
        ),
    ];
    for (file, expected) in table {
        let (theme, warnings) = load("test", &|name| (name == "test").then(|| file.to_owned()));
        assert_eq!(theme.name(), "test");
        assert!(
            warnings.len() == expected.len() || file.contains("[roles\n"),
            "{file:?}: {warnings:?}"
        );
        for (warning, (line, text, remedy)) in warnings.iter().zip(expected) {
            assert_eq!(warning.line, *line, "{warning}");
            assert!(
                warning.text.contains(text) && warning.remedy.contains(remedy),
                "{warning}"
            );
            assert!(!warning.text.is_empty() && !warning.remedy.is_empty() && warning.theme == "test");
        }
    }
    let warning = Warning {
        theme: "sea".into(),
        line: 3,
        text: "bad".into(),
        remedy: "mend it".into(),
    };
    assert_eq!(warning.to_string(), "theme sea, line 3: bad; mend it");
}

#[test]
fn a_theme_that_is_not_there_is_the_default() {
    let (theme, warnings) = load("drk", &|_| None);
    assert_eq!(theme.style(Role::Error), Theme::default().style(Role::Error));
    assert_eq!(warnings.len(), 1);
    assert_eq!(
        warnings[0].to_string(),
        "theme drk: there is no theme \"drk\"; did you mean \"dark\"?"
    );
}

#[test]
fn inheriting() {
    let source = own(&[
        (
            "dark",
            "inherits = \"dark\"\n[palette]\nbroken = \"#ff0000\"\n[roles]\nok = { fg = \"1\", italic = true }",
        ),
        ("a", "inherits = \"b\""),
        ("b", "inherits = \"a\""),
        (
            "small",
            "background = \"white\"\n[roles]\nerror = 9\nheader = { bg = \"blue\" }",
        ),
    ]);
    let (theme, warnings) = load("dark", &source);
    assert_eq!(warnings, []);
    assert_eq!(
        theme.style(Role::Error).fg,
        Some(Color::Rgb(255, 0, 0)),
        "the parent's role in the child's palette"
    );
    assert_eq!(theme.style(Role::BarHigh).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(theme.style(Role::Ok), Style::new().fg(Color::Indexed(1)).italic());
    assert_eq!(theme.style(Role::Warn), Theme::default().style(Role::Warn));

    let (_, warnings) = load("a", &source);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert_eq!((warnings[0].theme.as_str(), warnings[0].line), ("b", 1));

    let (theme, warnings) = load("small", &source);
    assert_eq!(warnings, []);
    assert_eq!(
        theme.style(Role::Danger).fg,
        Some(Color::Indexed(9)),
        "a role falls back to the one it looks like"
    );
    assert_eq!(theme.style(Role::HeaderContext).bg, Some(Color::Blue));
    assert!(theme.is_light());
}

proptest::proptest! {
    #[test]
    fn nothing_panics(text in "\\PC{0,80}", near in "(\\[(roles|palette)\\]\n|(text|error|fog|inherits) = (\"(#[0-9a-f]{0,7}|fog|dark|red)\"|\\{ (fg|bold) = (true|\"red\"|7) \\}|[0-9]{1,3})\n){0,8}") {
        for text in [text, near] {
            let (_, warnings) = load("any", &|name| (name == "any").then(|| text.clone()));
            proptest::prop_assert!(warnings.len() <= 50);
        }
    }
}
