//! How long a commit takes to reach those who listen, and how long a look into the past takes, at the API of a real
//! server with real connections.
//!
//! Run: `DBX_TEST_DURABLE=1 sql/with-postgres.sh cargo run --release -p dbx-gateway --example live_speed`.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop; its output is its purpose"
)]

use dbx_domain::{
    Account, Decide, Instance, Org, Secret,
    account::AccountCommand,
    ids::{AccountId, InstanceId, OrgId, ProjectId, SessionId},
    instance::InstanceEvent,
    name::Tags,
    org::{OrgCommand, OrgEvent},
    plan::{PgVersion, Plan, Size},
    time::Timestamp,
};
use dbx_gateway::{App, Limits, Settings};
use dbx_sql::{
    Actor, Append, Commit, Database, DatabaseConfig, EventStore, MasterKey, MasterKeys, Metadata, StreamHead,
    Upcasters, Vault, Wakeups,
    source::{
        people::{Person, PersonWrite},
        sessions::{NewSession, SessionWrite},
    },
    testing::TestDatabase,
};
use poem::{Server, listener::TcpAcceptor};
use sha2::{Digest as _, Sha256};
use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use uuid::Uuid;

const STREAMS: usize = 500;
const COMMITS: usize = 200;
/// Time between two commits.
const EVERY: Duration = Duration::from_millis(50);
const STREAM_EVENTS: u64 = 1_000;
const LOOKS: usize = 200;
const TOKEN: &str = "dbs_token-of-the-bench";
const DELIVERY_BAR: f64 = 50.0;
const PAST_BAR: f64 = 20.0;

/// Somebody with an org, and a session.
async fn somebody(store: &EventStore) -> (AccountId, OrgId) {
    let (account, org) = (AccountId::from_uuid(Uuid::now_v7()), OrgId::from_uuid(Uuid::now_v7()));
    let registers = Account::default().decide(AccountCommand::Register(account)).unwrap();
    let create = OrgCommand::Create { org, name: "Acme".parse().unwrap(), owner: account };
    let founds = Org::default().decide(create).unwrap();
    let person = Person { account, email: "ada@example.com".to_owned(), display_name: "Ada".to_owned() };
    let session = NewSession {
        id: SessionId::from_uuid(Uuid::now_v7()),
        account,
        token_hash: Sha256::digest(TOKEN).into(),
        expires_at: Timestamp::EPOCH + Duration::from_secs(5_000_000_000),
        ip: None,
        user_agent: None,
    };
    let commit = Commit::new(Metadata::of(Actor::Account(account)))
        .append(Append::of::<Account>(account.to_string(), StreamHead::NEW, &registers).unwrap())
        .append(Append::of::<Org>(org.to_string(), StreamHead::NEW, &founds).unwrap())
        .write(PersonWrite::Put(person))
        .write(SessionWrite::Open(session));
    store.commit(commit).await.unwrap();
    (account, org)
}

/// An instance with a long history.
async fn long_history(store: &EventStore, org: OrgId) -> InstanceId {
    let instance = InstanceId::from_uuid(Uuid::now_v7());
    let mut events = vec![InstanceEvent::InstanceRequested {
        instance,
        org,
        project: ProjectId::from_uuid(Uuid::now_v7()),
        name: "db".parse().unwrap(),
        size: Size::new(Plan::Nano, None).unwrap(),
        pg_version: PgVersion::DEFAULT,
        tags: Tags::default(),
    }];
    events.extend((1..STREAM_EVENTS).map(|number| InstanceEvent::TagsChanged {
        tags: Tags::new([("number".to_owned(), number.to_string())].into()).unwrap(),
    }));
    let append = Append::of::<Instance>(instance.to_string(), StreamHead::NEW, &events).unwrap();
    store.commit(Commit::new(Metadata::of(Actor::system("bench"))).append(append)).await.unwrap();
    instance
}

async fn serve(db: Database) -> SocketAddr {
    let store = EventStore::new(db.clone(), dbx_projections::inline());
    let key = MasterKey::from_hex(&Secret::new("0f".repeat(32))).unwrap();
    let vault = Vault::new(db.clone(), MasterKeys::new(key, Vec::new()));
    let limits = Limits::NONE;
    let app = App::new(store, vault, Settings { limits, ..Settings::default() });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (_tell, stop) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        let _open = _tell;
        dbx_projections::follow::run(db, Upcasters::default(), stop).await;
    });
    tokio::spawn(async move {
        Server::new_with_acceptor(TcpAcceptor::from_tokio(listener).unwrap())
            .run(app.router())
            .await
            .unwrap();
    });
    address
}

