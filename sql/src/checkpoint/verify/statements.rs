//! Checkpoints in order: is each signed, does it follow the one before, and do its heads lead to its root?

use super::{
    Evidence, Report,
    books::{Books, Heads},
    finding::Finding,
};
use crate::{
    chain::Link,
    checkpoint::{
        key::PublicKey,
        merkle::Hash,
        progress::hash_at,
        statement::{CoveredHead, Statement, statement_hash, times_after},
    },
    database::Database,
    error::SqlError,
    store::{EventStore, MAX_PAGE, StoreError},
};
use tokio_postgres::Row;

/// Checkpoints that are read at once.
const PAGE: i64 = 100;

struct Check<'a> {
    db: &'a Database,
    trusted: &'a [PublicKey],
    report: &'a mut Report,
    books: Books,
    evidence: Evidence,
    /// The last checkpoint that was read, and its hash.
    last: (u64, Option<Hash>),
    /// False once heads no longer lead to a signed root.
    traceable: bool,
}

/// Checks every checkpoint.
pub(super) async fn check(
    db: &Database,
    trusted: &[PublicKey],
    report: &mut Report,
) -> Result<Evidence, SqlError> {
    let (books, evidence) = (Books::default(), Evidence::default());
    let mut check = Check { db, trusted, report, books, evidence, last: (0, None), traceable: true };
    loop {
        let page = check.page().await?;
        for row in &page {
            check.next(row).await?;
        }
        if page.len() < usize::try_from(PAGE).unwrap_or_default() {
            break;
        }
    }
    check.end().await?;
    Ok(check.evidence)
}

