//! Projects by id, by name and by org.
//!
//! Guarantee: no two living projects of an org share a name. The org's aggregate decides so; the index here would
//! refuse the append if it ever did not.

use crate::{
    columns::{self, Columns},
    model::{self, ReadModel, Rebuild},
    page::{Page, PageRequest},
};
use dbx_domain::{
    ids::{OrgId, ProjectId},
    name::ResourceName,
    org::OrgEvent,
    time::Timestamp,
};
use dbx_sql::{Batch, Database, InlineProjection, NewlyRecorded, ProjectionError, SqlError, params};
use std::sync::Arc;
use tokio_postgres::Row;

const DDL: &str = "CREATE TABLE projects (
    project_id text PRIMARY KEY,
    org_id     text        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    deleted_at timestamptz
);
CREATE UNIQUE INDEX projects_living_name ON projects (org_id, name) WHERE deleted_at IS NULL;
CREATE INDEX projects_by_org ON projects (org_id, created_at, project_id) WHERE deleted_at IS NULL";

pub(crate) const MODEL: ReadModel = ReadModel {
    name: "projects",
    version: 1,
    tables: &["projects"],
    ddl: DDL,
    rebuild: Rebuild::Swap,
    beside_log: &[],
    projection: || Arc::new(Projects),
};

/// Fills `projects`.
#[derive(Clone, Copy, Debug)]
pub struct Projects;

impl InlineProjection for Projects {
    fn name(&self) -> &'static str {
        MODEL.name
    }

    fn apply(&self, event: &NewlyRecorded<'_>, out: &mut Batch) -> Result<(), ProjectionError> {
        let Some(happened) = model::org(event)? else { return Ok(()) };
        let org = event.aggregate_id.to_owned();
        let (sql, mut params, timed) = match happened {
            OrgEvent::ProjectCreated { project, name } => (
                "INSERT INTO projects (project_id, org_id, name, created_at)
                 VALUES ($1, $2, $3, coalesce($4, dbx_now()))",
                params![project.to_string(), org, name.to_string()],
                true,
            ),
            OrgEvent::ProjectRenamed { project, name } => (
                "UPDATE projects SET name = $2 WHERE project_id = $1",
                params![project.to_string(), name.to_string()],
                false,
            ),
            OrgEvent::ProjectDeleted { project } => (
                "UPDATE projects SET deleted_at = coalesce($2, dbx_now()) WHERE project_id = $1",
                params![project.to_string()],
                true,
            ),
            OrgEvent::OrgDeleted {} => (
                "UPDATE projects SET deleted_at = coalesce($2, dbx_now())
                 WHERE org_id = $1 AND deleted_at IS NULL",
                params![org],
                true,
            ),
            _ => return Ok(()),
        };
        if timed {
            params.push(event.recorded_at_param());
        }
        out.push(sql, params);
        Ok(())
    }
}

/// A living project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectView {
    /// Its id.
    pub project: ProjectId,
    /// Whose.
    pub org: OrgId,
    /// Its name.
    pub name: ResourceName,
    /// When it was created.
    pub created_at: Timestamp,
}

fn read(row: &Row) -> Result<ProjectView, SqlError> {
    let columns = Columns(row);
    Ok(ProjectView {
        project: columns.word("project_id")?,
        org: columns.word("org_id")?,
        name: columns.word("name")?,
        created_at: columns.time("created_at")?,
    })
}

/// The project, unless it is deleted.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, project: ProjectId) -> Result<Option<ProjectView>, SqlError> {
    const SQL: &str = "SELECT project_id, org_id, name, created_at FROM projects
                       WHERE project_id = $1 AND deleted_at IS NULL";
    columns::row(db, SQL, &[&project.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The project, deleted or not: for its past.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_past(db: &Database, project: ProjectId) -> Result<Option<ProjectView>, SqlError> {
    const SQL: &str = "SELECT project_id, org_id, name, created_at FROM projects WHERE project_id = $1";
    columns::row(db, SQL, &[&project.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The org's living project of that name.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_by_name(
    db: &Database,
    org: OrgId,
    name: &ResourceName,
) -> Result<Option<ProjectView>, SqlError> {
    const SQL: &str = "SELECT project_id, org_id, name, created_at FROM projects
                       WHERE org_id = $1 AND name = $2 AND deleted_at IS NULL";
    columns::row(db, SQL, &[&org.to_string(), &name.as_str()]).await?.map(|row| read(&row)).transpose()
}

/// The living projects of an org, newest first.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page_of_org(
    db: &Database,
    org: OrgId,
    page: &PageRequest,
) -> Result<Page<ProjectView>, SqlError> {
    const SQL: &str = "SELECT project_id, org_id, name, created_at FROM projects
        WHERE org_id = $1 AND deleted_at IS NULL
          AND (created_at, project_id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::text, ''))
        ORDER BY created_at DESC, project_id DESC LIMIT $4";
    let rows = columns::rows(db, SQL, &[&org.to_string(), &page.at(), &page.id(), &page.limit()]).await?;
    let items = rows.iter().map(read).collect::<Result<_, _>>()?;
    Ok(page.cut(items, |item| (item.created_at, item.project.to_string())))
}
