//! One file of the build, and how it is answered.

use super::FILES;
use poem::{
    Request, Response,
    http::{HeaderValue, StatusCode, header},
};
use sha2::{Digest as _, Sha256};

/// Where the build puts files whose names hold a hash of their content.
const HASHED: &str = "assets/";
/// A year, the most that caches take (RFC 9111 §1.2.2 names no limit, caches do).
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked for each time.
const ASK: &str = "no-cache";

/// A file with the forms in which it can be sent.
pub(super) struct File {
    pub(super) name: &'static str,
    pub(super) plain: &'static [u8],
    pub(super) brotli: Option<&'static [u8]>,
    pub(super) gzip: Option<&'static [u8]>,
}

/// The file of that name.
pub(super) fn find(name: &str) -> Option<&'static File> {
    FILES.binary_search_by(|file| file.name.cmp(name)).ok().map(|index| &FILES[index])
}

impl File {
    /// Pages are reached by their paths, not by their files' names.
    pub(super) fn is_page(&self) -> bool {
        self.name.ends_with(".html")
    }

    /// The file in the best form that the client takes, or that it has the newest one already.
    pub(super) fn answer(&self, request: &Request) -> Response {
        let text =
            |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let (bytes, encoding) = self.form(text(header::ACCEPT_ENCODING));
        let tag = tag(bytes);
        let mut response = match text(header::IF_NONE_MATCH).split(',').any(|known| known.trim() == tag) {
            true => StatusCode::NOT_MODIFIED.into(),
            false => Response::builder().content_type(self.media_type()).body(bytes),
        };
        let headers = response.headers_mut();
        if let Some(encoding) = encoding.filter(|_| !bytes.is_empty()) {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
        }
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(self.caching()));
        headers.insert(header::VARY, HeaderValue::from_static(self.varies()));
        if let Ok(tag) = HeaderValue::from_str(&tag) {
            headers.insert(header::ETAG, tag);
        }
        response
    }

    fn form(&self, accepted: &str) -> (&'static [u8], Option<&'static str>) {
        let takes = |encoding: &str| accepted.split(',').any(|one| accepts(one, encoding));
        match (self.brotli.filter(|_| takes("br")), self.gzip.filter(|_| takes("gzip"))) {
            (Some(brotli), _) => (brotli, Some("br")),
            (None, Some(gzip)) => (gzip, Some("gzip")),
            (None, None) => (self.plain, None),
        }
    }

    fn caching(&self) -> &'static str {
        if self.name.starts_with(HASHED) { FOR_EVER } else { ASK }
    }

    /// Which page `/` is depends on the session.
    fn varies(&self) -> &'static str {
        if self.is_page() { "accept-encoding, cookie" } else { "accept-encoding" }
    }

    fn media_type(&self) -> &'static str {
        match self.name.rsplit('.').next() {
            Some("html") => "text/html; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("svg") => "image/svg+xml",
            Some("png") => "image/png",
            Some("woff2") => "font/woff2",
            Some("json" | "map") => "application/json",
            Some("txt") => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }
}

/// Whether one entry of `Accept-Encoding` takes `encoding`; a quality of zero refuses it (RFC 9110 §12.5.3).
fn accepts(entry: &str, encoding: &str) -> bool {
    let (name, quality) = entry.split_once(';').unwrap_or((entry, ""));
    let refused = quality.trim().strip_prefix("q=").is_some_and(|q| q.trim_matches(['0', '.']).is_empty());
    name.trim().eq_ignore_ascii_case(encoding) && !refused
}

fn tag(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    let short: String = hash.iter().take(12).map(|byte| format!("{byte:02x}")).collect();
    format!("\"{short}\"")
}

#[cfg(test)]
mod tests {
    use super::{File, accepts};
    use poem::{Request, http::StatusCode};

    const SCRIPT: File =
        File { name: "assets/app-1a2b.js", plain: b"plain", brotli: Some(b"brotli"), gzip: Some(b"gzip") };
    const PAGE: File = File { name: "index.html", plain: b"<html>", brotli: None, gzip: None };

    fn asked(headers: &[(&str, &str)]) -> Request {
        let mut request = Request::builder();
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.finish()
    }

    #[test]
    fn hashed_files_are_kept_for_ever_and_pages_are_asked_for() {
        let script = SCRIPT.answer(&asked(&[]));
        assert_eq!(script.header("cache-control"), Some("public, max-age=31536000, immutable"));
        let page = PAGE.answer(&asked(&[]));
        assert_eq!(page.header("cache-control"), Some("no-cache"));
        assert_eq!(page.header("vary"), Some("accept-encoding, cookie"));
    }

    #[test]
    fn an_unchanged_page_is_not_sent_again() {
        let first = PAGE.answer(&asked(&[]));
        let tag = first.header("etag").unwrap().to_owned();
        assert_eq!(PAGE.answer(&asked(&[("if-none-match", &tag)])).status(), StatusCode::NOT_MODIFIED);
        assert_eq!(PAGE.answer(&asked(&[("if-none-match", "\"other\"")])).status(), StatusCode::OK);
    }

    #[tokio::test]
    async fn the_best_form_is_sent_that_the_client_takes() {
        for (accepted, form, body) in
            [("gzip, br", Some("br"), "brotli"), ("gzip", Some("gzip"), "gzip"), ("br;q=0", None, "plain")]
        {
            let response = SCRIPT.answer(&asked(&[("accept-encoding", accepted)]));
            assert_eq!(response.header("content-encoding"), form, "{accepted}");
            assert_eq!(response.into_body().into_string().await.unwrap(), body);
        }
    }

    #[test]
    fn a_quality_of_zero_refuses() {
        assert!(accepts(" br ; q=0.5", "br"));
        assert!(!accepts("br;q=0.000", "br"));
        assert!(!accepts("br;q=0", "br"));
        assert!(!accepts("gzip", "br"));
    }
}
