//! What a command comes to when it is run again under its idempotency key.

use super::Circumstances;
use crate::resolve::is_id;
use ureq::http::Method;

/// By what a change is known to the server.
#[derive(Clone, Debug)]
pub struct IdempotencyKey {
    /// The key.
    pub text: String,
    /// Whether the caller gave it, so that the same command line has it again.
    pub is_given: bool,
    /// Whether the same command line makes the same request again.
    pub again: Again,
}

/// Whether the same command line makes the same request again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Again {
    /// It does.
    Same,
    /// It does if it names the thing by this id: the change may have taken its name away.
    ById(String),
    /// It does not: what is sent depends on how the thing of this id stands.
    Other(String),
}

impl Again {
    /// By what is asked of which address.
    #[must_use]
    pub fn of(method: &Method, path: &str) -> Self {
        let last = path.rsplit('/').next().unwrap_or_default();
        let is_one = last.find('_').is_some_and(|end| is_id(&last[..=end], last));
        match is_one && (method == Method::DELETE || method == Method::PATCH) {
            true => Self::ById(last.to_owned()),
            false => Self::Same,
        }
    }

    /// Whether this very command line may be run again as it is, its key given.
    pub(super) fn is_the_same(&self, circumstances: &Circumstances) -> bool {
        match self {
            Self::Same => true,
            Self::ById(id) => circumstances.words.iter().any(|word| word.contains(id.as_str())),
            Self::Other(_) => false,
        }
    }
}
