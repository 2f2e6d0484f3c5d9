//! Every event of every stream in one order, without gaps, for readers that keep a cursor.
//!
//! Order: (xid, position), and only events of transactions below the oldest one still running
//! (`pg_snapshot_xmin`). Whatever becomes visible later has a larger xid, so a reader that moved on has missed
//! nothing. A plain `position > last` misses events of transactions that commit late.
//!
//! The horizon is the cluster's: an open write transaction, even in another database, delays the feed and
//! [`EventFeed::lag`] shows it. Within a stream the order is the stream's (see [`crate::EventStore`]).

use crate::{
    database::Database,
    error::SqlError,
    event::{RecordedEvent, recorded_columns},
    xid::Xid,
};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, time::Duration};

/// Most events in one page.
pub const MAX_FEED_PAGE: u32 = 1_000;
/// Lag is counted up to here.
const LAG_COUNTED: i64 = 100_000;

/// Digits of the largest transaction number.
const XID_DIGITS: usize = 20;
/// Digits of the largest position.
const POSITION_DIGITS: usize = 19;

/// A place in the feed: everything up to it was read.
///
/// Its text is opaque to clients and zero-padded, so that text order is feed order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cursor {
    xid: u64,
    position: i64,
}

impl Cursor {
    /// Before the first event.
    pub const START: Self = Self { xid: 0, position: 0 };

    /// Right behind an event.
    pub fn after(event: &RecordedEvent) -> Self {
        Self::at(event.xid, event.position)
    }

    /// Right behind the event with this transaction and position.
    pub const fn at(xid: Xid, position: i64) -> Self {
        Self { xid: xid.0, position }
    }

    /// The transaction of the event that it is behind.
    pub const fn xid(&self) -> Xid {
        Xid(self.xid)
    }

    /// The position of the event that it is behind.
    pub const fn position(&self) -> i64 {
        self.position
    }
}

/// Before the first event.
impl Default for Cursor {
    fn default() -> Self {
        Self::START
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:020}{:019}", self.xid, self.position)
    }
}

/// A text that no feed has given out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a cursor of the event feed; start without one, or with one that the feed gave you")]
pub struct CursorError;

impl FromStr for Cursor {
    type Err = CursorError;

    fn from_str(text: &str) -> Result<Self, CursorError> {
        if text.len() != XID_DIGITS + POSITION_DIGITS || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(CursorError);
        }
        let (xid, position) = text.split_at(XID_DIGITS);
        let xid = xid.parse().map_err(|_| CursorError)?;
        let position = position.parse().map_err(|_| CursorError)?;
        Ok(Self { xid, position })
    }
}

impl TryFrom<String> for Cursor {
    type Error = CursorError;

    fn try_from(text: String) -> Result<Self, CursorError> {
        text.parse()
    }
}

impl From<Cursor> for String {
    fn from(cursor: Cursor) -> Self {
        cursor.to_string()
    }
}

/// Events behind a cursor, and the cursor behind them.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// In feed order.
    pub events: Vec<RecordedEvent>,
    /// Where to go on; unchanged if there was nothing.
    pub cursor: Cursor,
}

/// How far a reader is behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lag {
    /// Events that can be read now, counted up to 100,000.
    pub readable: u64,
    /// Age of the oldest of them, or of the oldest one held back.
    pub age: Duration,
    /// Committed events that an open transaction holds back, counted up to 100,000.
    pub held_back: u64,
}

/// Reads the feed. Holds nothing but the database handle.
#[derive(Clone, Debug)]
pub struct EventFeed(Database);

impl EventFeed {
    /// The feed of a database.
    pub const fn new(db: Database) -> Self {
        Self(db)
    }

    /// The next events behind `cursor`, at most `limit` and [`MAX_FEED_PAGE`].
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn next(&self, cursor: &Cursor, limit: u32) -> Result<Page, SqlError> {
        const SQL: &str = concat!(
            "SELECT ",
            recorded_columns!(),
            " FROM events e
             WHERE (e.xid, e.position) > ($1, $2) AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
             ORDER BY e.xid, e.position LIMIT $3"
        );
        let client = self.0.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let limit = i64::from(limit.min(MAX_FEED_PAGE));
        let rows = client.query(&statement, &[&Xid(cursor.xid), &cursor.position, &limit]).await?;
        let events = rows.iter().map(RecordedEvent::from_row).collect::<Result<Vec<_>, _>>()?;
        let cursor = events.last().map_or(*cursor, Cursor::after);
        Ok(Page { events, cursor })
    }

