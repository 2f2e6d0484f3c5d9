//! The server under load, the yardstick beside it, and somebody with an instance.

use crate::{client::Client, load::Target};
use dbx_domain::Secret;
use dbx_gateway::{App, Limits, Settings};
use dbx_sql::{EventStore, MasterKey, MasterKeys, Upcasters, Vault, testing::TestDatabase};
use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use poem::{
    EndpointExt as _, IntoEndpoint, Server, get, handler, listener::TcpAcceptor, web::Data, web::Path,
};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::net::TcpListener;

const PASSWORD: &str = "violet tractor under nine moons";
const EMAIL: &str = "ada@example.com";

/// Everything that is asked.
pub(crate) struct World {
    api: SocketAddr,
    bare: SocketAddr,
    token: String,
    project: String,
    instance: String,
    _database: TestDatabase,
}

/// The yardstick: pool, one prepared SELECT, text.
#[handler]
async fn yardstick(Path(id): Path<String>, pool: Data<&Pool>) -> String {
    let client = pool.get().await.unwrap();
    let sql = "SELECT to_json(i)::text FROM instances i WHERE instance_id = $1";
    let statement = client.prepare_cached(sql).await.unwrap();
    client.query_one(&statement, &[&id]).await.unwrap().get(0)
}

async fn serve<E: IntoEndpoint + Send + 'static>(endpoint: E) -> SocketAddr
where
    E::Endpoint: 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap()).run(endpoint));
    address
}

fn pool(url: &str, size: usize) -> Pool {
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(url.parse().unwrap(), tokio_postgres::NoTls, recycling);
    Pool::builder(manager).max_size(size).build().unwrap()
}

impl World {
    pub(crate) async fn start() -> Self {
        let database = TestDatabase::create().await;
        dbx_projections::install(database.db(), &Upcasters::default()).await.unwrap();
        let store = EventStore::new(database.db().clone(), dbx_projections::inline());
        let key = MasterKey::from_hex(&Secret::new("0f".repeat(32))).unwrap();
        let vault = Vault::new(database.db().clone(), MasterKeys::new(key, Vec::new()));
        let limits = Limits { per_token: 100_000_000, per_address: 100_000_000 };
        let app = App::new(store, vault, Settings { limits, ..Settings::default() });
        let api = serve(app.router()).await;
        let size = database.config().max_connections;
        let bare =
            serve(poem::Route::new().at("/instances/:id", get(yardstick)).data(pool(database.url(), size)))
                .await;
        let mut world = Self {
            api,
            bare,
            token: String::new(),
            project: String::new(),
            instance: String::new(),
            _database: database,
        };
        world.people().await;
        world
    }

    async fn people(&mut self) {
        let person =
            json!({ "email": EMAIL, "displayName": "Ada", "password": PASSWORD, "delivery": "token" });
        self.token = text(&self.post("/v1/auth/register", &person).await, "/token");
        let orgs = self.asked(&self.head("GET", "/v1/orgs", "")).await;
        let org = text(&orgs, "/data/0/id");
        let quota = json!({ "instances": 1_000_000, "vcpus": 100_000_000, "memoryMiB": u32::MAX, "diskGiB": 100_000_000 });
        let quota = quota.to_string();
        let path = format!("/v1/orgs/{org}/quota");
        self.asked(&(self.head("PATCH", &path, &quota) + &quota)).await;
        let projects = format!("/v1/orgs/{org}/projects");
        self.project = text(&self.post(&projects, &json!({ "name": "shop" })).await, "/id");
        let orders = format!("/v1/projects/{}/instances", self.project);
        let order = self.post(&orders, &json!({ "name": "db", "plan": "nano" })).await;
        self.instance = text(&order, "/instance/id");
    }

    async fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        self.asked(&(self.head("POST", path, &body) + &body)).await
    }

    async fn asked(&self, request: &str) -> Value {
        let mut client = Client::connect(self.api).await;
        let status = client.send(request).await;
        assert!(status < 300, "{status} {}", String::from_utf8_lossy(client.body()));
        serde_json::from_slice(client.body()).unwrap()
    }

    fn head(&self, method: &str, path: &str, body: &str) -> String {
        format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n",
            self.token,
            body.len()
        )
    }

    /// The yardstick.
    pub(crate) fn bare(&self) -> Target {
        let request = format!("GET /instances/{} HTTP/1.1\r\nhost: localhost\r\n\r\n", self.instance);
        Target { address: self.bare, request: Arc::new(move || request.clone()), status: 200 }
    }

    /// `GET /v1/instances/{id}` with a session.
    pub(crate) fn read(&self) -> Target {
        let path = format!("/v1/instances/{}", self.instance);
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\r\n", self.token);
        Target { address: self.api, request: Arc::new(move || request.clone()), status: 200 }
    }

    /// `POST /v1/projects/{id}/instances`, each with another name and key.
    pub(crate) fn create(&self) -> Target {
        let (path, token) = (format!("/v1/projects/{}/instances", self.project), self.token.clone());
        let number = AtomicU64::new(0);
        let request = move || {
            let number = number.fetch_add(1, Ordering::Relaxed);
            let body = format!("{{\"name\":\"db-{number}\",\"plan\":\"nano\"}}");
            format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nidempotency-key: k{number}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        };
        Target { address: self.api, request: Arc::new(request), status: 202 }
    }

    /// `POST /v1/auth/login` with the right password.
    pub(crate) fn sign_in(&self) -> Target {
        let body = json!({ "email": EMAIL, "password": PASSWORD, "delivery": "token" }).to_string();
        let head = "POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n";
        let request = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        Target { address: self.api, request: Arc::new(move || request.clone()), status: 200 }
    }
}

fn text(answer: &Value, pointer: &str) -> String {
    answer.pointer(pointer).and_then(Value::as_str).unwrap().to_owned()
}
