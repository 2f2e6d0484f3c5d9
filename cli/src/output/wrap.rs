//! Sentences in lines. Pure.

use console::measure_text_width;

/// Columns for sentences where there is no terminal that says how many.
const USUAL: usize = 80;
/// Narrower than this, lines of text are no easier to read.
const LEAST: usize = 20;

/// The text in lines of at most `width` columns, broken at blanks. A longer word stays whole: it is there to be copied.
pub(super) fn wrap(text: &str, width: Option<usize>, indent: usize) -> Vec<String> {
    let width = width.unwrap_or(USUAL).saturating_sub(indent).max(LEAST);
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if measure_text_width(line) + 1 + measure_text_width(word) <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn sentences_are_broken_at_blanks_and_words_never() {
        let id = "ins_01m86t75zyev59nyyyeb5jq8ks";
        let lines = wrap(&format!("the node of {id} does not answer"), Some(30), 4);
        assert_eq!(lines, ["the node of", id, "does not answer"]);
        assert_eq!(wrap("", Some(30), 0), Vec::<String>::new());
    }
}
