//! Questions to `instances`.

use crate::{
    columns::{self, Columns, unreadable},
    page::{Page, PageRequest},
};
use dbx_domain::{
    ids::{AccountId, Ctid, InstanceId, OrgId, ProjectId, WorkflowId},
    instance::{Credential, Health, Lifecycle, Placement, Server, WorkflowKind},
    name::{ResourceName, Tags},
    plan::{PgVersion, Plan},
    policy::Role,
    time::Timestamp,
};
use dbx_sql::{Database, SqlError};
use tokio_postgres::Row;

/// The run under way or parked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CurrentRun {
    /// Its id.
    pub workflow: WorkflowId,
    /// What it does.
    pub kind: WorkflowKind,
}

/// An instance.
#[derive(Clone, Debug, PartialEq)]
pub struct InstanceView {
    /// Its id.
    pub instance: InstanceId,
    /// Whose.
    pub org: OrgId,
    /// In which project.
    pub project: ProjectId,
    /// Its name.
    pub name: ResourceName,
    /// Its plan.
    pub plan: Plan,
    /// Size of the data volume in GiB.
    pub disk_gib: u32,
    /// Postgres major.
    pub pg_version: PgVersion,
    /// Labels.
    pub tags: Tags,
    /// Whether deletes are refused.
    pub protected: bool,
    /// What we intend it to be.
    pub lifecycle: Lifecycle,
    /// What we see of it.
    pub health: Health,
    /// Where it is; none before and after.
    pub placement: Option<Placement>,
    /// The server, once it proved itself.
    pub server: Option<Server>,
    /// Versions of the tenant's password.
    pub tenant: Option<Credential>,
    /// Versions of the platform role's password.
    pub platform: Option<Credential>,
    /// The run under way or parked.
    pub run: Option<CurrentRun>,
    /// The delete that takes over when that run ends.
    pub pending_delete: Option<WorkflowId>,
    /// Sequence of its last event.
    pub version: u64,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When its last event was recorded.
    pub updated_at: Timestamp,
    /// When it was gone.
    pub deleted_at: Option<Timestamp>,
}

/// What [`read`] needs, of `instances i`.
macro_rules! view_columns {
    () => {
        "i.instance_id, i.org_id, i.project_id, i.name, i.plan, i.disk_gib, i.pg_version, i.tags, i.protected, i.lifecycle,
         i.health, i.node, i.vmid, i.address, i.server_version, i.certificate_pem, i.fingerprint, i.tenant_secret,
         i.tenant_active, i.tenant_latest, i.platform_secret, i.platform_active, i.platform_latest, i.run_workflow,
         i.run_kind, i.pending_delete_workflow, i.version, i.created_at, i.updated_at, i.deleted_at"
    };
}
pub(crate) use view_columns;

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", view_columns!(), " FROM instances i ", $rest)
    };
}

pub(crate) fn read(row: &Row) -> Result<InstanceView, SqlError> {
    let columns = &Columns(row);
    let run = match (columns.maybe_word("run_workflow")?, columns.maybe_word("run_kind")?) {
        (Some(workflow), Some(kind)) => Some(CurrentRun { workflow, kind }),
        _ => None,
    };
    let pg_version = columns.number("pg_version")?;
    Ok(InstanceView {
        instance: columns.word("instance_id")?,
        org: columns.word("org_id")?,
        project: columns.word("project_id")?,
        name: columns.word("name")?,
        plan: columns.word("plan")?,
        disk_gib: columns.number("disk_gib")?,
        pg_version: PgVersion::try_from(pg_version).map_err(|error| unreadable("pg_version", error))?,
        tags: columns.json("tags")?,
        protected: columns.plain("protected")?,
        lifecycle: columns.word("lifecycle")?,
        health: columns.word("health")?,
        placement: placement(columns)?,
        server: server(columns)?,
        tenant: credential(columns, ["tenant_secret", "tenant_active", "tenant_latest"])?,
        platform: credential(columns, ["platform_secret", "platform_active", "platform_latest"])?,
        run,
        pending_delete: columns.maybe_word("pending_delete_workflow")?,
        version: columns.version()?,
        created_at: columns.time("created_at")?,
        updated_at: columns.time("updated_at")?,
        deleted_at: columns.maybe_time("deleted_at")?,
    })
}

fn placement(columns: &Columns<'_>) -> Result<Option<Placement>, SqlError> {
    let Some(node) = columns.plain("node")? else { return Ok(None) };
    let (ctid, address) = (Ctid(columns.number("vmid")?), columns.word("address")?);
    Ok(Some(Placement { node, ctid, address }))
}

fn server(columns: &Columns<'_>) -> Result<Option<Server>, SqlError> {
    let Some(server_version) = columns.plain("server_version")? else { return Ok(None) };
    let (certificate_pem, fingerprint) = (columns.plain("certificate_pem")?, columns.plain("fingerprint")?);
    Ok(Some(Server { server_version, certificate_pem, fingerprint }))
}

fn credential(columns: &Columns<'_>, names: [&str; 3]) -> Result<Option<Credential>, SqlError> {
    let [secret, active, latest] = names;
    let Some(secret) = columns.maybe_word(secret)? else { return Ok(None) };
    let (active, latest) = (columns.maybe_number(active)?, columns.number(latest)?);
    Ok(Some(Credential { secret, active, latest }))
}

/// The instance, deleted or not.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, instance: InstanceId) -> Result<Option<InstanceView>, SqlError> {
    const SQL: &str = select!("WHERE instance_id = $1");
    columns::row(db, SQL, &[&instance.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The instance, deleted or not, and what `account` is in its org; none for strangers.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_for(
    db: &Database,
    instance: InstanceId,
    account: AccountId,
) -> Result<Option<(InstanceView, Option<Role>)>, SqlError> {
    const SQL: &str = concat!(
        "SELECT m.role AS by_role, ",
        view_columns!(),
        " FROM instances i LEFT JOIN members m ON m.org_id = i.org_id AND m.account_id = $2 WHERE i.instance_id = $1"
    );
    let found = columns::row(db, SQL, &[&instance.to_string(), &account.to_string()]).await?;
    found.map(|row| Ok((read(&row)?, Columns(&row).maybe_word("by_role")?))).transpose()
}

/// The project's instance of that name, unless it is deleted.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_by_name(
    db: &Database,
    project: ProjectId,
    name: &ResourceName,
) -> Result<Option<InstanceView>, SqlError> {
    // The org frees a name in the transaction in which its instance is gone; the newest wins in any case.
    const SQL: &str = select!(
        "WHERE project_id = $1 AND name = $2 AND deleted_at IS NULL
         ORDER BY created_at DESC, instance_id DESC LIMIT 1"
    );
    columns::row(db, SQL, &[&project.to_string(), &name.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// The instances of a project, newest first; deleted ones only if asked for.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_project(
    db: &Database,
    project: ProjectId,
    with_deleted: bool,
    page: &PageRequest,
) -> Result<Page<InstanceView>, SqlError> {
    const SQL: &str = select!(
        "WHERE project_id = $1 AND (deleted_at IS NULL OR $5)
           AND (created_at, instance_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
         ORDER BY created_at DESC, instance_id DESC LIMIT $4"
    );
    let (at, id, limit) = (page.at(), page.id(), page.limit());
    let rows = columns::rows(db, SQL, &[&project.to_string(), &at, &id, &limit, &with_deleted]).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |item| (item.created_at, item.instance.to_string())))
}
