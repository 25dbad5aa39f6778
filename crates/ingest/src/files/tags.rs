//! Tags: the value of one key in a cell.
//!
//! A cell is JSON text, with outer braces (FOCUS, Customer Agreement) or without (Enterprise Agreement). It is
//! read as far as it goes: a cell that was cut still has the tags before the cut. Texts in single quotes and
//! pairs such as `team=red;env=prod` are read too, and so are lists of objects of a key and a value. Keys are compared without case; where a key stands twice,
//! its last value counts.

/// The value of a key, given in lower case, in a cell. Numbers and booleans count as their text, a key without
/// a value as `true`; `null` is none.
pub(crate) fn value_of(cell: &str, key: &str) -> Option<String> {
    let mut found = None;
    let mut rest = cell.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    if rest.starts_with('[') {
        return value_in_pairs(rest, key);
    }
    rest = rest.strip_prefix('{').unwrap_or(rest);
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '}'));
        if rest.is_empty() {
            return found;
        }
        let (name, after) = token(rest, &[':', '=', ',', ';', '}'])?;
        let is_it = name.trim().to_lowercase() == key;
        let after = after.trim_start();
        let value = match after.strip_prefix([':', '=']) {
            None => {
                rest = after;
                Some("true".to_owned())
            }
            Some(after) => match value(after.trim_start()) {
                Some((value, after)) => {
                    rest = after;
                    value
                }
                // The cell was cut.
                None => return found,
            },
        };
        if is_it {
            found = value;
        }
    }
}

/// The value of a key in a JSON list of objects that have a key and a value each.
fn value_in_pairs(cell: &str, key: &str) -> Option<String> {
    let pairs: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(cell).ok()?;
    let field = |pair: &serde_json::Map<String, serde_json::Value>, name: &str| {
        pair.iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone())
    };
    let of_key = |pair: &serde_json::Map<String, serde_json::Value>| {
        field(pair, "key")
            .is_some_and(|name| name.as_str().is_some_and(|name| name.trim().to_lowercase() == key))
    };
    let pair = pairs.iter().rfind(|pair| of_key(pair))?;
    Some(match field(pair, "value") {
        None | Some(serde_json::Value::Null) => "true".to_owned(),
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
    })
}

/// A value and what follows it; `None` where the text ends before it does. `null` is no value.
fn value(text: &str) -> Option<(Option<String>, &str)> {
    match text.chars().next()? {
        '{' | '[' => {
            let end = nested_end(text)?;
            Some((Some(text[..end].to_owned()), &text[end..]))
        }
        quote @ ('"' | '\'') => {
            token(text, &[]).filter(|_| is_closed(text, quote)).map(|(value, rest)| (Some(value), rest))
        }
        _ => {
            let (value, rest) = token(text, &[',', ';', '}'])?;
            Some(((value != "null").then_some(value), rest))
        }
    }
}

/// A quoted text without its quotes and escapes, or all up to one of `ends`; and what follows it.
fn token<'a>(text: &'a str, ends: &[char]) -> Option<(String, &'a str)> {
    match text.chars().next()? {
        quote @ ('"' | '\'') => {
            let end = quote_end(text, quote).unwrap_or(text.len());
            let inner = &text[1..end];
            let value = if inner.contains('\\') { unescaped(inner) } else { inner.to_owned() };
            Some((value, text.get(end + 1..).unwrap_or_default()))
        }
        _ => {
            let end = text.find(ends).unwrap_or(text.len());
            Some((text[..end].trim().to_owned(), &text[end..]))
        }
    }
}

/// Where the quote that `text` begins with is closed.
fn quote_end(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(place),
            _ => {}
        }
    }
    None
}

fn is_closed(text: &str, quote: char) -> bool {
    quote_end(text, quote).is_some()
}

/// Where the braces or brackets that `text` begins with are closed.
fn nested_end(text: &str) -> Option<usize> {
    let (mut depth, mut place) = (0_usize, 0);
    loop {
        let c = text[place..].chars().next()?;
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth -= 1,
            '"' => place += quote_end(&text[place..], '"')?,
            _ => {}
        }
        place += if c == '"' { 1 } else { c.len_utf8() };
        if depth == 0 {
            return Some(place);
        }
    }
}

