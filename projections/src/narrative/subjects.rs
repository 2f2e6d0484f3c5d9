//! The subjects of the streams that a page of events belongs to: read together, kept while the page is told, and those
//! that changed written together.

use super::{Happened, Subject};
use crate::{columns::unreadable, follow::ApplyError};
use dbx_domain::ids::OrgId;
use dbx_domain::org::OrgEvent;
use dbx_sql::{Cursor, Database, RecordedEvent, SqlError, Upcasters};
use deadpool_postgres::Transaction;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

/// The statements of one table of subjects.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SubjectTable {
    /// Reads those of `$1`.
    pub read: &'static str,
    /// Writes `$1` (ids) and `$2` (subjects).
    pub write: &'static str,
}

/// A page of events in their domain types, those of other programs left out.
pub(crate) fn read_all(events: &[RecordedEvent]) -> Result<Vec<(&RecordedEvent, Happened)>, ApplyError> {
    let read = |(index, event)| match Happened::read(event) {
        Ok(happened) => Ok(happened.map(|happened| (event, happened))),
        Err(source) => Err(ApplyError::Event { index, source }),
    };
    events.iter().enumerate().filter_map(|event| read(event).transpose()).collect()
}

/// Shows `each` event of a page with what its stream said before it, and keeps the table of subjects up to date.
pub(crate) async fn walk(
    table: &SubjectTable,
    transaction: &Transaction<'_>,
    events: &[RecordedEvent],
    mut each: impl FnMut(&RecordedEvent, &Happened, &Subject),
) -> Result<(), ApplyError> {
    let happened = read_all(events)?;
    let mut subjects = Subjects::read(table, transaction, &happened).await?;
    for (event, happened) in &happened {
        each(event, happened, subjects.of(&event.aggregate_id));
        subjects.evolve(&event.aggregate_id, happened);
        subjects.note_members(&event.aggregate_id, happened);
    }
    Ok(subjects.write(table, transaction).await?)
}

/// Declares a table of subjects: its DDL and its statements.
macro_rules! subject_table {
    ($table:literal) => {
        $crate::narrative::subjects::SubjectTable {
            read: concat!("SELECT id, subject FROM ", $table, " WHERE id = ANY($1)"),
            write: concat!(
                "INSERT INTO ",
                $table,
                " (id, subject) SELECT * FROM unnest($1::text[], $2::jsonb[])
                 ON CONFLICT (id) DO UPDATE SET subject = excluded.subject"
            ),
        }
    };
}
pub(crate) use subject_table;

/// Subjects by the id of their stream.
#[derive(Debug, Default)]
pub struct Subjects {
    known: HashMap<String, Subject>,
    changed: BTreeSet<String>,
}

impl Subjects {
    /// What the stream `id` says so far.
    pub fn of(&self, id: &str) -> &Subject {
        static UNKNOWN: Subject = Subject::Unknown;
        self.known.get(id).unwrap_or(&UNKNOWN)
    }

    /// Takes in an event of the stream `id`.
    pub fn evolve(&mut self, id: &str, happened: &Happened) {
        if Subject::heeds(happened) {
            self.known.entry(id.to_owned()).or_default().evolve(happened);
            self.changed.insert(id.to_owned());
        }
    }

    /// Notes in the accounts that an event of an org concerns whether they belong to it.
    fn note_members(&mut self, org: &str, happened: &Happened) {
        let (Ok(org), Happened::Org(event)) = (org.parse::<OrgId>(), happened) else { return };
        for (account, belongs) in memberships(event) {
            self.known.entry(account.clone()).or_default().note_membership(org, belongs);
            self.changed.insert(account);
        }
    }

    /// Reads the subjects of all that `events` concern, from a table that shows what came before them.
    async fn read(
        table: &SubjectTable,
        transaction: &Transaction<'_>,
        events: &[(&RecordedEvent, Happened)],
    ) -> Result<Self, SqlError> {
        let mut ids: BTreeSet<String> = events.iter().map(|(event, _)| event.aggregate_id.clone()).collect();
        for (_, happened) in events {
            if let Happened::Org(event) = happened {
                ids.extend(memberships(event).map(|(account, _)| account));
            }
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let statement = transaction.prepare_cached(table.read).await?;
        let mut known = HashMap::new();
        for row in transaction.query(&statement, &[&ids]).await? {
            let subject: Value = row.try_get(1)?;
            let subject = serde_json::from_value(subject).map_err(|error| unreadable("subject", error))?;
            known.insert(row.try_get(0)?, subject);
        }
        Ok(Self { known, changed: BTreeSet::new() })
    }

    /// Writes those that changed.
    async fn write(&self, table: &SubjectTable, transaction: &Transaction<'_>) -> Result<(), SqlError> {
        if self.changed.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = self.changed.iter().map(String::as_str).collect();
        let subjects = ids.iter().map(|id| serde_json::to_value(self.of(id)));
        let subjects =
            subjects.collect::<Result<Vec<_>, _>>().map_err(|error| unreadable("subject", error))?;
        let statement = transaction.prepare_cached(table.write).await?;
        transaction.execute(&statement, &[&ids, &subjects]).await?;
        Ok(())
    }

    /// How many are kept.
    pub fn len(&self) -> usize {
        self.known.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// Makes the subjects of `ids` known that are not yet, by folding their streams up to `cursor`.
    ///
    /// # Errors
    /// Any [`SqlError`]; an event that cannot be read is left out here, whoever tells it says so.
    pub async fn fold_missing<'a>(
        &mut self,
        db: &Database,
        upcasters: &Upcasters,
        ids: impl IntoIterator<Item = &'a str>,
        cursor: &Cursor,
    ) -> Result<(), SqlError> {
        let missing: BTreeSet<&str> = ids.into_iter().filter(|id| !self.known.contains_key(*id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let ids: Vec<&str> = missing.into_iter().collect();
        for event in dbx_sql::read_streams(db, &ids, Subject::HEEDED, cursor).await? {
            let event = upcasters.current(event);
            if let Ok(Some(happened)) = Happened::read(&event) {
                self.known.entry(event.aggregate_id).or_default().evolve(&happened);
            }
        }
        // Also the streams that say nothing are known now.
        for id in ids {
            self.known.entry(id.to_owned()).or_default();
        }
        Ok(())
    }
}

fn memberships(event: &OrgEvent) -> impl Iterator<Item = (String, bool)> {
    let (account, belongs) = match event {
        OrgEvent::OrgCreated { owner, .. } => (Some(owner), true),
        OrgEvent::MemberAdded { account, .. } => (Some(account), true),
        OrgEvent::MemberRemoved { account } => (Some(account), false),
        _ => (None, false),
    };
    account.map(|account| (account.to_string(), belongs)).into_iter()
}
