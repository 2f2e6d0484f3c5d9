//! `KEY=VALUE`. Which keys and values are good is the server's to say.

use std::str::FromStr;

/// A label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// What stands before the first `=`.
    pub key: String,
    /// What stands behind it.
    pub value: String,
}

/// Why a text is no label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write it as KEY=VALUE, as in env=prod")]
pub struct TagError;

impl FromStr for Tag {
    type Err = TagError;

    fn from_str(text: &str) -> Result<Self, TagError> {
        match text.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                Ok(Self { key: key.to_owned(), value: value.to_owned() })
            }
            _ => Err(TagError),
        }
    }
}
