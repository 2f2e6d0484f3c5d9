//! The product's API as a program calls it.

use serde_json::Value;
use std::time::Duration;
use ureq::Agent;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .timeout_global(Some(Duration::from_secs(15)));
    config.build().into()
}

pub(crate) fn is_ready(url: &str) -> bool {
    let answer = agent().get(format!("{url}/readyz")).call();
    answer.is_ok_and(|answer| answer.status().is_success())
}

/// Somebody signed in, who knows both servers.
#[derive(Clone)]
pub(crate) struct Api {
    agent: Agent,
    urls: [String; 2],
    token: String,
}

impl Api {
    /// Registers somebody.
    pub(crate) fn register(urls: &[String; 2]) -> Self {
        let mut api = Self { agent: agent(), urls: urls.clone(), token: String::new() };
        let body = serde_json::json!({
            "email": "ada@example.com", "displayName": "Ada", "password": "violet tractor under nine moons",
            "delivery": "token",
        });
        let answer = api.once(0, "POST", "/v1/auth/register", None, Some(&body)).expect("an answer");
        assert_eq!(answer.status, 201, "{answer:?}");
        api.token = answer.body["token"].as_str().unwrap().to_owned();
        api
    }

    /// One request to one server; none if no answer came.
    pub(crate) fn once(
        &self,
        server: usize,
        method: &str,
        path: &str,
        key: Option<&str>,
        body: Option<&Value>,
    ) -> Option<Answer> {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.urls[server]))
            .header("content-type", "application/json");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = match body {
            Some(body) => self.agent.run(request.body(body.to_string()).unwrap()),
            None => self.agent.run(request.body(()).unwrap()),
        };
        let mut answer = answer.ok()?;
        let status = answer.status().as_u16();
        // An answer that breaks off is none.
        let text = answer.body_mut().read_to_string().ok()?;
        let body = if text.is_empty() { Value::Null } else { serde_json::from_str(&text).ok()? };
        Some(Answer { status, body })
    }

    /// Reads from whichever server answers.
    pub(crate) fn read(&self, path: &str) -> Option<Value> {
        let answers = [0, 1].into_iter().filter_map(|server| self.once(server, "GET", path, None, None));
        answers.into_iter().find(|answer| answer.status == 200).map(|answer| answer.body)
    }
}
