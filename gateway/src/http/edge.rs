//! The edge: what happens to every request before and after its operation.
//!
//! Guarantees: every answer carries a request id and the security headers; every error is a problem document, also a
//! panic's; every request is logged and counted by its route's template, without its query.

use super::{
    body::{self, BODY_MAX},
    client::Client,
    code::Code,
    foreign_error, known_parameters, plain_header,
    problem::Problem,
    rate_limit::{self, Standing, Subject},
    template,
    verbs::{self, Rewrite},
    wait::WAIT_MAX,
};
use crate::{
    app::App,
    auth::{session, token},
    ids,
};
use futures::FutureExt as _;
use poem::{
    Endpoint, EndpointExt as _, PathPattern, Request, Response, Result,
    http::{HeaderValue, Method, header},
};
use std::{
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};
use tracing::Instrument as _;

const REQUEST_ID: &str = "x-request-id";
/// Longest request id that is taken over.
const REQUEST_ID_MAX: usize = 128;
/// Longest user agent that is kept.
const USER_AGENT_MAX: usize = 256;
/// Two years, the least that browsers' preload lists take.
const HSTS: &str = "max-age=63072000; includeSubDomains";
/// Policy of answers that are data.
const NOTHING: &str = "default-src 'none'; frame-ancestors 'none'";
/// Longest time for one request: the longest `?wait=` and as much again for everything else.
const REQUEST_TIME: Duration = Duration::from_secs(2 * WAIT_MAX as u64);
/// How requests are counted that no route matched.
const UNMATCHED: &str = "unmatched";

/// Wraps all routes.
pub(crate) struct Edge<E> {
    app: App,
    inner: E,
}

impl<E: Endpoint> Edge<E> {
    pub(crate) fn new(app: App, inner: E) -> Edge<impl Endpoint<Output = Response>> {
        Edge { app, inner: inner.map_to_response() }
    }
}

impl<E: Endpoint<Output = Response>> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let began = Instant::now();
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let https = is_https(&self.app, &request);
        let client = client(&self.app, &request);
        let request_id = client.request_id.clone();
        let standings = charge(&self.app, &request, &client);
        request.set_data(client);
        // What operations log on the way names the request too.
        let span = tracing::info_span!("request", request_id);
        let routed = self.within_limits(request, &standings);
        let result = AssertUnwindSafe(routed).catch_unwind().instrument(span).await;
        let result = result.unwrap_or_else(|_| Err(Problem::internal("the operation panicked").into()));
        let pattern = match &result {
            Ok(response) => response.data::<PathPattern>().cloned(),
            Err(error) => error.data::<PathPattern>().cloned(),
        };
        let mut response = match result {
            Ok(response) => response,
            Err(error) => {
                let problem = foreign_error::problem(error, &path).naming(&template::things_in(&path));
                problem.render(&template::shown(&path), &request_id)
            }
        };
        set_headers(&mut response, &request_id, https);
        rate_limit::set_headers(&standings, response.headers_mut());
        // The router's own pattern has lost the parameters' names and the colons.
        let route = match (template::find(&path), &pattern) {
            (Some(known), _) => &known.path,
            (None, Some(PathPattern(pattern))) => pattern.as_ref(),
            (None, None) => UNMATCHED,
        };
        self.record(&method, route, &response, began, &request_id);
        Ok(response)
    }
}

impl<E: Endpoint<Output = Response>> Edge<E> {
    async fn within_limits(&self, request: Request, standings: &[Standing]) -> Result<Response> {
        if let Some(refusal) = rate_limit::refusal(standings) {
            return Err(refusal.into());
        }
        match tokio::time::timeout(REQUEST_TIME, self.route(request)).await {
            Ok(result) => result,
            Err(_) => Err(Problem::new(
                Code::Unavailable,
                "this took too long and was given up: look whether it happened, or repeat with the same Idempotency-Key",
            )
            .into()),
        }
    }

    async fn route(&self, mut request: Request) -> Result<Response> {
        plain_header::check(request.headers())?;
        known_parameters::check(&request)?;
        if declared_length(&request).is_some_and(|length| length > BODY_MAX as u64) {
            return Err(body::too_large().into());
        }
        match verbs::rewrite(request.uri()) {
            Rewrite::Keep => {}
            Rewrite::To(uri) => *request.uri_mut() = uri,
            Rewrite::Refuse => return Err(Problem::not_found().into()),
        }
        self.inner.call(request).await
    }

    fn record(&self, method: &Method, route: &str, response: &Response, began: Instant, request_id: &str) {
        let (status, took) = (response.status(), began.elapsed());
        self.app.metrics().observe(method, route, status, took);
        tracing::info!(
            %method,
            route,
            status = status.as_u16(),
            millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            request_id,
            "request"
        );
    }
}

/// Counts a request against the limits of its sender. Paths for operators are not limited.
fn charge(app: &App, request: &Request, client: &Client) -> Vec<Standing> {
    if !request.uri().path().starts_with("/v1/") {
        return Vec::new();
    }
    let network = client.ip.as_deref().map(rate_limit::network_of);
    let token = token::bearer(request).or_else(|| session::cookie_token(request));
    let address = network.as_deref().map(Subject::Address);
    app.limiter()
        .charge(address.into_iter().chain(token.as_ref().map(|token| Subject::Token(token.expose()))))
}

fn client(app: &App, request: &Request) -> Client {
    let text = |name: &str| request.headers().get(name)?.to_str().ok();
    let peer = request.remote_addr().as_socket_addr().map(|address| address.ip().to_string());
    // The last entry is the one that our own proxy added; those before it are hearsay.
    let reported = text("x-forwarded-for")
        .filter(|_| app.settings().behind_proxy)
        .and_then(|list| list.rsplit(',').next())
        .map(|address| address.trim().chars().take(64).collect());
    let user_agent =
        text(header::USER_AGENT.as_str()).map(|name| name.chars().take(USER_AGENT_MAX).collect());
    Client {
        request_id: text(REQUEST_ID).filter(|id| is_request_id(id)).map_or_else(ids::request, str::to_owned),
        ip: reported.or(peer),
        user_agent,
        route: format!("{} {}", request.method(), request.uri().path()),
        base: base(app, request),
    }
}

/// Where links lead: where the operator says, else how the client reached us. Only hosts that are safe to print in a link.
fn base(app: &App, request: &Request) -> String {
    if let Some(public) = app.public_url() {
        return public.trim_end_matches('/').to_owned();
    }
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    match host.filter(|host| !host.is_empty() && host.bytes().all(plain)) {
        Some(host) if is_https(app, request) => format!("https://{host}"),
        Some(host) => format!("http://{host}"),
        None => String::new(),
    }
}

/// Ids of others are taken over only if they are safe to print anywhere.
fn is_request_id(text: &str) -> bool {
    (1..=REQUEST_ID_MAX).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

fn is_https(app: &App, request: &Request) -> bool {
    let reported = request.headers().get("x-forwarded-proto").map(HeaderValue::as_bytes);
    let proxied = app.settings().behind_proxy && reported == Some(b"https");
    proxied || request.scheme().as_str() == "https"
}

fn declared_length(request: &Request) -> Option<u64> {
    request.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn set_headers(response: &mut Response, request_id: &str, https: bool) {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // What is no page of ours is nothing that a browser should run.
    if !headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html")) {
        headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(NOTHING));
    }
    if https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static(HSTS));
    }
}
