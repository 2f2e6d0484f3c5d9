//! Everything that can end a command early: what happened, why, and what to do next.
//!
//! Guarantee: no failure holds a password or a token.

mod advice;
mod circumstances;
mod render;
mod reporter;
mod title;

pub(crate) use advice::next;
pub(crate) use circumstances::quoted;
pub use circumstances::{Circumstances, Kind, TokenVariable};
use render::report;
pub use render::{document, text};
pub(crate) use reporter::Reporter;

use crate::{
    api::{Job, JobStatus, Problem, ProblemField},
    args::Limit,
    exit::Exit,
    interrupt::Interruption,
    output::{FieldsError, step_name},
    resolve::ResolveError,
    store::{CertificateError, Profile, StoreError},
};
use serde_json::Value;
use std::io;

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The server answered with a problem document.
    #[error("{}", .0.problem.detail)]
    Problem(Box<Answered>),
    /// No answer.
    #[error("{api} does not answer: {cause}")]
    Unreachable {
        /// The server.
        api: String,
        /// What the network said.
        cause: String,
    },
    /// An answer that the API's description does not allow.
    #[error("{api} answered {status} in a form that this dbx does not know: {cause}")]
    Strange {
        /// The server.
        api: String,
        /// The HTTP status.
        status: u16,
        /// What is wrong with it.
        cause: String,
        /// Names the request in the server's log.
        request_id: Option<String>,
    },
    /// A change was sent, and whether it was carried out is not known.
    #[error("{cause}; whether it was done is not known")]
    InDoubt {
        /// How the last attempt ended.
        cause: Box<Failure>,
        /// With it, the same command is carried out once, whatever became of this one.
        key: IdempotencyKey,
    },
    /// A signal came while the answer to a change was awaited.
    #[error("interrupted; whether it was done is not known")]
    CutShort {
        /// As for [`Failure::InDoubt`].
        key: IdempotencyKey,
        /// Which signal.
        by: Interruption,
    },
    /// Ctrl-C in the place of an answer to a question.
    #[error("interrupted; nothing is done")]
    Dismissed,
    /// What is shown once was in an answer that did not arrive.
    #[error("the {what} was in an answer that did not arrive, and is shown once")]
    SecretLost {
        /// Such as a token.
        what: &'static str,
        /// The thing that it belongs to.
        id: String,
        /// What to do with the thing that nobody can use now.
        next: String,
    },
    /// There is no session.
    #[error("you are not signed in to {api}{}", in_profile(.profile))]
    SignedOut {
        /// The server.
        api: String,
        /// The profile that was looked into.
        profile: Profile,
    },
    /// Values that this side can tell are wrong, in the words of the API's problem documents.
    #[error("Some values are not acceptable")]
    Invalid(Vec<ProblemField>),
    /// `--fields` asks for what is not there.
    #[error(transparent)]
    Fields(#[from] FieldsError),
    /// Whoever read stdout has seen enough, as in `dbx … | head`.
    #[error("nobody reads on")]
    ReaderGone,
    /// An org's history does not verify.
    #[error("the history does not verify: {0} findings")]
    NotVerified(usize),
    /// The server ended a live stream.
    #[error("you may not see this any more")]
    AccessLost,
    /// Checks of the doctor that failed.
    #[error("{failed} of {all} checks failed")]
    Unwell {
        /// How many failed.
        failed: usize,
        /// Of how many.
        all: usize,
    },
    /// The command line, or an answer to a question, is not acceptable.
    #[error("{0}")]
    Usage(String, &'static str),
    /// Something would have been lost, and nobody said that it may be.
    #[error("{0}")]
    Unconfirmed(String, &'static str),
    /// A name means nothing or too much.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A file of ours.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A certificate file.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The terminal, stdin or stdout.
    #[error("cannot {0}: {1}")]
    Stream(&'static str, io::Error),
    /// Another program.
    #[error("cannot run {program}: {}", missing(.cause))]
    Program {
        /// Its name.
        program: &'static str,
        /// What the system said.
        cause: io::Error,
    },
    /// `--wait` ran out.
    #[error("{kind} is not over after {limit}; job {id} goes on", kind = .job.kind, id = .job.id)]
    WaitTimedOut {
        /// What was waited for.
        job: Box<Job>,
        /// How long.
        limit: Limit,
    },
    /// Waiting for a job was given up on a signal.
    #[error("interrupted; job {id} {state}", id = .job.id, state = standing(.job))]
    Interrupted {
        /// What was waited for.
        job: Box<Job>,
        /// Which signal.
        by: Interruption,
    },
    /// Waiting for a job broke off. The order was taken, so running the same command again is another one.
    #[error("{cause}; job {id} {state}", id = .job.id, state = standing(.job))]
    Lost {
        /// What was waited for.
        job: Box<Job>,
        /// Why nothing more is heard of it.
        cause: Box<Failure>,
    },
    /// The job did not end as it should.
    #[error("{}", unsuccessful(.0))]
    JobFailed(Box<Job>),
}

/// By what a change is known to the server.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The key.
    pub text: String,
    /// Whether the caller gave it, so that the same command line has it again.
    pub is_given: bool,
}

/// A problem document, parsed and as it came.
#[derive(Debug)]
pub struct Answered {
    /// Parsed.
    pub problem: Problem,
    /// As it came.
    pub body: Value,
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            // What may work later is no refusal, such as another job that is in the way.
            Self::Problem(answered) if answered.problem.status < 500 && !answered.problem.retryable => {
                Exit::Refused
            }
            Self::SignedOut { .. } | Self::Usage(..) | Self::Resolve(_) => Exit::Refused,
            Self::Unconfirmed(..) => Exit::Refused,
            Self::Interrupted { by, .. } | Self::CutShort { by, .. } => by.exit(),
            Self::Dismissed => Exit::Interrupted,
            Self::Invalid(_) | Self::Fields(_) | Self::AccessLost | Self::NotVerified(_) => Exit::Refused,
            Self::ReaderGone => Exit::Success,
            Self::Certificate(CertificateError::Occupied { .. }) => Exit::Refused,
            Self::Store(StoreError::Open { .. } | StoreError::Foreign { .. }) => Exit::Refused,
            Self::WaitTimedOut { .. } => Exit::WaitTimedOut,
            Self::JobFailed(_) => Exit::JobFailed,
            _ => Exit::Error,
        }
    }

    /// Whether the same may work in a moment, so that a patient caller goes on.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Unreachable { .. } => true,
            Self::Problem(answered) => answered.problem.status >= 500 || answered.problem.status == 429,
            Self::Strange { status, .. } => *status >= 502,
            Self::InDoubt { cause, .. } => cause.is_passing(),
            _ => false,
        }
    }

    /// A stable word for programs; the server's own where it refused.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Problem(answered) => &answered.problem.code,
            Self::Unreachable { .. } => "unreachable",
            Self::Strange { .. } => "unexpected_answer",
            Self::InDoubt { .. } => "answer_lost",
            Self::SecretLost { .. } => "secret_lost",
            Self::SignedOut { .. } => "unauthenticated",
            Self::Usage(..) | Self::Fields(_) => "usage",
            Self::Unconfirmed(..) => "confirmation_required",
            Self::Interrupted { .. } | Self::CutShort { .. } | Self::Dismissed => "interrupted",
            Self::Lost { .. } => "watch_lost",
            Self::Invalid(_) => "validation_failed",
            Self::ReaderGone => "reader_gone",
            Self::AccessLost => "access_lost",
            Self::NotVerified(_) => "not_verified",
            Self::Unwell { .. } => "unwell",
            Self::Resolve(error) => error.code(),
            Self::Store(_) | Self::Certificate(_) => "local_file",
            Self::Stream(..) => "stream",
            Self::Program { .. } => "program",
            Self::WaitTimedOut { .. } => "wait_timed_out",
            Self::JobFailed(job) => job.error.as_ref().map_or("job_failed", |error| &error.code),
        }
    }
}

