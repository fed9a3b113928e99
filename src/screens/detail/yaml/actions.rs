//! What can be done in the YAML tab.

use super::page::{Page, Plain};
use super::{Inside, Over, OverLines, Yaml, is_secret, secret};
use crate::describe::reuse::{LAST_APPLIED, clean_form, is_secret_value};
use crate::effect::Effect;
use crate::msg::Ticket;
use crate::screens::{Ctx, Picker, Popup, Request, Tone};
use crate::text::Clean;
use crate::text::embedded::language;
use crate::text::jsonpath::JsonPath;
use crate::text::yaml::{Document, Step, json_path};
use serde_json::Value;

/// So many queries are offered again.
const MOST_QUERIES: usize = 20;

const QUERY: &str = "yaml_query";
const FILE: &str = "yaml_file";

/// Runs a command of the tab; says whether it is one.
pub(super) fn run(tab: &mut Yaml, name: &str, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) -> bool {
    if name == "go_back_step" {
        return tab.close();
    }
    // What acts on a field of the document waits until the document is seen again.
    let of_field = matches!(
        name,
        "copy_path"
            | "copy_jsonpath"
            | "reveal_value"
            | "decode_value"
            | "show_applied"
            | "toggle_owners"
            | "toggle_docs"
    );
    if tab.over.is_some() && of_field {
        ctx.toast(Tone::Info, "Go back to the document first (esc).");
        return true;
    }
    match name {
        "toggle_managed_fields" => tab.form.managed_fields = !tab.form.managed_fields,
        "toggle_clean_form" => tab.form.clean = !tab.form.clean,
        "toggle_json" => tab.form.json = !tab.form.json,
        "toggle_owners" => {
            tab.owners = !tab.owners;
            tab.another = true;
        }
        "toggle_docs" => tab.docs = !tab.docs,
        "show_applied" => applied(tab, cursor, inside, ctx),
        "query_document" => ask(tab, ctx),
        "copy_value" => copy_value(tab, cursor, inside, ctx),
        "copy_path" => copy(ctx, tab.page.document.path(cursor), "path"),
        "copy_jsonpath" => copy(ctx, json_path(&tab.page.document.steps(cursor)), "path for kubectl"),
        "copy_document" => match &tab.over {
            Some(over) => copy(ctx, over.text.clone(), "text"),
            None if masked(tab, inside) => refuse(ctx),
            None => copy(ctx, tab.page.document.text().to_owned(), "document"),
        },
        "save_document" => save(tab, inside, ctx),
        "reveal_value" => reveal(tab, cursor, inside, ctx),
        "reveal_all" => {
            if is_secret(inside) {
                tab.form.reveal.all = !tab.form.reveal.all;
                tab.form.reveal.keys.clear();
            } else {
                ctx.toast(Tone::Info, "Nothing is hidden here: only secrets are.");
            }
        }
        "decode_value" => decode(tab, cursor, inside, ctx),
        _ => return false,
    }
    true
}

/// The answer of a prompt.
pub(super) fn picked(
    tab: &mut Yaml,
    purpose: &'static str,
    answers: &[String],
    inside: &Inside<'_>,
    ctx: &mut Ctx<'_>,
) {
    let Some(answer) = answers.first() else { return };
    match purpose {
        QUERY => query(tab, answer, inside, ctx),
        FILE => {
            let text = match &tab.over {
                Some(over) => over.text.clone(),
                None => tab.page.document.text().to_owned(),
            };
            ctx.ask(Request::Effect(Effect::WriteFile {
                ticket: Ticket(0),
                path: answer.into(),
                content: vec![text.into_bytes().into()],
                overwrite: false,
            }));
        }
        _ => {}
    }
}

/// Whether the document hides values.
fn masked(tab: &Yaml, inside: &Inside<'_>) -> bool {
    is_secret(inside) && !tab.form.reveal.all
}

fn refuse(ctx: &mut Ctx<'_>) {
    ctx.toast(
        Tone::Warn,
        "Its values are hidden: reveal them first (reveal_value, reveal_all).",
    );
}

fn copy(ctx: &mut Ctx<'_>, text: String, what: &str) {
    ctx.ask(Request::Effect(Effect::Copy {
        ticket: Ticket(0),
        text,
        what: Clean::new(what),
    }));
}

