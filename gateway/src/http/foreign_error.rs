//! Errors of the web framework as problems, so that no other form of error ever leaves the server.

use super::{
    code::Code,
    problem::{Problem, ProblemField},
};
use crate::api::document;
use poem::{
    Error,
    error::{MethodNotAllowedError, NotFoundError},
};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError};
use std::sync::LazyLock;

static METHODS: LazyLock<Vec<(String, Vec<String>)>> = LazyLock::new(document::methods);

/// Turns any error into a problem; `path` is what the client asked for.
pub(crate) fn problem(error: Error, path: &str) -> Problem {
    let error = match error.downcast::<Problem>() {
        Ok(problem) => return problem,
        Err(error) => error,
    };
    if error.is::<NotFoundError>() {
        return Problem::new(
            Code::NotFound,
            "there is nothing at this address; see /docs/api for what there is",
        );
    }
    if error.is::<MethodNotAllowedError>() {
        return method_not_allowed(path);
    }
    if let Some(ParseParamError { name, reason }) = error.downcast_ref() {
        return parameter(name, reason);
    }
    if let Some(ParsePathError { name, reason }) = error.downcast_ref() {
        return parameter(name, reason);
    }
    if let Some(error) = error.downcast_ref::<ContentTypeError>() {
        return media_type(error);
    }
    match error.status() {
        status if status.is_client_error() => {
            Problem::new(Code::InvalidRequest, "the request could not be understood; see /docs/api")
        }
        _ => Problem::internal(error),
    }
}

fn parameter(name: &str, reason: &str) -> Problem {
    Problem::invalid(vec![ProblemField { field: name.to_owned(), message: reason.to_owned(), allowed: None }])
}

fn media_type(error: &ContentTypeError) -> Problem {
    let given = match error {
        ContentTypeError::NotSupported { content_type } => {
            format!("`{}` was sent", content_type.chars().take(80).collect::<String>())
        }
        ContentTypeError::ExpectContentType => "none was sent".to_owned(),
    };
    Problem::new(
        Code::UnsupportedMediaType,
        format!("the Content-Type must be application/json, but {given}"),
    )
}

fn method_not_allowed(path: &str) -> Problem {
    let allowed =
        METHODS.iter().find(|(template, _)| matches(template, path)).map(|(_, methods)| methods.join(", "));
    let allowed = allowed.unwrap_or_else(|| "GET".to_owned());
    Problem::new(Code::MethodNotAllowed, format!("this address allows {allowed} only")).allow(allowed)
}

/// Whether `path` is an instance of `template`, such as `/v1/instances/{id}:start`.
fn matches(template: &str, path: &str) -> bool {
    let (mut templates, mut segments) = (template.split('/'), path.split('/'));
    loop {
        match (templates.next(), segments.next()) {
            (None, None) => return true,
            (Some(template), Some(segment)) if segment_matches(template, segment) => {}
            _ => return false,
        }
    }
}

fn segment_matches(template: &str, segment: &str) -> bool {
    match template.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((_, "")) => !segment.contains(':'),
        Some((_, suffix)) => segment.len() > suffix.len() && segment.ends_with(suffix),
        None => template == segment,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn templates_match_like_the_router() {
        assert!(matches("/v1/instances/{id}", "/v1/instances/ins_1"));
        assert!(matches("/v1/instances/{id}:start", "/v1/instances/ins_1:start"));
        assert!(!matches("/v1/instances/{id}", "/v1/instances/ins_1:start"));
        assert!(!matches("/v1/instances/{id}:start", "/v1/instances/ins_1:stop"));
        assert!(!matches("/v1/instances/{id}", "/v1/instances/ins_1/events"));
    }
}