fn in_profile(profile: &Profile) -> String {
    if profile.is_default() { String::new() } else { format!(" in profile {profile}") }
}

/// What becomes of a job that is not waited for any more.
fn standing(job: &Job) -> &'static str {
    match job.status {
        JobStatus::Queued | JobStatus::Running | JobStatus::Other => "goes on",
        JobStatus::Succeeded => "has succeeded",
        JobStatus::Canceled => "was canceled",
        JobStatus::NeedsOperator => "needs an operator",
        JobStatus::Failed => "has failed",
    }
}

fn missing(cause: &io::Error) -> String {
    match cause.kind() {
        io::ErrorKind::NotFound => "it is not on PATH".to_owned(),
        _ => cause.to_string(),
    }
}

fn unsuccessful(job: &Job) -> String {
    let ended = match job.status {
        JobStatus::Canceled => "was canceled",
        JobStatus::Succeeded => "succeeded before it could be canceled",
        JobStatus::NeedsOperator => "needs an operator",
        _ => "failed",
    };
    let step = job.steps.iter().find(|step| step.error.is_some());
    let place = step.map(|step| format!(" at {:?}", step_name(&step.name))).unwrap_or_default();
    let error = job.error.as_ref().map(|error| error.message.as_str());
    let why = error.or(job.reason.as_deref()).map(|why| format!(": {why}")).unwrap_or_default();
    format!("{} {ended}{place}{why}", job.kind)
}
