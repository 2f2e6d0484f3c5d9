//! Checks and what they found.

use crate::{
    context::Context,
    failure::Failure,
    output::{Cell, Record, Tone},
};
use serde_json::{Value, json};

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

    fn body(&self) -> Value {
        json!({ "name": self.name, "state": self.state.word(), "found": self.found, "next": self.next })
    }
}

/// All checks so far.
#[derive(Debug, Default)]
pub(super) struct Checkup(Vec<Check>);

impl Checkup {
    pub(super) fn add(&mut self, check: Check) {
        self.0.push(check);
    }

    /// Shows them. A failed one makes the command fail.
    pub(super) fn finish(&self, context: &Context) -> Result<(), Failure> {
        let body = json!({ "data": self.0.iter().map(Check::body).collect::<Vec<_>>() });
        let failed: Vec<&Check> = self.0.iter().filter(|check| check.state == State::Bad).collect();
        let essence = failed.iter().map(|check| check.name).collect::<Vec<_>>().join("\n");
        context.output.show_essence(&body, &essence, |style| {
            let rows = self.0.iter().fold(Record::new(), |record, check| {
                let next = check.next.as_ref().map(|next| format!("; next: {next}")).unwrap_or_default();
                let text = format!("{}: {}{next}", check.state.word(), check.found);
                record.with_prose(check.name, Cell::new(&text, check.state.tone()))
            });
            rows.render(style)
        })?;
        match failed.len() {
            0 => Ok(()),
            failed => Err(Failure::Unwell { failed, all: self.0.len() }),
        }
    }
}
