//! Questions to `audit`.

use crate::{activity::Doer, columns::Columns};
use dbx_domain::{
    ids::{AccountId, OrgId},
    time::Timestamp,
};
use dbx_sql::{Cursor, Database, SqlError, Xid};
use serde_json::Value;
use time::OffsetDateTime;
use tokio_postgres::{Row, types::ToSql};

/// Whose log is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuditScope {
    /// An org's.
    Org(OrgId),
    /// An account's own.
    Account(AccountId),
}

impl std::fmt::Display for AuditScope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Org(org) => org.fmt(f),
            Self::Account(account) => account.fmt(f),
        }
    }
}

/// Which entries are wanted; all if nothing is set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// Id of an account (with what its keys did), an API key, or the name of a part of the product.
    pub actor: Option<String>,
    /// An action such as `instance.create`, or all of a kind: `instance.`.
    pub action: Option<String>,
    /// Id of what it was done to.
    pub resource: Option<String>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
}

/// In which order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// For people.
    NewestFirst,
    /// For exports.
    OldestFirst,
}

/// What something was done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    /// Such as `instance`.
    pub kind: String,
    /// Which one.
    pub id: String,
    /// Its name then; none for people and keys, whose names are looked up.
    pub name: Option<String>,
}

/// An entry. `Debug` shows nothing of where it came from.
#[derive(Clone, PartialEq)]
pub struct AuditEntry {
    /// Its place in the feed.
    pub cursor: Cursor,
    /// When it was recorded.
    pub time: Timestamp,
    /// In which org; none if it is about an account.
    pub org: Option<OrgId>,
    /// Who.
    pub actor: Doer,
    /// What.
    pub action: String,
    /// To what.
    pub resource: Resource,
    /// By which HTTP request.
    pub request_id: Option<String>,
    /// From which address, unless unknown or erased.
    pub address: Option<String>,
    /// The client's name for itself, unless unknown or erased.
    pub user_agent: Option<String>,
    /// What was different before.
    pub before: Option<Value>,
    /// What is different after.
    pub after: Option<Value>,
    /// Name of the event.
    pub event_type: String,
}

impl std::fmt::Debug for AuditEntry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuditEntry({} {} {})", self.cursor, self.action, self.resource.id)
    }
}

/// At most `limit` entries behind `from` in that order.
///
/// # Errors
/// Any [`SqlError`].
pub async fn entries(
    db: &Database,
    scope: AuditScope,
    filter: &AuditFilter,
    (order, from): (Order, Option<Cursor>),
    limit: u32,
) -> Result<Vec<AuditEntry>, SqlError> {
    let wanted = Wanted::new(scope, filter, from, limit);
    let client = db.client().await?;
    let statement = client.prepare_cached(&wanted.sql(order)).await?;
    client.query(&statement, &wanted.params()).await?.iter().map(read).collect()
}

/// Accounts that a log mentions as actors and that have this address or name, in any case; by id, at most a few.
///
/// # Errors
/// Any [`SqlError`].
pub async fn actors_called(db: &Database, scope: AuditScope, text: &str) -> Result<Vec<String>, SqlError> {
    const SQL: &str = "SELECT p.account_id FROM people p
        WHERE (lower(p.email) = lower($2) OR lower(p.display_name) = lower($2))
          AND EXISTS (SELECT FROM audit a WHERE a.scope = $1 AND a.account_id = p.account_id)
        ORDER BY p.account_id LIMIT 5";
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&scope.to_string(), &text]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// The values of a query. Conditions that are not asked for stand in no statement, so that each combination has a plan
/// of its own; nothing of what a client sends becomes part of a statement.
struct Wanted {
    scope: String,
    from: Option<(Xid, i64)>,
    account: Option<String>,
    actor: Option<String>,
    action: Option<String>,
    actions: Option<String>,
    resource: Option<String>,
    after: Option<OffsetDateTime>,
    before: Option<OffsetDateTime>,
    limit: i64,
}

