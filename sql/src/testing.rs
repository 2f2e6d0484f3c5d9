//! Fresh, migrated databases for tests, on the server of `DBX_TEST_DATABASE_URL`.
//!
//! The first test migrates a template; each test copies it, which takes some hundredths of a second. Test databases
//! have random names and are dropped with their handle.

// A test that cannot get its database must stop with a sentence.
#![allow(clippy::expect_used, clippy::panic, reason = "test support")]

use crate::{
    commit::{Append, Commit, CommitError, Committed},
    database::{Database, DatabaseConfig},
    event::{NewEvent, StreamHead},
    group::WRITERS,
    metadata::{Actor, Metadata},
    migrate::{MigrationSet, SQL_MIGRATIONS, checksum_of, migrate_sets},
    store::EventStore,
};
use serde_json::json;
use std::pin::Pin;
use tokio_postgres::{Client, Config, NoTls};

/// Names the server to use.
pub const URL_VARIABLE: &str = "DBX_TEST_DATABASE_URL";
/// Advisory lock that makes processes take turns at building templates: "dbxtest" in ASCII.
const LOCK: i64 = 0x0064_6278_7465_7374;

/// A database for one test; dropped with it.
pub struct TestDatabase {
    server: Config,
    name: String,
    config: DatabaseConfig,
    db: Database,
}

impl TestDatabase {
    /// A database with the tables of this crate.
    pub async fn create() -> Self {
        Self::create_with(&[SQL_MIGRATIONS]).await
    }

    /// A database with the tables of several crates.
    pub async fn create_with(sets: &[MigrationSet]) -> Self {
        let server = server();
        let admin = connect(&server).await;
        let name = format!("dbx_test_{:032x}", rand::random::<u128>());
        admin.execute("SELECT pg_advisory_lock($1)", &[&LOCK]).await.expect("lock the templates");
        let template = template(&admin, &server, sets).await;
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        admin.batch_execute(&sql).await.unwrap_or_else(|error| panic!("cannot create {name}: {error:?}"));
        admin.execute("SELECT pg_advisory_unlock($1)", &[&LOCK]).await.expect("unlock the templates");
        let config = DatabaseConfig::new(url_of(&name));
        let db =
            Database::connect(&config).await.unwrap_or_else(|error| panic!("cannot use {name}: {error}"));
        Self { server, name, config, db }
    }

    /// The pool of this test.
    pub fn db(&self) -> &Database {
        &self.db
    }

    /// How others reach this database, e.g. a second pool.
    pub fn config(&self) -> &DatabaseConfig {
        &self.config
    }

    /// The URL of this database, e.g. for a server process under test.
    pub fn url(&self) -> &str {
        &self.config.url
    }

    /// A connection outside the pool, as the owner.
    pub async fn connection(&self) -> Client {
        let mut config = self.server.clone();
        connect(config.dbname(&self.name)).await
    }

    /// Drops the database now instead of with the handle, and fails the test if that fails.
    pub async fn finish(self) {
        self.db.close();
        let sql = drop_sql(&self.name);
        connect(&self.server).await.batch_execute(&sql).await.expect("drop the test database");
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        self.db.close();
        let (server, sql) = (self.server.clone(), drop_sql(&self.name));
        // Drop cannot await, and a runtime may not be entered twice on one thread.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async {
                let (client, connection) = server.connect(NoTls).await.ok()?;
                tokio::spawn(connection);
                client.batch_execute(&sql).await.ok()
            })
        });
        // If it fails, the throwaway server takes the database along.
        let _ = dropping.join();
    }
}

fn drop_sql(name: &str) -> String {
    format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")
}

fn server_url() -> String {
    std::env::var(URL_VARIABLE).unwrap_or_else(|_| {
        panic!("{URL_VARIABLE} is not set; run the tests as: sql/with-postgres.sh cargo nextest run -p CRATE")
    })
}

fn server() -> Config {
    server_url().parse().unwrap_or_else(|error| panic!("{URL_VARIABLE} is not a connection string: {error}"))
}

