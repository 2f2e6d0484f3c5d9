//! What the log and its read models say, read directly from the control database.

use crate::{estate::Estate, estate::MASTER_KEY};
use dbx_domain::{Decide as _, Instance, Org, Secret, ids::WorkflowId, instance::InstanceCommand};
use dbx_sql::{
    Actor, Append, Commit, Database, DatabaseConfig, EventStore, MasterKey, MasterKeys, Metadata, Upcasters,
    Vault,
};
use std::{collections::BTreeMap, future::Future, time::Duration};
use tokio_postgres::{NoTls, Row};

/// A run that is not over.
#[derive(Debug)]
pub(crate) struct OpenRun {
    pub(crate) workflow: String,
    pub(crate) instance: String,
    pub(crate) parked: bool,
    #[expect(dead_code, reason = "for whoever reads why it is not over")]
    kind: String,
}

/// An instance by its stream, with the read model's opinion.
pub(crate) struct Entry {
    pub(crate) id: String,
    pub(crate) state: Instance,
    /// By the read model.
    pub(crate) lifecycle: String,
    /// Why its hash chain or its fold is not sound.
    pub(crate) damage: Option<String>,
    pub(crate) events: u64,
    pub(crate) secrets: Vec<(String, i32)>,
    /// Living reservations: number and address.
    pub(crate) reservations: Vec<(u64, String)>,
}

/// Everything the control database says.
pub(crate) struct Books {
    pub(crate) entries: Vec<Entry>,
    /// Jobs by id: status, error code, reason.
    pub(crate) jobs: BTreeMap<String, (String, Option<String>, Option<String>)>,
    /// Instances that the orgs hold to be theirs.
    pub(crate) admitted: u64,
    /// Rows that belong to nobody: secrets, reservations, permits, queue.
    pub(crate) strays: Vec<String>,
    pub(crate) damaged_streams: Vec<String>,
    pub(crate) store: EventStore,
    pub(crate) vault: Vault,
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

async fn rows(url: &str, sql: &str) -> Vec<Row> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client.query(sql, &[]).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"))
}

pub(crate) fn open_runs(url: &str) -> Vec<OpenRun> {
    let sql = "SELECT workflow_id, instance_id, kind, due_at = 'infinity' FROM workflow_queue ORDER BY 2";
    let found = block_on(rows(url, sql));
    found
        .iter()
        .map(|row| OpenRun {
            workflow: row.get(0),
            instance: row.get(1),
            kind: row.get(2),
            parked: row.get(3),
        })
        .collect()
}

async fn store(url: &str) -> EventStore {
    let db = Database::connect(&DatabaseConfig::new(url)).await.unwrap();
    EventStore::new(db, dbx_projections::inline())
        .with_upcasters(Upcasters::new(dbx_domain::upcast::upcasters()))
}

/// The operator's `retry`, by the command behind the API's verb: the job may be of an org that has no member left.
pub(crate) fn retry(estate: &Estate, run: &OpenRun) {
    block_on(async {
        let store = store(&estate.control.url).await;
        let loaded = store.load::<Instance>(&run.instance).await.unwrap();
        let workflow: WorkflowId = run.workflow.parse().unwrap();
        let deadline = store.database().now().await.unwrap() + Duration::from_secs(600);
        let Ok(events) = loaded.aggregate.decide(InstanceCommand::Retry(workflow, deadline)) else { return };
        let append = Append::of::<Instance>(run.instance.clone(), loaded.head, &events).unwrap();
        // A conflict means that the run went on by itself.
        let _ = store.commit(Commit::new(Metadata::of(Actor::system("operator"))).append(append)).await;
    });
}

pub(crate) async fn read(url: &str) -> Books {
    let store = store(url).await;
    let key = MasterKey::from_hex(&Secret::new(MASTER_KEY)).unwrap();
    let vault = Vault::new(store.database().clone(), MasterKeys::new(key, Vec::new()));
    let mut entries = Vec::new();
    for row in rows(url, "SELECT instance_id, lifecycle FROM instances ORDER BY 1").await {
        entries.push(entry(url, &store, row.get(0), row.get(1)).await);
    }
    let jobs = rows(url, "SELECT workflow_id, status, error_code, parked_reason FROM jobs").await;
    let jobs = jobs.iter().map(|row| (row.get(0), (row.get(1), row.get(2), row.get(3)))).collect();
    let (admitted, damaged_streams) = other_streams(url, &store).await;
    Books { entries, jobs, admitted, strays: strays(url).await, damaged_streams, store, vault }
}