/// The text without the escapes of JSON; as it is where they are none of JSON's.
fn unescaped(text: &str) -> String {
    serde_json::from_str(&format!("\"{text}\"")).unwrap_or_else(|_| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_its_value_in_every_form_of_a_cell() {
        for (cell, value) in [
            (r#"{"team":"red"}"#, "red"),
            (r#""team": "red","env": "prod""#, "red"),
            (r#"{"Team":"red"}"#, "red"),
            (r#"{"Team":"blue","team":"red"}"#, "red"),
            (r#"{"team":"blue","Team":"green","team":"red"}"#, "red"),
            (r#"{"team":5}"#, "5"),
            (r#"{"team":1.50}"#, "1.50"),
            (r#"{"team":-2,"x":1}"#, "-2"),
            (r#"{"team":true}"#, "true"),
            (r#"{"team": false }"#, "false"),
            (r#"{"team"}"#, "true"),
            (r#""env":"prod","team""#, "true"),
            (r#"{ "team" : "red" }"#, "red"),
            (r#"{"team":"red "}"#, "red "),
            (r#"{"team":"a\"b"}"#, r#"a"b"#),
            (r#"{"team":"a\/b"}"#, "a/b"),
            (r#"{"team":"caf\u00e9"}"#, "café"),
            (r#"{"team":"\ud83d\ude00"}"#, "😀"),
            (r#"{"note":"\"team\":\"blue\"","team":"red"}"#, "red"),
            (r#"{"note":"team","team":"red"}"#, "red"),
            (r#"{"myteam":"blue","team":"red"}"#, "red"),
            (r#"{"team2":"blue","team":"red"}"#, "red"),
            (r#"{"team":{"a":"b}"},"x":1}"#, r#"{"a":"b}"}"#),
            (r#"{"x":[{"team":"blue"}],"team":["a","b"]}"#, r#"["a","b"]"#),
            (r#"{"team":"a,b"}"#, "a,b"),
            (r#"{"team":"a}b"}"#, "a}b"),
            ("{'team':'red'}", "red"),
            ("team:red", "red"),
            ("team=red;env=prod", "red"),
            (r#""team": "a\"b","env": "prod""#, r#"a"b"#),
            (r#"{"team ":"red"}"#, "red"),
            (r#"{"team":"$1"}"#, "$1"),
            (r#"{"team":"a\\b"}"#, r"a\b"),
            (r#"{"team":"Unassigned"}"#, "Unassigned"),
            (r#"{"team":"a\nb"}"#, "a\nb"),
            (r#"{"team":"red""#, "red"),
            (r#"{"team":"red","x":"#, "red"),
            (r#"{"team":"red","x":"y"#, "red"),
            ("\u{feff}{\"team\":\"red\"}", "red"),
            (r#"{"x":null,"team":"red"}"#, "red"),
            (r#"[{"key":"Team","value":"blue"},{"key":"team","value":"red"}]"#, "red"),
            (r#"[{"Key":"team"}]"#, "true"),
            (r#"[{"key":"team","value":5}]"#, "5"),
        ] {
            assert_eq!(value_of(cell, "team").as_deref(), Some(value), "{cell}");
        }
    }

    #[test]
    fn a_key_that_is_not_there_has_none() {
        for cell in [
            r#"{"team":null}"#,
            r#"{"user:team":"red"}"#,
            "",
            "{}",
            r#"{"team":"re"#,
            r#"{"teams":"red"}"#,
            "{",
        ] {
            assert_eq!(value_of(cell, "team"), None, "{cell}");
        }
        assert_eq!(value_of(r#"{"team":""}"#, "team").as_deref(), Some(""));
        assert_eq!(value_of(r#"{"team":"red","team":null}"#, "team"), None);
    }

    #[test]
    fn keys_are_plain_texts() {
        for (cell, key) in [
            (r#"{"cost:center":"7"}"#, "cost:center"),
            (r#"{"cost center":"7"}"#, "cost center"),
            (r#"{"a.b":"7"}"#, "a.b"),
            (r#"{"a\"b":"7"}"#, "a\"b"),
            (r#"{"КЛЮЧ":"7"}"#, "ключ"),
            (r#"{"$a":"7"}"#, "$a"),
            (r#"{"[x]":"7"}"#, "[x]"),
        ] {
            assert_eq!(value_of(cell, key).as_deref(), Some("7"), "{cell}");
        }
        assert_eq!(value_of(r#"{"aaa":"7"}"#, "a*"), None);
    }
}
