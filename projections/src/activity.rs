//! The activity of an org: every event of it as a sentence, in feed order.
//!
//! Guarantees: its order is the feed's, so its rows can be joined with the live feed at any cursor; no personal data
//! (see [`crate::narrative`]).

mod query;

use crate::{
    follow::{ApplyError, AsyncProjection, Follower},
    narrative::{
        self, Place, Told,
        subjects::{SubjectTable, walk},
    },
};
use async_trait::async_trait;
use dbx_sql::{Actor, RecordedEvent, SqlError, Xid};
use deadpool_postgres::Transaction;
pub use query::{ActivityItem, ActivityScope, Doer, after, page};
use std::sync::Arc;
use time::OffsetDateTime;

const DDL: &str = "CREATE TABLE activity (
    xid         xid8        NOT NULL,
    position    bigint      NOT NULL,
    org_id      text        NOT NULL,
    project_id  text,
    instance_id text,
    job_id      text,
    sequence    bigint      NOT NULL,
    event_type  text        NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor_kind  text        NOT NULL,
    actor_id    text        NOT NULL,
    sentence    text        NOT NULL, -- with mentions in place of people's names
    severity    text        NOT NULL,
    detail      boolean     NOT NULL,
    PRIMARY KEY (org_id, xid, position)
);
CREATE TABLE activity_subjects (
    id      text PRIMARY KEY,
    subject jsonb NOT NULL
)";

const INDEXES: &str = "CREATE INDEX activity_outline ON activity (org_id, xid, position) WHERE NOT detail;
CREATE INDEX activity_by_project ON activity (project_id, xid, position) WHERE project_id IS NOT NULL;
CREATE INDEX activity_by_instance ON activity (instance_id, xid, position) WHERE instance_id IS NOT NULL";

pub(crate) const FOLLOWER: Follower = Follower {
    name: "activity",
    version: 3,
    tables: &["activity", "activity_subjects"],
    ddl: DDL,
    indexes: INDEXES,
    projection: || Arc::new(Activity),
};

const SUBJECTS: SubjectTable = narrative::subjects::subject_table!("activity_subjects");

struct Activity;

#[async_trait]
impl AsyncProjection for Activity {
    async fn apply(&self, transaction: &Transaction<'_>, events: &[RecordedEvent]) -> Result<(), ApplyError> {
        let mut rows = Rows::default();
        walk(&SUBJECTS, transaction, events, |event, happened, subject| {
            let place = Place::of(happened, &event.aggregate_id, subject);
            if place.org.is_some() {
                let actor = narrative::actor_of(event);
                let told = narrative::tell(happened, &actor, &event.aggregate_id, subject);
                rows.push(event, &place, &actor, told);
            }
        })
        .await?;
        Ok(rows.insert(transaction).await?)
    }
}

/// Who acted, as two columns.
pub(crate) fn actor_columns(actor: &Actor) -> (&'static str, String) {
    match actor {
        Actor::Account(account) => ("account", account.to_string()),
        Actor::ApiKey { key, .. } => ("api_key", key.to_string()),
        Actor::System(name) => ("system", name.to_string()),
    }
}

/// Rows of `activity`, by column.
#[derive(Default)]
struct Rows {
    xids: Vec<Xid>,
    positions: Vec<i64>,
    orgs: Vec<Option<String>>,
    projects: Vec<Option<String>>,
    instances: Vec<Option<String>>,
    jobs: Vec<Option<String>>,
    sequences: Vec<i64>,
    types: Vec<String>,
    times: Vec<OffsetDateTime>,
    actor_kinds: Vec<&'static str>,
    actors: Vec<String>,
    sentences: Vec<String>,
    severities: Vec<&'static str>,
    details: Vec<bool>,
}

impl Rows {
    fn push(&mut self, event: &RecordedEvent, place: &Place, actor: &Actor, told: Told) {
        let (kind, id) = actor_columns(actor);
        self.xids.push(event.xid);
        self.positions.push(event.position);
        self.orgs.push(place.org.map(|id| id.to_string()));
        self.projects.push(place.project.map(|id| id.to_string()));
        self.instances.push(place.instance.map(|id| id.to_string()));
        self.jobs.push(place.job.map(|id| id.to_string()));
        self.sequences.push(event.sequence.cast_signed());
        self.types.push(event.event_type.clone());
        self.times.push(event.recorded_at.inner());
        self.actor_kinds.push(kind);
        self.actors.push(id);
        self.sentences.push(told.sentence);
        self.severities.push(told.severity.name());
        self.details.push(told.detail);
    }

    async fn insert(&self, transaction: &Transaction<'_>) -> Result<(), SqlError> {
        const SQL: &str = "INSERT INTO activity (xid, position, org_id, project_id, instance_id, job_id, sequence,
                event_type, recorded_at, actor_kind, actor_id, sentence, severity, detail)
            SELECT * FROM unnest($1::xid8[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[],
                $7::bigint[], $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[],
                $14::boolean[])";
        if self.xids.is_empty() {
            return Ok(());
        }
        let statement = transaction.prepare_cached(SQL).await?;
        transaction
            .execute(
                &statement,
                &[
                    &self.xids,
                    &self.positions,
                    &self.orgs,
                    &self.projects,
                    &self.instances,
                    &self.jobs,
                    &self.sequences,
                    &self.types,
                    &self.times,
                    &self.actor_kinds,
                    &self.actors,
                    &self.sentences,
                    &self.severities,
                    &self.details,
                ],
            )
            .await?;
        Ok(())
    }
}
