//! What the bench asks about: people with sessions, their orgs, an instance; and the servers that are asked.

use crate::wire::{Wire, request};
use dbx_domain::{
    Account, Decide, Org, Secret,
    account::AccountCommand,
    ids::{AccountId, OrgId, SessionId},
    org::OrgCommand,
    time::Timestamp,
};
use dbx_gateway::{App, Limits, Settings};
use dbx_sql::{
    Actor, Append, Commit, Database, EventStore, MasterKey, MasterKeys, Metadata, StreamHead, Upcasters,
    Vault,
    source::{
        people::{Person, PersonWrite},
        sessions::{NewSession, SessionWrite},
    },
};
use poem::{
    Endpoint, EndpointExt as _, IntoEndpoint, Route, Server, get, handler,
    listener::TcpAcceptor,
    web::{Data, Json, Path},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::{net::SocketAddr, time::Duration};
use tokio::net::TcpListener;
use uuid::Uuid;

/// Password of whoever signs in.
pub(crate) const PASSWORD: &str = "four random words of the bench";

/// Somebody with an org of their own.
pub(crate) struct Somebody {
    pub(crate) org: OrgId,
    /// A session for each of their clients.
    pub(crate) tokens: Vec<String>,
}

/// Signs somebody in `sessions` times.
pub(crate) async fn somebody(store: &EventStore, name: &str, sessions: usize) -> Somebody {
    let (account, org) = (AccountId::from_uuid(Uuid::now_v7()), OrgId::from_uuid(Uuid::now_v7()));
    let registers = Account::default().decide(AccountCommand::Register(account)).unwrap();
    let create = OrgCommand::Create { org, name: name.parse().unwrap(), owner: account };
    let founds = Org::default().decide(create).unwrap();
    let person = Person { account, email: format!("{name}@example.com"), display_name: name.to_owned() };
    let mut commit = Commit::new(Metadata::of(Actor::Account(account)))
        .append(Append::of::<Account>(account.to_string(), StreamHead::NEW, &registers).unwrap())
        .append(Append::of::<Org>(org.to_string(), StreamHead::NEW, &founds).unwrap())
        .write(PersonWrite::Put(person));
    let tokens: Vec<_> = (0..sessions).map(|number| format!("dbs_{name}-{number}")).collect();
    for token in &tokens {
        commit = commit.write(SessionWrite::Open(NewSession {
            id: SessionId::from_uuid(Uuid::now_v7()),
            account,
            token_hash: Sha256::digest(token).into(),
            expires_at: Timestamp::EPOCH + Duration::from_secs(5_000_000_000),
            ip: None,
            user_agent: None,
        }));
    }
    store.commit(commit).await.unwrap();
    Somebody { org, tokens }
}

impl Somebody {
    /// A new project without a limit that the bench could reach.
    pub(crate) async fn project(&self, address: SocketAddr) -> String {
        let (mut wire, token) = (Wire::open(address).await, &self.tokens[0]);
        let most = r#"{"instances":1000000,"vcpus":1000000,"memoryMiB":1000000000,"diskGiB":100000000}"#;
        let limits = wire.ask(&request("PATCH", &format!("/v1/orgs/{}/quota", self.org), token, most)).await;
        assert_eq!(limits.status, 200, "{}", String::from_utf8_lossy(&limits.body));
        let path = format!("/v1/orgs/{}/projects", self.org);
        wire.ask(&request("POST", &path, token, r#"{"name":"shop"}"#)).await.text_at("/id")
    }

    /// Orders an instance by the API.
    pub(crate) async fn instance(&self, address: SocketAddr, project: &str) -> String {
        let path = format!("/v1/projects/{project}/instances");
        let body = r#"{"name":"main","plan":"nano","tags":{"env":"prod"}}"#;
        let mut wire = Wire::open(address).await;
        wire.ask(&request("POST", &path, &self.tokens[0], body)).await.text_at("/instance/id")
    }
}

/// Serves the whole API over `db`, without limits on how often one may ask.
pub(crate) async fn serve(db: Database) -> SocketAddr {
    let store = EventStore::new(db.clone(), dbx_projections::inline());
    let key = MasterKey::from_hex(&Secret::new("0f".repeat(32))).unwrap();
    let vault = Vault::new(db.clone(), MasterKeys::new(key, Vec::new()));
    let app = App::new(store, vault, Settings { limits: Limits::NONE, ..Settings::default() });
    let (tell, stop) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        let _open = tell;
        dbx_projections::follow::run(db, Upcasters::default(), stop).await;
    });
    listen(app.router()).await
}

/// Serves the yardstick: one handler, one prepared statement, its row as JSON; nobody is asked who they are.
pub(crate) async fn serve_bare(db: Database) -> SocketAddr {
    listen(Route::new().at("/instances/:id", get(bare)).data(db)).await
}

async fn listen<E: IntoEndpoint>(routes: E) -> SocketAddr
where
    E::Endpoint: Endpoint + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let endpoint = routes.into_endpoint();
    tokio::spawn(async move {
        Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap()).run(endpoint).await.unwrap();
    });
    address
}

#[derive(Serialize)]
struct Bare {
    id: String,
    name: String,
    status: String,
}

#[handler]
async fn bare(db: Data<&Database>, id: Path<String>) -> Json<Bare> {
    let client = db.client().await.unwrap();
    let sql = "SELECT instance_id, name, lifecycle FROM instances WHERE instance_id = $1";
    let statement = client.prepare_cached(sql).await.unwrap();
    let row = client.query_one(&statement, &[&id.0]).await.unwrap();
    Json(Bare { id: row.get(0), name: row.get(1), status: row.get(2) })
}
