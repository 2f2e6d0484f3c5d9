//! What events mean to people: a sentence, how serious it is, and what it is about.
//!
//! Everything here is pure: an event, what its stream said before ([`Subject`]), and out comes text. The same event
//! after the same history gives the same sentence, whether it is told live, from a read model or from the log.
//!
//! Guarantee: no personal data. People and API keys appear as [`mention`]s, which whoever shows the text replaces by
//! their names of that moment; somebody who was erased is then nobody, and no text has to be built again.

mod happened;
mod isolate;
pub mod mention;
mod of_account;
mod of_instance;
mod of_org;
mod place;
pub mod step;
mod subject;
pub(crate) mod subjects;

pub use happened::Happened;
pub use mention::Names;
pub use place::Place;
pub use subject::{InstanceSubject, OrgSubject, Subject};
pub use subjects::Subjects;

use dbx_sql::{Actor, Metadata, RecordedEvent};
use serde::{Deserialize, Serialize};

/// How much somebody who looks should mind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// As usual.
    Info,
    /// Something that was asked for is done.
    Success,
    /// It may need a look.
    Warning,
    /// It went wrong.
    Error,
}

impl Severity {
    /// The word in read models and JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// An event in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// A sentence with [`mention`]s, without a full stop.
    pub sentence: String,
    /// How serious it is.
    pub severity: Severity,
    /// A step of something larger, or bookkeeping; left out where people want the outline.
    pub detail: bool,
}

impl Told {
    fn new(severity: Severity, sentence: impl Into<String>) -> Self {
        Self { sentence: sentence.into(), severity, detail: false }
    }

    fn info(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Info, sentence)
    }

    fn success(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Success, sentence)
    }

    fn warning(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Warning, sentence)
    }

    fn error(sentence: impl Into<String>) -> Self {
        Self::new(Severity::Error, sentence)
    }

    fn in_detail(mut self) -> Self {
        self.detail = true;
        self
    }
}

/// Tells an event. `subject` is what its stream said before it.
pub fn tell(happened: &Happened, actor: &Actor, stream: &str, subject: &Subject) -> Told {
    let actor = mention::actor(actor);
    match (happened, subject) {
        (Happened::Account(event), _) => of_account::tell(event, &actor, stream),
        (Happened::Org(event), Subject::Org(org)) => of_org::tell(event, &actor, org),
        (Happened::Org(event), _) => of_org::tell(event, &actor, &OrgSubject::default()),
        (Happened::Instance(event), Subject::Instance(instance)) => {
            of_instance::tell(event, &actor, instance)
        }
        (Happened::Instance(event), _) => of_instance::tell(event, &actor, &InstanceSubject::default()),
    }
}

/// Who caused an event; rows of another program have nobody.
pub fn actor_of(event: &RecordedEvent) -> Actor {
    Metadata::from_json(&event.metadata).map_or(Actor::system("unknown"), |metadata| metadata.actor)
}
