//! `page[size]` and `page[token]`.

use super::problem::{Problem, ProblemField};
use crate::api::Page as Shown;
use dbx_projections::page::{Page, PageError, PageRequest, PageSize};
use poem_openapi::types::{ParseFromJSON, ToJSON, Type};

/// Checks what a client asked for.
pub(crate) fn request(size: Option<u32>, token: Option<&str>) -> Result<PageRequest, Problem> {
    let size =
        size.map_or(Ok(PageSize::DEFAULT), PageSize::new).map_err(|error| refused("page[size]", &error))?;
    let after = token.map(str::parse).transpose().map_err(|error| refused("page[token]", &error))?;
    Ok(PageRequest { size, after })
}

/// The page as clients see it.
pub(crate) fn answer<T: Type + ParseFromJSON + ToJSON + Send + Sync>(page: Page<T>) -> Shown<T> {
    Shown { data: page.items, next_page_token: page.next.map(|token| token.to_string()) }
}

fn refused(field: &str, error: &PageError) -> Problem {
    Problem::invalid(vec![ProblemField {
        field: field.to_owned(),
        message: error.to_string(),
        allowed: None,
    }])
}