async fn request(address: SocketAddr, path: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Listens, and says when each event of the org's stream arrived.
async fn listen(address: SocketAddr, path: String, arrived: mpsc::UnboundedSender<Option<(u64, Instant)>>) {
    let mut lines = BufReader::new(request(address, &path).await).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.starts_with("event: hello") {
            arrived.send(None).unwrap();
        }
        let sequence = line
            .split_once("\"sequence\":")
            .and_then(|(_, rest)| rest.split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok());
        if let Some(sequence) = sequence {
            let _ = arrived.send(Some((sequence, Instant::now())));
        }
    }
}

fn percentiles(mut millis: Vec<f64>) -> (f64, f64, f64) {
    millis.sort_by(f64::total_cmp);
    let at = |share: f64| millis[((millis.len() - 1) as f64 * share) as usize];
    (at(0.5), at(0.99), at(1.0))
}

fn report(what: &str, millis: Vec<f64>, bar: f64) {
    let count = millis.len();
    let (p50, p99, max) = percentiles(millis);
    let verdict = if p99 <= bar { "met" } else { "MISSED" };
    println!(
        "{what}: p50 {p50:.1} ms, p99 {p99:.1} ms, max {max:.1} ms of {count} (bar: p99 ≤ {bar} ms) {verdict}"
    );
}

async fn deliveries(store: &EventStore, org: OrgId, address: SocketAddr) -> Vec<f64> {
    let (sender, mut arrived) = mpsc::unbounded_channel();
    for _ in 0..STREAMS {
        tokio::spawn(listen(address, format!("/v1/orgs/{org}/activity/stream"), sender.clone()));
    }
    for _ in 0..STREAMS {
        assert!(arrived.recv().await.unwrap().is_none(), "an event before every hello");
    }
    // All of them stand in line now, behind what they found at hand.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut committed = Vec::new();
    for number in 0..COMMITS {
        let head = store.load::<Org>(&org.to_string()).await.unwrap().head;
        let renamed = OrgEvent::OrgRenamed { name: format!("Acme {number}").parse().unwrap() };
        let append = Append::of::<Org>(org.to_string(), head, &[renamed]).unwrap();
        store.commit(Commit::new(Metadata::of(Actor::system("bench"))).append(append)).await.unwrap();
        committed.push((head.sequence + 1, Instant::now()));
        tokio::time::sleep(EVERY).await;
    }
    let mut millis = Vec::new();
    while millis.len() < STREAMS * COMMITS {
        let Some((sequence, at)) = arrived.recv().await.unwrap() else { continue };
        if let Some((_, began)) = committed.iter().find(|(number, _)| *number == sequence) {
            millis.push(at.saturating_duration_since(*began).as_secs_f64() * 1_000.0);
        }
    }
    millis
}

async fn looks(address: SocketAddr, instance: InstanceId) -> Vec<f64> {
    let mut millis = Vec::new();
    let path = format!("/v1/instances/{instance}?at={STREAM_EVENTS}");
    let mut stream = request(address, &path).await;
    for look in 0..LOOKS {
        let began = Instant::now();
        if look > 0 {
            let head = format!("GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
        }
        read_answer(&mut stream).await;
        millis.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    millis
}

/// Reads one whole answer and asserts that it is the instance with all its events.
async fn read_answer(stream: &mut TcpStream) {
    let mut text = Vec::new();
    let mut buffer = vec![0; 16_384];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        text.extend_from_slice(&buffer[..read]);
        let Some(head) = text.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let length = String::from_utf8_lossy(&text[..head]).to_lowercase();
        let length = length.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next());
        if text.len() >= head + 4 + length.unwrap().parse::<usize>().unwrap() {
            let body = String::from_utf8_lossy(&text[head..]);
            assert!(body.contains(&format!("\"number\":\"{}\"", STREAM_EVENTS - 1)), "{body}");
            return;
        }
    }
}

#[tokio::main]
async fn main() {
    let test = TestDatabase::create().await;
    dbx_projections::install(test.db(), &Upcasters::default()).await.unwrap();
    let store = EventStore::new(test.db().clone(), dbx_projections::inline());
    let (_, org) = somebody(&store).await;
    let instance = long_history(&store, org).await;
    // Commits come from another copy of the server than the one that is listened to.
    let other = Database::connect(&DatabaseConfig::new(test.url())).await.unwrap();
    let _links = (Wakeups::link(test.db()), Wakeups::link(&other));
    let address = serve(other).await;
    report(&format!("an instance's past ({STREAM_EVENTS} events)"), looks(address, instance).await, PAST_BAR);
    let delivered = deliveries(&store, org, address).await;
    report(&format!("commit to delivery ({STREAMS} streams, from another copy)"), delivered, DELIVERY_BAR);
    test.finish().await;
}