/// The server's URL with another database: the last path segment is replaced.
fn url_of(name: &str) -> String {
    let url = server_url();
    let (path, query) = url.split_once('?').map_or((url.as_str(), None), |(path, query)| (path, Some(query)));
    let (server, _) = path
        .rsplit_once('/')
        .unwrap_or_else(|| panic!("{URL_VARIABLE} must have the form postgres://user@host:port/database"));
    format!("{server}/{name}{}", query.map(|query| format!("?{query}")).unwrap_or_default())
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .unwrap_or_else(|error| panic!("cannot connect to the server of {URL_VARIABLE}: {error:?}"));
    tokio::spawn(connection);
    client
}

/// The template's name, migrated; the caller holds the lock.
async fn template(admin: &Client, server: &Config, sets: &[MigrationSet]) -> String {
    let texts: String = sets.iter().flat_map(|set| set.migrations).map(|migration| migration.sql).collect();
    let name = format!("dbx_template_{}", &checksum_of(&texts)[..32]);
    let finished = "SELECT FROM pg_database WHERE datname = $1 AND datistemplate";
    if admin.query_opt(finished, &[&name]).await.expect("look for the template").is_some() {
        return name;
    }
    // A template without the mark was left by a run that was interrupted.
    admin.batch_execute(&drop_sql(&name)).await.expect("drop an unfinished template");
    admin.batch_execute(&format!("CREATE DATABASE {name}")).await.expect("create the template");
    let (mut client, connection) =
        server.clone().dbname(&name).connect(NoTls).await.expect("connect to the template");
    let connection = tokio::spawn(connection);
    migrate_sets(&mut client, sets).await.unwrap_or_else(|error| panic!("cannot migrate: {error}"));
    drop(client);
    // A database can be copied only when nobody is connected.
    let _ = connection.await;
    admin.batch_execute(&format!("ALTER DATABASE {name} IS_TEMPLATE true")).await.expect("mark the template");
    name
}

/// Keeps every writer of groups busy until it is let go, so that a test can say what makes up the next group.
pub struct BusyWriters {
    blocker: Client,
    busy: Vec<Queued>,
}

/// A commit that is queued and has no outcome yet.
pub type Queued = Pin<Box<dyn Future<Output = Result<Committed, CommitError>> + Send>>;

/// Queues a commit without waiting for its outcome.
pub async fn queue(store: &EventStore, commit: Commit) -> Queued {
    let store = store.clone();
    let mut queued: Queued = Box::pin(async move { store.commit(commit).await });
    assert!(futures::poll!(&mut queued).is_pending(), "the commit waits for its turn");
    queued
}

impl BusyWriters {
    /// Gives each writer of `store` a commit that waits for another transaction.
    pub async fn of(test: &TestDatabase, store: &EventStore) -> Self {
        const ROW: &str = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version,
            payload, metadata) SELECT 'busy', $2::text || n, 1, 'X', '1', '{}', '{}' FROM generate_series(1, $1::int) n";
        const LOCKED: &str = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let blocker = test.connection().await;
        blocker.batch_execute("BEGIN").await.expect("a transaction");
        let writers = i32::try_from(WRITERS).expect("a small number");
        let name = format!("{:032x} ", rand::random::<u128>());
        blocker.execute(ROW, &[&writers, &name]).await.expect("rows");
        let (watch, mut busy) = (test.connection().await, Vec::new());
        for number in 1..=writers {
            let event = NewEvent { event_type: "X".into(), event_version: "1".into(), payload: json!({}) };
            let append = Append {
                aggregate_type: "busy".into(),
                aggregate_id: format!("{name}{number}"),
                head: StreamHead::NEW,
                events: vec![event],
            };
            busy.push(queue(store, Commit::new(Metadata::of(Actor::system("test"))).append(append)).await);
            let locked = || async {
                watch.query_one(LOCKED, &[]).await.expect("a count").get::<_, i64>(0) >= i64::from(number)
            };
            while !locked().await {
                tokio::task::yield_now().await;
            }
        }
        Self { blocker, busy }
    }

    /// Lets the writers go on, and waits until they have.
    pub async fn let_go(self) {
        self.blocker.batch_execute("ROLLBACK").await.expect("the end of the transaction");
        futures::future::try_join_all(self.busy).await.expect("commits that nothing hinders any more");
    }
}
