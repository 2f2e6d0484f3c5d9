//! A piece of text and what it says by its colour.

use super::clean;
use console::{Style, measure_text_width, truncate_str};

/// What a colour says. Never the only one to say it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// Under way.
    Busy,
    /// Wrong.
    Bad,
    /// Less important.
    Dim,
}

/// Text to be shown, without control characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    text: String,
    tone: Tone,
}

impl Cell {
    /// Text with a tone.
    #[must_use]
    pub fn new(text: &str, tone: Tone) -> Self {
        Self { text: clean(text), tone }
    }

    /// Columns that it takes.
    #[must_use]
    pub fn width(&self) -> usize {
        measure_text_width(&self.text)
    }

    /// The text as it is, for a line of its own.
    #[must_use]
    pub fn line(&self, colours: bool) -> String {
        self.render(self.width(), false, colours)
    }

    /// The text in lines that leave `indent` columns free.
    #[must_use]
    pub fn lines(&self, style: super::Style, indent: usize) -> Vec<String> {
        let lines = super::wrap::wrap(&self.text, style.width, indent);
        lines.iter().map(|line| Self::new(line, self.tone).line(style.colours)).collect()
    }

    /// The text in at most `width` columns, filled up to them if `fill`.
    pub(super) fn render(&self, width: usize, fill: bool, colours: bool) -> String {
        let text = truncate_str(&self.text, width, "…");
        let padding = if fill { width.saturating_sub(measure_text_width(&text)) } else { 0 };
        let text = match self.style() {
            Some(style) if colours && !text.is_empty() => {
                style.force_styling(true).apply_to(text).to_string()
            }
            _ => text.into_owned(),
        };
        format!("{text}{}", " ".repeat(padding))
    }

    const fn style(&self) -> Option<Style> {
        match self.tone {
            Tone::Plain => None,
            Tone::Good => Some(Style::new().green()),
            Tone::Busy => Some(Style::new().yellow()),
            Tone::Bad => Some(Style::new().red()),
            Tone::Dim => Some(Style::new().dim()),
        }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<&String> for Cell {
    fn from(text: &String) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(&text, Tone::Plain)
    }
}