impl Wanted {
    fn new(scope: AuditScope, filter: &AuditFilter, from: Option<Cursor>, limit: u32) -> Self {
        let is_account = |actor: &String| actor.starts_with(AccountId::PREFIX);
        let is_kind = |action: &String| action.ends_with('.');
        Self {
            scope: scope.to_string(),
            from: from.map(|cursor| (cursor.xid(), cursor.position())),
            account: filter.actor.clone().filter(is_account),
            actor: filter.actor.clone().filter(|actor| !is_account(actor)),
            action: filter.action.clone().filter(|action| !is_kind(action)),
            actions: filter.action.clone().filter(is_kind),
            resource: filter.resource.clone(),
            after: filter.from.map(Timestamp::inner),
            before: filter.to.map(Timestamp::inner),
            limit: limit.into(),
        }
    }

    fn sql(&self, order: Order) -> String {
        let mut sql = String::from(
            "SELECT a.xid, a.position, a.org_id, a.event_type, a.recorded_at, a.actor_kind, a.actor_id, a.action,
                    a.resource_kind, a.resource_id, a.resource_name, a.request_id, a.before, a.after,
                    o.ip, o.user_agent
             FROM audit a LEFT JOIN event_origins o USING (aggregate_type, aggregate_id, sequence)
             WHERE a.scope = $1",
        );
        let mut next = 2..;
        // The range has no end.
        let mut number = || next.next().unwrap_or_default();
        if self.from.is_some() {
            let than = if order == Order::NewestFirst { '<' } else { '>' };
            let (xid, position) = (number(), number());
            sql += &format!(" AND (a.xid, a.position) {than} (${xid}, ${position})");
        }
        let conditions = [
            (self.account.is_some(), "a.account_id = "),
            (self.actor.is_some(), "a.actor_id = "),
            (self.action.is_some(), "a.action = "),
            (self.actions.is_some(), "a.action ^@ "),
            (self.resource.is_some(), "a.resource_id = "),
            (self.after.is_some(), "a.recorded_at >= "),
            (self.before.is_some(), "a.recorded_at < "),
        ];
        for (_, condition) in conditions.iter().filter(|(asked, _)| *asked) {
            sql += &format!(" AND {condition}${}", number());
        }
        let way = if order == Order::NewestFirst { "DESC" } else { "ASC" };
        sql + &format!(" ORDER BY a.xid {way}, a.position {way} LIMIT ${}", number())
    }

    fn params(&self) -> Vec<&(dyn ToSql + Sync)> {
        let mut params: Vec<&(dyn ToSql + Sync)> = vec![&self.scope];
        if let Some((xid, position)) = &self.from {
            params.extend([xid as &(dyn ToSql + Sync), position]);
        }
        let texts = [&self.account, &self.actor, &self.action, &self.actions, &self.resource];
        params.extend(texts.into_iter().flatten().map(|text| text as &(dyn ToSql + Sync)));
        params.extend([&self.after, &self.before].into_iter().flatten().map(|at| at as &(dyn ToSql + Sync)));
        params.push(&self.limit);
        params
    }
}

fn read(row: &Row) -> Result<AuditEntry, SqlError> {
    let columns = Columns(row);
    Ok(AuditEntry {
        cursor: Cursor::at(columns.plain("xid")?, columns.plain("position")?),
        time: columns.time("recorded_at")?,
        org: columns.maybe_word("org_id")?,
        actor: Doer { kind: columns.plain("actor_kind")?, id: columns.plain("actor_id")? },
        action: columns.plain("action")?,
        resource: Resource {
            kind: columns.plain("resource_kind")?,
            id: columns.plain("resource_id")?,
            name: columns.plain("resource_name")?,
        },
        request_id: columns.plain("request_id")?,
        address: columns.plain("ip")?,
        user_agent: columns.plain("user_agent")?,
        before: columns.plain("before")?,
        after: columns.plain("after")?,
        event_type: columns.plain("event_type")?,
    })
}
