//! A failure for people, and as a problem document for programs.

use super::{Circumstances, Failure, advice, title};
use crate::{
    api::ProblemField,
    output::{Format, clean},
};
use serde_json::{Map, Value, json};
use std::io::{Write as _, stderr};

/// Says on stderr what went wrong, in the form that results have. Nobody may be left to read it.
pub(super) fn report(failure: &Failure, circumstances: &Circumstances, format: Format) {
    if matches!(failure, Failure::ReaderGone) {
        return;
    }
    let said = format.document(&document(failure, circumstances));
    let said = said.unwrap_or_else(|| text(failure, circumstances));
    let _ = writeln!(stderr(), "{}", said.trim_end());
}

/// Lines for a person: what happened, which values, what next, which request.
#[must_use]
pub fn text(failure: &Failure, circumstances: &Circumstances) -> String {
    let mut lines = vec![clean(&headline(failure, circumstances))];
    if !matches!(failure, Failure::Interrupted { .. } | Failure::CutShort { .. } | Failure::Dismissed) {
        lines[0].insert_str(0, "error: ");
    }
    if let Failure::Invalid(errors) = failure {
        lines.extend(errors.iter().flat_map(|error| field(error, circumstances)));
    }
    if let Failure::Problem(answered) = failure {
        let problem = &answered.problem;
        let news = problem.errors.iter().filter(|error| error.message != problem.detail);
        lines.extend(news.flat_map(|error| field(error, circumstances)));
    }
    if let Some(next) = advice::next(failure, circumstances) {
        lines.push(format!("next: {}", clean(&next)));
    }
    if let Some(id) = request_id(failure) {
        lines.push(format!("request: {}", clean(id)));
    }
    lines.join("\n") + "\n"
}

fn headline(failure: &Failure, circumstances: &Circumstances) -> String {
    match failure {
        Failure::Problem(answered) => {
            let problem = &answered.problem;
            match problem.code.as_str() {
                // Field errors follow on their own lines; the detail would only say so.
                "validation_failed" if !problem.errors.is_empty() => problem.title.clone(),
                // The detail speaks of headers, which is not how one signs in here.
                "unauthenticated" if circumstances.has_token_variable() => {
                    "the server does not accept DBX_TOKEN: it was revoked, has expired, or is incomplete"
                        .to_owned()
                }
                "unauthenticated" => "the session is over, or the server does not know it".to_owned(),
                // Addresses are the API's; here things have names.
                "not_found" => match problem.detail.strip_suffix("; check the address") {
                    Some(detail) => detail.to_owned(),
                    None => sentence(&problem.title, &problem.detail),
                },
                _ => sentence(&problem.title, &problem.detail),
            }
        }
        Failure::Lost { job, cause } => {
            format!("{}; job {} {}", headline(cause, circumstances), job.id, super::standing(job))
        }
        Failure::InDoubt { cause, .. } => {
            format!("{}; whether it was done is not known", headline(cause, circumstances))
        }
        other => other.to_string(),
    }
}

fn sentence(title: &str, detail: &str) -> String {
    match (title, detail) {
        (title, "") => title.to_owned(),
        ("", detail) => detail.to_owned(),
        (title, detail) if detail.to_lowercase().starts_with(&title.to_lowercase()) => detail.to_owned(),
        (title, detail) => format!("{title}: {detail}"),
    }
}

fn field(error: &ProblemField, circumstances: &Circumstances) -> Vec<String> {
    let flag = advice::flag(&error.field).filter(|flag| circumstances.typed(flag));
    let flag = flag.map(|flag| format!(" ({flag})")).unwrap_or_default();
    let mut lines = vec![format!("  {}{flag}: {}", clean(&error.field), clean(&error.message))];
    if !error.allowed.is_empty() {
        let allowed: Vec<String> = error.allowed.iter().map(value).collect();
        lines.push(format!("    allowed: {}", clean(&allowed.join(", "))));
    }
    lines
}

fn value(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn request_id(failure: &Failure) -> Option<&str> {
    match failure {
        Failure::Problem(answered) => Some(answered.problem.request_id.as_str()).filter(|id| !id.is_empty()),
        Failure::Strange { request_id, .. } => request_id.as_deref(),
        Failure::Lost { cause, .. } | Failure::InDoubt { cause, .. } => request_id(cause),
        _ => None,
    }
}

/// The server's own document, or one of the same shape (RFC 9457) about what went wrong on this side; with what to do
/// next, and the ids by which a program goes on.
#[must_use]
pub fn document(failure: &Failure, circumstances: &Circumstances) -> Value {
    let mut document = match failure {
        Failure::Problem(answered) => answered.body.clone(),
        _ => own(failure),
    };
    let Some(fields) = document.as_object_mut() else { return document };
    let mut add = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            fields.insert(name.to_owned(), value.into());
        }
    };
    if let Failure::WaitTimedOut { job, .. }
    | Failure::JobFailed(job)
    | Failure::Interrupted { job, .. }
    | Failure::Lost { job, .. } = failure
    {
        add("jobId", Some(&job.id));
        add("instanceId", Some(&job.instance_id));
        add("jobStatus", Some(&job.status.to_string()));
    }
    if let Failure::InDoubt { key, .. } | Failure::CutShort { key, .. } = failure {
        add("idempotencyKey", Some(&key.text));
    }
    if let Failure::SecretLost { id, .. } = failure {
        add("id", Some(id));
    }
    // How a program goes on is this side's to say; the server's word stands where it says it itself.
    if fields.get("next").and_then(Value::as_str).is_none()
        && let Some(next) = advice::next(failure, circumstances)
    {
        fields.insert("next".to_owned(), next.into());
    }
    document
}

/// Whether the same command may simply be run again. A change that may have been made must carry its key then.
fn is_retryable(failure: &Failure) -> bool {
    match failure {
        Failure::InDoubt { key, .. } | Failure::CutShort { key, .. } => key.is_given,
        other => other.is_passing(),
    }
}

fn own(failure: &Failure) -> Value {
    let mut fields = Map::new();
    let mut add = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    add("type", format!("https://db.xyz/problems/{}", failure.code()).into());
    add("title", title::of(failure).into());
    add("detail", failure.to_string().into());
    add("code", failure.code().into());
    if let Failure::Lost { cause, .. } = failure {
        add("cause", cause.code().into());
    }
    add("retryable", is_retryable(failure).into());
    add(
        "errors",
        match failure {
            Failure::Invalid(errors) => json!(errors),
            _ => json!([]),
        },
    );
    if let Some(id) = request_id(failure) {
        add("requestId", id.into());
    }
    fields.into()
}
