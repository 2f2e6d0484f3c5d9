//! A server over a database of its own, people in it, and requests to it.

use dbx_domain::{
    Account, Decide, Org, Secret,
    account::AccountCommand,
    ids::{AccountId, OrgId, SessionId},
    org::{OrgCommand, OrgEvent},
    policy::Role,
    time::Timestamp,
};
use dbx_gateway::{App, Outside, Settings, mail::Post};
use dbx_sql::{
    Actor, Append, Commit, EventStore, MasterKey, MasterKeys, Metadata, StreamHead, Vault,
    source::{
        people::{Person, PersonWrite},
        sessions::{NewSession, SessionWrite},
    },
    testing::TestDatabase,
};
use poem::{
    Response, Route,
    endpoint::BoxEndpoint,
    http::{HeaderMap, Method, StatusCode},
    test::TestClient,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::time::Duration;
use uuid::Uuid;

/// A server and what is behind it.
pub(crate) struct Stand {
    pub(crate) store: EventStore,
    pub(crate) vault: Vault,
    pub(crate) database: TestDatabase,
    pub(crate) app: App,
    client: TestClient<BoxEndpoint<'static, Response>>,
}

/// Somebody signed in, with an org of their own.
pub(crate) struct Somebody {
    pub(crate) account: AccountId,
    pub(crate) org: OrgId,
    pub(crate) token: String,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::of(settings, Outside::default()).await
    }

    /// With an address of its own and a way to a mail server.
    pub(crate) async fn with_post(post: Post) -> Self {
        let public_url = Some("https://db.example.com/".to_owned());
        Self::of(Settings::default(), Outside { public_url, post: Some(post) }).await
    }

    async fn of(settings: Settings, outside: Outside) -> Self {
        let database = TestDatabase::create().await;
        let upcasters = dbx_sql::Upcasters::default();
        dbx_projections::install(database.db(), &upcasters).await.unwrap();
        let store = EventStore::new(database.db().clone(), dbx_projections::inline());
        let key = MasterKey::from_hex(&Secret::new("0f".repeat(32))).unwrap();
        let vault = Vault::new(database.db().clone(), MasterKeys::new(key, Vec::new()));
        let app = App::with_outside(store.clone(), vault.clone(), settings, outside);
        let client = TestClient::new(app.router());
        Self { store, vault, database, app, client }
    }

    /// The same server with other routes.
    pub(crate) fn reroute(&mut self, routes: Route) {
        self.client = TestClient::new(self.app.edge(routes));
    }

    /// Signs somebody in without the cost of a password.
    pub(crate) async fn somebody(&self, name: &str) -> Somebody {
        self.somebody_at(name, &format!("{name}@example.com")).await
    }

    /// The same with an address of their own.
    pub(crate) async fn somebody_at(&self, name: &str, email: &str) -> Somebody {
        let (account, org) = (AccountId::from_uuid(Uuid::now_v7()), OrgId::from_uuid(Uuid::now_v7()));
        let registers = Account::default().decide(AccountCommand::Register(account)).unwrap();
        let display = format!("{name}'s org").parse().unwrap();
        let founds =
            Org::default().decide(OrgCommand::Create { org, name: display, owner: account }).unwrap();
        let token = format!("dbs_token-of-{name}");
        let person = Person { account, email: email.to_owned(), display_name: name.to_owned() };
        let session = NewSession {
            id: SessionId::from_uuid(Uuid::now_v7()),
            account,
            token_hash: Sha256::digest(&token).into(),
            expires_at: Timestamp::EPOCH + Duration::from_secs(5_000_000_000),
            ip: None,
            user_agent: None,
        };
        let commit = Commit::new(Metadata::of(Actor::Account(account)))
            .append(Append::of::<Account>(account.to_string(), StreamHead::NEW, &registers).unwrap())
            .append(Append::of::<Org>(org.to_string(), StreamHead::NEW, &founds).unwrap())
            .write(PersonWrite::Put(person))
            .write(SessionWrite::Open(session));
        self.store.commit(commit).await.unwrap();
        Somebody { account, org, token }
    }

    /// A session of theirs that ended by itself.
    pub(crate) async fn expired_session(&self, somebody: &Somebody) -> String {
        let token = format!("dbs_expired-of-{}", somebody.account);
        let now = self.database.db().now().await.unwrap();
        self.another_session(somebody, &token, now).await;
        token
    }

    /// Opens one more session of theirs and gives its id.
    pub(crate) async fn another_session(
        &self,
        somebody: &Somebody,
        token: &str,
        expires_at: Timestamp,
    ) -> SessionId {
        let session = NewSession {
            id: SessionId::from_uuid(Uuid::now_v7()),
            account: somebody.account,
            token_hash: Sha256::digest(token).into(),
            expires_at,
            ip: None,
            user_agent: None,
        };
        let id = session.id;
        let commit = Commit::new(Metadata::of(Actor::system("test")));
        self.store.commit(commit.write(SessionWrite::Open(session))).await.unwrap();
        id
    }

    /// An API key of `somebody` to `org`: its id and its token.
    pub(crate) async fn api_key(&self, somebody: &Somebody, org: OrgId, role: Role) -> (String, String) {
        let body = serde_json::json!({ "orgId": org, "name": "key", "role": role });
        let reply = self.post("/v1/apikeys").by(somebody).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        (reply.text_at("/id"), reply.text_at("/token"))
    }

    /// Takes somebody into an org.
    pub(crate) async fn join(&self, org: OrgId, account: AccountId, role: Role) {
        self.append_to_org(org, &[OrgEvent::MemberAdded { account, role }]).await;
    }

    pub(crate) async fn append_to_org(&self, org: OrgId, events: &[OrgEvent]) {
        let head = self.store.load::<Org>(&org.to_string()).await.unwrap().head;
        let append = Append::of::<Org>(org.to_string(), head, events).unwrap();
        let metadata = Metadata { org: Some(org), ..Metadata::of(Actor::system("test")) };
        self.store.commit(Commit::new(metadata).append(append)).await.unwrap();
    }

    /// Lets the read models that follow the feed show everything.
    pub(crate) async fn catch_up(&self) {
        dbx_projections::follow::catch_up(self.database.db(), self.store.upcasters()).await.unwrap();
    }

    /// A request to `path`, to be filled and sent.
    pub(crate) fn request(&self, method: Method, path: &str) -> Call<'_> {
        Call { stand: self, method, path: path.to_owned(), headers: Vec::new(), body: None }
    }

    pub(crate) fn get(&self, path: &str) -> Call<'_> {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call<'_> {
        self.request(Method::POST, path)
    }

    pub(crate) fn patch(&self, path: &str) -> Call<'_> {
        self.request(Method::PATCH, path)
    }

    pub(crate) fn delete(&self, path: &str) -> Call<'_> {
        self.request(Method::DELETE, path)
    }

    /// A project of `owner`'s own org.
    pub(crate) async fn project(&self, owner: &Somebody, name: &str) -> String {
        let path = format!("/v1/orgs/{}/projects", owner.org);
        let reply = self.post(&path).by(owner).json(&serde_json::json!({ "name": name })).send().await;
        assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
        reply.text_at("/id")
    }

    /// An ordered instance: its id and the id of the job that makes it.
    pub(crate) async fn order(&self, owner: &Somebody, project: &str, name: &str) -> (String, String) {
        let path = format!("/v1/projects/{project}/instances");
        let body = serde_json::json!({ "name": name, "plan": "nano" });
        let reply = self.post(&path).by(owner).json(&body).send().await;
        assert_eq!(reply.status, StatusCode::ACCEPTED, "{}", reply.text);
        (reply.text_at("/instance/id"), reply.text_at("/id"))
    }
}

