//! Where a job and its steps stand, in one word each.

use dbx_domain::instance::Outcome;
use serde::{Deserialize, Serialize};

/// Error code of a run that a delete took over from.
pub const SUPERSEDED: &str = "superseded";
/// Error code of a run that an operator gave up where it was stuck.
pub const ABANDONED: &str = "abandoned";

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$word_doc])* #[serde(rename = $word)] $variant,)* }

        impl $name {
            /// Every value.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in the read model, JSON, on the command line and in the console.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $word,)* }
            }
        }
    )*};
}

words! {
    /// Where a job stands.
    JobStatus {
        /// No step began.
        Queued = "queued",
        /// Going forward or turning back.
        Running = "running",
        /// Over, as asked.
        Succeeded = "succeeded",
        /// Over, not as asked; what was done is undone, unless it was abandoned.
        Failed = "failed",
        /// Given up on request or for a delete.
        Canceled = "canceled",
        /// Stuck: retry, cancel, abandon or delete.
        NeedsOperator = "needs_operator",
    }
    /// Where a step stands.
    StepStatus {
        /// A worker is or was at it.
        Running = "running",
        /// An attempt failed and there will be another.
        Retrying = "retrying",
        /// Its effect is there.
        Completed = "completed",
        /// It failed for good.
        Failed = "failed",
        /// A worker is or was at undoing it.
        Undoing = "undoing",
        /// An undo failed and there will be another.
        UndoRetrying = "undo_retrying",
        /// Its effect is gone.
        Undone = "undone",
        /// Undoing it failed for good.
        UndoFailed = "undo_failed",
        /// The job ended while it was going on.
        Abandoned = "abandoned",
    }
}

impl JobStatus {
    pub(super) const fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Succeeded => Self::Succeeded,
            Outcome::Failed { .. } | Outcome::Abandoned { .. } => Self::Failed,
            Outcome::Canceled | Outcome::Superseded => Self::Canceled,
        }
    }

    /// Whether nothing more will happen.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Canceled)
    }
}
