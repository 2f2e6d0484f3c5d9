//! Questions to `activity`.

use super::{Place, actor_columns};
use crate::{
    columns::{self, Columns},
    narrative::{self, Happened, Severity, Subject},
    page::PageSize,
};
use dbx_domain::{
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    time::Timestamp,
};
use dbx_sql::{Cursor, Database, RecordedEvent, SqlError};
use tokio_postgres::Row;

/// Who acted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doer {
    /// `account`, `api_key` or `system`.
    pub kind: String,
    /// Id of the account or key, or name of the part of the product.
    pub id: String,
}

impl Doer {
    /// Who caused an event.
    pub fn of(event: &RecordedEvent) -> Self {
        let (kind, id) = actor_columns(&narrative::actor_of(event));
        Self { kind: kind.to_owned(), id }
    }
}

/// Something that happened in an org.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityItem {
    /// Its place in the feed.
    pub cursor: Cursor,
    /// When it was recorded.
    pub time: Timestamp,
    /// Who acted.
    pub actor: Doer,
    /// Name of the event.
    pub event_type: String,
    /// A sentence with mentions, see [`crate::narrative::Names`].
    pub sentence: String,
    /// How serious it is.
    pub severity: Severity,
    /// A step of something larger.
    pub detail: bool,
    /// Its org.
    pub org: OrgId,
    /// Its project.
    pub project: Option<ProjectId>,
    /// Its instance.
    pub instance: Option<InstanceId>,
    /// Its run.
    pub job: Option<WorkflowId>,
    /// Place in its stream.
    pub sequence: u64,
}

impl ActivityItem {
    /// What this read model will show of an event; `subject` is what its stream said before. `None` if the event belongs
    /// to no org.
    pub fn of(event: &RecordedEvent, happened: &Happened, subject: &Subject) -> Option<Self> {
        let place = Place::of(happened, &event.aggregate_id, subject);
        let actor = narrative::actor_of(event);
        let told = narrative::tell(happened, &actor, &event.aggregate_id, subject);
        Some(Self {
            cursor: Cursor::after(event),
            time: event.recorded_at,
            actor: Doer::of(event),
            event_type: event.event_type.clone(),
            sentence: told.sentence,
            severity: told.severity,
            detail: told.detail,
            org: place.org?,
            project: place.project,
            instance: place.instance,
            job: place.job,
            sequence: event.sequence,
        })
    }
}

/// Which part of an org's activity is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActivityScope {
    /// Whose.
    pub org: OrgId,
    /// Only of this project.
    pub project: Option<ProjectId>,
    /// Only of this instance.
    pub instance: Option<InstanceId>,
    /// With steps and bookkeeping.
    pub detail: bool,
}

impl ActivityScope {
    /// Whether an item is part of it.
    pub fn shows(&self, item: &ActivityItem) -> bool {
        item.org == self.org
            && self.project.is_none_or(|project| item.project == Some(project))
            && self.instance.is_none_or(|instance| item.instance == Some(instance))
            && (self.detail || !item.detail)
    }
}

macro_rules! select {
    ($narrower:literal, $rest:literal) => {
        concat!(
            "SELECT a.xid, a.position, a.org_id, a.project_id, a.instance_id, a.job_id, a.sequence, a.event_type,
                    a.recorded_at, a.actor_kind, a.actor_id, a.sentence, a.severity, a.detail
             FROM activity a WHERE a.org_id = $1 AND ",
            $narrower,
            $rest
        )
    };
}

/// One statement for each index.
macro_rules! by_scope {
    ($scope:expr, $rest:literal) => {
        match ($scope.instance, $scope.project) {
            (Some(_), _) => select!(
                "a.instance_id = $2 AND ($3::text IS NULL OR a.project_id = $3) AND ($4 OR NOT a.detail)",
                $rest
            ),
            (None, Some(_)) => {
                select!("$2::text IS NULL AND a.project_id = $3 AND ($4 OR NOT a.detail)", $rest)
            }
            (None, None) if $scope.detail => {
                select!("$2::text IS NULL AND $3::text IS NULL AND $4::boolean", $rest)
            }
            (None, None) => {
                select!("$2::text IS NULL AND $3::text IS NULL AND NOT $4::boolean AND NOT a.detail", $rest)
            }
        }
    };
}

