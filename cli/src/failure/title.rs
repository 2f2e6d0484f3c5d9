//! The few words that stay the same for every failure of a kind, as RFC 9457 wants a title.

use super::Failure;
use crate::{api::JobStatus, resolve::ResolveError};

/// The title of a failure's document.
pub(super) fn of(failure: &Failure) -> &str {
    match failure {
        Failure::Problem(answered) => &answered.problem.title,
        Failure::InDoubt { .. } | Failure::CutShort { .. } => "It may have been done",
        Failure::Dismissed => "Nothing is done",
        Failure::SecretLost { .. } => "A secret is lost",
        Failure::Unreachable { .. } => "The server does not answer",
        Failure::Strange { .. } => "The answer is not understood",
        Failure::SignedOut { .. } => "Sign in first",
        Failure::Invalid(_) => "Some values are not acceptable",
        Failure::Usage(..) | Failure::Fields(_) => "The command is not acceptable",
        Failure::Unconfirmed(..) => "Nobody confirmed it",
        Failure::Resolve(error) => resolving(error),
        Failure::Store(_) | Failure::Certificate(_) => "A file on this machine cannot be used",
        Failure::Stream(..) => "Reading or writing failed",
        Failure::Program { .. } => "Another program cannot be run",
        Failure::ReaderGone => "Nobody reads on",
        Failure::AccessLost => "Access was withdrawn",
        Failure::NotVerified(_) => "The history does not verify",
        Failure::Unwell { .. } => "Some checks failed",
        Failure::WaitTimedOut { .. } | Failure::Interrupted { .. } => "The job goes on",
        Failure::Lost { .. } => "Nothing more is heard of the job",
        Failure::JobFailed(job) => match job.status {
            JobStatus::Canceled => "The job was canceled",
            JobStatus::NeedsOperator => "The job needs an operator",
            JobStatus::Succeeded => "The job succeeded",
            _ => "The job failed",
        },
    }
}

const fn resolving(error: &ResolveError) -> &'static str {
    match error {
        ResolveError::Unknown { .. } | ResolveError::Missing { .. } => "Not found",
        ResolveError::WrongKind { .. } => "Another kind of thing",
        ResolveError::Ambiguous { .. } => "Several have this name",
        ResolveError::Unselected { .. } => "Several could be meant",
        ResolveError::NoJob { .. } => "There is no job",
        ResolveError::NotRunning { .. } => "Not in this state",
    }
}
