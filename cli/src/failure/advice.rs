//! What to do next, per failure.

use super::Failure;
use crate::{
    api::{Job, JobStatus, Problem},
    resolve::ResolveError,
    store::StoreError,
};

/// Flags that a field of the API is set by.
const FLAGS: [(&str, &str); 7] = [
    ("name", "--name"),
    ("plan", "--plan"),
    ("pgVersion", "--pg"),
    ("diskGiB", "--disk"),
    ("tags", "--tag"),
    ("email", "--email"),
    ("displayName", "--name"),
];

/// The flag behind a field.
pub(super) fn flag(field: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(name, _)| *name == field).map(|(_, flag)| *flag)
}

/// What to do next, if there is anything to say.
pub(super) fn next(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Problem(answered) => after_problem(&answered.problem),
        Failure::Unreachable { .. } => {
            Some("check that the server runs, and its address (--api, DBX_API_URL)".into())
        }
        Failure::Strange { .. } => {
            Some("check that the address is a db.xyz server, and that dbx is as new as it is".into())
        }
        Failure::SignedOut(_) => Some("dbx login --email you@example.com".into()),
        Failure::Usage(_, next) => Some((*next).to_owned()),
        Failure::Resolve(error) => after_resolve(error),
        Failure::Program { program: "psql", .. } => {
            Some("install it (Debian, Ubuntu: apt install postgresql-client) or add it to PATH".into())
        }
        Failure::WaitTimedOut { job, .. } => Some(format!("dbx job watch {}", job.id)),
        Failure::JobFailed(job) => after_job(job),
        Failure::Store(StoreError::File { .. }) => Some("check the directory's owner and free space".into()),
        Failure::Store(_) | Failure::Certificate(_) | Failure::Stream(..) | Failure::Program { .. } => None,
    }
}

fn after_problem(problem: &Problem) -> Option<String> {
    let next = match problem.code.as_str() {
        "unauthenticated" => "dbx login; if DBX_TOKEN is set, unset it",
        "not_found" => "look for it with `dbx instance list`, `dbx job list` or `dbx project list`",
        "invalid_credentials" => "check address and password; without an account: dbx register",
        "email_taken" => "dbx login, with that address",
        "forbidden" => "ask an owner or admin of the org",
        "busy" => {
            let job = problem.job_id.as_deref()?;
            return Some(format!("wait for it: dbx job watch {job}"));
        }
        "credential_not_ready" => "wait until it is created: dbx job list",
        "name_taken" => "see what is there: dbx instance list, dbx project list",
        "not_empty" => "delete what it holds first",
        "quota_exceeded" => "delete what is not needed, or ask an operator for more",
        _ if problem.status >= 500 => "try again in a moment; if it stays, report it with the request id",
        _ if problem.retryable => "try again",
        _ => return None,
    };
    Some(next.to_owned())
}

fn after_resolve(error: &ResolveError) -> Option<String> {
    let next = match error {
        ResolveError::Unknown { .. } => return None,
        ResolveError::Ambiguous { .. } => "use the id".to_owned(),
        ResolveError::Unselected { what, flag, .. } => {
            format!("choose one with {flag}, or: dbx {what} select NAME")
        }
        ResolveError::Missing { create, .. } => (*create).to_owned(),
        ResolveError::NoJob { .. } => "dbx job list".to_owned(),
        ResolveError::NotRunning { name, .. } => format!("dbx instance start {name} --wait"),
    };
    Some(next)
}

fn after_job(job: &Job) -> Option<String> {
    let next = match job.status {
        JobStatus::NeedsOperator => {
            format!("dbx job retry {id} --wait, or dbx job cancel {id}", id = job.id)
        }
        JobStatus::Canceled => return None,
        _ => format!("dbx job watch {} shows its steps", job.id),
    };
    Some(next)
}