/// A request that is being put together.
pub(crate) struct Call<'a> {
    stand: &'a Stand,
    method: Method,
    path: String,
    headers: Vec<(String, String)>,
    body: Option<Vec<u8>>,
}

impl Call<'_> {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn by(self, somebody: &Somebody) -> Self {
        self.bearer(&somebody.token)
    }

    pub(crate) fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// A body that says it is JSON, whatever it is.
    pub(crate) fn raw(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = Some(body.into());
        self.header("content-type", "application/json")
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.raw(body.to_string())
    }

    pub(crate) fn text(mut self, body: &str) -> Self {
        self.body = Some(body.into());
        self
    }

    pub(crate) async fn send(self) -> Reply {
        Reply::of(self.respond().await).await
    }

    /// The answer as it comes, such as a stream that is to be read on.
    pub(crate) async fn respond(self) -> Response {
        let mut request = self.stand.client.request(self.method, self.path);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(body) = self.body {
            request = request.body(body);
        }
        request.send().await.0
    }
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Reply {
    pub(crate) async fn of(mut response: Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let is_stream = headers.get("content-type").is_some_and(|kind| kind == "text/event-stream");
        let text = match is_stream {
            // It never ends; what comes at once must do.
            true => crate::listener::Listener::of(response).next().await.unwrap().text,
            false => response.take_body().into_string().await.unwrap(),
        };
        Self { status, headers, text }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    /// The string at a JSON pointer.
    pub(crate) fn text_at(&self, pointer: &str) -> String {
        let json = self.json();
        let found = json.pointer(pointer).and_then(Value::as_str);
        found.unwrap_or_else(|| panic!("no string at {pointer}: {}", self.text)).to_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Asserts a whole and correct problem document, and gives it.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{}", self.text);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem:#}");
        assert_eq!(problem["status"], status, "{problem:#}");
        assert_eq!(problem["type"], format!("https://db.xyz/problems/{code}"));
        assert_eq!(problem["requestId"].as_str(), self.header("x-request-id"), "{problem:#}");
        for field in ["title", "detail", "instance"] {
            assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem:#}");
        }
        assert!(problem["errors"].is_array() && problem["retryable"].is_boolean(), "{problem:#}");
        problem
    }

    /// The fields that a problem complains about, in order.
    #[track_caller]
    pub(crate) fn complaints(&self, status: u16, code: &str) -> Vec<String> {
        let problem = self.problem(status, code);
        let errors = problem["errors"].as_array().unwrap().iter();
        errors.map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }
}
