//! Cross-site request forgery: a cookie travels with requests that another site causes, so it alone proves no intent.
//!
//! Guarantee: a changing request that is authenticated by cookie is done only if the browser says that our own pages
//! caused it, by `Sec-Fetch-Site` (Fetch Metadata) or, in browsers without it, by an `Origin` equal to the host.

use crate::http::{code::Code, problem::Problem};
use poem::{Request, http::header};

/// Checks a request that was authenticated by cookie.
pub(crate) fn check(request: &Request) -> Result<(), Problem> {
    let ours = match header_text(request, "sec-fetch-site") {
        Some(site) => matches!(site, "same-origin" | "none"),
        None => origin_is_host(request),
    };
    match request.method().is_safe() || ours {
        true => Ok(()),
        false => Err(Problem::new(
            Code::Csrf,
            "a cookie alone does not allow changes from another site; call from our own pages or use a bearer token",
        )),
    }
}

fn origin_is_host(request: &Request) -> bool {
    let origin = header_text(request, header::ORIGIN.as_str()).and_then(|origin| origin.split_once("://"));
    match (origin, header_text(request, header::HOST.as_str())) {
        (Some((_, authority)), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    }
}

fn header_text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::check;
    use poem::{Request, http::Method};

    fn allowed(method: Method, headers: &[(&str, &str)]) -> bool {
        let mut request = Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        check(&request.finish()).is_ok()
    }

    #[test]
    fn changes_need_proof_of_our_own_page() {
        assert!(allowed(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(allowed(Method::POST, &[("sec-fetch-site", "same-origin")]));
        assert!(allowed(Method::POST, &[("origin", "https://db.xyz"), ("host", "db.xyz")]));
        assert!(!allowed(Method::POST, &[]));
        assert!(!allowed(Method::POST, &[("sec-fetch-site", "same-site")]));
        assert!(!allowed(Method::DELETE, &[("origin", "https://evil.example"), ("host", "db.xyz")]));
        let mixed = [("sec-fetch-site", "cross-site"), ("origin", "https://db.xyz"), ("host", "db.xyz")];
        assert!(!allowed(Method::POST, &mixed));
    }
}
