//! Results on stdout: tables for people, the API's bodies for programs.
//!
//! Guarantees: text of others is shown without control characters, so that a name cannot drive the terminal; colours
//! only on a terminal and without `NO_COLOR`; a reader that went away ends the program without a complaint.

mod cell;
mod clean;
mod record;
mod table;
mod words;

pub use cell::{Cell, Tone};
pub use clean::clean;
pub use record::Record;
pub use table::{Column, Table};
pub use words::{instance_record, instances_table, job_text, jobs_table, moment, size, step_cell};

use crate::failure::Failure;
use clap::ValueEnum;
use console::Term;
use serde_json::Value;
use std::io::{ErrorKind, Write as _, stdout};

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    #[default]
    Table,
    /// For programs: the body that the API answered
    Json,
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
#[derive(Clone, Copy, Debug)]
pub struct Output {
    format: Format,
    style: Style,
}

impl Output {
    /// stdout, in a format.
    #[must_use]
    pub fn stdout(format: Format) -> Self {
        let terminal = Term::stdout();
        let width = terminal.is_term().then(|| usize::from(terminal.size().1));
        Self { format, style: Style { colours: console::colors_enabled(), width } }
    }

    /// Whether results, and errors, are for programs.
    #[must_use]
    pub fn is_json(&self) -> bool {
        self.format == Format::Json
    }

    /// Writes a result.
    ///
    /// # Errors
    /// If stdout does not take it.
    pub fn show(&self, body: &Value, text: impl FnOnce(Style) -> String) -> Result<(), Failure> {
        match self.format {
            Format::Json => line(&format!("{body:#}")),
            Format::Table => line(text(self.style).trim_end_matches('\n')),
        }
    }
}

/// Writes one result line, also in scripts' hands; nothing if there is nothing.
///
/// # Errors
/// If stdout does not take it.
pub fn line(text: &str) -> Result<(), Failure> {
    if text.is_empty() {
        return Ok(());
    }
    let mut stdout = stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::Stream("write to stdout", error)),
        // `dbx … | head` has seen enough.
        _ => Ok(()),
    }
}
