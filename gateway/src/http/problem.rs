//! Problem documents (RFC 9457): the one shape of every error that this server answers.
//!
//! Guarantee: a problem holds nothing that its reader may not see. Causes with inner detail are logged where they
//! are turned into a problem, under the same request id.

use super::code::Code;
use poem::{
    error::ResponseError,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::{
    ApiResponse, Object,
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
    types::{ToJSON as _, Type as _},
};
use serde_json::Value;
use std::time::Duration;

/// Media type of problem documents.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";
/// Prefix of every problem's `type`; an identifier, not an address that must answer.
const TYPE_PREFIX: &str = "https://db.xyz/problems/";

const NO_SUCH_THING: &str =
    "there is no such thing, or it belongs to an org you are not a member of; check the address";

/// One value that is not acceptable.
#[derive(Clone, Debug, PartialEq, Object)]
#[oai(skip_serializing_if_is_none)]
pub(crate) struct ProblemField {
    /// Which field of the body or which parameter.
    pub field: String,
    /// What is wrong with it and what is right.
    pub message: String,
    /// Every acceptable value, where they can be listed.
    pub allowed: Option<Vec<Value>>,
}

/// An error as a document (RFC 9457).
#[derive(Clone, Debug, PartialEq, Object)]
#[oai(rename_all = "camelCase", rename = "Problem", skip_serializing_if_is_none)]
pub(crate) struct ProblemDocument {
    /// Identifies the kind of problem; ends in `code`.
    #[oai(rename = "type")]
    pub kind: String,
    /// The kind of problem, for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong this time and what to do next.
    pub detail: String,
    /// The path that was asked for.
    pub instance: Option<String>,
    /// The kind of problem, for programs.
    pub code: String,
    /// Names this request in the server's log; quote it when asking for help.
    pub request_id: String,
    /// The values that are not acceptable.
    pub errors: Vec<ProblemField>,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// The job that is in the way.
    pub job_id: Option<String>,
}

/// An error on its way to becoming a [`ProblemDocument`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}: {detail}", code.name())]
pub(crate) struct Problem {
    code: Code,
    detail: String,
    errors: Vec<ProblemField>,
    job: Option<String>,
    retry_after: Option<Duration>,
    allow: Option<String>,
}

impl Problem {
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), errors: Vec::new(), job: None, retry_after: None, allow: None }
    }

    /// The same answer for what does not exist and what the caller may not know of. The edge adds which things the path
    /// names.
    pub(crate) fn not_found() -> Self {
        Self::new(Code::NotFound, NO_SUCH_THING)
    }

    /// Names what was looked for, where nothing better is said.
    pub(crate) fn naming(mut self, things: &str) -> Self {
        if self.detail == NO_SUCH_THING && !things.is_empty() {
            self.detail = format!(
                "there is no {things}, or it belongs to an org you are not a member of; check the address"
            );
        }
        self
    }

    /// Something that cannot happen did. The cause goes to the log only.
    pub(crate) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed by a fault of ours");
        Self::new(Code::Internal, "the server failed to do this; quote the request id when you report it")
    }

    /// Postgres cannot be reached. The cause goes to the log only.
    pub(crate) fn unavailable(cause: impl std::fmt::Display) -> Self {
        tracing::warn!(%cause, "the control database is unavailable");
        Self::new(Code::Unavailable, "the control database does not answer; try again in a moment")
            .retry_after(Duration::from_secs(2))
    }

    /// Postgres answers, but with other tables than this program expects.
    pub(crate) fn not_current(models: &[&str]) -> Self {
        tracing::warn!(?models, "the control database is not at this program's version");
        Self::new(
            Code::Unavailable,
            "the control database is not at this program's version; run `dbxd migrate`",
        )
    }

    /// Asked too often; `after` is when it will be let through again.
    pub(crate) fn too_many(what: &str, after: Duration) -> Self {
        Self::new(Code::TooManyRequests, format!("{what}; wait as long as Retry-After says"))
            .retry_after(after)
    }

    pub(crate) fn invalid(errors: Vec<ProblemField>) -> Self {
        let fields: Vec<&str> = errors.iter().map(|error| error.field.as_str()).collect();
        let detail = format!("see `errors` for what is wrong with: {}", fields.join(", "));
        Self { errors, ..Self::new(Code::ValidationFailed, detail) }
    }

    /// Whether it is of this kind.
    pub(crate) fn is(&self, code: Code) -> bool {
        self.code == code
    }

    /// Adds the values that caused it.
    pub(crate) fn about(mut self, field: &str, message: impl Into<String>) -> Self {
        self.errors.push(ProblemField { field: field.to_owned(), message: message.into(), allowed: None });
        self
    }

    pub(crate) fn job(mut self, job: impl ToString) -> Self {
        self.job = Some(job.to_string());
        self
    }

    pub(crate) fn retry_after(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    pub(crate) fn allow(mut self, methods: String) -> Self {
        self.allow = Some(methods);
        self
    }

    fn retryable(&self) -> bool {
        matches!(
            self.code,
            Code::Unavailable | Code::Conflict | Code::Busy | Code::TooManyRequests | Code::RequestTimeout
        )
    }

    /// The document and its headers.
    pub(crate) fn render(self, path: &str, request_id: &str) -> poem::Response {
        let retryable = self.retryable();
        let mut response = poem::Response::builder().status(self.code.status()).content_type(PROBLEM_JSON);
        if let Some(after) = self.retry_after {
            response = response.header(header::RETRY_AFTER, whole_seconds(after));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response = response
                .header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"db.xyz\""));
        }
        if let Some(methods) = self.allow {
            response = response.header(header::ALLOW, methods);
        }
        let document = ProblemDocument {
            kind: format!("{TYPE_PREFIX}{}", self.code.name()),
            title: self.code.title().to_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail,
            instance: Some(path.to_owned()),
            code: self.code.name().to_owned(),
            request_id: request_id.to_owned(),
            errors: self.errors,
            retryable,
            job_id: self.job,
        };
        response.body(document.to_json_string())
    }
}

/// Rounded up: a client that waits that long is not early.
fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl ResponseError for Problem {
    fn status(&self) -> StatusCode {
        self.code.status()
    }
}

/// Declares the document as every operation's default response.
impl ApiResponse for Problem {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "Not done; the document says why.",
                status: None,
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: PROBLEM_JSON,
                    schema: ProblemDocument::schema_ref(),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        ProblemDocument::register(registry);
    }
}
