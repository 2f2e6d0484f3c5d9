//! Errors of the web framework as problems, so that no other form of error ever leaves the server.

use super::{
    code::Code,
    problem::{Problem, ProblemField},
    template,
};
use crate::api::document;
use poem::{
    Error,
    error::{MethodNotAllowedError, NotFoundError},
};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError};
use serde_json::{Map, Value};

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
    if let Some(ParseParamError { name, .. }) = error.downcast_ref() {
        return parameter(path, name);
    }
    if let Some(ParsePathError { name, .. }) = error.downcast_ref() {
        return parameter(path, name);
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

/// Says what the document declares; the framework's own words speak of Rust.
fn parameter(path: &str, name: &str) -> Problem {
    let declared = template::find(path).and_then(|known| document::parameter(&known.path, name));
    let (message, allowed) = acceptable(&declared.unwrap_or_default());
    Problem::invalid(vec![ProblemField { field: name.to_owned(), message, allowed }])
}

/// What a parameter must be, and all its values or their range.
fn acceptable(schema: &Map<String, Value>) -> (String, Option<Vec<Value>>) {
    let bound = |key: &str| schema.get(key).and_then(Value::as_f64).map(|bound| bound as u64);
    if let Some(words) = schema.get("enum").and_then(Value::as_array) {
        let listed: Vec<String> = words.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        return (format!("must be one of {}", listed.join(", ")), Some(words.clone()));
    }
    match (schema.get("type").and_then(Value::as_str), bound("minimum"), bound("maximum")) {
        (Some("integer"), Some(least), Some(most)) => {
            let range = Value::from(format!("{least}..{most}"));
            (format!("must be a whole number from {least} to {most}"), Some(vec![range]))
        }
        (Some("integer"), ..) => ("must be a whole number".to_owned(), None),
        (Some("boolean"), ..) => {
            ("must be true or false".to_owned(), Some(vec![Value::Bool(true), Value::Bool(false)]))
        }
        _ => ("this value is not usable; see /docs/api".to_owned(), None),
    }
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
