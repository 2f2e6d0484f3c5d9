//! Who belongs to which org, and as what.
//!
//! Guarantee: a deleted org has no members, so that nobody has a role in it.

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
    page::{Page, PageRequest},
};
use dbx_domain::{
    ids::{AccountId, OrgId},
    name::DisplayName,
    org::OrgEvent,
    policy::Role,
    time::Timestamp,
};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use std::{collections::BTreeMap, sync::Arc};
use tokio_postgres::Row;

const DDL: &str = "CREATE TABLE members (
    org_id     text        NOT NULL,
    account_id text        NOT NULL,
    role       text        NOT NULL,
    joined_at  timestamptz NOT NULL,
    PRIMARY KEY (org_id, account_id)
);
CREATE INDEX members_by_org ON members (org_id, joined_at, account_id);
CREATE INDEX members_by_account ON members (account_id, joined_at, org_id)";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "members",
    version: 1,
    tables: &["members"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Members),
};

/// Fills `members`.
#[derive(Clone, Copy, Debug)]
pub struct Members;

impl InlineProjection for Members {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let Some(happened) = model::org(event)? else { return Ok(()) };
        let org = event.aggregate_id.to_owned();
        match happened {
            OrgEvent::OrgCreated { owner, .. } => joined(event, owner, Role::Owner, out),
            OrgEvent::MemberAdded { account, role } => joined(event, account, role, out),
            OrgEvent::MemberRoleChanged { account, role } => out.push(
                "UPDATE members SET role = $3 WHERE org_id = $1 AND account_id = $2",
                params![org, account.to_string(), role.name()],
            ),
            OrgEvent::MemberRemoved { account } => out.push(
                "DELETE FROM members WHERE org_id = $1 AND account_id = $2",
                params![org, account.to_string()],
            ),
            OrgEvent::OrgDeleted {} => out.push("DELETE FROM members WHERE org_id = $1", params![org]),
            _ => {}
        }
        Ok(())
    }
}

fn joined(event: &NewlyRecorded<'_>, account: AccountId, role: Role, out: &mut Batch) {
    let mut params = params![event.aggregate_id.to_owned(), account.to_string(), role.name()];
    params.push(event.recorded_at_param());
    out.push(
        "INSERT INTO members (org_id, account_id, role, joined_at) VALUES ($1, $2, $3, coalesce($4, dbx_now()))",
        params,
    );
}

/// A member of an org.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Who.
    pub account: AccountId,
    /// As what.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
    /// Their address, unless they were erased.
    pub email: Option<String>,
    /// Their name, unless they were erased.
    pub display_name: Option<String>,
}

/// Personal data stays out of logs.
impl std::fmt::Debug for MemberView {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MemberView")
            .field("account", &self.account)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// An org that an account belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipView {
    /// Which org.
    pub org: OrgId,
    /// Its name.
    pub name: DisplayName,
    /// Sequence of the org's last event.
    pub version: u64,
    /// When the org was created.
    pub created_at: Timestamp,
    /// The account's role in it.
    pub role: Role,
    /// Since when.
    pub joined_at: Timestamp,
}

/// How many orgs an account is an owner of.
///
/// # Errors
/// Any [`SqlError`].
pub async fn owned_by(db: &Database, account: AccountId) -> Result<u64, SqlError> {
    const SQL: &str = "SELECT count(*) AS owned FROM members WHERE account_id = $1 AND role = $2";
    let row = columns::row(db, SQL, &[&account.to_string(), &Role::Owner.name()]).await?;
    let owned: i64 = row.map_or(Ok(0), |row| Columns(&row).plain("owned"))?;
    Ok(owned.unsigned_abs())
}

/// The account's role in the org; none for strangers and in deleted orgs.
///
/// # Errors
/// Any [`SqlError`].
pub async fn role(db: &Database, org: OrgId, account: AccountId) -> Result<Option<Role>, SqlError> {
    const SQL: &str = "SELECT role FROM members WHERE org_id = $1 AND account_id = $2";
    let found = columns::row(db, SQL, &[&org.to_string(), &account.to_string()]).await?;
    found.map(|row| Columns(&row).word("role")).transpose()
}