/// Whether the value under the cursor is one that is hidden now.
fn is_hidden(tab: &Yaml, steps: &[Step<'_>], inside: &Inside<'_>) -> bool {
    if !is_secret(inside) || tab.form.reveal.all {
        return false;
    }
    match steps {
        [Step::Key("data" | "stringData"), Step::Key(name), ..] => !tab.form.reveal.keys.contains(*name),
        // What holds hidden values is hidden too.
        [] | [Step::Key("data" | "stringData" | "metadata")] => true,
        [Step::Key("metadata"), Step::Key("annotations")] => true,
        steps => is_secret_value(steps),
    }
}

fn copy_value(tab: &mut Yaml, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
    if let Some(over) = &tab.over {
        return copy(ctx, over.text.clone(), "text");
    }
    let steps = tab.page.document.steps(cursor);
    if is_hidden(tab, &steps, inside) {
        return refuse(ctx);
    }
    let Some(whole) = &inside.object.whole else { return };
    match tab.value(cursor, whole) {
        Some(Value::String(text)) => copy(ctx, text.clone(), "value"),
        Some(value) if tab.form.json => copy(ctx, value.to_string(), "value"),
        Some(value @ (Value::Array(_) | Value::Object(_))) => {
            copy(ctx, Document::yaml(value).text().to_owned(), "value")
        }
        Some(value) => copy(ctx, value.to_string(), "value"),
        None => ctx.toast(Tone::Info, "There is no value here."),
    }
}

fn reveal(tab: &mut Yaml, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
    let steps = tab.page.document.steps(cursor);
    match steps.as_slice() {
        [Step::Key("data" | "stringData"), Step::Key(name), ..] if is_secret(inside) => {
            let name = (*name).to_owned();
            if !tab.form.reveal.keys.remove(&name) {
                tab.form.reveal.keys.insert(name);
            }
        }
        _ => ctx.toast(Tone::Info, "Go to a value of a secret's data to reveal it."),
    }
}

fn decode(tab: &mut Yaml, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
    let Some(whole) = &inside.object.whole else { return };
    let steps = tab.page.document.steps(cursor);
    let path = tab.page.document.path(cursor);
    let Some(Value::String(raw)) = tab.value(cursor, whole) else {
        return ctx.toast(Tone::Info, "Go to a text to see it decoded.");
    };
    let last = steps.iter().rev().find_map(|step| match step {
        Step::Key(key) => Some(*key),
        Step::Index(_) => None,
    });
    let encoded = match steps.as_slice() {
        [Step::Key("data"), ..] if is_secret(inside) => true,
        [Step::Key("binaryData"), ..] => true,
        _ => last.is_some_and(|last| last.ends_with("caBundle") || last.ends_with("CABundle")),
    };
    let bytes = if encoded {
        secret::decode(raw)
    } else {
        Some(raw.clone().into_bytes())
    };
    let Some(bytes) = bytes else {
        return ctx.toast(Tone::Warn, &format!("{path} is no base64."));
    };
    let over = match String::from_utf8(bytes) {
        Err(error) => {
            let bytes = error.as_bytes();
            let said = format!("{} bytes of binary data, {}", bytes.len(), secret::looks_like(bytes));
            Over {
                said: path,
                lines: OverLines::Plain(Plain::of(&said)),
                back: cursor,
                text: raw.clone(),
            }
        }
        Ok(text) => match serde_json::from_str::<Value>(&text) {
            Ok(value @ (Value::Object(_) | Value::Array(_))) => Over {
                said: format!("{path}, read as JSON"),
                lines: OverLines::Page(Page::of(Document::yaml(&value))),
                back: cursor,
                text,
            },
            _ => Over {
                said: format!("{path}: {} bytes", text.len()),
                lines: OverLines::Plain(Plain::written_in(language(last.unwrap_or(""), &text), &text)),
                back: cursor,
                text,
            },
        },
    };
    tab.show(over);
}

fn ask(tab: &Yaml, ctx: &mut Ctx<'_>) {
    let examples = [
        "{.metadata.labels}",
        "{..image}",
        "{.status.conditions[?(@.type==\"Ready\")].status}",
    ];
    let again = tab
        .queries
        .iter()
        .rev()
        .map(|query| (Clean::new(query), Clean::new("asked before"), false));
    let examples = examples
        .iter()
        .map(|query| (Clean::new(query), Clean::new("for example"), false));
    ctx.ask(Request::Popup(Popup::Picker(Picker {
        title: Clean::new("JSONPath, as kubectl takes it"),
        purpose: QUERY,
        items: again.chain(examples).collect(),
        several: false,
        free: true,
    })));
}

fn query(tab: &mut Yaml, text: &str, inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
    let Some(whole) = &inside.object.whole else { return };
    let path = match JsonPath::new(text) {
        Ok(path) => path,
        Err(error) => return ctx.toast(Tone::Error, &format!("That is no JSONPath: {error}.")),
    };
    tab.queries.retain(|query| query != text);
    tab.queries.push(text.to_owned());
    if tab.queries.len() > MOST_QUERIES {
        tab.queries.remove(0);
    }
    let answer = if is_secret(inside) {
        path.ask(&tab.form.reveal.masked(&whole.value))
    } else {
        path.ask(&whole.value)
    };
    let values: Vec<&Value> = answer.values().collect();
    let more = if answer.cut { ", cut: it looked at too much" } else { "" };
    let printed = answer.text();
    let lines = match (values.as_slice(), path.is_plain()) {
        ([], true) => return ctx.toast(Tone::Info, &format!("Nothing is at {text}{more}.")),
        ([one @ (Value::Object(_) | Value::Array(_))], true) => OverLines::Page(Page::of(Document::yaml(one))),
        (several, true) if several.len() > 1 => OverLines::Page(Page::of(Document::yaml(&Value::Array(
            several.iter().map(|value| (*value).clone()).collect(),
        )))),
        _ => OverLines::Plain(Plain::of(&printed)),
    };
    let over = Over {
        said: format!(
            "{text}: {} {}{more}",
            values.len(),
            if values.len() == 1 { "value" } else { "values" }
        ),
        lines,
        back: 0,
        text: printed,
    };
    tab.show(over);
}

fn applied(tab: &mut Yaml, cursor: usize, inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
    let Some(whole) = &inside.object.whole else { return };
    let annotations = whole
        .value
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"));
    let text = annotations
        .and_then(|annotations| annotations.get(LAST_APPLIED))
        .and_then(Value::as_str);
    let Some(before) = text.and_then(|text| serde_json::from_str::<Value>(text).ok()) else {
        return ctx.toast(
            Tone::Info,
            "It was not applied by `kubectl apply` on this side; the owners of its fields say who has set what.",
        );
    };
    let (mut before, mut after) = (clean_form(&before), clean_form(&whole.value));
    if is_secret(inside) {
        (before, after) = (tab.form.reveal.masked(&before), tab.form.reveal.masked(&after));
    }
    let (before, after) = (Document::yaml(&before), Document::yaml(&after));
    let plain = Plain::changes(&before, &after);
    if plain.lines.is_empty() {
        return ctx.toast(Tone::Info, "It is as it was applied; what the server adds is left out.");
    }
    let text: String = plain.lines.iter().map(|(line, _)| format!("{line}\n")).collect();
    tab.show(Over {
        said: "from what was last applied (-) to what is live (+)".to_owned(),
        lines: OverLines::Plain(plain),
        back: cursor,
        text,
    });
}

fn save(tab: &Yaml, inside: &Inside<'_>, ctx: &mut Ctx<'_>) {
    if masked(tab, inside) && tab.over.is_none() {
        return refuse(ctx);
    }
    let name = &inside.object.name;
    let ending = match &tab.over {
        Some(_) => "txt",
        None if tab.form.json => "json",
        None => "yaml",
    };
    let safe = |text: &str| {
        text.replace(
            |character: char| !character.is_ascii_alphanumeric() && !"-._".contains(character),
            "_",
        )
    };
    let file = format!(
        "{}-{}.{ending}",
        safe(name.resource.resource.as_str()),
        safe(name.name.as_str())
    );
    ctx.ask(Request::Popup(Popup::Picker(Picker {
        title: Clean::new("Save to a file; an existing one is kept"),
        purpose: FILE,
        items: vec![(Clean::new(&file), Clean::new("in the working directory"), true)],
        several: false,
        free: true,
    })));
}
