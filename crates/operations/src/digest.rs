//! Digests of requests: BLAKE3 of canonical JSON, with keys in order and no blanks.

use crate::Result;
use serde::Serialize;
use serde_json::Value;

/// The digest of a request: equal requests have equal digests, whatever the order of their keys.
///
/// # Errors
/// A value that JSON cannot hold.
pub(crate) fn digest(request: &impl Serialize) -> Result<String> {
    let value = sorted(serde_json::to_value(request)?);
    Ok(hex(&serde_json::to_vec(&value)?))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<(String, Value)> = map.into_iter().collect();
            pairs.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(pairs.into_iter().map(|(key, value)| (key, sorted(value))).collect())
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_keys_does_not_change_a_digest_and_a_value_does() {
        let one = digest(&json!({ "top": 3, "group-by": ["a", "b"] })).unwrap();
        assert_eq!(one, digest(&json!({ "group-by": ["a", "b"], "top": 3 })).unwrap());
        assert_ne!(one, digest(&json!({ "group-by": ["b", "a"], "top": 3 })).unwrap());
    }
}
