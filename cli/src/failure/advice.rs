//! What to do next, per failure.

use super::{Again, Circumstances, Failure, IdempotencyKey, Kind, TokenVariable, quoted};
use crate::{
    api::{Job, JobKind, JobStatus, Problem, WayOut, WayOutAction},
    resolve::{ResolveError, is_id},
    store::{CertificateError, StoreError},
};
use serde_json::Value;

/// Flags that a field of the API is set by.
const FLAGS: [(&str, &str); 10] = [
    ("name", "--name"),
    ("plan", "--plan"),
    ("pgVersion", "--pg"),
    ("diskGiB", "--disk"),
    ("tags", "--tag"),
    ("url", "--url"),
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
pub(crate) fn next(failure: &Failure, circumstances: &Circumstances) -> Option<String> {
    advice(failure, circumstances).map(|next| circumstances.routed(&next))
}

fn advice(failure: &Failure, circumstances: &Circumstances) -> Option<String> {
    match failure {
        Failure::Problem(answered) => after_problem(&answered.problem, circumstances)
            .or_else(|| answered.body.get("next").and_then(Value::as_str).map(str::to_owned)),
        Failure::Resolve(error) => after_resolve(error),
        Failure::Store(error) => after_store(error),
        Failure::Certificate(error) => after_certificate(error),
        Failure::Unsettled { next, .. } | Failure::Usage(_, next) | Failure::Unconfirmed(_, next) => {
            Some((*next).to_owned())
        }
        Failure::WaitTimedOut { job, .. } | Failure::Interrupted { job, .. } | Failure::Lost { job, .. } => {
            Some(format!("watch it: dbx job watch {}", job.id))
        }
        Failure::JobFailed(job) => after_job(job),
        Failure::InDoubt { key, .. } | Failure::CutShort { key, .. } => Some(repeat(key, circumstances)),
        Failure::SecretLost { next, .. } => Some(next.clone()),
        other => in_general(other).map(str::to_owned),
    }
}

/// How a change of which nothing is known is made for sure, and not twice.
fn repeat(key: &IdempotencyKey, circumstances: &Circumstances) -> String {
    let look = match circumstances.kind {
        Some(Kind::Instance | Kind::Job) => "; what is under way: dbx job list",
        _ => "",
    };
    let option = format!("--idempotency-key {}", quoted(&key.text));
    let with = match &key.again {
        Again::Other(id) => return format!("see whether it was done: dbx instance info {id}"),
        Again::ById(id) if !key.again.is_the_same(circumstances) => match circumstances.subject.is_none() {
            true if id.starts_with("org_") => format!("{option} --org {id}"),
            _ => format!("{option} and {id} in the place of {}", circumstances.subject("the name")),
        },
        _ => option,
    };
    format!("repeat the command with {with}: it is done once, whatever became of this{look}")
}

fn in_general(failure: &Failure) -> Option<&'static str> {
    match failure {
        Failure::Unreachable { .. } => {
            Some("check that the server runs, and its address (--api, DBX_API_URL)")
        }
        Failure::Strange { .. } => {
            Some("check that the address is a db.xyz server, and that dbx is as new as it is")
        }
        Failure::SignedOut { .. } => {
            Some("dbx login --email you@example.com; without an account: dbx register")
        }
        Failure::Program { program: "psql", .. } => {
            Some("install it (Debian, Ubuntu: apt install postgresql-client) or add it to PATH")
        }
        Failure::Unwell { .. } => Some("what stands behind `next` above"),
        Failure::NotVerified(_) => Some("keep this output and the export, and ask the operator"),
        Failure::AccessLost => Some("see where you are still in: dbx whoami, dbx org list"),
        _ => None,
    }
}

