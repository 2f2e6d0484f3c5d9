//! Showing progress.

use super::{StepLine, StepMark, Tracker};
use crate::{api::Job, output::clean};
use console::{Style, Term};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// Time between two pictures of the moving line.
const TICK: Duration = Duration::from_millis(100);

/// Shows a job's progress on stderr.
pub struct Progress {
    tracker: Tracker,
    form: Form,
}

enum Form {
    /// A moving line, and what it says.
    Bar(ProgressBar, String),
    Lines,
    Silent,
}

impl Progress {
    /// Fit for stderr as it is; `quiet` shows nothing.
    #[must_use]
    pub fn stderr(quiet: bool) -> Self {
        let form = match (quiet, Term::stderr().is_term()) {
            (true, _) => Form::Silent,
            (false, true) => Form::Bar(bar(), String::new()),
            (false, false) => Form::Lines,
        };
        Self { tracker: Tracker::default(), form }
    }

    /// Shows what is new.
    pub fn update(&mut self, job: &Job) {
        for line in self.tracker.news(job) {
            self.print(&coloured(&line), &line.plain());
        }
        if let Form::Bar(bar, said) = &mut self.form {
            let now = match Tracker::current(job) {
                Some((step, doing)) => format!("{doing}{}", clean(&step.name)),
                None => format!("{} {}", job.kind, clean(&job.status.to_string())),
            };
            if *said != now {
                bar.reset_elapsed();
                bar.set_message(now.clone());
                *said = now;
            }
        }
    }

    /// Says something besides.
    pub fn note(&self, text: &str) {
        self.print(text, text);
    }

    /// Takes the moving line away.
    pub fn finish(&self) {
        if let Form::Bar(bar, _) = &self.form {
            bar.finish_and_clear();
        }
    }

    /// What takes the moving line away from another thread.
    pub fn cleaner(&self) -> impl FnOnce() + Send + 'static {
        let bar = match &self.form {
            Form::Bar(bar, _) => Some(bar.clone()),
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
            Form::Bar(bar, _) => bar.println(terminal),
            Form::Lines => eprintln!("{plain}"),
            Form::Silent => {}
        }
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
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
        StepMark::Failed | StepMark::UndoFailed => style.red().apply_to("✗"),
    };
    format!("{sign} {}", line.plain())
}
