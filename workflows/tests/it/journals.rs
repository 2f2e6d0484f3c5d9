//! The two journals under test, with what a test does beside the engine: ask for things, move the clock, count.

use async_trait::async_trait;
use dbx_domain::{
    Decide, Instance, Org,
    ids::{AccountId, Ctid, InstanceId, SecretId},
    instance::{InstanceCommand, InstanceError, InstanceEvent},
    org::OrgCommand,
    time::Timestamp,
};
use dbx_sql::{
    Actor, Append, Commit, Database, EventStore, MasterKey, MasterKeys, Metadata, StreamHead, Vault,
    testing::TestDatabase,
};
use dbx_workflows::journal::{
    Journal,
    memory::{Holdings, MemoryJournal},
    postgres::PgJournal,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use uuid::Uuid;

#[async_trait]
pub trait TestJournal: Send + Sync {
    fn journal(&self) -> Arc<dyn Journal>;
    async fn command(&self, instance: InstanceId, command: InstanceCommand) -> Result<(), InstanceError>;
    async fn advance(&self, by: Duration);
    async fn next_due(&self, instance: InstanceId) -> Option<Timestamp>;
    async fn holdings(&self, instance: InstanceId) -> Holdings;
    async fn history(&self, instance: InstanceId) -> Vec<InstanceEvent>;
}

pub struct InMemoryJournal(pub Arc<MemoryJournal>);

#[async_trait]
impl TestJournal for InMemoryJournal {
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.0) as _
    }

    async fn command(&self, instance: InstanceId, command: InstanceCommand) -> Result<(), InstanceError> {
        self.0.command(instance, command)
    }

    async fn advance(&self, by: Duration) {
        self.0.advance(by);
    }

    async fn next_due(&self, instance: InstanceId) -> Option<Timestamp> {
        let _ = instance;
        self.0.next_due()
    }

    async fn holdings(&self, instance: InstanceId) -> Holdings {
        let _ = instance;
        self.0.holdings()
    }

    async fn history(&self, instance: InstanceId) -> Vec<InstanceEvent> {
        self.0.history(instance)
    }
}

fn master_keys() -> MasterKeys {
    let key = MasterKey::from_hex(&dbx_domain::Secret::new("7".repeat(64))).unwrap();
    MasterKeys::new(key, Vec::new())
}

/// The real store on a database of its own.
pub struct InPostgres {
    database: TestDatabase,
    store: EventStore,
    journal: Arc<PgJournal>,
}

impl InPostgres {
    pub async fn create() -> Self {
        let database = TestDatabase::create().await;
        let upcasters = dbx_sql::Upcasters::default();
        dbx_projections::install(database.db(), &upcasters).await.unwrap();
        let store = EventStore::new(database.db().clone(), dbx_projections::inline());
        let vault = Vault::new(database.db().clone(), master_keys());
        let journal = Arc::new(PgJournal::new(store.clone(), vault));
        database.db().set_fake_now(Some(database.db().now().await.unwrap()));
        Self { database, store, journal }
    }

    /// With the clock running.
    pub fn in_real_time(self) -> Self {
        self.database.db().set_fake_now(None);
        self
    }

    /// As another server would have it: a pool of its own on the same database.
    pub async fn another_journal(&self) -> Arc<dyn Journal> {
        let database = Database::connect(self.database.config()).await.unwrap();
        let store = EventStore::new(database.clone(), dbx_projections::inline());
        Arc::new(PgJournal::new(store, Vault::new(database, master_keys())))
    }

