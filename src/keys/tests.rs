//! Keymaps as files: the bundled ones, and one wrong file for each mistake.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

/// Commands that have a key in every keymap. That keymaps name nothing else is checked against every command there is.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    // Everywhere.
    "open_palette", "open_help", "open_menu", "go_back_step", "close_view", "quit_now", "suspend", "redraw",
    "go_back", "go_forward", "last_view", "open_contexts", "open_namespaces", "open_info", "open_messages",
    "toggle_pause",
    // Tables, documents and popups.
    "move_down", "move_up", "page_down", "page_up", "half_page_down", "half_page_up", "move_top", "move_bottom",
    "scroll_left", "scroll_right", "open_row", "open_filter", "clear_filter", "open_selector", "toggle_faults",
    "toggle_mark", "mark_range", "mark_all", "clear_marks", "sort_next", "sort_previous", "sort_reverse",
    "choose_sort", "sort_by_name", "sort_by_age", "toggle_wide", "toggle_labels", "choose_label_columns",
    "copy_name", "copy_cell", "copy_row", "export_table", "jump_owner", "jump_node",
    "choose_link", "show_all_namespaces",
    "choose_namespaces", "use_namespace", "refresh", "retry", "open_search", "search_next", "search_previous",
    "copy_document", "popup_accept", "popup_cancel",
    // Prompts.
    "prompt_accept", "prompt_cancel", "prompt_complete", "prompt_previous", "prompt_next", "prompt_delete_word",
    "prompt_clear", "prompt_home", "prompt_end", "prompt_left", "prompt_right", "prompt_word_left",
    "prompt_word_right", "prompt_delete", "prompt_delete_forward",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn no_files(_: &str) -> Option<String> {
    None
}

fn bundled_keymap(name: &str) -> Keymap {
    let (keymap, warnings) = load(name, &no_files, &[], &crate::app::command_names());
    assert_eq!(warnings, [], "{name}");
    keymap
}

/// Loads one file of the user's over the default keymap, without the part of its warnings that names the file.
fn load_text(text: &str) -> (Keymap, Vec<String>) {
    let source = |name: &str| (name == "mine").then(|| text.to_owned());
    let (keymap, warnings) = load("mine", &source, &[], &crate::app::command_names());
    (keymap, warnings.iter().map(Warning::to_string).collect())
}

