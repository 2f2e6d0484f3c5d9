//! The web console: its files, built into the binary.
//!
//! Guarantees: paths of the API, of its documentation and of operators never answer with a page; files whose name
//! holds a hash of their content are cached for ever, pages are asked for again each time and cost nothing unchanged;
//! no page runs a script or loads anything that does not come from this server.

mod file;
mod page;

use crate::{auth::session, http::problem::Problem};
use file::File;
use page::Page;
use poem::{
    Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
};

/// First segments that belong to others: nothing below them is a page.
const NOT_PAGES: [&str; 5] = ["v1", "docs", "healthz", "readyz", "metrics"];
/// What the pages may do. Scripts and styles come from files only, so injected markup stays dead text.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";

/// Answers every path that no other route took.
#[handler]
pub(crate) fn serve(request: &Request) -> poem::Result<Response> {
    let path = request.uri().path().trim_start_matches('/');
    let first = path.split('/').next().unwrap_or_default();
    if NOT_PAGES.contains(&first) {
        return Err(Problem::not_found().into());
    }
    if let Some(file) = file::find(path).filter(|file| !file.is_page()) {
        return Ok(guarded(file.answer(request)));
    }
    // A path that ends like a file and is none is a mistake; a page would hide it.
    if path.rsplit('/').next().is_some_and(|last| last.contains('.')) || !wants_page(request, path) {
        return Err(Problem::not_found().into());
    }
    let page = Page::of(path, session::cookie_token(request).is_some());
    match file::find(page.file()) {
        Some(file) => Ok(guarded(file.answer(request))),
        None => Ok(not_built()),
    }
}

/// Programs that ask for JSON at a wrong path are told so instead of getting a page.
fn wants_page(request: &Request, path: &str) -> bool {
    let accept = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    path.is_empty() || accept.is_some_and(|accept| accept.contains("text/html"))
}

fn not_built() -> Response {
    Response::builder()
        .status(StatusCode::NOT_FOUND)
        .content_type("text/plain; charset=utf-8")
        .body(page::NOT_BUILT)
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    response
}

/// The files of the build, in order of their names.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/console.rs"));
