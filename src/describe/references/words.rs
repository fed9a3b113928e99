//! Kinds in words, and the one line that says who refers to an object: the answer one wants before deleting it.

/// How far the users of one kind are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// All of them.
    All,
    /// The answer is still coming in.
    Loading,
    /// They may not be listed.
    Denied,
}

/// The users of one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Users {
    /// Their kind in CamelCase.
    pub kind: String,
    /// How many there are.
    pub count: usize,
    /// How far that is known.
    pub known: Known,
}

/// `used by 3 pods, 1 ingress`, with what is not known.
pub fn used_by(users: &[Users]) -> String {
    let counted = users.iter().filter(|users| users.count > 0);
    let counted: Vec<String> = counted.map(|users| counted_kind(users.count, &users.kind)).collect();
    let of = |known: Known| -> Vec<String> {
        let some = users.iter().filter(|users| users.known == known);
        some.map(|users| plural_words(&users.kind)).collect()
    };
    let (loading, denied) = (of(Known::Loading), of(Known::Denied));
    let mut text = match (counted.is_empty(), loading.is_empty(), denied.is_empty()) {
        (false, ..) => format!("used by {}", counted.join(", ")),
        (true, false, _) => "looking for what refers to it".to_owned(),
        (true, true, false) => "nothing that may be listed refers to it".to_owned(),
        (true, true, true) => "nothing here refers to it".to_owned(),
    };
    if !loading.is_empty() {
        text.push_str(&format!("; still asking for {}", loading.join(", ")));
    }
    if !denied.is_empty() {
        text.push_str(&format!("; not known: {}", denied.join(", ")));
    }
    text
}

/// `1 pod`, `3 config maps`.
pub fn counted_kind(count: usize, kind: &str) -> String {
    let words = if count == 1 {
        kind_words(kind)
    } else {
        plural_words(kind)
    };
    format!("{count} {words}")
}

/// `ConfigMap` as `config map`, `CSIDriver` as `CSI driver`.
pub fn kind_words(kind: &str) -> String {
    let letters: Vec<char> = kind.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (place, letter) in letters.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(place + 1);
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| !before.is_uppercase() || after.is_some_and(|after| after.is_lowercase()));
        if begins {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(*letter);
        }
    }
    let lower = words.into_iter().map(|word| match word.chars().nth(1) {
        Some(second) if second.is_uppercase() => word,
        _ => word.to_lowercase(),
    });
    lower.collect::<Vec<String>>().join(" ")
}

/// The same for several of them.
pub fn plural_words(kind: &str) -> String {
    let words = kind_words(kind);
    let vowel = |letter: char| "aeiou".contains(letter);
    if words == "endpoints" {
        words
    } else if words.ends_with(['s', 'x']) {
        format!("{words}es")
    } else if let Some(stem) = words.strip_suffix('y').filter(|stem| !stem.ends_with(vowel)) {
        format!("{stem}ies")
    } else {
        format!("{words}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_in_words() {
        for (kind, one, several) in [
            ("Pod", "pod", "pods"),
            ("ConfigMap", "config map", "config maps"),
            ("Ingress", "ingress", "ingresses"),
            ("NetworkPolicy", "network policy", "network policies"),
            ("Gateway", "gateway", "gateways"),
            ("CSIDriver", "CSI driver", "CSI drivers"),
            ("HTTPRoute", "HTTP route", "HTTP routes"),
            ("Endpoints", "endpoints", "endpoints"),
            ("StorageClass", "storage class", "storage classes"),
            ("x", "x", "xes"),
            ("", "", "s"),
        ] {
            assert_eq!(kind_words(kind), one);
            assert_eq!(plural_words(kind), several);
        }
    }

    #[test]
    fn the_answer_before_a_deletion() {
        let users = |kind: &str, count: usize, known: Known| Users {
            kind: kind.to_owned(),
            count,
            known,
        };
        let table = [
            (vec![], "nothing here refers to it"),
            (vec![users("Pod", 0, Known::All)], "nothing here refers to it"),
            (
                vec![users("Pod", 3, Known::All), users("Ingress", 1, Known::All)],
                "used by 3 pods, 1 ingress",
            ),
            (
                vec![users("Pod", 0, Known::Loading)],
                "looking for what refers to it; still asking for pods",
            ),
            (
                vec![users("Pod", 1, Known::All), users("Ingress", 0, Known::Denied)],
                "used by 1 pod; not known: ingresses",
            ),
            (
                vec![users("Pod", 0, Known::All), users("Ingress", 0, Known::Denied)],
                "nothing that may be listed refers to it; not known: ingresses",
            ),
        ];
        for (users, expected) in table {
            assert_eq!(used_by(&users), expected);
        }
    }
}
