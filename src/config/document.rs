//! The documented configuration file, written from the definition of the settings.

use super::fields::{CONTEXT_FIELDS, FIELDS, Field, Kind};

/// The configuration file with every setting, its default and what it does. Settings are commented out (`#name`, while prose is
/// `# prose`), so that a saved copy does not freeze today's defaults.
pub fn default_text() -> String {
    let mut text = String::from(
        "# Portolan's configuration. `portolan --print-paths` says where it lies. Portolan reads this file and never writes it.\n\
         # A wrong row is ignored and told; the default is used.\n",
    );
    let mut section = "";
    for field in FIELDS {
        if field.section != section {
            section = field.section;
            text.push_str(&format!("\n[{section}]\n"));
        }
        describe(&mut text, field);
    }
    text.push_str(
        "\n# What differs in some contexts. The name may hold * (any characters) and ? (one); of several sections that match,\n\
         # a later one wins.\n#[contexts.\"prod-*\"]\n",
    );
    for field in CONTEXT_FIELDS {
        describe(&mut text, field);
    }
    text.push_str(
        "\n# Your own keys, on top of the keymap: sections [keys.global], [keys.table], [keys.document], [keys.prompt] and\n\
         # [keys.popup]. \"\" unbinds. `portolan --print-keys` lists all keys and commands.\n#[keys.table]\n#\"X\" = \"copy_row\"\n",
    );
    text
}

fn describe<T>(text: &mut String, field: &Field<T>) {
    text.push('\n');
    for line in field.doc {
        text.push_str(&format!("# {line}\n"));
    }
    match field.kind {
        Kind::Choice(words) => text.push_str(&format!("# One of: {}.\n", words.join(", "))),
        Kind::Whole(least, most) => text.push_str(&format!("# From {least} to {most}.\n")),
        Kind::Flag | Kind::Name | Kind::Text | Kind::Patterns => {}
    }
    text.push_str(&format!("#{} = {}\n", field.name, field.default));
}
