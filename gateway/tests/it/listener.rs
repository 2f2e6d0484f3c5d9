//! A client of server-sent events.

use crate::stand::Stand;
use dbx_gateway::App;
use futures::{StreamExt as _, stream::BoxStream};
use poem::{Response, endpoint::BoxEndpoint, test::TestClient};
use serde_json::Value;
use std::{io, time::Duration};

/// No test waits so long unless something is lost.
const PATIENCE: Duration = Duration::from_secs(20);

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) kind: String,
    pub(crate) id: Option<String>,
    pub(crate) data: Value,
    pub(crate) text: String,
}

/// Reads a stream event by event.
pub(crate) struct Listener {
    chunks: BoxStream<'static, io::Result<Vec<u8>>>,
    read: String,
}

impl Listener {
    pub(crate) fn of(mut response: Response) -> Self {
        let chunks = response.take_body().into_bytes_stream();
        Self { chunks: chunks.map(|chunk| chunk.map(|bytes| bytes.to_vec())).boxed(), read: String::new() }
    }

    /// Listens to an org at one copy of the server.
    pub(crate) async fn at(
        copy: &TestClient<BoxEndpoint<'static, Response>>,
        path: &str,
        token: &str,
        last: Option<&str>,
    ) -> Self {
        let mut request = copy.get(path).header("authorization", format!("Bearer {token}"));
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let response = request.send().await.0;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["x-accel-buffering"], "no");
        Self::of(response)
    }

    /// The next event; none when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.read.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.read = rest;
                return Some(parse(event));
            }
            let chunk = tokio::time::timeout(PATIENCE, self.chunks.next()).await.unwrap();
            self.read.push_str(&String::from_utf8(chunk?.unwrap()).unwrap());
        }
    }

    /// The next event that is not a sign of life, of that kind.
    pub(crate) async fn expect(&mut self, kind: &str) -> Event {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("over before a {kind}"));
            if event.kind != "ping" {
                assert_eq!(event.kind, kind, "{event:?}");
                return event;
            }
        }
    }
}

fn parse(text: String) -> Event {
    let field = |name: &str| {
        let lines = text.lines();
        lines.filter_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).next().map(str::to_owned)
    };
    let data = serde_json::from_str(&field("data").unwrap()).unwrap();
    Event { kind: field("event").unwrap(), id: field("id"), data, text }
}

impl Stand {
    /// Another copy of the server, over the same database. What happened before is in the past for it: other tests'
    /// transactions hold back the feed, which is the whole Postgres server's.
    pub(crate) async fn copy(&self) -> (App, TestClient<BoxEndpoint<'static, Response>>) {
        let feed = dbx_sql::EventFeed::new(self.database.db().clone());
        while feed.end().await.unwrap() < feed.newest().await.unwrap() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        let app = App::new(self.store.clone(), self.vault.clone(), dbx_gateway::Settings::default());
        let client = TestClient::new(app.router());
        (app, client)
    }
}
