//! The audit log: who did what, when, by which request, and what was different before and after.
//!
//! An entry is shown in its org's log; one about an account itself (sign-ins, passwords, sessions) in that account's own
//! log and in the logs of the orgs that it belonged to at that moment, because they answer for who can sign in.
//!
//! Guarantees: every event that says what somebody did, or what the product did of consequence, has an entry
//! ([`action`] says which and why); no personal data: names, addresses and user agents are joined when it is read.

pub mod action;
mod change;
mod query;

use crate::{
    activity::actor_columns,
    follow::{ApplyError, AsyncProjection, Follower},
    narrative::{
        self, Place, Subject,
        subjects::{SubjectTable, walk},
    },
};
use action::Deed;
use async_trait::async_trait;
use cqrs_es::Aggregate as _;
use dbx_domain::Account;
use dbx_sql::{Actor, Metadata, RecordedEvent, SqlError, Xid};
use deadpool_postgres::Transaction;
pub use query::{AuditEntry, AuditFilter, AuditScope, Order, Resource, actors_called, entries};
use serde_json::Value;
use std::sync::Arc;
use time::OffsetDateTime;

const DDL: &str = "CREATE TABLE audit (
    scope          text        NOT NULL, -- the org or account in whose log it is shown
    xid            xid8        NOT NULL,
    position       bigint      NOT NULL,
    org_id         text,
    aggregate_type text        NOT NULL,
    aggregate_id   text        NOT NULL,
    sequence       bigint      NOT NULL,
    event_type     text        NOT NULL,
    recorded_at    timestamptz NOT NULL,
    actor_kind     text        NOT NULL,
    actor_id       text        NOT NULL,
    account_id     text,                 -- the person behind the actor
    action         text        NOT NULL,
    resource_kind  text        NOT NULL,
    resource_id    text        NOT NULL,
    resource_name  text,
    request_id     text,
    before         jsonb,
    after          jsonb,
    PRIMARY KEY (scope, xid, position)
);
CREATE TABLE audit_subjects (
    id      text PRIMARY KEY,
    subject jsonb NOT NULL
)";

const INDEXES: &str =
    "CREATE INDEX audit_by_account ON audit (scope, account_id, xid, position) WHERE account_id IS NOT NULL;
CREATE INDEX audit_by_resource ON audit (scope, resource_id, xid, position)";

pub(crate) const FOLLOWER: Follower = Follower {
    name: "audit",
    version: 1,
    tables: &["audit", "audit_subjects"],
    ddl: DDL,
    indexes: INDEXES,
    projection: || Arc::new(Audit),
};

const SUBJECTS: SubjectTable = narrative::subjects::subject_table!("audit_subjects");

struct Audit;

#[async_trait]
impl AsyncProjection for Audit {
    async fn apply(&self, transaction: &Transaction<'_>, events: &[RecordedEvent]) -> Result<(), ApplyError> {
        let mut rows = Rows::default();
        walk(&SUBJECTS, transaction, events, |event, happened, subject| {
            if let Some(deed) = action::of(happened, &event.aggregate_id, subject) {
                let org = Place::of(happened, &event.aggregate_id, subject).org.map(|org| org.to_string());
                for scope in scopes(event, org.as_deref(), subject) {
                    rows.push(scope, event, org.clone(), &deed);
                }
            }
        })
        .await?;
        Ok(rows.insert(transaction).await?)
    }
}

/// In whose logs an event is shown.
fn scopes(event: &RecordedEvent, org: Option<&str>, subject: &Subject) -> Vec<String> {
    let own = (event.aggregate_type == Account::TYPE).then(|| event.aggregate_id.clone());
    let orgs = match (org, subject) {
        (Some(org), _) => vec![org.to_owned()],
        (None, Subject::Account(account)) => account.orgs.iter().map(ToString::to_string).collect(),
        (None, _) => Vec::new(),
    };
    own.into_iter().chain(orgs).collect()
}

/// Rows of `audit`, by column.
#[derive(Default)]
struct Rows {
    scopes: Vec<String>,
    xids: Vec<Xid>,
    positions: Vec<i64>,
    orgs: Vec<Option<String>>,
    streams: [Vec<String>; 2],
    sequences: Vec<i64>,
    types: Vec<String>,
    times: Vec<OffsetDateTime>,
    actors: [Vec<String>; 2],
    accounts: Vec<Option<String>>,
    actions: Vec<&'static str>,
    resources: [Vec<String>; 2],
    resource_names: Vec<Option<String>>,
    requests: Vec<Option<String>>,
    before: Vec<Option<Value>>,
    after: Vec<Option<Value>>,
}

impl Rows {
    fn push(&mut self, scope: String, event: &RecordedEvent, org: Option<String>, deed: &Deed) {
        let metadata =
            Metadata::from_json(&event.metadata).unwrap_or_else(|_| Metadata::of(Actor::system("unknown")));
        let (kind, id) = actor_columns(&metadata.actor);
        self.scopes.push(scope);
        self.xids.push(event.xid);
        self.positions.push(event.position);
        self.orgs.push(org);
        self.streams[0].push(event.aggregate_type.clone());
        self.streams[1].push(event.aggregate_id.clone());
        self.sequences.push(event.sequence.cast_signed());
        self.types.push(event.event_type.clone());
        self.times.push(event.recorded_at.inner());
        self.actors[0].push(kind.to_owned());
        self.actors[1].push(id);
        self.accounts.push(metadata.actor.account().map(|account| account.to_string()));
        self.actions.push(deed.action);
        self.resources[0].push(deed.resource_kind.to_owned());
        self.resources[1].push(deed.resource_id.clone());
        self.resource_names.push(deed.resource_name.clone());
        self.requests.push(metadata.request_id);
        self.before.push(deed.before.clone());
        self.after.push(deed.after.clone());
    }

    async fn insert(&self, transaction: &Transaction<'_>) -> Result<(), SqlError> {
        const SQL: &str = "INSERT INTO audit (scope, xid, position, org_id, aggregate_type, aggregate_id, sequence,
                event_type, recorded_at, actor_kind, actor_id, account_id, action, resource_kind, resource_id,
                resource_name, request_id, before, after)
            SELECT * FROM unnest($1::text[], $2::xid8[], $3::bigint[], $4::text[], $5::text[], $6::text[],
                $7::bigint[], $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[],
                $14::text[], $15::text[], $16::text[], $17::text[], $18::jsonb[], $19::jsonb[])";
        if self.xids.is_empty() {
            return Ok(());
        }
        let statement = transaction.prepare_cached(SQL).await?;
        transaction
            .execute(
                &statement,
                &[
                    &self.scopes,
                    &self.xids,
                    &self.positions,
                    &self.orgs,
                    &self.streams[0],
                    &self.streams[1],
                    &self.sequences,
                    &self.types,
                    &self.times,
                    &self.actors[0],
                    &self.actors[1],
                    &self.accounts,
                    &self.actions,
                    &self.resources[0],
                    &self.resources[1],
                    &self.resource_names,
                    &self.requests,
                    &self.before,
                    &self.after,
                ],
            )
            .await?;
        Ok(())
    }
}
