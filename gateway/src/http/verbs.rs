//! `…/{id}:verb`, which the router cannot match: the last segment is split at its colon before routing.
//!
//! `POST /v1/instances/ins_1:start` becomes `POST /v1/instances/ins_1/~start`. The inner form is not part of the API:
//! asked for directly it is not found. Nothing else under `/v1` has a colon in its last segment.

use poem::http::Uri;

const PREFIX: &str = "/v1/";
/// Begins an inner verb segment.
const MARK: &str = "/~";

/// What becomes of a request's path.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Rewrite {
    /// Nothing.
    Keep,
    /// It is routed as this.
    To(Uri),
    /// It is the inner form, which is nobody's business.
    Refuse,
}

/// Decides by the path alone.
pub(crate) fn rewrite(uri: &Uri) -> Rewrite {
    let path = uri.path();
    if path.contains(MARK) {
        return Rewrite::Refuse;
    }
    let Some((parent, last)) = path.rsplit_once('/').filter(|_| path.starts_with(PREFIX)) else {
        return Rewrite::Keep;
    };
    let Some((name, verb)) = last.split_once(':').filter(|(name, verb)| !name.is_empty() && !verb.is_empty())
    else {
        return Rewrite::Keep;
    };
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    match format!("{parent}/{name}{MARK}{verb}{query}").parse() {
        Ok(uri) => Rewrite::To(uri),
        Err(_) => Rewrite::Refuse,
    }
}

#[cfg(test)]
mod tests {
    use super::{Rewrite, rewrite};
    use poem::http::Uri;
    use proptest::prelude::*;

    proptest! {
        /// Whatever the path, what is routed is a path in which nobody outside can name the inner form, and the query
        /// stays.
        #[test]
        fn nothing_reaches_the_inner_form_but_by_a_colon(path in "/v1(/[!-~&&[^?#]]{0,20}){0,4}", query in "[a-z=&:~/]{0,20}") {
            let Ok(uri) = format!("{path}?{query}").parse::<Uri>() else { return Ok(()) };
            match rewrite(&uri) {
                Rewrite::Keep => prop_assert!(!uri.path().contains("/~")),
                Rewrite::To(to) => {
                    prop_assert_eq!(to.path().replacen("/~", ":", 1), uri.path());
                    prop_assert_eq!(to.query(), uri.query());
                    prop_assert_eq!(to.path().matches("/~").count(), 1);
                }
                Rewrite::Refuse => prop_assert!(uri.path().contains("/~")),
            }
        }
    }

    fn path(text: &str) -> Rewrite {
        rewrite(&text.parse().unwrap())
    }

    #[test]
    fn only_a_colon_in_the_last_segment_is_split() {
        let to = |text: &str| Rewrite::To(text.parse().unwrap());
        assert_eq!(path("/v1/instances/ins_1:start?wait=3"), to("/v1/instances/ins_1/~start?wait=3"));
        assert_eq!(path("/v1/instances/i/credentials:reveal"), to("/v1/instances/i/credentials/~reveal"));
        assert_eq!(path("/v1/jobs/j:a:b"), to("/v1/jobs/j/~a:b"));
        for kept in
            ["/v1/instances/ins_1", "/v1/instances/:start", "/v1/instances/ins_1:", "/a:b", "/v1/a:b/c"]
        {
            assert_eq!(path(kept), Rewrite::Keep, "{kept}");
        }
    }

    #[test]
    fn the_inner_form_is_refused() {
        assert_eq!(path("/v1/instances/ins_1/~start"), Rewrite::Refuse);
    }
}
