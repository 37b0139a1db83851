//! What the web service says that no column holds: MaxMind adds keys without notice, and an answer was paid for.
//!
//! The same tree of known keys that steers the decoding says what is left over. Names in other languages are known: they stand in the
//! raw answer, and in the export with dotted columns.

use serde_json::{Map, Value};

use crate::decode::{KnownKeys, Node, ROOT, SUBDIVISIONS};
use crate::field::{self, Field};

/// Known paths that belong to no column: the account's, not the address's, and two that every row has from its key.
const LEFT_OUT: [&str; 3] = [
    "maxmind.queries_remaining",
    "traits.ip_address",
    "traits.network",
];

/// Lists what no column holds, as a JSON object from dotted path to value.
pub(crate) fn unmapped(answer: &Value) -> Option<String> {
    let mut found = Map::new();
    walk("", answer, ROOT, &mut found);
    (!found.is_empty()).then(|| Value::Object(found).to_string())
}

fn walk(path: &str, value: &Value, keys: KnownKeys, found: &mut Map<String, Value>) {
    let Value::Object(object) = value else {
        return leaves(path, value, found);
    };
    for (key, value) in object {
        let path = joined(path, key);
        let node = keys.iter().find(|(name, _)| name == key);
        match (node.map(|(_, node)| *node), value) {
            (Some(Node::Map(keys, _)), Value::Object(_)) => walk(&path, value, keys, found),
            (Some(Node::Subdivisions), Value::Array(list)) => {
                for (index, part) in list.iter().enumerate() {
                    let keys = SUBDIVISIONS.get(index).copied().unwrap_or_default();
                    walk(&format!("{path}.{index}"), part, keys, found);
                }
            }
            (Some(Node::Names(_)), Value::Object(_)) => {}
            (Some(Node::One(field) | Node::Two(field, _)), value) if holds(field, value) => {}
            (Some(Node::Loose(name) | Node::Map(_, name)), value)
                if !name.is_empty() && !value.is_object() && !value.is_array() => {}
            _ => leaves(&path, value, found),
        }
    }
}

/// Whether a column of this field takes the value. What is empty is nothing to keep.
fn holds(field: Field, value: &Value) -> bool {
    let value = match value {
        Value::Null => return true,
        Value::String(text) if text.trim().is_empty() => return true,
        Value::String(text) => field::FieldValue::Text(text.as_str().into()),
        Value::Bool(flag) => field::FieldValue::Flag(*flag),
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => field::FieldValue::Whole(whole),
            (None, Some(number)) => field::FieldValue::Number(number),
            (None, None) => return false,
        },
        Value::Array(_) | Value::Object(_) => return false,
    };
    value.into_kind(field.kind()).is_some()
}

fn leaves(path: &str, value: &Value, found: &mut Map<String, Value>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                leaves(&joined(path, key), value, found);
            }
        }
        Value::Null => {}
        _ if LEFT_OUT.contains(&path) => {}
        value => {
            found.insert(path.to_owned(), value.clone());
        }
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() {
        key.to_owned()
    } else {
        format!("{path}.{key}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_no_column_holds_is_kept_under_its_path() {
        let answer = json!({
            "city": {"names": {"en": "Boxford", "xx": "Boxfort"}, "confidence": 5, "population": 2100},
            "location": {"latitude": 51.7, "altitude": null},
            "maxmind": {"queries_remaining": 7},
            "subdivisions": [
                {"iso_code": "ENG", "names": {"en": "England"}},
                {"iso_code": "WBK", "kind": "county"},
                {"iso_code": "X"},
            ],
            "traits": {
                "ip_address": "2.125.160.216", "network": "2.125.160.216/29", "user_type": "hosting",
                "user_count": "many", "isp": {"name": "x"}, "is_quantum": true, "domain": "",
            },
            "anonymizer": {"mobile": {"provider_name": "y"}},
            "tags": ["a", "b"],
        });
        let kept: Value = serde_json::from_str(&unmapped(&answer).unwrap()).unwrap();
        assert_eq!(
            kept,
            json!({
                "city.population": 2100,
                "subdivisions.1.kind": "county",
                "subdivisions.2.iso_code": "X",
                "traits.user_count": "many",
                "traits.isp.name": "x",
                "traits.is_quantum": true,
                "anonymizer.mobile.provider_name": "y",
                "tags": ["a", "b"],
            })
        );
    }

    #[test]
    fn an_answer_of_known_keys_leaves_nothing() {
        let answer = json!({"country": {"iso_code": "SE", "names": {"en": "Sweden", "de": "Schweden"}}, "traits": {"network": "1.0.0.0/8"}});
        assert_eq!(unmapped(&answer), None);
        assert_eq!(unmapped(&json!({})), None);
    }
}
