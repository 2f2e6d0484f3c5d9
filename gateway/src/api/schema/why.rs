//! Shapes of explanations.

use super::{
    event::Actor,
    words::{Health, JobKind, Lifecycle},
};
use poem_openapi::{Enum, Object};
use time::OffsetDateTime;

/// The last thing of consequence that happened.
#[derive(Debug, Object)]
#[oai(rename = "WhyTransition")]
pub(crate) struct Transition {
    /// Place in the whole log; opaque.
    pub(crate) position: String,
    /// When.
    pub(crate) time: OffsetDateTime,
    /// What, for programs: the event's name.
    #[oai(rename = "type")]
    pub(crate) kind: String,
    /// What, for people.
    pub(crate) sentence: String,
    /// Who caused it.
    pub(crate) actor: Actor,
}

/// The job under way.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", rename = "WhyJob")]
pub(crate) struct Job {
    /// Its id.
    pub(crate) id: String,
    /// What it does.
    pub(crate) kind: JobKind,
    /// The step that it is at.
    pub(crate) step: Option<String>,
    /// Attempts of that step so far.
    pub(crate) attempt: u32,
    /// When it is given up; null when it is stuck already.
    pub(crate) deadline_at: Option<OffsetDateTime>,
    /// When it is tried again, if it waits for that.
    pub(crate) next_attempt_at: Option<OffsetDateTime>,
}

/// What can be done, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "WhyActionName")]
pub(crate) enum ActionName {
    /// Start it.
    Start,
    /// Stop it.
    Stop,
    /// Stop and start it.
    Reboot,
    /// Give it a new password.
    RotateCreds,
    /// Delete it.
    Delete,
    /// Let the job try again.
    Retry,
    /// Give the job up; what it did is undone.
    Cancel,
    /// Give the job up where it is.
    Abandon,
}

/// Something that you can do.
#[derive(Debug, Object)]
#[oai(rename = "WhyAction")]
pub(crate) struct Action {
    /// What.
    pub(crate) name: ActionName,
    /// What it does, for people.
    pub(crate) sentence: String,
    /// How, on the command line.
    pub(crate) command: String,
}

/// Why an instance is as it is.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Why {
    /// Which instance.
    pub(crate) instance_id: String,
    /// What it is meant to be.
    pub(crate) state: Lifecycle,
    /// What is seen of it.
    pub(crate) health: Health,
    /// Both in a sentence.
    pub(crate) summary: String,
    /// What put it into its state, or asks for another. What was only looked at, labelled or renamed is none.
    pub(crate) last_transition: Option<Transition>,
    /// What is behind it, if something is wrong.
    pub(crate) cause: Option<String>,
    /// What it waits for, if it does.
    pub(crate) waiting_for: Option<String>,
    /// The job under way.
    pub(crate) job: Option<Job>,
    /// What you can do; would be accepted now, as far as your role allows it.
    pub(crate) actions: Vec<Action>,
}
