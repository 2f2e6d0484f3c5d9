//! Errors of the web framework as problems, so that no other form of error ever leaves the server.

use super::{
    code::Code,
    problem::{Problem, ProblemField},
    template,
};
use poem::{
    Error,
    error::{MethodNotAllowedError, NotFoundError},
};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError};

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
    let allowed = template::find(path).map_or_else(|| "GET".to_owned(), |known| known.methods.join(", "));
    Problem::new(Code::MethodNotAllowed, format!("this address allows {allowed} only")).allow(allowed)
}
