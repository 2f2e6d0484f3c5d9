//! What the words about a failure take from the command line and the environment.

use clap::CommandFactory as _;

/// What kind of thing a command is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `dbx org …`.
    Org,
    /// `dbx project …`.
    Project,
    /// `dbx instance …`, and what else is about an instance.
    Instance,
    /// `dbx job …`.
    Job,
}

impl Kind {
    /// The verb group of such things.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Org => "org",
            Self::Project => "project",
            Self::Instance => "instance",
            Self::Job => "job",
        }
    }
}

/// What stands in `DBX_TOKEN`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenVariable {
    /// Nothing.
    #[default]
    Unset,
    /// An API key.
    Key,
    /// The token of a session, or something that is none.
    Other,
}

impl TokenVariable {
    /// By the token's form; the token itself is not kept.
    #[must_use]
    pub fn of(token: &str) -> Self {
        match token {
            "" => Self::Unset,
            token if token.starts_with("dbx_") => Self::Key,
            _ => Self::Other,
        }
    }
}

/// Where a failure happened. Advice names the thing that was typed instead of a placeholder, only flags that were typed,
/// and the server and profile that the command was about.
#[derive(Clone, Debug, Default)]
pub struct Circumstances {
    /// The command line.
    pub words: Vec<String>,
    /// The kind of thing that the command is about, if it is about one.
    pub kind: Option<Kind>,
    /// That very thing, as it was typed.
    pub subject: Option<String>,
    /// What was in the place of a session.
    pub token: TokenVariable,
    /// What leads further commands to the same server and session, such as `--profile work`; empty if nothing is needed.
    pub route: String,
}

impl Circumstances {
    /// Whether an option was typed, in any spelling.
    pub(super) fn typed(&self, flag: &str) -> bool {
        self.words
            .iter()
            .any(|word| word.strip_prefix(flag).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    }

    /// The thing that the command is about, ready for a shell; `otherwise` if it is about none.
    pub(super) fn subject(&self, otherwise: &str) -> String {
        let word = |subject: &str| match subject.starts_with('-') {
            true => format!("-- {}", quoted(subject)),
            false => quoted(subject),
        };
        self.subject.as_deref().map_or_else(|| otherwise.to_owned(), word)
    }

    /// Whether `DBX_TOKEN` was the session.
    pub(super) fn has_token_variable(&self) -> bool {
        self.token != TokenVariable::Unset
    }

    /// The text, its commands leading to the server and session that this one worked with.
    pub(crate) fn routed(&self, text: &str) -> String {
        if self.route.is_empty() {
            return text.to_owned();
        }
        let verbs: Vec<String> =
            crate::args::Cli::command().get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
        let mut parts = text.split("dbx ");
        let mut routed = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            // Where a command begins, and nothing that only looks like one, such as a name in quotes.
            let begins = routed.is_empty() || routed.ends_with([' ', '`']);
            let verb = part.split([' ', '`', ',', ';']).next().unwrap_or_default();
            routed.push_str("dbx ");
            if begins && verbs.iter().any(|known| known == verb) {
                routed.push_str(&self.route);
                routed.push(' ');
            }
            routed.push_str(part);
        }
        routed
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
            Circumstances { words, ..Circumstances::default() }.typed("--name")
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

    #[test]
    fn commands_in_advice_lead_where_the_command_was() {
        let at = Circumstances { route: "--profile work".to_owned(), ..Circumstances::default() };
        assert_eq!(
            at.routed("dbx login, or `dbx job list`; not 'dbx login', mydbx login or dbx as such"),
            "dbx --profile work login, or `dbx --profile work job list`; not 'dbx login', mydbx login or dbx as such"
        );
        assert_eq!(Circumstances::default().routed("dbx login"), "dbx login");
    }
}