/// A page, newest first: at most `size` items before `before`, and where the next one begins.
///
/// # Errors
/// Any [`SqlError`].
pub async fn page(
    db: &Database,
    scope: &ActivityScope,
    before: Option<Cursor>,
    size: PageSize,
) -> Result<(Vec<ActivityItem>, Option<Cursor>), SqlError> {
    let sql = by_scope!(
        scope,
        " AND ($5::xid8 IS NULL OR (a.xid, a.position) < ($5, $6))
          ORDER BY a.xid DESC, a.position DESC LIMIT $7"
    );
    let (xid, position) = before.map(|cursor| (cursor.xid(), cursor.position())).unzip();
    let (instance, project) =
        (scope.instance.map(|id| id.to_string()), scope.project.map(|id| id.to_string()));
    let limit = i64::from(size.get()) + 1;
    let org = scope.org.to_string();
    let rows =
        columns::rows(db, sql, &[&org, &instance, &project, &scope.detail, &xid, &position, &limit]).await?;
    let mut items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let more = items.len() > size.get() as usize;
    items.truncate(size.get() as usize);
    let next = items.last().filter(|_| more).map(|item| item.cursor);
    Ok((items, next))
}

/// What follows `after`, oldest first, at most `limit` items, and up to where the read model shows everything.
///
/// # Errors
/// Any [`SqlError`].
pub async fn after(
    db: &Database,
    scope: &ActivityScope,
    after: &Cursor,
    limit: u32,
) -> Result<(Vec<ActivityItem>, Cursor), SqlError> {
    // Before the rows, so that all of them up to there are found.
    let shown =
        columns::row(db, "SELECT cursor FROM projection_cursors WHERE name = 'activity'", &[]).await?;
    let shown = match shown {
        Some(row) => {
            row.try_get::<_, &str>(0)?.parse().map_err(|error| columns::unreadable("cursor", error))?
        }
        None => Cursor::START,
    };
    let sql = by_scope!(scope, " AND (a.xid, a.position) > ($5, $6) ORDER BY a.xid, a.position LIMIT $7");
    let (instance, project) =
        (scope.instance.map(|id| id.to_string()), scope.project.map(|id| id.to_string()));
    let (org, xid, position, limit) =
        (scope.org.to_string(), after.xid(), after.position(), i64::from(limit));
    let rows =
        columns::rows(db, sql, &[&org, &instance, &project, &scope.detail, &xid, &position, &limit]).await?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let full = i64::try_from(items.len()).is_ok_and(|count| count == limit);
    let until = items.last().map(|item| item.cursor);
    let until = if full { until.unwrap_or(shown) } else { until.unwrap_or(shown).max(shown) };
    Ok((items, until))
}

fn read(row: &Row) -> Result<ActivityItem, SqlError> {
    let columns = Columns(row);
    Ok(ActivityItem {
        cursor: Cursor::at(columns.plain("xid")?, columns.plain("position")?),
        time: columns.time("recorded_at")?,
        actor: Doer { kind: columns.plain("actor_kind")?, id: columns.plain("actor_id")? },
        event_type: columns.plain("event_type")?,
        sentence: columns.plain("sentence")?,
        severity: columns.word("severity")?,
        detail: columns.plain("detail")?,
        org: columns.word("org_id")?,
        project: columns.maybe_word("project_id")?,
        instance: columns.maybe_word("instance_id")?,
        job: columns.maybe_word("job_id")?,
        sequence: columns.plain::<i64>("sequence")?.cast_unsigned(),
    })
}
