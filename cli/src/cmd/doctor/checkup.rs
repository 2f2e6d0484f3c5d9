//! Checks and what they found.

use crate::{
    context::Context,
    failure::Failure,
    output::{Cell, Record, Style, Tone, line},
};
use serde_json::{Value, json};

/// Columns of the longest name, `certificate`: a check is shown before the names of the next ones are known.
const NAMES: usize = 11;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Good,
    /// Works, but look at it.
    Odd,
    Bad,
}

impl State {
    const fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Odd => "warning",
            Self::Bad => "failed",
        }
    }

    const fn tone(self) -> Tone {
        match self {
            Self::Good => Tone::Good,
            Self::Odd => Tone::Busy,
            Self::Bad => Tone::Bad,
        }
    }
}

/// One check.
#[derive(Clone, Debug)]
pub(super) struct Check {
    name: &'static str,
    pub(super) state: State,
    found: String,
    next: Option<String>,
}

impl Check {
    pub(super) fn good(name: &'static str, found: impl Into<String>) -> Self {
        Self { name, state: State::Good, found: found.into(), next: None }
    }

    pub(super) fn odd(name: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { name, state: State::Odd, found: found.into(), next: Some(next.into()) }
    }

    pub(super) fn bad(name: &'static str, found: impl Into<String>, next: impl Into<String>) -> Self {
        Self { name, state: State::Bad, found: found.into(), next: Some(next.into()) }
    }

    /// What a failure of this program means for the check.
    pub(super) fn failed(context: &Context, name: &'static str, failure: &Failure) -> Self {
        let next = crate::failure::next(failure, context.reporter.circumstances());
        Self { name, state: State::Bad, found: failure.to_string(), next }
    }

    fn text(&self, style: Style) -> String {
        let next = self.next.as_ref().map(|next| format!("; next: {next}")).unwrap_or_default();
        let text = format!("{}: {}{next}", self.state.word(), self.found);
        Record::new().with_prose(self.name, Cell::new(&text, self.state.tone())).render_beside(style, NAMES)
    }

    fn body(&self) -> Value {
        json!({ "name": self.name, "state": self.state.word(), "found": self.found, "next": self.next })
    }
}

/// All checks so far.
#[derive(Debug, Default)]
pub(super) struct Checkup(Vec<Check>);

impl Checkup {
    /// People see it at once: what comes next may hang.
    pub(super) fn add(&mut self, context: &Context, check: Check) -> Result<(), Failure> {
        let shown = match is_shown_at_once(context) {
            true => line(check.text(context.output.style()).trim_end()),
            false => Ok(()),
        };
        self.0.push(check);
        shown
    }

    /// Shows them, unless that is done. A failed one makes the command fail.
    pub(super) fn finish(&self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "data": self.0.iter().map(Check::body).collect::<Vec<_>>() });
        let failed: Vec<&Check> = self.0.iter().filter(|check| check.state == State::Bad).collect();
        let essence = failed.iter().map(|check| check.name).collect::<Vec<_>>().join("\n");
        if !is_shown_at_once(context) {
            let text = |style| self.0.iter().map(|check| check.text(style)).collect();
            context.output.show_essence(&body, &essence, text)?;
        }
        match failed.len() {
            0 => Ok(()),
            failed => Err(Failure::Unwell { failed, all: self.0.len() }),
        }
    }
}

/// Programs get one document, and who selects gets a selection.
fn is_shown_at_once(context: &Context) -> bool {
    context.output.is_for_people() && !context.output.is_selective()
}
