//! What to do next, per failure.

use super::Failure;
use crate::{
    api::{Job, JobStatus, Problem, WayOut, WayOutAction},
    resolve::ResolveError,
    store::StoreError,
};

/// Flags that a field of the API is set by.
const FLAGS: [(&str, &str); 9] = [
    ("name", "--name"),
    ("plan", "--plan"),
    ("pgVersion", "--pg"),
    ("diskGiB", "--disk"),
    ("tags", "--tag"),
    ("email", "--email"),
    ("displayName", "--name"),
    ("expiresAt", "--expires"),
    ("role", "--role"),
];

/// The flag behind a field.
pub(super) fn flag(field: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(name, _)| *name == field).map(|(_, flag)| *flag)
}

/// What to do next, if there is anything to say.
pub(crate) fn next(failure: &Failure) -> Option<String> {
    match failure {
        Failure::Problem(answered) => after_problem(&answered.problem),
        Failure::Unreachable { .. } => {
            Some("check that the server runs, and its address (--api, DBX_API_URL)".into())
        }
        Failure::Strange { .. } => {
            Some("check that the address is a db.xyz server, and that dbx is as new as it is".into())
        }
        Failure::SignedOut { profile, .. } if profile.is_default() => {
            Some("dbx login --email you@example.com; without an account: dbx register".into())
        }
        Failure::SignedOut { profile, .. } => {
            Some(format!("dbx --profile {profile} login --email you@example.com"))
        }
        Failure::Usage(_, next) => Some((*next).to_owned()),
        Failure::Resolve(error) => after_resolve(error),
        Failure::Program { program: "psql", .. } => {
            Some("install it (Debian, Ubuntu: apt install postgresql-client) or add it to PATH".into())
        }
        Failure::WaitTimedOut { job, .. } => Some(format!("dbx job watch {}", job.id)),
        Failure::JobFailed(job) => after_job(job),
        Failure::Store(StoreError::File { .. }) => Some("check the directory's owner and free space".into()),
        Failure::Unwell { .. } => Some("what stands behind `next` above".into()),
        Failure::Store(_) | Failure::Certificate(_) | Failure::Stream(..) | Failure::Program { .. } => None,
        Failure::NotVerified(_) => Some("keep this output and the export, and ask the operator".into()),
        Failure::AccessLost => Some("see where you are still in: dbx whoami, dbx org list".into()),
        Failure::Invalid(_) | Failure::Fields(_) | Failure::ReaderGone => None,
    }
}

fn after_problem(problem: &Problem) -> Option<String> {
    let next = match problem.code.as_str() {
        "unauthenticated" => "dbx login; if DBX_TOKEN is set, unset it",
        "not_found" => "look for it with `dbx instance list`, `dbx job list` or `dbx project list`",
        "invalid_credentials" => "check address and password; without an account: dbx register",
        "email_taken" => "dbx login, with that address",
        "forbidden" => "ask an owner or admin of the org; see them: dbx org members",
        "session_required" => "unset DBX_TOKEN and sign in: dbx login",
        "wrong_state" => "see how it stands: dbx instance info NAME",
        "protected" => "allow deletes again: dbx instance update NAME --unprotect",
        "precondition_failed" => "look at it again, then repeat the command",
        "last_owner" => "make somebody else an owner first: dbx org role MEMBER owner",
        "not_cancelable" => "see how it stands: dbx job info JOB",
        "idempotency_key_reused" => "use another --idempotency-key for another request",
        "not_yet" => "see since when it exists: dbx instance history NAME",
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

/// The commands for what the server says can be done.
fn ways_out(job: &Job) -> String {
    let command = |way: &WayOut| match way.action {
        WayOutAction::Delete => format!("dbx instance delete {} --wait", job.instance_id),
        action => format!("dbx job {action} {} --wait", job.id),
    };
    let commands: Vec<String> = job.ways_out.iter().map(command).collect();
    match commands.is_empty() {
        true => format!("dbx job info {}", job.id),
        false => commands.join(", or "),
    }
}

fn after_job(job: &Job) -> Option<String> {
    let next = match job.status {
        JobStatus::NeedsOperator => ways_out(job),
        JobStatus::Canceled => return None,
        _ => format!("dbx job info {} shows its steps", job.id),
    };
    Some(next)
}
