//! Calls to the server.
//!
//! Guarantees: a changing call carries an `Idempotency-Key`, the same on every attempt, so it is done once however
//! often its answer is lost; a call without one is never repeated; no call follows a redirect, so the token goes to the
//! named server only.

mod agent;
mod answer;
mod call;
mod events;
mod patience;
mod sse;

pub(crate) use answer::Answer;
pub(crate) use events::Told;

use crate::{
    api_url::ApiUrl,
    failure::{Failure, IdempotencyKey, Reporter},
    interrupt,
    secret::Secret,
};
use agent::Pace;
use call::{Call, random_key};
use patience::{Outcome, pause};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    io::{self, Write},
    time::Duration,
};
use ureq::{
    Agent, Body,
    http::{Method, Request, Response},
};

/// Largest page the server gives.
const PAGE: usize = 200;

/// A server, and who asks.
pub(crate) struct Client {
    agent: Agent,
    api: ApiUrl,
    token: Option<Secret>,
    /// For changing calls, in the place of random ones.
    key: Option<String>,
    hasty: bool,
    /// Tells what is left in doubt by a signal.
    reporter: Reporter,
}

impl Client {
    pub(crate) fn new(api: ApiUrl, token: Option<Secret>, key: Option<String>, reporter: Reporter) -> Self {
        Self { agent: agent::new(&api, Pace::Usual), api, token, key, hasty: false, reporter }
    }

    /// The same, but every call is tried once and ends within `limit`.
    pub(crate) fn hasty(self, limit: Duration) -> Self {
        Self { agent: agent::new(&self.api, Pace::Hasty(limit)), hasty: true, ..self }
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
        self.perform(&self.agent, &Call::get(path, query), answer::read)
    }

    /// Reads one thing in one attempt, which ends within `limit` whatever the server does.
    pub(crate) fn get_within<T: DeserializeOwned>(
        &self,
        path: &str,
        limit: Duration,
    ) -> Result<Answer<T>, Failure> {
        let within = Some(limit.min(agent::CALL));
        self.perform(&self.agent, &Call { within, ..Call::get(path, &[]) }, answer::read)
    }

    /// Reads a list to its end, or at most `limit` items of it. The body is one page that holds them all.
    pub(crate) fn list<T: DeserializeOwned>(
        &self,
        path: &str,
        limit: usize,
    ) -> Result<Answer<Vec<T>>, Failure> {
        self.list_where(path, &[], limit)
    }