fn after_problem(problem: &Problem, circumstances: &Circumstances) -> Option<String> {
    let it = |otherwise: &str| circumstances.subject(otherwise);
    let next = match problem.code.as_str() {
        "unauthenticated" if circumstances.has_token_variable() => {
            "unset DBX_TOKEN to use your own session; with that, make another key: dbx apikey create ci --role member"
        }
        "unauthenticated" => "dbx login",
        "not_found" if !problem.detail.starts_with("there is no ") => return None,
        "not_found" => return Some(look_for(circumstances.kind)),
        "invalid_credentials" => "check address and password; without an account: dbx register",
        "email_taken" => "dbx login, with that address",
        "forbidden" if circumstances.token == TokenVariable::Key => {
            "use a key with a higher role, or unset DBX_TOKEN and sign in: dbx login"
        }
        "forbidden" => "see who may, and ask them: dbx org members",
        "session_required" => "unset DBX_TOKEN and sign in: dbx login",
        "wrong_state" => {
            return Some(match circumstances.kind {
                Some(kind @ (Kind::Org | Kind::Project)) => {
                    format!("see how it stands: dbx {} info", kind.word())
                }
                _ if is_id("job_", &it("")) => format!("see how it stands: dbx job info {}", it("")),
                _ => format!("see how it stands, and why: dbx instance why {}", it("<INSTANCE>")),
            });
        }
        "protected" => {
            return Some(format!(
                "allow deletes again: dbx instance update {} --unprotect",
                it("<INSTANCE>")
            ));
        }
        "precondition_failed" => "look at it again, then repeat the command",
        "last_owner" => "make somebody else an owner first; see who there is: dbx org members",
        "not_cancelable" => return Some(format!("see how it stands: dbx job info {}", it("<JOB>"))),
        "idempotency_key_reused" => "use another --idempotency-key for another request",
        "not_yet" => return Some(since_when(circumstances)),
        "busy" => {
            let job = problem.job_id.as_deref()?;
            return Some(format!("wait for it: dbx job watch {job}"));
        }
        "credential_not_ready" => {
            return Some(format!("see how it stands, and why: dbx instance why {}", it("<INSTANCE>")));
        }
        "unsupported_media_type" => "give the body as JSON with --data, as in --data '{}'",
        "name_taken" => "see what is there: dbx instance list, dbx project list",
        "not_empty" => "delete what it holds first",
        "quota_exceeded" if problem.detail.contains("the project's quota") => {
            "delete what is not needed, or have the project's own limit raised: dbx project quota NAME"
        }
        "quota_exceeded" if problem.detail.contains("the org's quota") => {
            "delete what is not needed, or have an owner raise it: dbx org quota"
        }
        "quota_exceeded" => "delete what is not needed, or ask an operator for more",
        "rate_limited" => "try again in a moment",
        _ if problem.status >= 500 => "try again in a moment; if it stays, report it with the request id",
        _ => return None,
    };
    Some(next.to_owned())
}

fn look_for(kind: Option<Kind>) -> String {
    match kind {
        Some(kind) => format!("look for it with `dbx {} list`", kind.word()),
        None => "look for it with `dbx org list`, `dbx project list`, `dbx instance list` or `dbx job list`"
            .to_owned(),
    }
}

fn since_when(circumstances: &Circumstances) -> String {
    let command = match circumstances.kind {
        Some(kind @ (Kind::Org | Kind::Project)) => {
            format!("dbx {} info {}", kind.word(), circumstances.subject(""))
        }
        _ => format!("dbx instance history {}", circumstances.subject("<INSTANCE>")),
    };
    format!("see since when it exists: {}", command.trim_end())
}

fn after_resolve(error: &ResolveError) -> Option<String> {
    let next = match error {
        ResolveError::Unknown { what: "instance" | "project", known, .. } if known.is_empty() => {
            "look in another org with --org; see yours: dbx org list".to_owned()
        }
        ResolveError::Unknown { known, .. } if known.is_empty() => return None,
        ResolveError::Unknown { .. } => "use one of these, or its id".to_owned(),
        ResolveError::WrongKind { command, .. } => command.clone(),
        ResolveError::Ambiguous { .. } => "use the id".to_owned(),
        ResolveError::Unselected { what, flag, first, .. } => {
            format!("choose one with {flag}, or for all commands, as in: dbx {what} select {}", quoted(first))
        }
        ResolveError::Missing { create, .. } => (*create).to_owned(),
        ResolveError::NoJob { name } => format!("see what was done: dbx instance history {}", quoted(name)),
        ResolveError::NotRunning { name, .. } => format!("dbx instance start {} --wait", quoted(name)),
    };
    Some(next)
}

fn after_store(error: &StoreError) -> Option<String> {
    let next = match error {
        StoreError::NoHome => "export HOME, or XDG_CONFIG_HOME".to_owned(),
        StoreError::File { .. } => "check the directory's owner and free space".to_owned(),
        StoreError::Open { path, .. } => format!("chmod 600 {}", quoted(&path.display().to_string())),
        StoreError::Foreign { path } | StoreError::Damaged { path, .. } => {
            let path = path.display().to_string();
            format!("mv {} {}, then: dbx login", quoted(&path), quoted(&format!("{path}.old")))
        }
    };
    Some(next)
}

fn after_certificate(error: &CertificateError) -> Option<String> {
    match error {
        CertificateError::Store(error) => after_store(error),
        CertificateError::Occupied { .. } => Some("name a file that does not exist yet".to_owned()),
        CertificateError::Unusable => None,
    }
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
        JobStatus::Canceled if job.kind == JobKind::Create => format!(
            "what is left of it keeps its name; be rid of it: dbx instance delete {}, or see why: dbx instance why {0}",
            job.instance_id
        ),
        JobStatus::Canceled => format!("see who did it: dbx instance history {}", job.instance_id),
        _ => format!("dbx job info {} shows its steps", job.id),
    };
    Some(next)
}