fn chords(text: &str) -> Vec<Chord> {
    parse_sequence(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn every_file_in_keymaps_is_bundled_and_nothing_else() {
    let on_disk: BTreeSet<String> = fs::read_dir(root().join("keymaps"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let ours: BTreeSet<String> = bundled().iter().map(|(name, _)| format!("{name}.toml")).collect();
    assert_eq!(ours, on_disk);
}

#[test]
fn every_bundled_keymap_loads_without_warnings_and_reads_back_what_it_prints() {
    for (name, _) in bundled() {
        let keymap = bundled_keymap(name);
        let (again, warnings) = load_text(&keymap.to_toml());
        assert_eq!(warnings, Vec::<String>::new(), "{name}");
        assert!(again == keymap, "{name}");
    }
}

#[test]
fn every_command_has_a_key_in_every_bundled_keymap() {
    // k9s hands expect other things on these keys; page keys and the palette do the same.
    let unbound_on_purpose: &[(&str, &str)] = &[];
    for (name, _) in bundled() {
        let keymap = bundled_keymap(name);
        for command in KNOWN {
            let bound = keymap.bindings().any(|row| row.command == *command);
            let on_purpose = unbound_on_purpose.contains(&(name, command));
            assert!(bound != on_purpose, "{command} in {name}: bound is {bound}");
        }
    }
}

#[test]
fn letters_of_later_actions_are_free() {
    for (name, _) in bundled() {
        let keymap = bundled_keymap(name);
        for letter in "esaxrft".chars() {
            for layers in [[Layer::Table, Layer::Global], [Layer::Document, Layer::Global]] {
                if letter == 'x' && layers[0] == Layer::Document {
                    // In the YAML tab it decodes, as it does in k9s.
                    continue;
                }
                let found = keymap.resolve(&layers, &[Chord::plain(Key::Char(letter))]);
                assert_eq!(found, Resolved::Nothing, "{letter} in {name}");
            }
        }
    }
}

#[test]
fn no_inner_layer_hides_an_outer_command_by_accident() {
    // (keymap, layer, outer command): hidden on purpose because the inner layer does more.
    let hidden_on_purpose: &[(&str, Layer, &str)] = &[("k9s", Layer::Table, "suspend")];
    for (name, _) in bundled() {
        let keymap = bundled_keymap(name);
        for layer in [Layer::Table, Layer::Document] {
            for row in keymap.bindings().filter(|row| row.layer == Layer::Global) {
                let reachable = !keymap.keys_of(&[layer, Layer::Global], row.command).is_empty();
                let on_purpose = hidden_on_purpose.contains(&(name, layer, row.command));
                assert!(reachable != on_purpose, "{} in {name} {}", row.command, layer.name());
            }
        }
    }
}

#[test]
fn nothing_that_is_typed_is_bound_while_typing() {
    for (name, _) in bundled() {
        for row in bundled_keymap(name).bindings() {
            if matches!(row.layer, Layer::Prompt | Layer::Popup) {
                assert_eq!(row.chords[0].typed(), None, "{} in {name}", print_sequence(&row.chords));
            }
        }
    }
}

#[test]
fn keys_resolve_from_the_innermost_layer_outwards() {
    let keymap = bundled_keymap("default");
    let table = [Layer::Table, Layer::Global];
    for (keys, expected) in [
        ("j", Resolved::Command("move_down")),
        ("g g", Resolved::Command("move_top")),
        ("g n", Resolved::Command("open_namespaces")),
        ("ctrl-c", Resolved::Command("quit_now")),
        ("g j", Resolved::Nothing),
        ("j j", Resolved::Nothing),
        ("1", Resolved::Nothing),
    ] {
        assert_eq!(keymap.resolve(&table, &chords(keys)), expected, "{keys}");
    }
    assert_eq!(keymap.resolve(&table, &[]), Resolved::Nothing);
    assert_eq!(keymap.resolve(&[Layer::Prompt], &chords("q")), Resolved::Nothing);

    let Resolved::Pending(hints) = keymap.resolve(&table, &chords("g")) else {
        panic!("g is a beginning")
    };
    let shown: Vec<String> = hints
        .iter()
        .map(|hint| format!("{} {}", hint.chord, hint.label))
        .collect();
    assert_eq!(
        shown,
        [
            "c open contexts",
            "e open timeline",
            "g move top",
            "i open info",
            "l choose link",
            "m open messages",
            "n open namespaces"
        ]
    );
    assert_eq!(hints[2].command, Some("move_top"));
    let Resolved::Pending(hints) = keymap.resolve(&[Layer::Global], &chords("g")) else {
        panic!("g is a beginning")
    };
    assert_eq!(hints.len(), 5);
}

#[test]
fn an_inner_beginning_hides_an_outer_command_and_the_other_way_round() {
    let (keymap, warnings) = load_text(
        "inherits = \"\"\n[table]\n\"g g\" = \"move_top\"\n\"h\" = \"move_up\"\n[global]\n\"g\" = \"redraw\"\n\"h h\" = \"suspend\"\n",
    );
    assert_eq!(warnings, Vec::<String>::new());
    let layers = [Layer::Table, Layer::Global];
    assert!(matches!(keymap.resolve(&layers, &chords("g")), Resolved::Pending(hints) if hints.len() == 1));
    assert_eq!(keymap.resolve(&layers, &chords("h")), Resolved::Command("move_up"));
    assert_eq!(keymap.keys_of(&layers, "redraw"), Vec::<String>::new());
    assert_eq!(
        keymap.keys_of(&layers, "suspend"),
        ["h h"],
        "resolves when asked as a whole"
    );
}

#[test]
fn keys_are_listed_for_hints() {
    let keymap = bundled_keymap("default");
    let table = [Layer::Table, Layer::Global];
    assert_eq!(keymap.keys_of(&table, "move_top"), ["home", "g g"]);
    assert_eq!(keymap.keys_of(&table, "move_down"), ["j", "down"]);
    assert_eq!(keymap.keys_of(&table, "open_help"), ["?", "f1"]);
    assert_eq!(keymap.keys_of(&table, "prompt_accept"), Vec::<String>::new());
    assert_eq!(keymap.keys_of(&[Layer::Prompt], "prompt_accept"), ["enter"]);
}

#[test]
fn a_users_file_changes_rows_and_an_overlay_lies_on_top() {
    let text = "[table]\n\"j\" = false\n\"ctrl-d\" = \"\"\n\"g g\" = \"\"\n\"g l\" = \"\"\n\"g\" = \"move_top\"\n";
    let overlay = Row {
        file: "config.toml".into(),
        line: 9,
        layer: Layer::Table,
        chords: chords("X"),
        command: Some("move_bottom".into()),
    };
    let source = |name: &str| (name == "mine").then(|| text.to_owned());
    let (keymap, warnings) = load("mine", &source, &[overlay], &crate::app::command_names());
    assert_eq!(warnings, []);
    let table = [Layer::Table, Layer::Global];
    assert_eq!(keymap.resolve(&table, &chords("j")), Resolved::Nothing);
    assert_eq!(keymap.resolve(&table, &chords("ctrl-d")), Resolved::Nothing);
    assert_eq!(keymap.resolve(&table, &chords("g")), Resolved::Command("move_top"));
    assert_eq!(keymap.resolve(&table, &chords("X")), Resolved::Command("move_bottom"));
    assert_eq!(keymap.resolve(&table, &chords("k")), Resolved::Command("move_up"));
}

#[test]
fn a_users_file_may_extend_the_bundled_one_of_its_name() {
    for name in ["vim", "default"] {
        let text = format!("inherits = \"{name}\"\n[global]\n\"f9\" = \"redraw\"\n");
        let source = |asked: &str| (asked == name).then(|| text.clone());
        let (keymap, warnings) = load(name, &source, &[], &crate::app::command_names());
        assert_eq!(warnings, [], "{name}");
        assert_eq!(
            keymap.resolve(&[Layer::Global], &chords("f9")),
            Resolved::Command("redraw")
        );
        assert_eq!(
            keymap.resolve(&[Layer::Global], &chords("q")),
            Resolved::Command("close_view")
        );
    }
}

#[test]
fn wrong_names_and_cycles_end_in_the_default_keymap() {
    let default = bundled_keymap("default");
    let files = |name: &str| match name {
        "one" => Some("inherits = \"two\"".to_owned()),
        "two" => Some("inherits = \"one\"".to_owned()),
        "lost" => Some("\ninherits = \"../../etc/passwd\"".to_owned()),
        other if other.starts_with('n') => other[1..]
            .parse::<u32>()
            .ok()
            .map(|number| format!("inherits = \"n{}\"", number + 1)),
        other => panic!("{other} must not be looked up"),
    };
    for (name, expected) in [
        (
            "one",
            "keymaps/two.toml:1: the keymap `one` inherits itself; remove one `inherits`",
        ),
        (
            "lost",
            "keymaps/lost.toml:2: there is no keymap `../../etc/passwd`; use default, k9s, vim, or put ../../etc/passwd.toml in the folder keymaps",
        ),
        (
            "n0",
            "keymaps/n7.toml:1: the chain of `inherits` is longer than 8 files; put some of them together",
        ),
    ] {
        let asked = |asked: &str| if asked == "default" { None } else { files(asked) };
        let (keymap, warnings) = load(name, &asked, &[], &crate::app::command_names());
        let warnings: Vec<String> = warnings.iter().map(Warning::to_string).collect();
        assert_eq!(warnings, [expected]);
        assert!(keymap == default, "{name}");
    }
    let (keymap, warnings) = load("vmi", &no_files, &[], &crate::app::command_names());
    assert_eq!(
        warnings[0].to_string(),
        "the setting `keymap`: there is no keymap `vmi`; write `vim`"
    );
    assert!(keymap == default);
}

#[test]
fn thousands_of_wrong_rows_are_counted_and_not_listed() {
    let rows: String = (0..3000)
        .map(|number| format!("\"no{number}\" = \"redraw\"\n"))
        .collect();
    let (_, warnings) = load_text(&format!("[table]\n{rows}"));
    assert_eq!(warnings.len(), 51);
    assert!(warnings[50].contains("more rows are wrong"), "{}", warnings[50]);
}

#[test]
fn each_wrong_keymap_is_told_with_its_line_and_remedy() {
    let folder = root().join("tests/data/invalid/keymaps");
    let mut seen = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&path).unwrap();
        let (keymap, warnings) = load_text(&text);
        let told = warnings.join("\n") + "\n";
        let beside = path.with_extension("expected");
        if std::env::var_os("PORTOLAN_WRITE_EXPECTED").is_some() {
            fs::write(&beside, &told).unwrap();
        }
        let expected = fs::read_to_string(&beside).unwrap_or_default();
        assert!(!warnings.is_empty(), "{} is not wrong", path.display());
        assert_eq!(told, expected, "{}", path.display());
        let quits = keymap.resolve(&[Layer::Global], &chords("ctrl-c"));
        assert_eq!(
            quits,
            Resolved::Command("quit_now"),
            "{} must leave a way out",
            path.display()
        );
    }
    assert!(seen >= 12, "{seen} files");
}

#[test]
fn chords_parse_to_one_form() {
    for (text, printed) in [
        ("ctrl-d", "ctrl-d"),
        ("Ctrl-d", "ctrl-d"),
        ("alt-x", "alt-x"),
        ("alt-X", "alt-X"),
        ("shift-g", "G"),
        ("shift-G", "G"),
        ("G", "G"),
        ("shift-tab", "shift-tab"),
        ("backtab", "shift-tab"),
        ("Space", "space"),
        ("return", "enter"),
        ("PgDn", "pagedown"),
        ("f12", "f12"),
        ("ctrl-shift-left", "ctrl-shift-left"),
        ("shift-up", "shift-up"),
        ("-", "-"),
        ("alt--", "alt--"),
        ("ctrl-space", "ctrl-space"),
        ("ctrl-\\", "ctrl-\\"),
        ("alt-enter", "alt-enter"),
        (",", "comma"),
        ("é", "é"),
        ("ctrl-alt-d", "ctrl-alt-d"),
    ] {
        assert_eq!(
            Chord::parse(text)
                .unwrap_or_else(|error| panic!("{text}: {error}"))
                .to_string(),
            printed
        );
    }
}

#[test]
fn what_a_plain_terminal_cannot_send_is_refused_with_the_reason() {
    for (text, expected) in [
        (
            "ctrl-i",
            "a plain terminal sends the same for `ctrl-i` as for `tab`; bind `tab` instead",
        ),
        (
            "ctrl-m",
            "a plain terminal sends the same for `ctrl-m` as for `enter`; bind `enter` instead",
        ),
        (
            "ctrl-[",
            "a plain terminal sends the same for `ctrl-[` as for `esc`; bind `esc` instead",
        ),
        (
            "ctrl-h",
            "a plain terminal sends the same for `ctrl-h` as for `backspace`; bind `backspace` instead",
        ),
        (
            "ctrl-shift-d",
            "a plain terminal sends the same for `ctrl-shift-d` as for `ctrl-d`; bind `ctrl-d` instead",
        ),
        (
            "ctrl-D",
            "a plain terminal sends the same for `ctrl-D` as for `ctrl-d`; bind `ctrl-d` instead",
        ),
        (
            "shift-enter",
            "a plain terminal sends the same for `shift-enter` as for `enter`; bind `enter` instead",
        ),
        (
            "ctrl-tab",
            "a plain terminal sends the same for `ctrl-tab` as for `tab`; bind another chord instead",
        ),
        (
            "ctrl-/",
            "a plain terminal sends the same for `ctrl-/` as for `ctrl-_`; bind `ctrl-_` instead",
        ),
        (
            "ctrl-4",
            "a plain terminal sends the same for `ctrl-4` as for `ctrl-\\`; bind `ctrl-\\` instead",
        ),
        (
            "ctrl-1",
            "a plain terminal has no code for `ctrl-1`; use ctrl with a letter, or alt with this key",
        ),
        (
            "ctrl-;",
            "a plain terminal has no code for `ctrl-;`; use ctrl with a letter, or alt with this key",
        ),
        (
            "ctrl-é",
            "a plain terminal has no code for `ctrl-é`; use ctrl with a letter, or alt with this key",
        ),
        (
            "shift-1",
            "shift with `1` is another character, which depends on the keyboard; write that character itself, such as `!` or `G`",
        ),
        (
            "alt-[",
            "a plain terminal sends for `alt-[` what the codes of arrow and function keys begin with; choose another chord",
        ),
        (
            "alt-shift-o",
            "a plain terminal sends for `alt-shift-o` what the codes of arrow and function keys begin with; choose another chord",
        ),
        (
            "alt-esc",
            "a plain terminal sends for `alt-esc` the same as for esc pressed twice; choose another chord",
        ),
        ("f13", "terminals do not agree on what `f13` sends; use f1 to f12"),
        ("f0", "terminals do not agree on what `f0` sends; use f1 to f12"),
        ("ctrl+d", "`ctrl+d` is not a key; write `ctrl-d`"),
        ("C-d", "`C-d` is not a key; write `ctrl-d`"),
        ("ctl-d", "`ctl-d` is not a key; write `ctrl-d`"),
        ("etner", "`etner` is not a key; write `enter`"),
        ("ctrl-ctrl-d", "`ctrl-ctrl-d` holds ctrl twice; name each held key once"),
        ("", "the key is empty; write a key such as `j`, `ctrl-d` or `f5`"),
        (
            "jk",
            "`jk` is not a key; write a character, a name such as `enter`, `pagedown` or `f5`, or `ctrl-`, `alt-`, `shift-` before one; several keys in a row are parted by spaces",
        ),
    ] {
        match Chord::parse(text) {
            Ok(chord) => panic!("{text} was read as {chord:?}"),
            Err(error) => assert_eq!(error.to_string(), expected),
        }
    }
}

#[test]
fn reports_of_the_same_bytes_are_the_same_chord() {
    for (report, expected) in [
        (Chord::new(Key::Char('i'), true, false, false), "tab"),
        (Chord::new(Key::Char('h'), true, false, false), "backspace"),
        (Chord::new(Key::Char('4'), true, false, false), "ctrl-\\"),
        (Chord::new(Key::Char('7'), true, false, false), "ctrl-_"),
        (Chord::new(Key::Char('G'), false, false, true), "G"),
        (Chord::new(Key::Char('g'), false, false, true), "G"),
        (Chord::new(Key::Char('?'), false, false, true), "?"),
        (Chord::new(Key::Char('D'), true, false, true), "ctrl-d"),
        (Chord::new(Key::Tab, false, false, true), "shift-tab"),
        (Chord::new(Key::BackTab, false, false, true), "shift-tab"),
        (Chord::new(Key::Enter, false, false, true), "enter"),
        (Chord::new(Key::Char('\n'), false, false, false), "enter"),
        (Chord::new(Key::Up, true, false, true), "ctrl-shift-up"),
    ] {
        assert_eq!(report.to_string(), expected);
    }
    assert_eq!(Chord::plain(Key::Char('ä')).typed(), Some('ä'));
    assert_eq!(Chord::new(Key::Char('a'), true, false, false).typed(), None);
    assert_eq!(Chord::plain(Key::Enter).typed(), None);
}

#[test]
fn sequences_are_parted_by_spaces_or_commas() {
    assert_eq!(chords("g g"), chords("g,g"));
    assert_eq!(
        chords("g  comma"),
        [Chord::plain(Key::Char('g')), Chord::plain(Key::Char(','))]
    );
    assert_eq!(chords(","), [Chord::plain(Key::Char(','))]);
    assert_eq!(chords("ctrl-x ctrl-s").len(), 2);
    for (text, expected) in [
        ("", "the key is empty; write a key such as `j`, `space` or `g g`"),
        (
            "g,,",
            "`g,,` has an empty place beside a comma; write the comma key as `comma`",
        ),
        ("a b c d e", "`a b c d e` is 5 keys long; use at most 4"),
    ] {
        assert_eq!(parse_sequence(text).unwrap_err().to_string(), expected);
    }
}

#[test]
fn typed_text_becomes_chords() {
    let typed: Vec<String> = parse_keys(":p o<enter>/<lt><ctrl-d>G")
        .unwrap()
        .iter()
        .map(Chord::to_string)
        .collect();
    assert_eq!(typed, [":", "p", "space", "o", "enter", "/", "<", "ctrl-d", "G"]);
    assert_eq!(
        parse_keys("a<b").unwrap_err().to_string(),
        "`<b` is not closed; write `<lt>` for the bracket itself"
    );
    assert!(parse_keys("<nokey>").is_err());
}

fn any_key() -> impl Strategy<Value = Key> {
    let named = vec![
        Key::Enter,
        Key::Esc,
        Key::Tab,
        Key::BackTab,
        Key::Backspace,
        Key::Delete,
        Key::Insert,
        Key::Home,
        Key::End,
        Key::PageUp,
        Key::PageDown,
        Key::Up,
        Key::Down,
        Key::Left,
        Key::Right,
    ];
    prop_oneof![
        any::<char>().prop_map(Key::Char),
        prop::char::range(' ', '~').prop_map(Key::Char),
        (0u8..20).prop_map(Key::F),
        prop::sample::select(named),
    ]
}

proptest! {
    #[test]
    fn a_chord_reads_back_what_it_prints(key in any_key(), ctrl: bool, alt: bool, shift: bool) {
        let chord = Chord::new(key, ctrl, alt, shift);
        prop_assert_eq!(Chord::new(chord.key, chord.ctrl, chord.alt, chord.shift), chord, "folding twice is folding once");
        match Chord::parse(&chord.to_string()) {
            Ok(again) => prop_assert_eq!(again, chord),
            // Only what no plain terminal can send may be refused, and never an unmodified ASCII character.
            Err(_) => prop_assert!(ctrl || alt || !matches!(chord.key, Key::Char(' '..='~') | Key::Up | Key::Enter)),
        }
    }

    #[test]
    fn a_sequence_reads_back_what_it_prints(keys in prop::collection::vec(prop::char::range(' ', '~'), 1..5)) {
        let chords: Vec<Chord> = keys.into_iter().map(|letter| Chord::plain(Key::Char(letter))).collect();
        prop_assert_eq!(parse_sequence(&print_sequence(&chords)).unwrap(), chords);
    }
}

proptest! {
    // Each case reads the default keymap twice.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_text_is_too_strange_to_load(text in "\\PC{0,80}", rows in "[\\[\\]a-z\"=,\n -]{0,120}") {
        load_text(&text);
        load_text(&rows);
        let _ = parse_keys(&text);
    }
}
