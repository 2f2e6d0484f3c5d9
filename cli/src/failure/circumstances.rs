//! What the words about a failure take from the command line and the environment.

/// Where a failure happened. Advice names the thing that was typed instead of a placeholder, and only flags that were
/// typed.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    words: Vec<String>,
    subject: Option<String>,
    has_token_variable: bool,
}

impl Circumstances {
    /// Of a command line and the thing that it is about, if it is about one.
    #[must_use]
    pub fn new(words: Vec<String>, subject: Option<String>, has_token_variable: bool) -> Self {
        Self { words, subject, has_token_variable }
    }

    /// Whether an option was typed, in any spelling.
    pub(super) fn typed(&self, flag: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    }

    /// The thing that the command is about, ready for a shell; `otherwise` if it is about none.
    pub(super) fn subject(&self, otherwise: &str) -> String {
        self.subject.as_deref().map_or_else(|| otherwise.to_owned(), quoted)
    }

    /// Whether `DBX_TOKEN` was the session.
    pub(super) const fn has_token_variable(&self) -> bool {
        self.has_token_variable
    }
}

/// A word as a POSIX shell takes it.
pub(crate) fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    match !word.is_empty() && word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::{Circumstances, quoted};

    #[test]
    fn options_are_found_in_every_spelling_and_no_other_word_is_taken_for_one() {
        let typed = |line: &str| {
            let words = line.split(' ').map(str::to_owned).collect();
            Circumstances::new(words, None, false).typed("--name")
        };
        assert!(typed("dbx instance create --name db") && typed("dbx instance create --name=db"));
        assert!(!typed("dbx project create name") && !typed("dbx --names x"));
    }

    #[test]
    fn names_are_quoted_where_a_shell_would_part_them() {
        assert_eq!(
            [quoted("prod-db"), quoted("My org"), quoted("it's")],
            ["prod-db", "'My org'", r"'it'\''s'"]
        );
    }
}
