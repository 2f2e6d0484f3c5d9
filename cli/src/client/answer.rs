//! What came back: a value, a problem, something strange, or nothing.

use super::patience::Outcome;
use crate::{
    api::Problem,
    api_url::ApiUrl,
    failure::{Answered, Failure},
};
use serde::{Deserialize as _, de::DeserializeOwned};
use serde_json::{Value, json};
use std::io::ErrorKind;
use ureq::{
    Body, Error, Timeout,
    http::{Response, header},
};

/// Largest answer that is read into memory, in bytes; a page of the longest items is far below.
const LARGEST: u64 = 64 << 20;

/// A value, and the body it was read from: programs get that, also what this `dbx` does not know of.
#[derive(Clone, Debug)]
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    pub(crate) body: Value,
}

/// Reads an answer; an empty one is `null`.
pub(super) fn read<T: DeserializeOwned>(
    api: &ApiUrl,
    response: Response<Body>,
) -> Result<Answer<T>, (Failure, Outcome)> {
    let mut response = accepted(api, response)?;
    let (status, request_id) = (response.status().as_u16(), header_of(&response, REQUEST_ID));
    let parsed = parse(api, &mut response)?
        .and_then(|body| Ok((T::deserialize(&body).map_err(|error| error.to_string())?, body)));
    match parsed {
        Ok((value, body)) => Ok(Answer { value, body }),
        Err(cause) => {
            let outcome = Outcome::Answered { status, retry_after: None };
            Err((strange(api, status, &cause, request_id), outcome))
        }
    }
}

/// An answer that says yes, its body unread; any other one as what it says.
pub(super) fn accepted(
    api: &ApiUrl,
    mut response: Response<Body>,
) -> Result<Response<Body>, (Failure, Outcome)> {
    if response.status().is_success() {
        return Ok(response);
    }
    let status = response.status().as_u16();
    let retry_after = header_of(&response, header::RETRY_AFTER.as_str()).and_then(|text| text.parse().ok());
    let request_id = header_of(&response, REQUEST_ID);
    let problem = parse(api, &mut response)?
        .and_then(|body| Ok(Answered { problem: problem_in(&body, status, request_id.as_deref())?, body }));
    let failure = match problem {
        Ok(answered) => Failure::Problem(Box::new(answered)),
        Err(cause) => strange(api, status, &cause, request_id),
    };
    Err((failure, Outcome::Answered { status, retry_after }))
}

/// Reads a problem document. All its members are optional (RFC 9457, section 3.1), so that of another server or of a
/// proxy on the way is understood as far as it goes; but something it has to say.
fn problem_in(body: &Value, status: u16, request_id: Option<&str>) -> Result<Problem, String> {
    let given = body.as_object().ok_or("no problem document")?;
    if !["title", "detail", "code"].iter().any(|name| given.get(*name).is_some_and(Value::is_string)) {
        return Err("no problem document".to_owned());
    }
    let mut members = json!({
        "type": "about:blank", "title": "", "status": status, "detail": "", "code": "unknown",
        "requestId": request_id.unwrap_or_default(), "errors": [], "retryable": status >= 500 || status == 429,
    });
    if let Some(members) = members.as_object_mut() {
        members
            .extend(given.iter().filter(|(_, value)| !value.is_null()).map(|(n, v)| (n.clone(), v.clone())));
    }
    Problem::deserialize(&members).map_err(|error| format!("no problem document ({error})"))
}

/// Whether the answer is JSON, or what is built on it; lines of JSON are not. An empty one has no type.
pub(super) fn is_json(response: &Response<Body>) -> bool {
    header_of(response, header::CONTENT_TYPE.as_str()).is_none_or(|kind| {
        let kind = kind.split(';').next().unwrap_or_default().trim();
        kind == "application/json" || kind.ends_with("+json")
    })
}

const REQUEST_ID: &str = "x-request-id";

fn header_of(response: &Response<Body>, name: &str) -> Option<String> {
    Some(response.headers().get(name)?.to_str().ok()?.to_owned())
}

/// The body as JSON, an empty one as `null`; or why it is none.
fn parse(api: &ApiUrl, response: &mut Response<Body>) -> Result<Result<Value, String>, (Failure, Outcome)> {
    let bytes = response.body_mut().with_config().limit(LARGEST).read_to_vec();
    let bytes = bytes.map_err(|error| unanswered(api, &error))?;
    Ok(match bytes.is_empty() {
        true => Ok(Value::Null),
        false => serde_json::from_slice(&bytes).map_err(|error| format!("no JSON ({error})")),
    })
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
        Error::Io(error) => error.to_string().to_lowercase(),
        other => other.to_string(),
    }
}
