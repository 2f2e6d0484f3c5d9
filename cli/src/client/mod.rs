//! Calls to the server.
//!
//! Guarantees: a changing call carries an `Idempotency-Key`, the same on every attempt, so it is done once however
//! often its answer is lost; a call without one is never repeated; no call follows a redirect, so the token goes to the
//! named server only.

mod agent;
mod answer;
mod patience;

pub(crate) use answer::Answer;

use crate::{api_url::ApiUrl, failure::Failure, secret::Secret};
use patience::{Outcome, pause};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::io;
use ureq::http::{HeaderMap, Method, Request, Response, header};

/// Largest page the server gives.
const PAGE: usize = 200;
/// Bytes of random in an idempotency key: enough that no two meet.
const KEY_BYTES: usize = 16;

/// A server, and who asks.
pub(crate) struct Client {
    agent: ureq::Agent,
    api: ApiUrl,
    token: Option<Secret>,
}

/// One call, however many attempts it takes.
struct Call<'a> {
    method: Method,
    path: &'a str,
    query: &'a [(&'a str, String)],
    body: Option<Vec<u8>>,
    key: Option<String>,
}

impl Client {
    pub(crate) fn new(api: ApiUrl, token: Option<Secret>) -> Self {
        Self { agent: agent::new(&api), api, token }
    }

    /// The server.
    pub(crate) const fn api(&self) -> &ApiUrl {
        &self.api
    }

    /// Reads one thing.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
    ) -> Result<Answer<T>, Failure> {
        self.perform(&Call { method: Method::GET, path, query, body: None, key: None })
    }

    /// Reads a list to its end, or at most `limit` items of it. The body is one page that holds them all.
    pub(crate) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<Answer<Vec<T>>, Failure> {
        let (mut items, mut token): (Vec<Value>, Option<String>) = (Vec::new(), None);
        loop {
            let size = PAGE.min(limit - items.len());
            let mut query = vec![("page[size]", size.to_string())];
            query.extend(token.take().map(|token| ("page[token]", token)));
            let Answer { mut body, .. } = self.get::<Value>(path, &query)?;
            let Some(Value::Array(page)) = body.get_mut("data").map(Value::take) else {
                return Err(answer::strange(&self.api, 200, "a list without `data`", None));
            };
            let is_last = page.is_empty();
            items.extend(page);
            items.truncate(limit);
            token = body.get("nextPageToken").and_then(Value::as_str).map(str::to_owned);
            if token.is_none() || is_last || items.len() == limit {
                break;
            }
        }
        let value = serde_json::from_value(Value::Array(items.clone()))
            .map_err(|error| answer::strange(&self.api, 200, &error.to_string(), None))?;
        Ok(Answer { value, body: json!({ "data": items, "nextPageToken": token }) })
    }

    /// Changes something, once.
    pub(crate) fn change<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Answer<T>, Failure> {
        let key = Some(random_key()?);
        self.perform(&Call { method, path, query: &[], body: self.encode(body)?, key })
    }

    /// Asks for something that has no idempotency key, such as a session; never repeated.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Answer<T>, Failure> {
        self.perform(&Call { method: Method::POST, path, query: &[], body: self.encode(body)?, key: None })
    }

    /// Reads an answer as something else that it also is.
    pub(crate) fn reread<T, U: DeserializeOwned>(&self, answer: &Answer<T>) -> Result<Answer<U>, Failure> {
        let value = U::deserialize(&answer.body)
            .map_err(|error| answer::strange(&self.api, 202, &error.to_string(), None))?;
        Ok(Answer { value, body: answer.body.clone() })
    }

    fn encode(&self, body: Option<&impl Serialize>) -> Result<Option<Vec<u8>>, Failure> {
        let encoded = body.map(serde_json::to_vec).transpose();
        encoded.map_err(|error| answer::strange(&self.api, 0, &error.to_string(), None))
    }

    fn perform<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<Answer<T>, Failure> {
        let repeatable = call.method == Method::GET || call.key.is_some();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let result = self.attempt(call).and_then(|response| answer::read(&self.api, response));
            let wait = match &result {
                Err((_, outcome)) if repeatable => pause(*outcome, attempt),
                _ => None,
            };
            match wait {
                Some(span) => crate::wait::rest(span),
                None => return result.map_err(|(failure, _)| failure),
            }
        }
    }

    fn attempt(&self, call: &Call<'_>) -> Result<Response<ureq::Body>, (Failure, Outcome)> {
        let mut url = self.api.at(call.path);
        if !call.query.is_empty() {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(call.query).finish();
            url = format!("{url}?{query}");
        }
        let mut request = Request::builder().method(&call.method).uri(url);
        if let Some(headers) = request.headers_mut() {
            self.add_headers(headers, call);
        }
        let sent = match &call.body {
            Some(body) => request.body(body.as_slice()).map_err(Into::into).and_then(|r| self.agent.run(r)),
            None => request.body(()).map_err(Into::into).and_then(|r| self.agent.run(r)),
        };
        sent.map_err(|error| answer::unanswered(&self.api, &error))
    }

    fn add_headers(&self, headers: &mut HeaderMap, call: &Call<'_>) {
        let bearer = self.token.as_ref().map(|token| format!("Bearer {}", token.expose()));
        if let Some(mut value) = bearer.and_then(|text| text.try_into().ok()).map(|v: header::HeaderValue| v)
        {
            value.set_sensitive(true);
            headers.insert(header::AUTHORIZATION, value);
        }
        if call.body.is_some() {
            headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        }
        if let Some(key) = call.key.as_deref().and_then(|key| key.try_into().ok()) {
            headers.insert("idempotency-key", key);
        }
    }
}

fn random_key() -> Result<String, Failure> {
    let mut bytes = [0_u8; KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::Stream("draw random bytes", io::Error::other(error.to_string())))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
