//! Query parameters that a read does not have.
//!
//! Guarantee: a filter that is misspelt, or that a list does not have, is refused instead of answered with everything.

use super::{
    problem::{Problem, ProblemField},
    template,
};
use crate::api::document;
use poem::{Request, http::Method};
use serde_json::Value;

/// Refuses a read with a parameter that the document does not declare.
pub(super) fn check(request: &Request) -> Result<(), Problem> {
    // Most reads have no query, and are spared the search for their template.
    if request.method() != Method::GET || request.uri().query().is_none() {
        return Ok(());
    }
    let Some(template) = template::find(request.uri().path()) else { return Ok(()) };
    // What cannot be read at all is refused where the parameters are.
    let given: Vec<(String, String)> = request.params().unwrap_or_default();
    if given.is_empty() {
        return Ok(());
    }
    let known = document::query_parameters(&template.path, "get");
    let unknown: Vec<&String> =
        given.iter().map(|(name, _)| name).filter(|name| !known.contains(name)).collect();
    match unknown.is_empty() {
        true => Ok(()),
        false => Err(Problem::invalid(unknown.into_iter().map(|name| refused(name, &known)).collect())),
    }
}

fn refused(name: &str, known: &[String]) -> ProblemField {
    let message = match known {
        [] => "there is no such parameter; this takes none in its query".to_owned(),
        known => format!("there is no such parameter; the parameters are {}", known.join(", ")),
    };
    let allowed = known.iter().cloned().map(Value::from).collect();
    // Cut: the name is the client's and may be long.
    ProblemField { field: name.chars().take(80).collect(), message, allowed: Some(allowed) }
}
