//! `--fields`: only these fields of a result, by the names that the API gives them.

use super::{Cell, Column, Style, Table};
use serde_json::{Map, Value};
use std::{collections::BTreeSet, fmt, str::FromStr};

/// Fields in the order that they were asked for: `name,error.code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields(Vec<String>);

/// Why fields cannot be shown.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FieldsError {
    /// Nothing between commas.
    #[error("write the fields with commas between, as in name,lifecycle,plan")]
    Malformed,
    /// The result has no such field.
    #[error("there is no field {name:?} here; there is: {}", .known.join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// The result is a word or a list of words.
    #[error("this result has no fields")]
    None,
}

impl FromStr for Fields {
    type Err = FieldsError;

    fn from_str(text: &str) -> Result<Self, FieldsError> {
        let names: Vec<String> = text.split(',').map(|name| name.trim().to_owned()).collect();
        match names.iter().any(|name| name.split('.').any(str::is_empty)) {
            true => Err(FieldsError::Malformed),
            false => Ok(Self(names)),
        }
    }
}

impl fmt::Display for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(","))
    }
}

impl Fields {
    /// The result with these fields alone; lists keep their shape.
    ///
    /// # Errors
    /// [`FieldsError`]. A field that is not there in one item of a list is `null` there, but an error if no item has it.
    pub fn select(&self, body: &Value) -> Result<Value, FieldsError> {
        match body {
            Value::Object(fields) => match fields.get("data") {
                Some(Value::Array(items)) => {
                    self.check(items)?;
                    let mut fields = fields.clone();
                    fields.insert("data".to_owned(), items.iter().map(|item| self.reduced(item)).collect());
                    Ok(Value::Object(fields))
                }
                _ => {
                    self.check(std::slice::from_ref(body))?;
                    Ok(self.reduced(body))
                }
            },
            Value::Null => Ok(Value::Null),
            _ => Err(FieldsError::None),
        }
    }

    /// A line per item under the fields' names, or, `bare`, values with tabs between and nothing else.
    pub(super) fn rows(&self, selected: &Value, bare: bool, style: Style) -> String {
        let items = items(selected);
        if bare {
            let line =
                |item: &&Value| self.0.iter().map(|name| shown(item, name)).collect::<Vec<_>>().join("\t");
            return items.iter().map(line).map(|line| line + "\n").collect();
        }
        let columns: Vec<Column> = self.0.iter().map(|name| Column::named(name)).collect();
        let mut table = Table::new(columns, "Nothing.");
        for item in items {
            table.row(self.0.iter().map(|name| Cell::from(shown(item, name))).collect::<Vec<_>>());
        }
        table.render(style)
    }

    fn check(&self, items: &[Value]) -> Result<(), FieldsError> {
        let missing =
            |name: &&String| !items.is_empty() && items.iter().all(|item| find(item, name).is_none());
        let Some(name) = self.0.iter().find(missing) else { return Ok(()) };
        let names = items.iter().filter_map(Value::as_object).flat_map(Map::keys).cloned();
        let known = names.collect::<BTreeSet<String>>().into_iter().collect();
        Err(FieldsError::Unknown { name: name.clone(), known })
    }

    fn reduced(&self, item: &Value) -> Value {
        let pair = |name: &String| (name.clone(), find(item, name).cloned().unwrap_or(Value::Null));
        Value::Object(self.0.iter().map(pair).collect())
    }
}

/// The items of a list, or the one thing.
pub(super) fn items(body: &Value) -> Vec<&Value> {
    match body.get("data") {
        Some(Value::Array(items)) => items.iter().collect(),
        _ if body.is_null() => Vec::new(),
        _ => vec![body],
    }
}

fn find<'a>(item: &'a Value, name: &str) -> Option<&'a Value> {
    // What was selected before has the whole path as its name.
    item.get(name).or_else(|| name.split('.').try_fold(item, |value, part| value.get(part)))
}

fn shown(item: &Value, name: &str) -> String {
    match find(item, name) {
        None | Some(Value::Null) => "-".to_owned(),
        Some(Value::String(text)) => super::clean(text),
        Some(other) => other.to_string(),
    }
}
