//! Commands: load, decide, commit on the loaded heads; if somebody else was faster, all of it again.
//!
//! Guarantee: what is committed was decided on the newest state of every stream it touches, together with the
//! request's idempotency key and origin, or nothing was.

use crate::{
    app::App,
    http::{
        caller::Caller, client::Client, code::Code, idempotency::Once, if_match::IfMatch, problem::Problem,
    },
};
use dbx_domain::{Decide, ids::OrgId};
use dbx_sql::{Actor, Append, Commit, CommitError, Metadata, SideWrite, StreamHead};
use std::time::Duration;

/// Attempts before the caller hears of the contention.
const ATTEMPTS: u32 = 16;
/// Longest pause after the first lost attempt in milliseconds; doubles with each, up to [`PAUSE_MAX_MILLIS`].
const PAUSE_MILLIS: u64 = 4;
/// No pause is longer, so that all attempts together take about a second and a half.
const PAUSE_MAX_MILLIS: u64 = 250;

/// What a decision wants committed, and what the answer shows.
pub(crate) struct Draft {
    pub(crate) org: Option<OrgId>,
    pub(crate) appends: Vec<Append>,
    pub(crate) writes: Vec<SideWrite>,
    /// Joins everything that one workflow causes.
    pub(crate) correlation: Option<String>,
    /// HTTP status of the answer.
    pub(crate) status: u16,
    /// What the answer is rendered from, such as a job's id.
    pub(crate) resource: String,
}

impl Draft {
    pub(crate) fn new(status: u16, resource: impl ToString) -> Self {
        Self {
            org: None,
            appends: Vec::new(),
            writes: Vec::new(),
            correlation: None,
            status,
            resource: resource.to_string(),
        }
    }

    pub(crate) fn in_org(mut self, org: OrgId) -> Self {
        self.org = Some(org);
        self
    }

    pub(crate) fn append(mut self, append: Append) -> Self {
        self.appends.push(append);
        self
    }

    pub(crate) fn write(mut self, write: impl Into<SideWrite>) -> Self {
        self.writes.push(write.into());
        self
    }

    pub(crate) fn correlated(mut self, workflow: impl ToString) -> Self {
        self.correlation = Some(workflow.to_string());
        self
    }
}

/// Does what `caller` asks, once; gives the resource to render, of this or of the earlier answer.
pub(crate) async fn perform<F, D>(
    app: &App,
    caller: &Caller,
    once: &Once,
    draft: F,
) -> Result<String, Problem>
where
    F: Fn() -> D + Send + Sync,
    D: Future<Output = Result<Draft, Problem>> + Send,
{
    perform_as(app, &caller.principal.actor(), &caller.client, once, draft).await
}

/// As [`perform`], for a party that has not signed in yet.
pub(crate) async fn perform_as<F, D>(
    app: &App,
    actor: &Actor,
    client: &Client,
    once: &Once,
    draft: F,
) -> Result<String, Problem>
where
    F: Fn() -> D + Send + Sync,
    D: Future<Output = Result<Draft, Problem>> + Send,
{
    if let Some(resource) = once.earlier(app).await? {
        return Ok(resource);
    }
    for attempt in 0..ATTEMPTS {
        let draft = match draft().await {
            Ok(draft) => draft,
            // Perhaps it is refused because this very request was done in between, by its twin.
            Err(refusal) => return once.earlier(app).await?.ok_or(refusal),
        };
        let resource = draft.resource.clone();
        match app.store().commit(commit(draft, actor, client, once)).await {
            Ok(_) => return Ok(resource),
            Err(CommitError::Conflict { .. } | CommitError::Contention(_)) => pause(attempt).await,
            Err(CommitError::IdempotencyReplay) => {
                let lost = || Problem::internal("a claimed idempotency key has no outcome");
                return once.earlier(app).await?.ok_or_else(lost);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::new(Code::Conflict, "others kept changing the same thing; nothing was done, try again"))
}

/// Spreads writers of one stream out: without it each round has one winner, and those behind the last attempt give up.
async fn pause(attempt: u32) {
    let longest = (PAUSE_MILLIS << attempt).min(PAUSE_MAX_MILLIS);
    tokio::time::sleep(Duration::from_millis(rand::random_range(0..=longest))).await;
}

fn commit(draft: Draft, actor: &Actor, client: &Client, once: &Once) -> Commit {
    let claim = once.claim(draft.status, &draft.resource);
    let metadata = Metadata {
        org: draft.org,
        request_id: Some(client.request_id.clone()),
        correlation: draft.correlation,
        ..Metadata::of(actor.clone())
    };
    let mut commit = Commit::new(metadata).write(client.origin(actor.account()));
    commit.appends = draft.appends;
    commit.writes.extend(claim);
    commit.writes.extend(draft.writes);
    commit
}

/// Decides commands, in order, on the newest state of an existing stream.
pub(crate) async fn decide<A>(app: &App, id: &str, commands: Vec<A::Command>) -> Result<Append, Problem>
where
    A: Decide,
    Problem: From<A::Error>,
{
    decide_if::<A>(app, id, &IfMatch::ANY, commands).await
}

/// As [`decide`], if the stream's newest event is one that the caller accepts.
pub(crate) async fn decide_if<A>(
    app: &App,
    id: &str,
    condition: &IfMatch,
    commands: Vec<A::Command>,
) -> Result<Append, Problem>
where
    A: Decide,
    Problem: From<A::Error>,
{
    let loaded = app.store().load::<A>(id).await?;
    condition.check(loaded.head.sequence)?;
    decided(loaded.aggregate, loaded.head, id, commands)
}

/// Decides commands, in order, on a stream that begins with them.
pub(crate) fn begin<A>(id: &str, commands: Vec<A::Command>) -> Result<Append, Problem>
where
    A: Decide,
    Problem: From<A::Error>,
{
    decided(A::default(), StreamHead::NEW, id, commands)
}

/// Decides commands, in order, on a state that was loaded at `head`.
pub(crate) fn decided<A>(
    mut state: A,
    head: StreamHead,
    id: &str,
    commands: Vec<A::Command>,
) -> Result<Append, Problem>
where
    A: Decide,
    Problem: From<A::Error>,
{
    let mut events = Vec::new();
    for command in commands {
        for event in state.decide(command)? {
            state.apply(event.clone());
            events.push(event);
        }
    }
    Append::of::<A>(id, head, &events).map_err(Problem::internal)
}