impl Check<'_> {
    async fn page(&self) -> Result<Vec<Row>, SqlError> {
        let sql =
            "SELECT number, statement, signature FROM checkpoints WHERE number > $1 ORDER BY number LIMIT $2";
        let client = self.db.client().await?;
        Ok(client.query(sql, &[&self.last.0.cast_signed(), &PAGE]).await?)
    }

    async fn next(&mut self, row: &Row) -> Result<(), SqlError> {
        let number = row.try_get::<_, i64>(0)?.cast_unsigned();
        let (text, signature): (&str, &[u8]) = (row.try_get(1)?, row.try_get(2)?);
        let (before, previous) = self.last;
        if number > before + 1 {
            self.report.found(Finding::CheckpointsDropped { from: before + 1, to: number - 1 });
            for dropped in before + 1..number {
                let heads = self.heads(dropped).await?;
                self.books.enter(&heads);
            }
        }
        let follows = (number == before + 1).then_some(previous);
        let statement = match self.read(number, text, signature, follows) {
            Ok(statement) => Some(statement),
            Err(why) => {
                self.report.found(Finding::CheckpointEdited { number, why });
                None
            }
        };
        self.trace(number, statement.as_ref()).await?;
        self.report.checkpoints += 1;
        self.last = (number, Some(statement_hash(text)));
        self.report.newest = Some((number, statement_hash(text)));
        Ok(())
    }

    /// The statement, if it is what was signed. `follows`: the hash of the one before, if it was read.
    fn read(
        &self,
        number: u64,
        text: &str,
        signature: &[u8],
        follows: Option<Option<Hash>>,
    ) -> Result<Statement, String> {
        let statement = Statement::parse(text).map_err(|error| error.to_string())?;
        let key = self.trusted.iter().find(|key| key.id() == statement.key_id).ok_or_else(|| {
            format!("it names the key {}, which is not among those you trust", statement.key_id)
        })?;
        if !key.verifies(text, signature) {
            return Err("its signature does not fit".to_owned());
        }
        if statement.number != number {
            return Err(format!("it was signed as number {}: checkpoints were reordered", statement.number));
        }
        if follows.is_some_and(|previous| previous != statement.previous) {
            return Err("it does not follow the one before it".to_owned());
        }
        Ok(statement)
    }

    /// Enters the heads of a checkpoint and compares the root with what was signed.
    async fn trace(&mut self, number: u64, statement: Option<&Statement>) -> Result<(), SqlError> {
        let heads = self.heads(number).await?;
        self.books.enter(&heads);
        let Some(statement) = statement.filter(|_| self.traceable) else { return Ok(()) };
        if self.books.root() == statement.root || self.mend(number, &heads, statement).await? {
            self.evidence.sound_to = number;
        } else {
            self.traceable = false;
            self.report.found(Finding::HeadsChanged { number });
        }
        Ok(())
    }

    /// Whether the streams' events lead to the signed root although the heads do not: then heads were edited.
    async fn mend(&mut self, number: u64, heads: &Heads, statement: &Statement) -> Result<bool, SqlError> {
        let mut actual = heads.clone();
        for (_, head) in actual.values_mut() {
            *head = self.head_by_events(head).await?;
        }
        self.books.enter(&actual);
        if self.books.root() != statement.root {
            return Ok(false);
        }
        let edited = heads.iter().filter(|(key, head)| actual.get(*key) != Some(head));
        for ((kind, id), (_, head)) in edited {
            let (kind, id, sequence) = (kind.clone(), id.clone(), head.sequence);
            self.evidence.changed.insert((kind.clone(), id.clone(), sequence));
            self.report.found(Finding::HeadEdited { number, kind, id, sequence });
        }
        Ok(true)
    }

    /// The head that the stream's events have at the same sequence.
    async fn head_by_events(&self, head: &CoveredHead) -> Result<CoveredHead, SqlError> {
        let store = EventStore::new(self.db.clone(), vec![]);
        let (mut hash, mut times, mut next) = (None, Hash::default(), 1);
        while next <= head.sequence {
            let page = store.read_stream(&head.aggregate_type, &head.aggregate_id, next, MAX_PAGE);
            let page = page.await.map_err(unread)?;
            let Some(last) = page.last() else { break };
            next = last.sequence + 1;
            for event in page.iter().filter(|event| event.sequence <= head.sequence) {
                hash = Some(event.hash.unwrap_or_else(|| Link::of_recorded(event).hash(hash)));
                times = times_after(times, event.recorded_at);
            }
        }
        Ok(CoveredHead { hash: hash.unwrap_or_default(), times, ..head.clone() })
    }

    async fn heads(&self, number: u64) -> Result<Heads, SqlError> {
        let sql = "SELECT h.aggregate_type, h.aggregate_id, h.sequence, h.hash, h.times, h.scope
                   FROM checkpoint_heads h WHERE h.number = $1";
        let client = self.db.client().await?;
        let statement = client.prepare_cached(sql).await?;
        let mut heads = Heads::new();
        for row in client.query(&statement, &[&number.cast_signed()]).await? {
            let head = CoveredHead {
                aggregate_type: row.try_get(0)?,
                aggregate_id: row.try_get(1)?,
                sequence: row.try_get::<_, i64>(2)?.cast_unsigned(),
                hash: hash_at(&row, 3)?,
                times: hash_at(&row, 4)?,
            };
            let key = (head.aggregate_type.clone(), head.aggregate_id.clone());
            heads.insert(key, (row.try_get(5)?, head));
        }
        Ok(heads)
    }

    /// Heads of checkpoints behind the last one tell that its successors were dropped.
    async fn end(&mut self) -> Result<(), SqlError> {
        let sql = "SELECT max(number) FROM checkpoint_heads WHERE number > (SELECT coalesce(max(number), 0) FROM checkpoints)";
        let last: Option<i64> = self.db.client().await?.query_one(sql, &[]).await?.try_get(0)?;
        if let Some(to) = last.map(i64::cast_unsigned) {
            self.report.found(Finding::CheckpointsDropped { from: self.last.0 + 1, to });
        }
        Ok(())
    }
}

fn unread(error: StoreError) -> SqlError {
    match error {
        StoreError::Sql(error) => error,
        other => SqlError::Mismatch(other.to_string()),
    }
}
