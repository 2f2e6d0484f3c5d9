//! One thing: a line per property.

use super::{Cell, Style, Tone};

/// Between the names and the values.
const GAP: usize = 2;

/// Properties in order.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<(&'static str, Cell, Kind)>);

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A line, whole whatever the terminal's width: it is there to be copied.
    Datum,
    /// Sentences, in as many lines as they need.
    Prose,
}

impl Record {
    /// Without properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cell>) -> Self {
        self.0.push((name, value.into(), Kind::Datum));
        self
    }

    /// With a sentence more.
    #[must_use]
    pub fn with_prose(mut self, name: &'static str, value: impl Into<Cell>) -> Self {
        self.0.push((name, value.into(), Kind::Prose));
        self
    }

    /// With a sentence more, if there is something to say.
    #[must_use]
    pub fn with_some_prose(self, name: &'static str, value: Option<impl Into<Cell>>) -> Self {
        match value {
            Some(value) => self.with_prose(name, value),
            None => self,
        }
    }

    /// With one more, if there is something to say.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Cell>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The lines; further ones of a sentence stand below its first.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        self.render_beside(style, 0)
    }

    /// The same, the names taking at least so many columns: for records that are shown property by property.
    #[must_use]
    pub fn render_beside(&self, style: Style, least: usize) -> String {
        let widest = self.0.iter().map(|(name, ..)| name.len()).max().unwrap_or_default().max(least);
        let indent = widest + GAP;
        let entry = |(name, value, kind): &(&str, Cell, Kind)| {
            let name = Cell::new(name, Tone::Dim).render(widest, true, style.colours);
            let lines = match kind {
                Kind::Datum => vec![value.line(style.colours)],
                Kind::Prose => value.lines(style, indent),
            };
            let below = format!("\n{}", " ".repeat(indent));
            format!("{name}{}{}\n", " ".repeat(GAP), lines.join(&below))
        };
        self.0.iter().map(entry).collect()
    }
}
