//! A word of the line as a shell hands it over, and a name as the shell takes it back.
//!
//! zsh, fish, PowerShell and elvish do both by themselves. bash hands words over as they were typed and puts candidates
//! into the line as they are, so `My org` would become two words.

use std::env;

/// Characters that bash gives a meaning to.
const SPECIAL: &str = " \t\"'\\`$&;|<>()[]{}*?!#~";

/// What is typed of a word.
pub(super) struct Word {
    /// Without quotes and backslashes.
    plain: String,
    /// Whether backslashes have to be put before what the shell would take for something else.
    is_escaped: bool,
}

impl Word {
    /// As the shell that asks hands it over.
    pub(super) fn typed(text: &str) -> Self {
        // Of the scripts that ask, only bash's has this variable.
        match env::var_os("_CLAP_COMPLETE_COMP_TYPE") {
            Some(_) => Self::of_bash(text),
            None => Self { plain: text.to_owned(), is_escaped: false },
        }
    }

    fn of_bash(text: &str) -> Self {
        // Behind an opening quote bash takes a name as it is, and closes the quote itself.
        if let Some(rest) = text.strip_prefix(['"', '\'']) {
            return Self { plain: rest.trim_end_matches(['"', '\'']).to_owned(), is_escaped: false };
        }
        let (mut plain, mut letters) = (String::new(), text.chars());
        while let Some(letter) = letters.next() {
            plain.extend(if letter == '\\' { letters.next() } else { Some(letter) });
        }
        Self { plain, is_escaped: true }
    }

    /// What is meant.
    pub(super) fn plain(&self) -> &str {
        &self.plain
    }

    /// A name that begins so, as the shell takes it; `None` if it begins otherwise.
    pub(super) fn completed(&self, name: &str) -> Option<String> {
        if !name.starts_with(&self.plain) {
            return None;
        }
        let escaped = |c: char| if SPECIAL.contains(c) { vec!['\\', c] } else { vec![c] };
        Some(if self.is_escaped { name.chars().flat_map(escaped).collect() } else { name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Word;

    #[test]
    fn bash_gets_names_as_one_word_however_their_beginning_was_typed() {
        for typed in ["", "My", r"My\ o"] {
            assert_eq!(Word::of_bash(typed).completed("My org").as_deref(), Some(r"My\ org"), "{typed}");
        }
        assert_eq!(Word::of_bash("\"My o").completed("My org").as_deref(), Some("My org"));
        assert_eq!(Word::of_bash("Your").completed("My org"), None);
    }
}