    /// As [`Client::list`], of what fits the query.
    pub(crate) fn list_where<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, String)],
        limit: usize,
    ) -> Result<Answer<Vec<T>>, Failure> {
        let (mut items, mut token): (Vec<Value>, Option<String>) = (Vec::new(), None);
        loop {
            let size = PAGE.min(limit - items.len());
            let mut page = query.to_vec();
            page.push(("page[size]", size.to_string()));
            page.extend(token.take().map(|token| ("page[token]", token)));
            let Answer { mut body, .. } = self.get::<Value>(path, &page)?;
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
        let (body, key) = (self.encode(body)?, Some(self.key()?));
        self.perform(&self.agent, &Call { body, key, ..Call::new(method, path) }, answer::read)
    }

    /// Changes a version of something, once; refused with `precondition_failed` if there is a newer one.
    pub(crate) fn change_version<T: DeserializeOwned>(
        &self,
        path: &str,
        version: u64,
        body: &impl Serialize,
    ) -> Result<Answer<T>, Failure> {
        let (body, key) = (self.encode(Some(body))?, Some(self.key()?));
        let call = Call { body, key, version: Some(version), ..Call::new(Method::PATCH, path) };
        self.perform(&self.agent, &call, answer::read)
    }

    /// Asks for something that has no idempotency key, such as a session; never repeated.
    pub(crate) fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<Answer<T>, Failure> {
        self.perform(&self.agent, &Call { body: self.encode(body)?, ..Call::new(method, path) }, answer::read)
    }

    /// Any call of the API. An answer that is no JSON is copied, however long it is.
    pub(crate) fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Vec<u8>>,
        target: &mut dyn Write,
    ) -> Result<Option<Value>, Failure> {
        let key = if method == Method::GET { None } else { Some(self.key()?) };
        let agent = agent::new(&self.api, Pace::Endless);
        let response =
            self.perform(&agent, &Call { body, key, ..Call::new(method, path) }, answer::accepted)?;
        if !answer::is_json(&response) {
            return copy(response, target).map(|_| None);
        }
        let answer: Answer<Value> = answer::read(&self.api, response).map_err(|(failure, _)| failure)?;
        Ok(Some(answer.body))
    }

    /// Copies an answer of any size, and says how many bytes it had. Once it has begun to come it is not asked for
    /// again: some of it is written already.
    pub(crate) fn download(
        &self,
        path: &str,
        query: &[(&str, String)],
        target: &mut dyn Write,
    ) -> Result<u64, Failure> {
        let agent = agent::new(&self.api, Pace::Endless);
        copy(self.perform(&agent, &Call::get(path, query), answer::accepted)?, target)
    }

    /// Reads an answer as something else that it also is.
    pub(crate) fn reread<T, U: DeserializeOwned>(&self, answer: &Answer<T>) -> Result<Answer<U>, Failure> {
        let value = U::deserialize(&answer.body)
            .map_err(|error| answer::strange(&self.api, 202, &error.to_string(), None))?;
        Ok(Answer { value, body: answer.body.clone() })
    }

    fn key(&self) -> Result<IdempotencyKey, Failure> {
        let is_given = self.key.is_some();
        Ok(IdempotencyKey { text: self.key.clone().map_or_else(random_key, Ok)?, is_given })
    }

    fn encode(&self, body: Option<&impl Serialize>) -> Result<Option<Vec<u8>>, Failure> {
        let encoded = body.map(serde_json::to_vec).transpose();
        encoded.map_err(|error| answer::strange(&self.api, 0, &error.to_string(), None))
    }

    /// A signal while a change is under way leaves its key behind. That stays so behind the answer, until what it says
    /// is told: by the key it can be had again.
    fn perform<T>(
        &self,
        agent: &Agent,
        call: &Call<'_>,
        read: impl Fn(&ApiUrl, Response<Body>) -> Result<T, (Failure, Outcome)>,
    ) -> Result<T, Failure> {
        let Some(key) = call.key.clone() else { return self.persist(agent, call, read) };
        let reporter = self.reporter.clone();
        interrupt::farewell(move |by| reporter.report(&Failure::CutShort { key, by }))?;
        let result = self.persist(agent, call, read);
        match &result {
            Ok(_) => interrupt::give_way(),
            Err(_) => interrupt::no_farewell(),
        }
        result
    }

    fn persist<T>(
        &self,
        agent: &Agent,
        call: &Call<'_>,
        read: impl Fn(&ApiUrl, Response<Body>) -> Result<T, (Failure, Outcome)>,
    ) -> Result<T, Failure> {
        let repeatable = call.is_repeatable() && !self.hasty;
        let (mut attempt, mut in_doubt) = (0, false);
        loop {
            attempt += 1;
            let result = self.attempt(agent, call).and_then(|response| read(&self.api, response));
            let (failure, outcome) = match result {
                Ok(answer) => return Ok(answer),
                Err((failure, outcome)) => (failure, outcome.behind(in_doubt)),
            };
            in_doubt |= outcome.may_be_done();
            match pause(outcome, attempt).filter(|_| repeatable) {
                Some(span) => crate::wait::rest(span),
                None => return Err(call.given_up(failure, in_doubt)),
            }
        }
    }

    fn attempt(&self, agent: &Agent, call: &Call<'_>) -> Result<Response<Body>, (Failure, Outcome)> {
        let mut request = Request::builder().method(&call.method).uri(self.api.at(&call.target()));
        if let Some(headers) = request.headers_mut() {
            call.add_headers(headers, self.token.as_ref());
        }
        let sent = match (&call.body, call.within) {
            (Some(body), _) => request.body(body.as_slice()).map_err(Into::into).and_then(|r| agent.run(r)),
            (None, None) => request.body(()).map_err(Into::into).and_then(|r| agent.run(r)),
            (None, within) => request.body(()).map_err(Into::into).and_then(|request| {
                agent.run(agent.configure_request(request).timeout_global(within).build())
            }),
        };
        sent.map_err(|error| answer::unanswered(&self.api, &error))
    }
}

fn copy(response: Response<Body>, target: &mut dyn Write) -> Result<u64, Failure> {
    let copied = io::copy(&mut response.into_body().into_reader(), target);
    copied.map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => Failure::ReaderGone,
        _ => Failure::Stream("copy the whole answer", error),
    })
}
