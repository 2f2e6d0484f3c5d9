//! A failure for people, and as a problem document for programs.

use super::{Failure, advice};
use crate::{api::ProblemField, output::clean};
use serde_json::{Value, json};

/// Lines for a person: what happened, which values, what next, which request.
#[must_use]
pub fn text(failure: &Failure) -> String {
    let mut lines = vec![format!("error: {}", clean(&headline(failure)))];
    if let Failure::Invalid(errors) = failure {
        lines.extend(errors.iter().flat_map(field));
    }
    if let Failure::Problem(answered) = failure {
        let problem = &answered.problem;
        let news = problem.errors.iter().filter(|error| error.message != problem.detail);
        lines.extend(news.flat_map(field));
    }
    if let Some(next) = advice::next(failure) {
        lines.push(format!("next: {}", clean(&next)));
    }
    if let Some(id) = request_id(failure) {
        lines.push(format!("request: {}", clean(id)));
    }
    lines.join("\n") + "\n"
}

fn headline(failure: &Failure) -> String {
    match failure {
        Failure::Problem(answered) => {
            let problem = &answered.problem;
            // Field errors follow on their own lines; the detail would only say so.
            match problem.code.as_str() {
                "validation_failed" => problem.title.clone(),
                // The detail speaks of headers, which is not how one signs in here.
                "unauthenticated" => "the session is over, or the server does not know it".to_owned(),
                "not_found" => "there is no such thing, or it belongs to an org you are not in".to_owned(),
                _ => format!("{}: {}", problem.title, problem.detail),
            }
        }
        other => other.to_string(),
    }
}

fn field(error: &ProblemField) -> Vec<String> {
    let flag = advice::flag(&error.field).map(|flag| format!(" ({flag})")).unwrap_or_default();
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
        Failure::Problem(answered) => Some(&answered.problem.request_id),
        Failure::Strange { request_id, .. } => request_id.as_deref(),
        _ => None,
    }
}

/// The server's own document, or one of the same shape (RFC 9457) about what went wrong on this side.
#[must_use]
pub fn document(failure: &Failure) -> Value {
    if let Failure::Problem(answered) = failure {
        return answered.body.clone();
    }
    let mut document = json!({
        "type": format!("https://db.xyz/problems/{}", failure.code()),
        "title": "dbx did not do this",
        "detail": failure.to_string(),
        "code": failure.code(),
        "retryable": failure.is_passing(),
        "errors": match failure {
            Failure::Invalid(errors) => json!(errors),
            _ => json!([]),
        },
    });
    let mut add = |name: &str, value: Option<Value>| {
        if let (Some(fields), Some(value)) = (document.as_object_mut(), value) {
            fields.insert(name.to_owned(), value);
        }
    };
    add("next", advice::next(failure).map(Value::from));
    add("requestId", request_id(failure).map(Value::from));
    if let Failure::WaitTimedOut { job, .. } | Failure::JobFailed(job) = failure {
        add("jobId", Some(Value::from(job.id.clone())));
    }
    document
}
