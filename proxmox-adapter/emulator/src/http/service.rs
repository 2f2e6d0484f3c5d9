//! One request from its bytes to its answer: transport checks, authentication, faults, then the API.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, TRANSFER_ENCODING};
use hyper::{Method, Request, Response};

use super::{Answer, Params, control};
use crate::api::{self, Verb};
use crate::engine::Engine;
use crate::faults::{Moment, Outcome};
use crate::model::Principal;
use crate::secret::hash;

/// Larger bodies drop the connection.
const BODY_LIMIT: usize = 512 * 1024;

/// The connection ends without an answer.
#[derive(Debug, thiserror::Error)]
#[error("connection dropped")]
pub(crate) struct Dropped;

/// Answers a request, or drops its connection.
pub(crate) async fn handle(
    engine: Arc<Engine>,
    request: Request<Incoming>,
    last: bool,
) -> Result<Response<Full<Bytes>>, Dropped> {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let answer = answer(&engine, request).await?;
    tracing::debug!(%method, path, status = answer.status(), "answered");
    Ok(answer.into_response(last))
}

async fn answer(engine: &Arc<Engine>, request: Request<Incoming>) -> Result<Answer, Dropped> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let Some(verb) = verb(&head.method) else {
        return Ok(Answer::bare(501, &format!("method '{}' not available", head.method)));
    };
    let principal = match authenticate(engine, &head.headers) {
        Ok(principal) => principal,
        Err(reason) => {
            tokio::time::sleep(engine.timing.unauthorized_delay).await;
            return Ok(Answer::bare(401, reason));
        }
    };
    if let Some(refusal) = refuse_transport(&head.method, &head.headers) {
        return Ok(refusal);
    }
    let body = Limited::new(body, BODY_LIMIT).collect().await.map_err(|_| Dropped)?.to_bytes();
    if let Some(rest) = path.strip_prefix("/emulator/") {
        return Ok(control::answer(engine, verb, rest, &body));
    }
    let Some(rest) = path.strip_prefix("/api2/json") else { return Ok(outside(&path)) };
    let mut params = Params::default();
    params.add_form(head.uri.query().unwrap_or_default().as_bytes());
    if let Err(refusal) = add_body(&mut params, &head.headers, &body) {
        return Ok(refusal);
    }
    with_faults(engine, verb, rest, params, principal).await
}

async fn with_faults(
    engine: &Arc<Engine>,
    verb: Verb,
    path: &str,
    params: Params,
    principal: Principal,
) -> Result<Answer, Dropped> {
    let actions = engine.faults.strike(verb.name(), path);
    if let Some(delay) = actions.delay() {
        tokio::time::sleep(delay).await;
    }
    match actions.outcome(Moment::BeforeEffect) {
        Some(Outcome::Drop) => return Err(Dropped),
        Some(Outcome::Done) => return Ok(Answer::json(serde_json::json!({ "data": null }))),
        Some(Outcome::Status(code, reason)) => return Ok(status(code, &reason)),
        None => {}
    }
    let answer = api::dispatch(engine, verb, path, params, principal, &actions).await;
    match actions.outcome(Moment::AfterEffect) {
        Some(Outcome::Drop) => Err(Dropped),
        Some(Outcome::Status(code, reason)) => Ok(status(code, &reason)),
        Some(Outcome::Done) | None => Ok(answer),
    }
}

/// 59x comes from the proxy and has no body; the rest comes from the API and has one.
fn status(code: u16, reason: &str) -> Answer {
    if code >= 590 { Answer::bare(code, reason) } else { Answer::error(code, reason) }
}

fn verb(method: &Method) -> Option<Verb> {
    match *method {
        Method::GET => Some(Verb::Get),
        Method::POST => Some(Verb::Post),
        Method::PUT => Some(Verb::Put),
        Method::DELETE => Some(Verb::Delete),
        _ => None,
    }
}

fn authenticate(engine: &Engine, headers: &HeaderMap) -> Result<Principal, &'static str> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let value = header.and_then(|header| header.strip_prefix("PVEAPIToken"));
    let token = value.and_then(|value| value.strip_prefix(['=', ' '])).ok_or("No ticket")?;
    let token = api::percent_decode(token);
    let (id, secret) = token.split_once('=').ok_or("Authentication failed!")?;
    engine
        .store
        .read(|cluster| {
            let record = cluster.tokens.get(&id.to_owned())?;
            (record.secret_hash == hash(secret)).then(|| Principal::new(id, record))
        })
        .ok_or("Authentication failed!")
}

fn refuse_transport(method: &Method, headers: &HeaderMap) -> Option<Answer> {
    if headers.contains_key(TRANSFER_ENCODING) {
        return Some(Answer::plain(501, "chunked transfer encoding not supported"));
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<u64>().ok()).unwrap_or(0);
    if length > 0 && (*method == Method::DELETE || *method == Method::GET) {
        return Some(Answer::plain(501, &format!("Unexpected content for method '{method}'")));
    }
    None
}

fn add_body(params: &mut Params, headers: &HeaderMap, body: &[u8]) -> Result<(), Answer> {
    if body.is_empty() {
        return Ok(());
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    match content_type.map(|value| value.split(';').next().unwrap_or_default().trim()) {
        None | Some("application/x-www-form-urlencoded") => params.add_form(body),
        Some("application/json") => params.add_json(body).map_err(|text| Answer::plain(500, &text))?,
        Some(other) => {
            return Err(Answer::plain(506, &format!("upload 'Content-Type '{other}' not implemented")));
        }
    }
    Ok(())
}

fn outside(path: &str) -> Answer {
    match path.strip_prefix("/api2/").and_then(|rest| rest.split_once('/')) {
        Some((format, uri)) => Answer::bare(501, &format!("no formatter for uri /{uri}, {format}")),
        None => Answer::bare(501, "no such uri"),
    }
}
