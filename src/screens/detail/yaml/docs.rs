//! The documentation of the field under the cursor, from the server's own schema.

use crate::describe::explain::{Explanation, explain};
use crate::screens::Shared;
use crate::text::yaml::{Step, path};
use crate::theme::Role;
use crate::ui::{TextLine, wrap};
use crate::want::SchemaWant;

/// No more lines than this are made.
const MOST: usize = 60;

/// What the schema says of a field, or why it says nothing.
pub(super) fn lines(shared: &Shared, want: &SchemaWant, steps: &[Step<'_>], width: usize) -> Vec<TextLine> {
    let width = width.saturating_sub(2).max(20);
    match shared.schemas.get(want) {
        None => vec![TextLine::new("asking the server for its schema …", Role::Progress)],
        Some(Err(failure)) => {
            let said = wrap(failure.message.as_str(), width);
            said.into_iter().map(|line| TextLine::new(line, Role::Error)).collect()
        }
        Some(Ok(schema)) => {
            // Where a schema leaves off, what is known of the field around it is said, as kubectl does.
            let known = (0..=steps.len()).rev().find_map(|count| {
                let steps = steps.get(..count)?;
                Some((count, explain(schema, steps)?))
            });
            match known {
                Some((count, explanation)) if count == steps.len() => told(&explanation, width),
                Some((_, explanation)) => {
                    let said = format!(
                        "{}: the server's schema says nothing of this field; around it:",
                        path(steps)
                    );
                    let mut lines = vec![TextLine::new(said, Role::Muted)];
                    lines.extend(told(&explanation, width));
                    lines
                }
                None => vec![TextLine::new("the server's schema of this kind is empty", Role::Muted)],
            }
        }
    }
}

fn told(explanation: &Explanation, width: usize) -> Vec<TextLine> {
    let mut first = TextLine::new(explanation.name.as_str(), Role::Title)
        .and(format!("  <{}>", explanation.kind), Role::LabelValue);
    if explanation.required {
        first = first.and("  required", Role::Warn);
    }
    let rules: Vec<&str> = explanation.rules.iter().map(|rule| rule.as_str()).collect();
    if !rules.is_empty() {
        first = first.and(format!("  {}", rules.join(", ")), Role::Muted);
    }
    let mut lines = vec![first];
    if let Some(default) = &explanation.default {
        lines.push(TextLine::new("default: ", Role::Muted).and(default.as_str(), Role::LabelValue));
    }
    if !explanation.choices.is_empty() {
        let choices: Vec<&str> = explanation.choices.iter().map(|choice| choice.as_str()).collect();
        let text = format!("one of: {}", choices.join(", "));
        lines.extend(
            wrap(&text, width)
                .into_iter()
                .map(|line| TextLine::new(line, Role::LabelValue)),
        );
    }
    for paragraph in &explanation.description {
        lines.extend(
            wrap(paragraph.as_str(), width)
                .into_iter()
                .map(|line| TextLine::new(line, Role::Text)),
        );
    }
    for (name, kind, required) in &explanation.fields {
        let line = TextLine::new(format!("  {name}"), Role::LabelKey).and(format!("  <{kind}>"), Role::Muted);
        lines.push(if *required {
            line.and("  required", Role::Warn)
        } else {
            line
        });
    }
    lines.truncate(MOST);
    lines
}