/// What each of several accounts is in an org, given as pairs; those who are no members are absent.
///
/// # Errors
/// Any [`SqlError`].
pub async fn roles(
    db: &Database,
    pairs: &[(OrgId, AccountId)],
) -> Result<BTreeMap<(OrgId, AccountId), Role>, SqlError> {
    const SQL: &str = "SELECT m.org_id, m.account_id, m.role FROM members m
                       JOIN unnest($1::text[], $2::text[]) AS w(org_id, account_id) USING (org_id, account_id)";
    let (orgs, accounts): (Vec<String>, Vec<String>) =
        pairs.iter().map(|(org, account)| (org.to_string(), account.to_string())).unzip();
    let read = |row| {
        let columns = Columns(row);
        Ok(((columns.word("org_id")?, columns.word("account_id")?), columns.word("role")?))
    };
    columns::rows(db, SQL, &[&orgs, &accounts]).await?.iter().map(read).collect()
}

/// The orgs of an account, those joined last first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn orgs_of(
    db: &Database,
    account: AccountId,
    page: &PageRequest,
) -> Result<Page<MembershipView>, SqlError> {
    const SQL: &str = "SELECT m.org_id, o.name, o.version, o.created_at, m.role, m.joined_at
        FROM members m JOIN orgs o USING (org_id)
        WHERE m.account_id = $1
          AND (m.joined_at, m.org_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
        ORDER BY m.joined_at DESC, m.org_id DESC LIMIT $4";
    let rows = columns::rows(db, SQL, &[&account.to_string(), &page.at(), &page.id(), &page.limit()]).await?;
    let read = |row| {
        let columns = Columns(row);
        Ok(MembershipView {
            org: columns.word("org_id")?,
            name: columns.word("name")?,
            version: columns.version()?,
            created_at: columns.time("created_at")?,
            role: columns.word("role")?,
            joined_at: columns.time("joined_at")?,
        })
    };
    let items = rows.iter().map(read).collect::<Result<_, SqlError>>()?;
    Ok(page.cut(items, |item| (item.joined_at, item.org.to_string())))
}

/// The members of an org, those who joined last first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_org(
    db: &Database,
    org: OrgId,
    page: &PageRequest,
) -> Result<Page<MemberView>, SqlError> {
    const SQL: &str = "SELECT m.account_id, m.role, m.joined_at, p.email, p.display_name
        FROM members m LEFT JOIN people p USING (account_id)
        WHERE m.org_id = $1
          AND (m.joined_at, m.account_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
        ORDER BY m.joined_at DESC, m.account_id DESC LIMIT $4";
    let rows = columns::rows(db, SQL, &[&org.to_string(), &page.at(), &page.id(), &page.limit()]).await?;
    let items = rows.iter().map(read_member).collect::<Result<_, SqlError>>()?;
    Ok(page.cut(items, |item| (item.joined_at, item.account.to_string())))
}

/// A member of an org.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, org: OrgId, account: AccountId) -> Result<Option<MemberView>, SqlError> {
    const SQL: &str = "SELECT m.account_id, m.role, m.joined_at, p.email, p.display_name
        FROM members m LEFT JOIN people p USING (account_id) WHERE m.org_id = $1 AND m.account_id = $2";
    let row = columns::row(db, SQL, &[&org.to_string(), &account.to_string()]).await?;
    row.map(|row| read_member(&row)).transpose()
}

fn read_member(row: &Row) -> Result<MemberView, SqlError> {
    let columns = Columns(row);
    Ok(MemberView {
        account: columns.word("account_id")?,
        role: columns.word("role")?,
        joined_at: columns.time("joined_at")?,
        email: columns.plain("email")?,
        display_name: columns.plain("display_name")?,
    })
}
