//! Whatever is sent as an id, a page token, an idempotency key, a cookie, an API key or a verb: it is answered by a problem
//! document of the client's kind, and nothing is changed by it.
//!
//! Inputs are drawn from a fixed seed, near what is right as well as far from it; a failure shows its input.

use crate::stand::{Call, Reply, Somebody, Stand};
use dbx_domain::policy::Role;
use poem::http::Method;
use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::json;

/// Inputs per kind.
const CASES: usize = 250;

/// `CASES` inputs, the same ones in each run.
fn inputs<S: Strategy>(strategy: S) -> Vec<S::Value> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    (0..CASES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

/// Percent-encodes all that a path segment or a query value does not take as it is.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

/// A text near `right`: with a letter changed, cut off, doubled, in another case, with something before or behind it.
fn near(right: &str) -> impl Strategy<Value = String> + use<> {
    let (right, length) = (right.to_owned(), right.len());
    (0..length, any::<char>(), 0..6_u8).prop_map(move |(at, letter, kind)| match kind {
        0 => format!("{}{letter}{}", &right[..at], &right[at + 1..]),
        1 => right[..at].to_owned(),
        2 => right.repeat(2),
        3 => right.to_uppercase(),
        4 => format!("{letter}{right}"),
        _ => format!("{right}{letter}"),
    })
}

/// Anything, or something near `right`.
fn around(right: &str) -> impl Strategy<Value = String> + use<> {
    prop_oneof![".{0,80}", "[ -~]{1,300}", near(right)]
}

/// What a header can carry over the wire.
fn as_header(text: &str) -> String {
    text.chars().filter(|letter| (' '..='~').contains(letter)).collect::<String>().trim().to_owned()
}

struct World {
    stand: Stand,
    owner: Somebody,
    project: String,
    instance: String,
    key: String,
}

impl World {
    async fn new() -> Self {
        let limits = dbx_gateway::Limits::NONE;
        let stand = Stand::with(dbx_gateway::Settings { limits, ..Default::default() }).await;
        let owner = stand.somebody("owner").await;
        let project = stand.project(&owner, "shop").await;
        let instance = stand.running(&owner, &project, "db").await.id;
        let (_, key) = stand.api_key(&owner, owner.org, Role::Owner).await;
        Self { stand, owner, project, instance, key }
    }

    async fn events(&self) -> i64 {
        let client = self.stand.database.db().client().await.unwrap();
        client.query_one("SELECT count(*) FROM events", &[]).await.unwrap().get(0)
    }

    /// Sends the calls; none may be answered other than as `refused` says, or change anything.
    async fn refuses<'a>(
        &'a self,
        calls: impl IntoIterator<Item = (String, Call<'a>)>,
        refused: impl Fn(&Reply) -> bool,
    ) {
        let before = self.events().await;
        for (input, call) in calls {
            let reply = call.send().await;
            assert!(refused(&reply), "{input:?}: {} {}", reply.status, reply.text);
            assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{input:?}");
            assert!(reply.text.len() < 4_096, "{input:?}: {} bytes", reply.text.len());
            assert_eq!(reply.json()["requestId"].as_str(), reply.header("x-request-id"), "{input:?}");
        }
        assert_eq!(self.events().await, before, "something was changed");
    }
}

fn status(reply: &Reply, of: &[u16]) -> bool {
    of.contains(&reply.status.as_u16())
}

#[tokio::test]
async fn ids() {
    let world = World::new().await;
    let right = world.instance.clone();
    let ids = inputs(around(&right)).into_iter().filter(|id| *id != right && !id.is_empty());
    let calls = ids.map(|id| {
        let path = format!("/v1/instances/{}", encoded(&id));
        (id, world.stand.get(&path).by(&world.owner))
    });
    world.refuses(calls, |reply| status(reply, &[404, 405])).await;
    let in_bodies = inputs(around(&world.owner.org.to_string())).into_iter();
    let calls = in_bodies.filter(|id| *id != world.owner.org.to_string()).map(|id| {
        let body = json!({ "orgId": id, "name": "key", "role": "viewer" });
        (id, world.stand.post("/v1/apikeys").by(&world.owner).json(&body))
    });
    world.refuses(calls, |reply| status(reply, &[404, 422])).await;
}

#[tokio::test]
async fn page_tokens() {
    let world = World::new().await;
    let path = format!("/v1/projects/{}/instances", world.project);
    world.stand.order(&world.owner, &world.project, "second").await;
    let first = world.stand.get(&format!("{path}?page[size]=1")).by(&world.owner).send().await;
    let right = first.text_at("/nextPageToken");
    let events = format!("/v1/instances/{}/events", world.instance);
    for (path, right) in [(&path, right.as_str()), (&events, "2")] {
        for token in inputs(around(right)) {
            let query = format!("{path}?page%5Btoken%5D={}", encoded(&token));
            let reply = world.stand.get(&query).by(&world.owner).send().await;
            // A token may be forged: it names a place in a list that its sender may read anyhow.
            assert!(status(&reply, &[200, 422]), "{token:?}: {} {}", reply.status, reply.text);
        }
    }
}

#[tokio::test]
async fn idempotency_keys() {
    let world = World::new().await;
    let wrong = inputs(prop_oneof!["[ -~]{256,400}", "[!-~]{1,9} [!-~]{1,9}", "[!-~]{1,9}\t[!-~]{1,9}"]);
    let calls = wrong.into_iter().map(|key| {
        let body = json!({ "name": "another" });
        let path = format!("/v1/orgs/{}/projects", world.owner.org);
        (key.clone(), world.stand.post(&path).by(&world.owner).key(&key).json(&body))
    });
    world.refuses(calls, |reply| status(reply, &[400])).await;
    // Right ones, each sent twice: the second changes nothing.
    for (number, key) in inputs("[!-~]{1,255}").into_iter().take(30).enumerate() {
        let body = json!({ "name": format!("project-{number}") });
        let path = format!("/v1/orgs/{}/projects", world.owner.org);
        let send = || world.stand.post(&path).by(&world.owner).key(&key).json(&body).send();
        let (one, other) = (send().await, send().await);
        assert_eq!((one.status.as_u16(), one.text), (201, other.text), "{key:?}");
    }
}

#[tokio::test]
async fn cookies_and_tokens() {
    let world = World::new().await;
    let (session, key) = (world.owner.token.clone(), world.key.clone());
    let bearers = inputs(prop_oneof![around(&session), around(&key)]);
    let calls =
        bearers.into_iter().map(|token| as_header(&token)).filter(|token| *token != session && *token != key);
    let calls = calls.map(|token| {
        let call = world.stand.get("/v1/users/me").bearer(&token);
        (token, call)
    });
    world.refuses(calls, |reply| status(reply, &[401])).await;
    let cookie = format!("__Host-dbx_session={session}");
    let cookies = inputs(around(&cookie)).into_iter().map(|cookie| as_header(&cookie));
    let own = |sent: &str| sent.split(';').any(|pair| pair.trim() == cookie);
    let calls = cookies.filter(|sent| !own(sent)).map(|sent| {
        let call =
            world.stand.get("/v1/users/me").header("cookie", &sent).header("sec-fetch-site", "same-origin");
        (sent, call)
    });
    world.refuses(calls, |reply| status(reply, &[401])).await;
}

#[tokio::test]
async fn verbs() {
    let world = World::new().await;
    let verbs = ["start", "stop", "reboot", "rotate-creds"];
    let wrong = inputs(prop_oneof![around("start"), around("rotate-creds"), "(:|~|/|%3A){1,4}start"]);
    let calls = wrong.into_iter().filter(|verb| !verbs.contains(&verb.as_str())).flat_map(|verb| {
        let encoded = encoded(&verb);
        [":", "/~", "%3A", "::", "/"].map(|mark| {
            let path = format!("/v1/instances/{}{mark}{encoded}", world.instance);
            (path.clone(), world.stand.request(Method::POST, &path).by(&world.owner))
        })
    });
    world.refuses(calls, |reply| status(reply, &[404, 405])).await;
}
