//! One call, and its headers.

use crate::{
    failure::{Failure, IdempotencyKey},
    secret::Secret,
};
use std::{io, time::Duration};
use ureq::http::{HeaderMap, HeaderName, HeaderValue, Method, header};

/// Bytes of random in an idempotency key: enough that no two meet.
const KEY_BYTES: usize = 16;

/// One call, however many attempts it takes.
pub(super) struct Call<'a> {
    pub(super) method: Method,
    /// Below `/v1`; may bring a query of its own.
    pub(super) path: &'a str,
    pub(super) query: &'a [(&'a str, String)],
    pub(super) body: Option<Vec<u8>>,
    pub(super) key: Option<IdempotencyKey>,
    /// Do it only to this version of the thing.
    pub(super) version: Option<u64>,
    /// Go on behind this event of a stream.
    pub(super) after: Option<&'a str>,
    /// One attempt, over after this time at the latest: whoever asks has a limit of their own, and asks again.
    pub(super) within: Option<Duration>,
}

impl<'a> Call<'a> {
    pub(super) const fn new(method: Method, path: &'a str) -> Self {
        Self { method, path, query: &[], body: None, key: None, version: None, after: None, within: None }
    }

    pub(super) fn get(path: &'a str, query: &'a [(&'a str, String)]) -> Self {
        Self { query, ..Self::new(Method::GET, path) }
    }

    /// Whether it may be done again: it does no harm, and there is time.
    pub(super) fn is_repeatable(&self) -> bool {
        self.within.is_none() && (self.method == Method::GET || self.key.is_some())
    }

    /// How it failed in the end. `in_doubt`: an attempt may have been carried out; only an answer settles that.
    pub(super) fn given_up(&self, failure: Failure, in_doubt: bool) -> Failure {
        match &self.key {
            Some(key) if in_doubt && !settles(&failure) => {
                Failure::InDoubt { cause: Box::new(failure), key: key.clone() }
            }
            _ => failure,
        }
    }

    /// The path with its query.
    pub(super) fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.to_owned();
        }
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.query).finish();
        format!("{}?{query}", self.path)
    }

    pub(super) fn add_headers(&self, headers: &mut HeaderMap, token: Option<&Secret>) {
        let bearer = token.and_then(|token| HeaderValue::try_from(format!("Bearer {}", token.expose())).ok());
        if let Some(mut value) = bearer {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if self.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let mut add = |name: HeaderName, text: Option<String>| {
            if let Some(value) = text.and_then(|text| text.try_into().ok()) {
                headers.insert(name, value);
            }
        };
        add(HeaderName::from_static("idempotency-key"), self.key.as_ref().map(|key| key.text.clone()));
        add(HeaderName::from_static("last-event-id"), self.after.map(str::to_owned));
        add(header::IF_MATCH, self.version.map(|version| format!("\"{version}\"")));
    }
}

/// Whether a failure says that the change was refused, and so that no attempt under this key was carried out. A server or
/// a proxy in trouble does not know of the attempts before.
const fn settles(failure: &Failure) -> bool {
    match failure {
        Failure::Problem(answered) => answered.problem.status < 500 && answered.problem.status != 429,
        // Something that is no refusal of ours, or a success that cannot be read.
        Failure::Strange { status, .. } => matches!(status, 300..500),
        Failure::Unreachable { .. } => false,
        _ => true,
    }
}

/// A key that no other call has.
pub(super) fn random_key() -> Result<String, Failure> {
    let mut bytes = [0_u8; KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Stream("draw random bytes", io::Error::other(error.to_string())))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
