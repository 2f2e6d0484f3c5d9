//! What came back: a value, a problem, something strange, or nothing.

use super::patience::Outcome;
use crate::{
    api::Problem,
    api_url::ApiUrl,
    failure::{Answered, Failure},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::io::ErrorKind;
use ureq::{
    Body, Error, Timeout,
    http::{Response, header},
};

/// A value, and the body it was read from: programs get that, also what this `dbx` does not know of.
#[derive(Clone, Debug)]
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    pub(crate) body: Value,
}

/// An answer as it came.
#[derive(Clone, Debug)]
pub(crate) struct Content {
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_json: bool,
    status: u16,
    request_id: Option<String>,
}

/// Reads an answer; an empty one is `null`.
pub(super) fn read<T: DeserializeOwned>(
    api: &ApiUrl,
    response: Response<Body>,
) -> Result<Answer<T>, (Failure, Outcome)> {
    let content = content(api, response)?;
    let outcome = Outcome::Answered { status: content.status, retry_after: None };
    let parsed =
        content.parse().and_then(|body| Ok((T::deserialize(&body).map_err(|e| e.to_string())?, body)));
    match parsed {
        Ok((value, body)) => Ok(Answer { value, body }),
        Err(cause) => Err((strange(api, content.status, &cause, content.request_id), outcome)),
    }
}

/// Reads an answer as it came. One that is no success is an error.
pub(super) fn content(api: &ApiUrl, mut response: Response<Body>) -> Result<Content, (Failure, Outcome)> {
    let status = response.status();
    let text = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let request_id = text("x-request-id");
    let retry_after = text(header::RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok());
    let is_json = text(header::CONTENT_TYPE.as_str()).is_none_or(|kind| is_json(&kind));
    let bytes = response.body_mut().read_to_vec().map_err(|error| unanswered(api, &error))?;
    let content = Content { bytes, is_json, status: status.as_u16(), request_id };
    if status.is_success() {
        return Ok(content);
    }
    let outcome = Outcome::Answered { status: content.status, retry_after };
    let problem = content.parse().and_then(|body| {
        let problem = serde_json::from_value::<Problem>(body.clone());
        Ok(Answered { problem: problem.map_err(|error| format!("no problem document ({error})"))?, body })
    });
    let failure = match problem {
        Ok(answered) => Failure::Problem(Box::new(answered)),
        Err(cause) => strange(api, content.status, &cause, content.request_id),
    };
    Err((failure, outcome))
}

/// JSON and what is built on it, but no lines of JSON.
fn is_json(content_type: &str) -> bool {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind == "application/json" || kind.ends_with("+json")
}

impl Content {
    /// The body as JSON, an empty one as `null`.
    pub(crate) fn parse(&self) -> Result<Value, String> {
        match self.bytes.is_empty() {
            true => Ok(Value::Null),
            false => serde_json::from_slice(&self.bytes).map_err(|error| format!("no JSON ({error})")),
        }
    }
}

/// An answer that the API's description does not allow.
pub(super) fn strange(api: &ApiUrl, status: u16, cause: &str, request_id: Option<String>) -> Failure {
    Failure::Strange { api: api.to_string(), status, cause: cause.to_owned(), request_id }
}

/// No answer.
pub(super) fn unanswered(api: &ApiUrl, error: &Error) -> (Failure, Outcome) {
    let outcome = if never_arrived(error) { Outcome::NotReached } else { Outcome::Lost };
    (Failure::Unreachable { api: api.to_string(), cause: plain(error) }, outcome)
}

/// Whether the request surely did not get to the server.
fn never_arrived(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        Error::Timeout(kind) => matches!(kind, Timeout::Resolve | Timeout::Connect),
        Error::HostNotFound
        | Error::ConnectionFailed
        | Error::BadUri(_)
        | Error::Tls(_)
        | Error::Rustls(_)
        | Error::InvalidProxyUrl => true,
        _ => false,
    }
}

fn plain(error: &Error) -> String {
    match error {
        Error::Io(error) if error.kind() == ErrorKind::ConnectionRefused => {
            "nothing listens there".to_owned()
        }
        Error::HostNotFound => "no such host".to_owned(),
        other => other.to_string(),
    }
}