    /// The cursor behind everything that can be read now: for readers that want only what comes.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn end(&self) -> Result<Cursor, SqlError> {
        const SQL: &str = "SELECT e.xid, e.position FROM events e
                           WHERE e.xid < pg_snapshot_xmin(pg_current_snapshot())
                           ORDER BY e.xid DESC, e.position DESC LIMIT 1";
        let client = self.0.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let Some(row) = client.query_opt(&statement, &[]).await? else { return Ok(Cursor::START) };
        let Xid(xid) = row.try_get(0)?;
        Ok(Cursor { xid, position: row.try_get(1)? })
    }

    /// The cursor behind every committed event, also those that an open transaction still holds back.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn newest(&self) -> Result<Cursor, SqlError> {
        const SQL: &str =
            "SELECT e.xid, e.position FROM events e ORDER BY e.xid DESC, e.position DESC LIMIT 1";
        let client = self.0.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let Some(row) = client.query_opt(&statement, &[]).await? else { return Ok(Cursor::START) };
        Ok(Cursor::at(row.try_get(0)?, row.try_get(1)?))
    }

    /// Whether an open transaction holds back committed events behind `cursor`: look again in a moment.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn is_held_back(&self, cursor: &Cursor) -> Result<bool, SqlError> {
        const SQL: &str = "SELECT EXISTS (SELECT FROM events e WHERE (e.xid, e.position) > ($1, $2))";
        let client = self.0.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        Ok(client.query_one(&statement, &[&Xid(cursor.xid), &cursor.position]).await?.try_get(0)?)
    }

    /// How far `cursor` is behind the log.
    ///
    /// # Errors
    /// Any [`SqlError`].
    pub async fn lag(&self, cursor: &Cursor) -> Result<Lag, SqlError> {
        const SQL: &str = "WITH waiting AS (
                SELECT e.xid < pg_snapshot_xmin(pg_current_snapshot()) AS readable, e.recorded_at FROM events e
                WHERE (e.xid, e.position) > ($1, $2) ORDER BY e.xid, e.position LIMIT $3)
            SELECT count(*) FILTER (WHERE readable), count(*) FILTER (WHERE NOT readable),
                   coalesce(extract(epoch FROM dbx_now() - min(recorded_at))::float8, 0) FROM waiting";
        let client = self.0.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let row = client.query_one(&statement, &[&Xid(cursor.xid), &cursor.position, &LAG_COUNTED]).await?;
        let seconds: f64 = row.try_get(2)?;
        Ok(Lag {
            readable: row.try_get::<_, i64>(0)?.cast_unsigned(),
            held_back: row.try_get::<_, i64>(1)?.cast_unsigned(),
            age: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        })
    }
}

/// The events of several streams up to and including `cursor`'s, those of the given types, each stream in its order.
///
/// # Errors
/// Any [`SqlError`].
pub async fn read_streams(
    db: &Database,
    ids: &[&str],
    types: &[&str],
    cursor: &Cursor,
) -> Result<Vec<RecordedEvent>, SqlError> {
    const SQL: &str = concat!(
        "SELECT ",
        recorded_columns!(),
        " FROM events e
         WHERE e.aggregate_type IN ('account', 'org', 'instance') AND e.aggregate_id = ANY($1)
           AND (e.xid, e.position) <= ($2, $3) AND e.event_type = ANY($4)
         ORDER BY e.aggregate_id, e.sequence"
    );
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&ids, &Xid(cursor.xid), &cursor.position, &types]).await?;
    rows.iter().map(|row| Ok(RecordedEvent::from_row(row)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_order_is_feed_order_and_only_own_text_parses() {
        let cursors = [Cursor::START, Cursor { xid: 9, position: 10 }, Cursor { xid: 10, position: 9 }];
        assert!(cursors.windows(2).all(|pair| pair[0].to_string() < pair[1].to_string()));
        for cursor in cursors.into_iter().chain([Cursor { xid: u64::MAX, position: i64::MAX }]) {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for text in
            ["", "11", "00000000000000000001+000000000000000000", "999999999999999999990000000000000000000"]
        {
            assert_eq!(text.parse::<Cursor>(), Err(CursorError), "{text}");
        }
    }
}
