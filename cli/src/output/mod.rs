//! Results on stdout: tables for people, the API's bodies for programs.
//!
//! Guarantees: text of others is shown without control characters, so that a name cannot drive the terminal; colours
//! only on a terminal and without `NO_COLOR`; a reader that went away ends the program without a complaint.

mod cell;
mod clean;
mod fields;
pub(crate) mod reader;
mod record;
mod sparkline;
mod step;
mod table;
mod time;
mod words;
mod wrap;
mod yaml;

pub use cell::{Cell, Tone};
pub use clean::clean;
use clean::harmless;
pub use fields::{Fields, FieldsError};
pub use record::Record;
pub use sparkline::sparkline;
pub use step::{job_name, step_name};
pub use table::{Column, Table};
pub use time::{clock, moment, span};
pub use words::{
    bytes, instance_line, instance_record, instances_table, job_text, jobs_table, lifecycle, size, step_cell,
};
pub use yaml::to_yaml;

use crate::{changed::Changed, failure::Failure};
use clap::ValueEnum;
use console::Term;
use serde_json::Value;
use std::io::{ErrorKind, Write as _, stderr, stdout};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: the body that the API answered
    Json,
    /// The same as YAML
    Yaml,
}

impl Format {
    /// Whether programs read it: errors have the same form then, and nothing else is said.
    #[must_use]
    pub const fn is_for_programs(self) -> bool {
        !matches!(self, Self::Table)
    }

    /// A document in this format; `None` for tables, which depend on what is shown.
    #[must_use]
    pub fn document(self, body: &Value) -> Option<String> {
        match self {
            Self::Table => None,
            Self::Json => Some(harmless(&format!("{body:#}"))),
            Self::Yaml => Some(to_yaml(body)),
        }
    }
}

/// What the reader's side can show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether colours are understood.
    pub colours: bool,
    /// Columns of the terminal; `None` for files and pipes, which take any width.
    pub width: Option<usize>,
}

/// Where results go.
#[derive(Clone, Debug)]
pub struct Output {
    format: Format,
    fields: Option<Fields>,
    quiet: bool,
    style: Style,
    changed: Changed,
}

impl Output {
    /// stdout, in a format; perhaps only some fields, perhaps only what a script needs.
    #[must_use]
    pub fn stdout(format: Format, fields: Option<Fields>, quiet: bool) -> Self {
        let terminal = Term::stdout();
        let width = terminal.is_term().then(|| usize::from(terminal.size().1));
        let style = Style { colours: console::colors_enabled(), width };
        Self { format, fields, quiet, style, changed: Changed::default() }
    }

    /// The same, for answers of who changes things.
    pub(crate) fn behind(self, changed: Changed) -> Self {
        Self { changed, ..self }
    }

    /// Whether nothing but results is wanted: programs read them, or `--quiet`.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.quiet || self.format.is_for_programs()
    }

    /// Whether only a part of a result is wanted.
    #[must_use]
    pub fn is_selective(&self) -> bool {
        self.quiet || self.fields.is_some()
    }

    /// Whether results are tables and sentences.
    #[must_use]
    pub fn is_for_people(&self) -> bool {
        !self.format.is_for_programs()
    }

    /// How results are written.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format
    }

    /// What the reader's side can show.
    #[must_use]
    pub const fn style(&self) -> Style {
        self.style
    }

    /// Writes a result. With `--quiet`, its id or its items' ids stand for it.
    ///
    /// # Errors
    /// If it has not the fields that are asked for, or stdout does not take it.
    pub fn show(&self, body: &Value, text: impl FnOnce(Style) -> String) -> Result<(), Failure> {
        self.write(body, ids(body), text, false)
    }

    /// Writes a result of which a script needs `essence`, such as a password.
    ///
    /// # Errors
    /// Those of [`Output::show`].
    pub fn show_essence(
        &self,
        body: &Value,
        essence: &str,
        text: impl FnOnce(Style) -> String,
    ) -> Result<(), Failure> {
        self.write(body, Some(essence.to_owned()), text, false)
    }

    /// Writes a result that people get as the document it is, also with `--quiet` if it has no id.
    ///
    /// # Errors
    /// Those of [`Output::show`].
    pub fn show_document(&self, body: &Value) -> Result<(), Failure> {
        let text = harmless(&format!("{body:#}"));
        self.write(body, ids(body).or_else(|| Some(text.clone())), |_| text, false)
    }

    /// Writes one of many results that come one after the other: a line of JSON, a YAML document, or its text.
    ///
    /// # Errors
    /// Those of [`Output::show`].
    pub fn show_next(&self, body: &Value, text: impl FnOnce(Style) -> String) -> Result<(), Failure> {
        self.write(body, ids(body), text, true)
    }

    fn write(
        &self,
        body: &Value,
        essence: Option<String>,
        text: impl FnOnce(Style) -> String,
        one_of_many: bool,
    ) -> Result<(), Failure> {
        let Some(fields) = &self.fields else { return self.put(body, None, essence, text, one_of_many) };
        match fields.select(body) {
            Ok(selected) => self.put(&selected, Some(fields), essence, text, one_of_many),
            Err(error) if self.changed.is_so() => {
                self.put(body, None, essence, text, one_of_many)?;
                Err(Failure::ShownWhole(error))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn put(
        &self,
        body: &Value,
        fields: Option<&Fields>,
        essence: Option<String>,
        text: impl FnOnce(Style) -> String,
        one_of_many: bool,
    ) -> Result<(), Failure> {
        let written = match (self.format, fields) {
            (Format::Json, _) if one_of_many => harmless(&body.to_string()),
            (Format::Yaml, _) if one_of_many => format!("---\n{}", to_yaml(body)),
            (Format::Json, _) => harmless(&format!("{body:#}")),
            (Format::Yaml, _) => to_yaml(body),
            (Format::Table, Some(fields)) if !body.is_null() => {
                fields.rows(body, self.quiet || one_of_many, self.style)
            }
            (Format::Table, _) => match essence {
                Some(essence) if self.quiet => essence,
                // A sentence is nothing that a script needs.
                None if self.quiet => return Ok(()),
                _ => text(self.style),
            },
        };
        line(written.trim_end_matches('\n'))
    }
}

/// The ids of a list's items, or of the one thing; `None` if it has none.
fn ids(body: &Value) -> Option<String> {
    let id = |item: &Value| {
        ["id", "userId", "position", "name", "instanceId", "orgId"]
            .iter()
            .find_map(|name| item.get(*name)?.as_str())
            .map(clean)
    };
    let ids: Vec<Option<String>> = fields::items(body).into_iter().map(id).collect();
    let ids: Option<Vec<String>> = ids.into_iter().collect();
    match body {
        Value::Null => None,
        _ => ids.map(|ids| ids.join("\n")),
    }
}

/// Says something besides the results, on stderr. If nobody reads that any more, it is not worth an end.
pub fn say(text: &str) {
    let _ = writeln!(stderr(), "{text}");
}

/// Writes one result line, also in scripts' hands; nothing if there is nothing.
///
/// # Errors
/// If stdout does not take it.
pub fn line(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    crate::interrupt::no_farewell();
    let mut stdout = stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(Failure::ReaderGone),
        Err(error) => Err(Failure::Stream("write to stdout", error)),
        Ok(()) => Ok(()),
    }
}
