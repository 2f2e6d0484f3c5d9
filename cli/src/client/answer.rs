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

/// Reads an answer; an empty one is `null`.
pub(super) fn read<T: DeserializeOwned>(
    api: &ApiUrl,
    mut response: Response<Body>,
) -> Result<Answer<T>, (Failure, Outcome)> {
    let status = response.status();
    let text = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    let request_id = text("x-request-id");
    let retry_after = text(header::RETRY_AFTER.as_str()).and_then(|seconds| seconds.parse().ok());
    let content = response.body_mut().read_to_vec().map_err(|error| unanswered(api, &error))?;
    let body = match content.is_empty() {
        true => Ok(Value::Null),
        false => serde_json::from_slice::<Value>(&content),
    };
    let outcome = Outcome::Answered { status: status.as_u16(), retry_after };
    let fail = |cause: &str| (strange(api, status.as_u16(), cause, request_id.clone()), outcome);
    match body {
        Ok(body) if status.is_success() => match T::deserialize(&body) {
            Ok(value) => Ok(Answer { value, body }),
            Err(error) => Err(fail(&error.to_string())),
        },
        Ok(body) => match serde_json::from_value::<Problem>(body.clone()) {
            Ok(problem) => Err((Failure::Problem(Box::new(Answered { problem, body })), outcome)),
            Err(error) => Err(fail(&format!("no problem document ({error})"))),
        },
        Err(error) => Err(fail(&format!("no JSON ({error})"))),
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
