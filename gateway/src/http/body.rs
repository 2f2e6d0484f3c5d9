//! Request bodies: JSON objects, read field by field into domain types.
//!
//! Guarantee: what an operation receives has passed every check that needs no database; otherwise the client gets
//! one problem that names every fault.

use super::{
    code::Code,
    fields::{self, Fields},
    json,
    problem::Problem,
};
use poem::{Request, RequestBody, Result, error::ReadBodyError};
use poem_openapi::{
    impl_apirequest_for_payload,
    payload::{ParsePayload, Payload},
    registry::{MetaSchemaRef, Registry},
    types::Type,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;

/// Largest accepted body in bytes; the largest sensible one is a tenth of it.
pub(crate) const BODY_MAX: usize = 64 * 1024;

/// Longest time for a body to arrive; a client that trickles holds no place for long.
const BODY_TIME: Duration = Duration::from_secs(15);

/// A body: its declared shape is `Self`, what is read of it is `Parsed`.
pub(crate) trait Readable: Type {
    /// The checked form.
    type Parsed: Send;

    /// Reads all fields; `None` after any fault.
    fn read(fields: &mut Fields) -> Option<Self::Parsed>;
}

/// A checked body.
pub(crate) struct Body<T: Readable> {
    pub(crate) parsed: T::Parsed,
    /// SHA-256 of the bytes as sent, for idempotency.
    pub(crate) hash: [u8; 32],
}

/// Hash of what a body says beside its secrets.
pub(crate) fn hash_of(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Hash of a request without a body.
pub(crate) fn empty_hash() -> [u8; 32] {
    Sha256::digest([]).into()
}

impl<T: Readable> Payload for Body<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Readable> ParsePayload for Body<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(_request: &Request, body: &mut RequestBody) -> Result<Self> {
        let bytes = received(body.take()?, BODY_TIME).await?;
        let hash = Sha256::digest(bytes.as_ref()).into();
        let value = json::from_slice(bytes.as_ref()).map_err(|error| malformed(&error))?;
        let map = match value {
            Value::Object(map) => map,
            other => return Err(no_object(&other).into()),
        };
        let mut fields = Fields::new(map);
        let parsed = T::read(&mut fields);
        Ok(Self { parsed: fields.finish(parsed)?, hash })
    }
}

impl_apirequest_for_payload!(Body<T>, T: Readable);

pub(crate) fn too_large() -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("a body has at most {BODY_MAX} bytes; send less"))
}

async fn received(body: poem::Body, within: Duration) -> Result<impl AsRef<[u8]>, Problem> {
    let reading = tokio::time::timeout(within, body.into_bytes_limit(BODY_MAX));
    reading.await.map_err(|_| too_slow())?.map_err(unread)
}

fn too_slow() -> Problem {
    let seconds = BODY_TIME.as_secs();
    Problem::new(
        Code::RequestTimeout,
        format!("the body did not arrive within {seconds} seconds; send it again"),
    )
}

fn unread(error: ReadBodyError) -> Problem {
    match error {
        ReadBodyError::PayloadTooLarge => too_large(),
        _ => Problem::new(Code::InvalidRequest, "the body could not be read to its end; send it again"),
    }
}

fn no_object(value: &Value) -> Problem {
    let given = fields::kind(value);
    Problem::new(Code::MalformedJson, format!("the body must be a JSON object, and is {given}"))
        .about("body", format!("expected an object, got {given}"))
}

fn malformed(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let what = if error.is_data() { "the body is ambiguous" } else { "the body is not JSON" };
    Problem::new(Code::MalformedJson, format!("{what}: {error}"))
        .about("body", format!("line {line}, column {column}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_never_ends_is_given_up() {
        let endless = futures::stream::pending::<std::io::Result<Vec<u8>>>();
        let reading = received(poem::Body::from_bytes_stream(endless), Duration::from_millis(1)).await;
        assert!(reading.is_err_and(|problem| problem.to_string().starts_with("request_timeout")));
    }
}
