//! One thing: a line per property.

use super::{Cell, Style, Tone};

/// Between the names and the values.
const GAP: usize = 2;

/// Properties in order.
#[derive(Clone, Debug, Default)]
pub struct Record(Vec<(&'static str, Cell)>);

impl Record {
    /// Without properties.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cell>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    /// With one more, if there is something to say.
    #[must_use]
    pub fn with_some(self, name: &'static str, value: Option<impl Into<Cell>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The lines. Values are whole whatever the terminal's width: they are there to be copied.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        let widest = self.0.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
        let line = |(name, value): &(&str, Cell)| {
            let name = Cell::new(name, Tone::Dim).render(widest, true, style.colours);
            format!("{name}{}{}\n", " ".repeat(GAP), value.render(value.width(), false, style.colours))
        };
        self.0.iter().map(line).collect()
    }
}