async fn entry(url: &str, store: &EventStore, id: String, lifecycle: String) -> Entry {
    let (state, folding) = match store.load::<Instance>(&id).await {
        Ok(loaded) => (loaded.aggregate, None),
        Err(error) => (Instance::default(), Some(error.to_string())),
    };
    let chain = store.verify_stream("instance", &id).await.err().map(|error| error.to_string());
    let count = rows(url, &format!("SELECT count(*) FROM events WHERE aggregate_id = '{id}'")).await;
    let secrets = format!("SELECT secret_id, version FROM secrets WHERE owner = '{id}' ORDER BY 1, 2");
    let reserved =
        format!("SELECT vmid, address FROM reservations WHERE instance_id = '{id}' AND released_at IS NULL");
    Entry {
        state,
        lifecycle,
        damage: folding.or(chain),
        events: count[0].get::<_, i64>(0).cast_unsigned(),
        secrets: rows(url, &secrets).await.iter().map(|row| (row.get(0), row.get(1))).collect(),
        reservations: rows(url, &reserved)
            .await
            .iter()
            .map(|row| (row.get::<_, i64>(0).cast_unsigned(), row.get(1)))
            .collect(),
        id,
    }
}

/// How many instances the orgs hold to be theirs, and which chains of other streams are broken.
async fn other_streams(url: &str, store: &EventStore) -> (u64, Vec<String>) {
    let (mut admitted, mut damaged) = (0, Vec::new());
    let sql = "SELECT DISTINCT aggregate_type, aggregate_id FROM events WHERE aggregate_type <> 'instance'";
    for row in rows(url, sql).await {
        let (kind, id): (String, String) = (row.get(0), row.get(1));
        if let Err(error) = store.verify_stream(&kind, &id).await {
            damaged.push(error.to_string());
        }
        if kind == "org" {
            admitted += store.load::<Org>(&id).await.unwrap().aggregate.usage().instances;
        }
    }
    (admitted, damaged)
}

async fn strays(url: &str) -> Vec<String> {
    let sql = "
        SELECT 'secret ' || secret_id || ' of ' || owner FROM secrets
            WHERE owner NOT IN (SELECT instance_id FROM instances)
        UNION ALL SELECT 'reservation of ' || instance_id FROM reservations
            WHERE instance_id NOT IN (SELECT instance_id FROM instances)
        UNION ALL SELECT 'stream without a read model: ' || aggregate_id FROM events
            WHERE aggregate_type = 'instance' AND sequence = 1
              AND aggregate_id NOT IN (SELECT instance_id FROM instances)
        UNION ALL SELECT 'permit ' || scope || ' of ' || instance_id FROM write_permits
        UNION ALL SELECT 'name twice: ' || name FROM instances GROUP BY project_id, name HAVING count(*) > 1";
    rows(url, sql).await.iter().map(|row| row.get(0)).collect()
}

/// The story of an instance, one line an event.
pub(crate) async fn history(url: &str, id: &str) -> String {
    let sql = format!(
        "SELECT sequence, to_char(recorded_at, 'HH24:MI:SS.MS'), metadata->>'actor', payload::text FROM events
         WHERE aggregate_id = '{id}' ORDER BY sequence"
    );
    let line = |row: &Row| {
        let payload: String = row.get(3);
        let actor: Option<String> = row.get(2);
        let short: String = payload.chars().take(400).collect();
        format!(
            "  #{} {} {} {short}",
            row.get::<_, i64>(0),
            row.get::<_, String>(1),
            actor.unwrap_or_default()
        )
    };
    rows(url, &sql).await.iter().map(line).collect::<Vec<_>>().join("\n")
}
