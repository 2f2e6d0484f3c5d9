//! JSON in which a name occurs once in its object.
//!
//! Guarantee: whatever reads the same bytes reads the same values. Parsers differ in which of two fields of one name they
//! keep (RFC 8259 §4), so a body with two says nothing for sure and is refused.

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use std::fmt;

/// Reads a text.
pub(super) fn from_slice(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = Unambiguous.deserialize(&mut reader)?;
    reader.end()?;
    Ok(value)
}

/// Longest name that an error repeats.
const SHOWN: usize = 80;

struct Unambiguous;

impl<'de> DeserializeSeed<'de> for Unambiguous {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Unambiguous {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut read = Vec::new();
        while let Some(item) = items.next_element_seed(Unambiguous)? {
            read.push(item);
        }
        Ok(Value::Array(read))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut read = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(Unambiguous)?;
            let shown: String = name.chars().take(SHOWN).collect();
            if read.insert(name, value).is_some() {
                return Err(A::Error::custom(format!(
                    "`{shown}` is there twice in one object; send it once"
                )));
            }
        }
        Ok(Value::Object(read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        /// Where no name occurs twice, it reads what everybody reads.
        #[test]
        fn it_reads_as_serde_json_does(text in r#"[\[\]{}:,"a-c0-9.eE+\-ntrufalse \\]{0,40}"#) {
            match (from_slice(text.as_bytes()), serde_json::from_str::<Value>(&text)) {
                (Ok(ours), Ok(theirs)) => proptest::prop_assert_eq!(ours, theirs),
                (Err(ours), Err(_)) => proptest::prop_assert!(!ours.is_io()),
                (Err(ours), Ok(_)) => proptest::prop_assert!(ours.to_string().contains("twice")),
                (Ok(_), Err(theirs)) => proptest::prop_assert!(false, "{}", theirs),
            }
        }
    }

    #[test]
    fn a_name_twice_is_refused_at_any_depth() {
        for text in [r#"{"a":1,"a":1}"#, r#"{"tags":{"b":"1","\u0062":"2"}}"#, r#"[{"a":1,"a":2}]"#] {
            let error = from_slice(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("twice in one object"), "{error}");
        }
        let fine = br#"{"a":{"a":[1,-2,0.5,null,true,"x"]}}"#;
        assert_eq!(from_slice(fine).unwrap(), serde_json::from_slice::<Value>(fine).unwrap());
    }
}