    /// The org's side of an order, in the same commit as the API does.
    async fn admission(&self, command: &InstanceCommand) -> Option<Append> {
        let InstanceCommand::Request(order, _) = command else { return None };
        let owner = AccountId::from_uuid(Uuid::from_u128(9));
        let commands = [
            OrgCommand::Create { org: order.org, name: "Acme".parse().unwrap(), owner },
            OrgCommand::CreateProject { project: order.project, name: "myapp".parse().unwrap() },
            OrgCommand::AdmitInstance {
                instance: order.instance,
                project: order.project,
                name: order.name.clone(),
                size: order.size,
            },
        ];
        let (mut org, mut events) = (Org::default(), Vec::new());
        for command in commands {
            for event in org.decide(command).unwrap() {
                cqrs_es::Aggregate::apply(&mut org, event.clone());
                events.push(event);
            }
        }
        Some(Append::of::<Org>(order.org.to_string(), StreamHead::NEW, &events).unwrap())
    }

    /// Runs `sql` with the instance as its only parameter.
    async fn rows<T>(
        &self,
        sql: &str,
        instance: InstanceId,
        row: impl Fn(&tokio_postgres::Row) -> T,
    ) -> Vec<T> {
        let client = self.database.db().client().await.unwrap();
        client.query(sql, &[&instance.to_string()]).await.unwrap().iter().map(row).collect()
    }
}

#[async_trait]
impl TestJournal for InPostgres {
    fn journal(&self) -> Arc<dyn Journal> {
        Arc::clone(&self.journal) as _
    }

    async fn command(&self, instance: InstanceId, command: InstanceCommand) -> Result<(), InstanceError> {
        let loaded = self.store.load::<Instance>(&instance.to_string()).await.unwrap();
        let admission = self.admission(&command).await;
        let events = loaded.aggregate.decide(command)?;
        let append = Append::of::<Instance>(instance.to_string(), loaded.head, &events).unwrap();
        let mut commit = Commit::new(Metadata::of(Actor::system("test"))).append(append);
        commit.appends.extend(admission);
        self.store.commit(commit).await.unwrap();
        Ok(())
    }

    async fn advance(&self, by: Duration) {
        let now = self.database.db().now().await.unwrap();
        self.database.db().set_fake_now(Some(now + by));
    }

    async fn next_due(&self, instance: InstanceId) -> Option<Timestamp> {
        let sql = "SELECT min(greatest(due_at, lease_until)) FROM workflow_queue WHERE due_at < 'infinity' AND instance_id = $1";
        let due = self.rows(sql, instance, |row| row.get::<_, Option<time::OffsetDateTime>>(0)).await;
        due.into_iter().flatten().next().map(Timestamp::from)
    }

    async fn holdings(&self, instance: InstanceId) -> Holdings {
        let reserved = self
            .rows(
                "SELECT vmid, instance_id FROM reservations WHERE released_at IS NULL AND instance_id = $1",
                instance,
                |row| {
                    let ctid = Ctid(u32::try_from(row.get::<_, i64>(0)).unwrap());
                    (ctid, row.get::<_, String>(1).parse::<InstanceId>().unwrap())
                },
            )
            .await;
        let secrets = self
            .rows("SELECT secret_id, version, owner FROM secrets WHERE owner = $1", instance, |row| {
                let id = row.get::<_, String>(0).parse::<SecretId>().unwrap();
                let version = u32::try_from(row.get::<_, i32>(1)).unwrap();
                ((id, version), row.get::<_, String>(2).parse::<InstanceId>().unwrap())
            })
            .await;
        let released = self
            .rows("SELECT payload->'InstanceReleased'->>'instance' FROM events WHERE event_type = 'InstanceReleased' AND payload->'InstanceReleased'->>'instance' = $1", instance, |row| {
                row.get::<_, String>(0).parse::<InstanceId>().unwrap()
            })
            .await;
        Holdings {
            reserved: reserved.into_iter().collect(),
            secrets: secrets.into_iter().collect::<BTreeMap<_, _>>(),
            released: released.into_iter().collect(),
        }
    }

    async fn history(&self, instance: InstanceId) -> Vec<InstanceEvent> {
        let events = self.store.read_stream("instance", &instance.to_string(), 1, 1_000).await.unwrap();
        events.into_iter().map(|event| serde_json::from_value(event.payload).unwrap()).collect()
    }
}
