//! Names that people give to things, checked once and then carried as types.

pub mod visible;

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt, str::FromStr};
use visible::{is_format, is_visible};

/// Longest resource name; also the longest DNS label (RFC 1035), which names become in host names.
pub const NAME_MAX: usize = 63;
/// Longest display name, in characters.
pub const DISPLAY_NAME_MAX: usize = 80;
/// Most tags on one instance.
pub const TAGS_MAX: usize = 32;
/// Longest email address (RFC 5321 §4.5.3.1.3 less the angle brackets).
pub const EMAIL_MAX: usize = 254;

/// A name, tag or address that breaks its rules; the message says which rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NameError(String);

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                $check(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

checked_text! {
    /// A project's or instance's name: a DNS label, unique in its parent.
    ResourceName, check_resource_name
}
checked_text! {
    /// An org's or person's name as shown to people.
    DisplayName, check_display_name
}
checked_text! {
    /// An email address, lower-cased. Personal data: never part of an event.
    Email, check_email
}

fn check_resource_name(text: &str) -> Result<String, NameError> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let first = text.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase());
    if text.len() > NAME_MAX || !first || text.ends_with('-') || !text.bytes().all(inner) {
        return Err(NameError(format!(
            "a name has 1 to {NAME_MAX} of a-z, 0-9 and -, begins with a letter and does not end with -"
        )));
    }
    Ok(text.to_owned())
}

fn check_display_name(text: &str) -> Result<String, NameError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > DISPLAY_NAME_MAX || text.chars().any(char::is_control) {
        return Err(NameError(format!(
            "a display name has 1 to {DISPLAY_NAME_MAX} characters, none of them control characters"
        )));
    }
    if let Some(hidden) = text.chars().find(|&character| is_format(character)) {
        return Err(NameError(format!(
            "a display name holds no characters that nobody sees, such as the U+{:04X} in this one",
            u32::from(hidden)
        )));
    }
    if !text.chars().any(is_visible) {
        return Err(NameError("a display name has a character that can be seen".to_owned()));
    }
    Ok(text.to_owned())
}

/// Deliberately loose: one `@`, something on both sides, a dot in the domain. Only delivery proves an address.
fn check_email(text: &str) -> Result<String, NameError> {
    let text = text.trim();
    let plausible = text.len() <= EMAIL_MAX
        && !text.chars().any(|c| c.is_whitespace() || c.is_control())
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && !domain.contains('@')
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
        });
    if plausible {
        Ok(text.to_lowercase())
    } else {
        Err(NameError(format!("an email address looks like name@example.com, at most {EMAIL_MAX} bytes")))
    }
}

/// Labels on an instance, for people and scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Tags(BTreeMap<String, String>);

impl Tags {
    /// Checks every key and value.
    ///
    /// # Errors
    /// [`NameError`] naming the tag that is too long, empty or holds other characters.
    pub fn new(tags: BTreeMap<String, String>) -> Result<Self, NameError> {
        if tags.len() > TAGS_MAX {
            return Err(NameError(format!(
                "an instance has at most {TAGS_MAX} tags, {} were given",
                tags.len()
            )));
        }
        for (key, value) in &tags {
            let key_ok = (1..=NAME_MAX).contains(&key.len())
                && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/'));
            if !key_ok {
                return Err(NameError(format!(
                    "a tag's key has 1 to {NAME_MAX} of A-Z, a-z, 0-9, -, _, . and /"
                )));
            }
            let unfit = |character: char| character.is_control() || is_format(character);
            if value.chars().count() > 255 || value.chars().any(unfit) {
                return Err(NameError(format!(
                    "the value of tag `{key}` is over 255 characters, or holds characters that control or are not seen"
                )));
            }
        }
        Ok(Self(tags))
    }

    /// The labels.
    pub fn as_map(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_names_are_dns_labels() {
        for good in ["a", "prod-db", "x9", &"a".repeat(NAME_MAX)] {
            assert!(good.parse::<ResourceName>().is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "9a", "Prod", "a_b", "é", "a b", &"a".repeat(NAME_MAX + 1)] {
            assert!(bad.parse::<ResourceName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn emails_fold_case_and_need_two_sides() {
        assert_eq!("Ada@Example.com".parse::<Email>().unwrap().as_str(), "ada@example.com");
        for bad in ["", "a", "a@", "@b.c", "a@b", "a@b@c.d", "a b@c.d", "a@.c"] {
            assert!(bad.parse::<Email>().is_err(), "{bad}");
        }
    }

    #[test]
    fn display_names_are_seen_and_leave_their_surroundings_alone() {
        for good in ["Ada", "Jürgen-Łukasz O’Neill", "علی\u{200c}رضا", "עדה", "👩\u{200d}💻 Ada", "李", "..."]
        {
            assert!(good.parse::<DisplayName>().is_ok(), "{good:?}");
        }
        let hidden = ["\u{202e}Ada", "Ada\u{2069}", "Ada\u{200b}", "\u{feff}Ada", "A\u{ad}da"];
        let blank = ["", " ", "\u{200d}", "\u{200c} \u{200d}", "\u{3164}", "\u{2800}", "\u{fe0f}"];
        for bad in hidden.iter().chain(&blank) {
            assert!(bad.parse::<DisplayName>().is_err(), "{bad:?}");
        }
        let error = "Ada\u{202e}".parse::<DisplayName>().unwrap_err();
        assert!(error.to_string().contains("U+202E"), "{error}");
    }

    #[test]
    fn names_that_were_accepted_before_stay_readable() {
        let old: DisplayName = serde_json::from_str("\"\\u202eAda\"").unwrap();
        assert_eq!(old.as_str(), "\u{202e}Ada");
    }

    #[test]
    fn tags_have_limits() {
        let tag = |key: &str, value: &str| Tags::new(BTreeMap::from([(key.to_owned(), value.to_owned())]));
        assert!(tag("env", "prod").is_ok());
        assert!(tag("", "prod").is_err());
        assert!(tag("env", "a\nb").is_err());
        assert!(tag("env", "a\u{202e}b").is_err());
        assert!(tag("env", &"x".repeat(256)).is_err());
    }
}
