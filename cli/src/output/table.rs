//! Tables without lines, as `kubectl` and `gh` print them: easy on the eye and on `awk`.
//!
//! Guarantee: on a terminal a table is no wider than it. Flexible columns are shortened to a legible width, then optional
//! columns go, the last one first, then flexible ones are shortened further; where that is not enough, a row becomes a
//! block of lines. Ids are never shortened: half an id is of no use.

use super::{Cell, Style, Tone};
use console::measure_text_width;
use std::borrow::Cow;

/// Between two columns.
const GAP: usize = 2;
/// Width to which a column is shortened before another one is left out for it.
const LEGIBLE: usize = 24;
/// Least width of a shortened column.
const LEAST: usize = 8;

/// A column's head and what may happen to it where space is short.
#[derive(Clone, Debug)]
pub struct Column {
    title: Cow<'static, str>,
    flexible: bool,
    optional: bool,
}

impl Column {
    /// Stays as it is.
    #[must_use]
    pub const fn fixed(title: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), flexible: false, optional: false }
    }

    /// May be shortened.
    #[must_use]
    pub const fn flexible(title: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), flexible: true, optional: false }
    }

    /// Stays as it is; the title is a field's name.
    #[must_use]
    pub fn named(title: &str) -> Self {
        Self { title: Cow::Owned(super::clean(title)), flexible: false, optional: false }
    }

    /// May be left out.
    #[must_use]
    pub const fn optional(title: &'static str) -> Self {
        Self { title: Cow::Borrowed(title), flexible: false, optional: true }
    }
}

/// Rows under heads.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<Cell>>,
    empty: &'static str,
}

impl Table {
    /// A table without rows, and the sentence that stands in its place as long as it has none.
    #[must_use]
    pub fn new(columns: impl Into<Vec<Column>>, empty: &'static str) -> Self {
        Self { columns: columns.into(), rows: Vec::new(), empty }
    }

    /// Adds a row of as many cells as there are columns.
    pub fn row(&mut self, cells: impl Into<Vec<Cell>>) {
        let mut cells = cells.into();
        cells.resize(self.columns.len(), Cell::default());
        self.rows.push(cells);
    }

    /// The lines.
    #[must_use]
    pub fn render(&self, style: Style) -> String {
        if self.rows.is_empty() {
            return format!("{}\n", self.empty);
        }
        let layout = self.layout(style.width);
        if style.width.is_some_and(|available| total(&layout) > available) {
            return self.cards(style);
        }
        let heads: Vec<Cell> = self.columns.iter().map(|c| Cell::new(&c.title, Tone::Dim)).collect();
        let lines = std::iter::once(&heads).chain(&self.rows);
        lines.map(|cells| render_line(cells, &layout, style.colours)).collect()
    }

    /// A block per row, for terminals that are too narrow for the columns.
    fn cards(&self, style: Style) -> String {
        let widest =
            self.columns.iter().map(|column| measure_text_width(&column.title)).max().unwrap_or_default();
        let card = |row: &Vec<Cell>| -> String {
            let lines =
                self.columns.iter().zip(row).filter(|(_, cell)| cell.width() > 0).map(|(column, cell)| {
                    let title = Cell::new(&column.title, Tone::Dim).render(widest, true, style.colours);
                    format!(
                        "{}\n",
                        format!("{title}{}{}", " ".repeat(GAP), cell.line(style.colours)).trim_end()
                    )
                });
            lines.collect()
        };
        self.rows.iter().map(card).collect::<Vec<_>>().join("\n")
    }

    /// Which columns are shown, and how wide.
    fn layout(&self, available: Option<usize>) -> Vec<(usize, usize)> {
        let natural = |index: usize, column: &Column| {
            let cells = self.rows.iter().filter_map(|row| row.get(index)).map(Cell::width);
            cells.max().unwrap_or_default().max(column.title.chars().count())
        };
        let widths = self.columns.iter().enumerate().map(|(index, column)| (index, natural(index, column)));
        let mut layout: Vec<(usize, usize)> = widths.collect();
        let Some(available) = available else { return layout };
        while self.legible(&layout) > available {
            let Some(last) = layout.iter().rposition(|(index, _)| self.columns[*index].optional) else {
                break;
            };
            layout.remove(last);
        }
        while total(&layout) > available {
            let widest =
                layout.iter_mut().filter(|(index, width)| self.columns[*index].flexible && *width > LEAST);
            let Some((_, width)) = widest.max_by_key(|(_, width)| *width) else { break };
            *width -= 1;
        }
        layout
    }

    /// Width of the table with its flexible columns shortened as far as they stay legible.
    fn legible(&self, layout: &[(usize, usize)]) -> usize {
        let shortened = layout.iter().map(|&(index, width)| match self.columns[index].flexible {
            true => (index, width.min(LEGIBLE)),
            false => (index, width),
        });
        total(&shortened.collect::<Vec<_>>())
    }
}

fn total(layout: &[(usize, usize)]) -> usize {
    let widths: usize = layout.iter().map(|(_, width)| width).sum();
    widths + GAP * layout.len().saturating_sub(1)
}

fn render_line(cells: &[Cell], layout: &[(usize, usize)], colours: bool) -> String {
    let last = layout.len().saturating_sub(1);
    let shown = layout.iter().enumerate().filter_map(|(place, (index, width))| {
        // Nothing is filled up behind the last column: no line ends in blanks, none wraps for them.
        cells.get(*index).map(|cell| cell.render(*width, place != last, colours))
    });
    let line = shown.collect::<Vec<_>>().join(&" ".repeat(GAP));
    format!("{}\n", line.trim_end())
}
