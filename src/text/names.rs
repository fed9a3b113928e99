//! The rules for names, label keys and label values, each refusal a sentence that says what to change.
//!
//! Sources: RFC 1123 as read by apimachinery's `validation` package.

/// Checks a DNS label, the form of namespaces, services and containers: at most 63 of `a-z 0-9 -`, beginning and
/// ending with a letter or digit.
pub fn check_dns_label(name: &str) -> Result<(), String> {
    check_length(name, 63)?;
    check_characters(
        name,
        "-",
        char::is_ascii_lowercase,
        "lower-case letters, digits and '-'",
    )
}

/// Checks a DNS subdomain, the form of most object names: at most 253, labels joined by dots.
pub fn check_dns_subdomain(name: &str) -> Result<(), String> {
    check_length(name, 253)?;
    for label in name.split('.') {
        if label.is_empty() {
            return Err(format!(
                "\"{}\" has a dot with nothing before or after it.",
                shown(name)
            ));
        }
        check_characters(
            label,
            "-",
            char::is_ascii_lowercase,
            "lower-case letters, digits, '-' and '.'",
        )?;
    }
    Ok(())
}

/// Checks the key of a label or annotation: a name of at most 63 (`a-z A-Z 0-9 - _ .`, beginning and ending with a
/// letter or digit), after an optional DNS subdomain and a slash.
pub fn check_qualified_name(key: &str) -> Result<(), String> {
    let name = match key.split_once('/') {
        Some(("", _)) => {
            return Err("The part before '/' is empty: write a domain there, or leave out the '/'.".to_owned());
        }
        Some((prefix, name)) => {
            check_dns_subdomain(prefix)?;
            name
        }
        None => key,
    };
    check_length(name, 63)?;
    check_characters(
        name,
        "-_.",
        char::is_ascii_alphabetic,
        "letters, digits, '-', '_' and '.'",
    )
}

/// Checks the value of a label: empty, or as the name part of a key.
pub fn check_label_value(value: &str) -> Result<(), String> {
    if value.is_empty() {
        return Ok(());
    }
    check_length(value, 63)?;
    check_characters(
        value,
        "-_.",
        char::is_ascii_alphabetic,
        "letters, digits, '-', '_' and '.'",
    )
}

fn check_length(name: &str, limit: usize) -> Result<(), String> {
    match name.chars().count() {
        0 => Err("A name is needed here; this is empty.".to_owned()),
        length if length > limit => Err(format!(
            "\"{}\" is too long: {length} characters where {limit} are allowed.",
            shown(name)
        )),
        _ => Ok(()),
    }
}

fn check_characters(name: &str, inside: &str, letter: fn(&char) -> bool, allowed: &str) -> Result<(), String> {
    let alphanumeric = |c: char| letter(&c) || c.is_ascii_digit();
    if let Some(wrong) = name.chars().find(|c| !alphanumeric(*c) && !inside.contains(*c)) {
        let wrong = wrong.to_string();
        return Err(format!(
            "\"{}\" holds '{}'; only {allowed} are allowed.",
            shown(name),
            super::clean(&wrong)
        ));
    }
    if !name.starts_with(alphanumeric) || !name.ends_with(alphanumeric) {
        return Err(format!(
            "\"{}\" must begin and end with a letter or a digit.",
            shown(name)
        ));
    }
    Ok(())
}

/// The name as it may be shown in a message.
fn shown(name: &str) -> String {
    super::cut_middle(&super::clean(name), 40).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let long = "a".repeat(64);
        let longest = "a".repeat(63);
        let domain = format!("{longest}.{longest}.{longest}.{longest}");
        type Check = fn(&str) -> Result<(), String>;
        let table: [(Check, &str, bool); 27] = [
            (check_dns_label, "shop", true),
            (check_dns_label, "0-a", true),
            (check_dns_label, &longest, true),
            (check_dns_label, &long, false),
            (check_dns_label, "", false),
            (check_dns_label, "Shop", false),
            (check_dns_label, "a.b", false),
            (check_dns_label, "-a", false),
            (check_dns_label, "a-", false),
            (check_dns_subdomain, "a.b-c.d", true),
            (check_dns_subdomain, "a..b", false),
            (check_dns_subdomain, ".a", false),
            (check_dns_subdomain, "a_b", false),
            (check_dns_subdomain, &domain, false),
            (check_qualified_name, "app", true),
            (check_qualified_name, "app.kubernetes.io/name", true),
            (check_qualified_name, "A_b.c-D", true),
            (check_qualified_name, "/name", false),
            (check_qualified_name, "example.com/", false),
            (check_qualified_name, "a/b/c", false),
            (check_qualified_name, "Example.com/a", false),
            (check_qualified_name, "a b", false),
            (check_label_value, "", true),
            (check_label_value, "v1.2_3-X", true),
            (check_label_value, "_x", false),
            (check_label_value, "größe", false),
            (check_label_value, &long, false),
        ];
        for (check, name, good) in table {
            let answer = check(name);
            assert_eq!(answer.is_ok(), good, "{name:?}: {answer:?}");
            if let Err(sentence) = answer {
                assert!(sentence.ends_with('.') && !sentence.contains(&long), "{sentence}");
            }
        }
        assert_eq!(
            check_dns_label("a\x1bb"),
            Err("\"a^[b\" holds '^['; only lower-case letters, digits and '-' are allowed.".to_owned())
        );
    }
}
