//! Showing progress.

use super::{StepLine, StepMark, Tracker};
use crate::{
    api::Job,
    output::{clean, job_name},
};
use console::{Style, Term};
use indicatif::{ProgressBar, ProgressStyle};
use std::{
    io::{Write as _, stderr},
    time::Duration,
};

/// Time between two pictures of the moving line.
const TICK: Duration = Duration::from_millis(100);

/// Shows a job's progress on stderr.
pub struct Progress {
    tracker: Tracker,
    form: Form,
}

enum Form {
    /// A moving line.
    Bar(ProgressBar),
    Lines,
    Silent,
}

impl Progress {
    /// Fit for stderr as it is; `quiet` shows nothing.
    #[must_use]
    pub fn stderr(quiet: bool) -> Self {
        let form = match (quiet, Term::stderr().is_term()) {
            (true, _) => Form::Silent,
            (false, true) => moving(),
            (false, false) => Form::Lines,
        };
        Self { tracker: Tracker::default(), form }
    }

    /// Shows what is new.
    pub fn update(&mut self, job: &Job) {
        for line in self.tracker.news(job) {
            self.print(&coloured(&line), &line.plain());
        }
        if let Some(line) = Tracker::verdict(job) {
            self.print(&coloured(&line), &line.plain());
        }
        if let Form::Bar(bar) = &self.form {
            let between = || format!("{}: {}", job_name(&job.kind.to_string()), job.status).replace('_', " ");
            bar.set_message(Tracker::current(job).unwrap_or_else(between));
        }
    }

    /// Says something besides.
    pub fn note(&self, text: &str) {
        let text = clean(text);
        self.print(&text, &text);
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        if let Form::Bar(bar) = &self.form {
            bar.finish_and_clear();
        }
    }

    /// What takes the moving line away from another thread.
    pub fn cleaner(&self) -> impl FnOnce() + Send + 'static {
        let bar = match &self.form {
            Form::Bar(bar) => Some(bar.clone()),
            Form::Lines | Form::Silent => None,
        };
        move || {
            if let Some(bar) = bar {
                bar.finish_and_clear();
            }
        }
    }

    fn print(&self, terminal: &str, plain: &str) {
        match &self.form {
            Form::Bar(bar) => bar.println(terminal),
            Form::Lines => drop(writeln!(stderr(), "{plain}")),
            Form::Silent => {}
        }
    }
}

/// A moving line where the terminal can move one: not a dumb one, and not where `NO_COLOR` asks for plain text.
fn moving() -> Form {
    let bar = bar();
    if bar.is_hidden() { Form::Lines } else { Form::Bar(bar) }
}

/// The moving line; its time is that of the whole wait.
fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

fn coloured(line: &StepLine) -> String {
    let style = Style::new().for_stderr();
    let sign = match line.mark {
        StepMark::Done => style.green().apply_to("✓"),
        StepMark::Retrying => style.yellow().apply_to("↻"),
        StepMark::Undone => style.yellow().apply_to("↩"),
        StepMark::Canceled => style.dim().apply_to("-"),
        StepMark::Failed | StepMark::UndoFailed => style.red().apply_to("✗"),
    };
    format!("{sign} {}", line.plain())
}
