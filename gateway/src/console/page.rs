//! Which page a path shows.

/// What the server says where the page would be, when it was built without one.
pub(super) const NOT_BUILT: &str = "This dbxd was built without its console. `make build` builds both; the API is under /v1, its documentation at /docs/api.\n";

/// The pages that the build makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Page {
    /// For visitors: static, nearly no script.
    Landing,
    /// For everybody else, at every path.
    Console,
}

impl Page {
    /// Somebody with a session goes straight to the console. Whether the session is still good is not asked here: the
    /// console finds out with its first request and sends them to sign in.
    pub(super) fn of(path: &str, has_session: bool) -> Self {
        match path.is_empty() && !has_session {
            true => Self::Landing,
            false => Self::Console,
        }
    }

    /// Its name in the build.
    pub(super) const fn file(self) -> &'static str {
        match self {
            Self::Landing => "landing.html",
            Self::Console => "index.html",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Page;

    #[test]
    fn only_visitors_at_the_root_see_the_landing_page() {
        assert_eq!(Page::of("", false), Page::Landing);
        assert_eq!(Page::of("", true), Page::Console);
        assert_eq!(Page::of("login", false), Page::Console);
        assert_eq!(Page::of("instances/ins_1/metrics", true), Page::Console);
    }
}
