//! What is ordered, as it was typed: the server says what of it is wrong, everything at once and in its own words.

use crate::args::CreateArgs;
use serde_json::{Map, Value};

/// The body of the order. What should be a number and is none goes as text, for the server to refuse.
pub(super) fn body(args: &CreateArgs) -> Value {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), args.name.clone().into());
    fields.insert("plan".to_owned(), args.plan.clone().into());
    if let Some(major) = &args.pg {
        fields.insert("pgVersion".to_owned(), number(major));
    }
    if let Some(size) = &args.disk {
        fields.insert("diskGiB".to_owned(), number(size));
    }
    if !args.tags.is_empty() {
        let tags = args.tags.iter().map(|tag| (tag.key.clone(), tag.value.clone().into()));
        fields.insert("tags".to_owned(), Value::Object(tags.collect()));
    }
    fields.into()
}

fn number(text: &str) -> Value {
    let text = text.trim();
    text.parse::<i64>().map_or_else(|_| text.into(), Value::from)
}

#[cfg(test)]
mod tests {
    use super::number;
    use serde_json::json;

    #[test]
    fn numbers_are_sent_as_numbers_and_anything_else_as_it_was_typed() {
        assert_eq!(
            [number("16"), number("-5"), number("17.2"), number("much")],
            [json!(16), json!(-5), json!("17.2"), json!("much")]
        );
    }
}
