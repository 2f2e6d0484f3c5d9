//! A fresh database with read models and a store, and the events that tests begin with.

use cqrs_es::Aggregate;
use dbx_domain::{
    Instance,
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{InstanceEvent, WorkflowKind},
    name::Tags,
    plan::{PgVersion, Plan, Size},
    time::Timestamp,
};
use dbx_sql::{
    Actor, Append, Commit, CommitError, Committed, Database, EventStore, Metadata, Upcasters,
    testing::TestDatabase,
};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};
use uuid::Uuid;

/// Tables of every read model, in no particular order.
pub(crate) const TABLES: [&str; 17] = [
    "orgs",
    "members",
    "projects",
    "invitations",
    "api_keys",
    "instances",
    "jobs",
    "job_steps",
    "workflow_queue",
    "reservations",
    "drifts",
    "activity",
    "activity_subjects",
    "audit",
    "audit_subjects",
    "usage_instances",
    "usage_intervals",
];

pub(crate) struct Stand {
    test: TestDatabase,
    pub(crate) store: EventStore,
}

impl Stand {
    pub(crate) async fn new() -> Self {
        let test = TestDatabase::create().await;
        dbx_projections::install(test.db(), &upcasters()).await.unwrap();
        let store = EventStore::new(test.db().clone(), dbx_projections::inline());
        Self { test, store }
    }

    pub(crate) fn test(&self) -> &TestDatabase {
        &self.test
    }

    pub(crate) fn db(&self) -> &Database {
        self.test.db()
    }

    pub(crate) fn url(&self) -> &str {
        self.test.url()
    }

    /// A connection of its own.
    pub(crate) async fn connection(&self) -> tokio_postgres::Client {
        self.test.connection().await
    }

    /// Appends to the end of a stream.
    pub(crate) async fn append<A: Aggregate>(
        &self,
        id: impl ToString,
        events: &[A::Event],
    ) -> Result<Committed, CommitError> {
        let id = id.to_string();
        let head = self.store.load::<A>(&id).await.unwrap().head;
        let append = Append::of::<A>(id, head, events).unwrap();
        self.store.commit(Commit::new(Metadata::of(Actor::system("test"))).append(append)).await
    }

    /// A new instance whose create was requested.
    pub(crate) async fn ordered(&self) -> Ordered {
        let ordered = Ordered::new();
        self.append::<Instance>(ordered.instance, &ordered.events()).await.unwrap();
        ordered
    }

    /// Lets every follower apply all there is.
    pub(crate) async fn catch_up(&self) {
        dbx_projections::follow::catch_up(self.db(), &upcasters()).await.unwrap();
    }

    /// All rows of a table, in an order that depends on nothing but them.
    pub(crate) async fn dump(&self, table: &str) -> Vec<Value> {
        let client = self.db().client().await.unwrap();
        let sql = format!("SELECT to_jsonb(t) FROM {table} t ORDER BY to_jsonb(t)::text");
        client.query(&sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
    }

    pub(crate) async fn dump_all(&self) -> BTreeMap<&'static str, Vec<Value>> {
        let mut all = BTreeMap::new();
        for table in TABLES {
            all.insert(table, self.dump(table).await);
        }
        all
    }

    /// The instance's row of the queue.
    pub(crate) async fn queued(&self, instance: InstanceId) -> Option<Queued> {
        let client = self.db().client().await.unwrap();
        let sql = "SELECT workflow_id, kind, pending_workflow_id, pending_kind, due_at = 'infinity', attempt, fence,
                          worker, CASE WHEN due_at < 'infinity' THEN due_at END
                   FROM workflow_queue WHERE instance_id = $1";
        client.query_opt(sql, &[&instance.to_string()]).await.unwrap().map(|row| Queued {
            workflow: row.get(0),
            kind: row.get(1),
            pending: row.get(2),
            pending_kind: row.get(3),
            parked: row.get(4),
            attempt: row.get(5),
            fence: row.get(6),
            worker: row.get(7),
            due_at: row.get::<_, Option<time::OffsetDateTime>>(8).map(Timestamp::from),
        })
    }
}

#[derive(Debug, PartialEq)]
pub(crate) struct Queued {
    pub(crate) workflow: String,
    pub(crate) kind: String,
    pub(crate) pending: Option<String>,
    pub(crate) pending_kind: Option<String>,
    pub(crate) parked: bool,
    pub(crate) attempt: i32,
    pub(crate) fence: i64,
    pub(crate) worker: Option<String>,
    pub(crate) due_at: Option<Timestamp>,
}

/// An instance that a test ordered.
#[derive(Clone, Copy)]
pub(crate) struct Ordered {
    pub(crate) instance: InstanceId,
    pub(crate) org: OrgId,
    pub(crate) project: ProjectId,
    pub(crate) create: WorkflowId,
}

impl Ordered {
    pub(crate) fn new() -> Self {
        Self {
            instance: InstanceId::from_uuid(Uuid::now_v7()),
            org: OrgId::from_uuid(Uuid::now_v7()),
            project: ProjectId::from_uuid(Uuid::now_v7()),
            create: workflow(),
        }
    }

    pub(crate) fn events(&self) -> [InstanceEvent; 2] {
        [
            InstanceEvent::InstanceRequested {
                instance: self.instance,
                org: self.org,
                project: self.project,
                name: "prod-db".parse().unwrap(),
                size: Size::new(Plan::Pro, Some(100)).unwrap(),
                pg_version: PgVersion::DEFAULT,
                tags: Tags::new(BTreeMap::from([("env".into(), "prod".into())])).unwrap(),
            },
            requested(self.create, WorkflowKind::Create),
        ]
    }
}

pub(crate) fn requested(workflow: WorkflowId, kind: WorkflowKind) -> InstanceEvent {
    InstanceEvent::WorkflowRequested { workflow, kind, definition: 1, deadline_at: seconds(3_600) }
}

pub(crate) fn workflow() -> WorkflowId {
    WorkflowId::from_uuid(Uuid::now_v7())
}

pub(crate) fn upcasters() -> Upcasters {
    Upcasters::new(dbx_domain::upcast::upcasters())
}

/// A time of the tests' calendar.
pub(crate) fn seconds(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(1_800_000_000 + seconds)
}
