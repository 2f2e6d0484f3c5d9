//! What is already typed on the line that is being completed.

use super::word::Word;
use crate::{
    args::{Global, ProjectScope},
    output::Format,
};
use std::env;

/// The words of the line.
pub(super) struct Line(Vec<String>);

impl Line {
    /// The shell's script hands the line over as this program's arguments.
    pub(super) fn from_environment() -> Self {
        Self(env::args_os().filter_map(|word| word.into_string().ok()).collect())
    }

    /// The last value of an option that is already there, by any of its spellings.
    pub(super) fn value(&self, options: &[&str]) -> Option<String> {
        let words = self.0.iter().enumerate().rev();
        let mut found = words.filter_map(|(place, word)| {
            let value = options.iter().find_map(|option| match word.strip_prefix(option)? {
                "" => self.0.get(place + 1).map(String::as_str),
                rest => rest.strip_prefix('='),
            });
            value.map(|value| Word::typed(value).plain().to_owned())
        });
        found.find(|value| !value.is_empty())
    }

    /// What of the line, or of the environment, says which server and session.
    pub(super) fn global(&self) -> Global {
        Global {
            output: Format::Json,
            fields: None,
            quiet: true,
            api: self.value(&["--api"]).and_then(|text| text.parse().ok()),
            profile: self.value(&["--profile"]).and_then(|text| text.parse().ok()),
            idempotency_key: None,
        }
    }

    /// The org that is meant.
    pub(super) fn org(&self) -> Option<String> {
        self.value(&["--org"])
    }

    /// Where names are looked for. The variables for it are read where names are resolved.
    pub(super) fn scope(&self) -> ProjectScope {
        ProjectScope { org: self.org(), project: self.value(&["--project", "-p"]) }
    }
}

#[cfg(test)]
mod tests {
    use super::Line;

    fn line(text: &str) -> Line {
        Line(text.split(' ').map(str::to_owned).collect())
    }

    #[test]
    fn options_are_read_in_every_spelling_and_the_last_one_counts() {
        let read = |text: &str| line(text).value(&["--project", "-p"]);
        assert_eq!(read("dbx -- dbx instance info --project a x").as_deref(), Some("a"));
        assert_eq!(read("dbx -- dbx instance info --project=a -p b x").as_deref(), Some("b"));
        assert_eq!(read("dbx -- dbx instance info x --project"), None);
        assert_eq!(read("dbx -- dbx instance info x --projects"), None);
    }
}
