//! Answers on the wire: the error text is in the reason phrase and, with a newline, in the body.

use bytes::Bytes;
use http_body_util::Full;
use hyper::ext::ReasonPhrase;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderValue, SERVER};
use hyper::{Response, StatusCode};
use serde_json::{Value, json};

/// An answer before it is bytes.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    status: u16,
    reason: Option<String>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Empty,
    Text(String),
    Json(Value),
}

impl Answer {
    /// 200 with a JSON document.
    pub(crate) fn json(document: Value) -> Self {
        Self { status: 200, reason: None, body: Body::Json(document) }
    }

    /// An error with Proxmox's JSON body.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        let body = json!({"data": null, "message": format!("{message}\n")});
        Self { status, reason: Some(message.to_owned()), body: Body::Json(body) }
    }

    /// A 400 with one text per parameter.
    pub(crate) fn bad_parameters(errors: &Value) -> Self {
        let message = "Parameter verification failed.";
        let body = json!({"data": null, "message": format!("{message}\n"), "errors": errors});
        Self { status: 400, reason: Some(message.to_owned()), body: Body::Json(body) }
    }

    /// An error of the transport, without a body.
    pub(crate) fn bare(status: u16, reason: &str) -> Self {
        Self { status, reason: Some(reason.to_owned()), body: Body::Empty }
    }

    /// An error of the transport that repeats its reason as plain text.
    pub(crate) fn plain(status: u16, reason: &str) -> Self {
        Self { status, reason: Some(reason.to_owned()), body: Body::Text(reason.to_owned()) }
    }

    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// The response; `close` asks for the connection to end, which every error does anyway.
    pub(crate) fn into_response(self, close: bool) -> Response<Full<Bytes>> {
        let (bytes, content_type) = match self.body {
            Body::Empty => (Bytes::new(), None),
            Body::Text(text) => (Bytes::from(text), Some("text/plain")),
            Body::Json(value) => (Bytes::from(value.to_string()), Some("application/json;charset=UTF-8")),
        };
        let mut response = Response::new(Full::new(bytes));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        if let Some(reason) = self.reason.and_then(|text| ReasonPhrase::try_from(first_line(&text)).ok()) {
            response.extensions_mut().insert(reason);
        }
        let headers = response.headers_mut();
        headers.insert(SERVER, HeaderValue::from_static("pve-api-daemon/3.0"));
        if let Some(content_type) = content_type {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        }
        let connection = if close || self.status >= 400 { "close" } else { "Keep-Alive" };
        headers.insert(CONNECTION, HeaderValue::from_static(connection));
        response
    }
}

/// A reason phrase is one line.
fn first_line(text: &str) -> Vec<u8> {
    text.lines().next().unwrap_or_default().as_bytes().to_vec()
}
