//! Every stream of the log, page by page, with the heads that prove it.

use super::{Evidence, Report, finding::Finding, order::Order, stream::StreamCheck};
use crate::{
    checkpoint::{progress::hash_at, statement::CoveredHead},
    database::Database,
    error::SqlError,
    event::{RecordedEvent, recorded_columns},
    xid::Xid,
};
use std::collections::HashMap;

/// Events that are read at once.
const PAGE: i64 = 1_000;

/// Heads of the events of a page, each with its checkpoint's number.
type Heads = HashMap<(String, String, u64), (CoveredHead, u64)>;

/// Checks every event.
pub(super) async fn check(db: &Database, evidence: &Evidence, report: &mut Report) -> Result<(), SqlError> {
    let mut after = (String::new(), String::new(), 0_i64);
    let mut stream: Option<StreamCheck> = None;
    let mut order = Order::new(horizon(db).await?);
    loop {
        let page = page(db, &after).await?;
        let Some(last) = page.last() else { break };
        after = (last.aggregate_type.clone(), last.aggregate_id.clone(), last.sequence.cast_signed());
        let heads = heads(db, &page, evidence).await?;
        for (index, event) in page.iter().enumerate() {
            if !stream.as_ref().is_some_and(|stream| stream.is_of(event)) {
                finish(stream.take(), report);
            }
            let stream = stream.get_or_insert_with(|| StreamCheck::new(event));
            stream.event(event, around(&page, index), report);
            order.event(event, stream.is_troubled(), report);
            let key = (event.aggregate_type.clone(), event.aggregate_id.clone(), event.sequence);
            if let Some((head, number)) = heads.get(&key) {
                stream.covered(head, *number, report);
                order.covered(*number);
            } else if evidence.changed.contains(&key) {
                order.uncertain();
            }
        }
        report.events += page.len() as u64;
    }
    finish(stream, report);
    order.finish(report);
    truncated(db, evidence, report).await
}

/// The first transaction number that has not been handed out.
async fn horizon(db: &Database) -> Result<Xid, SqlError> {
    let client = db.client().await?;
    Ok(client.query_one("SELECT pg_snapshot_xmax(pg_current_snapshot())", &[]).await?.try_get(0)?)
}

/// Events of the same stream near the one at `index`, which may have changed places with it.
fn around(page: &[RecordedEvent], index: usize) -> &[RecordedEvent] {
    const NEAR: usize = 64;
    let same = |event: &RecordedEvent| {
        event.aggregate_type == page[index].aggregate_type && event.aggregate_id == page[index].aggregate_id
    };
    let mut start = index.saturating_sub(NEAR);
    while !same(&page[start]) {
        start += 1;
    }
    let near = &page[start..page.len().min(index + NEAR)];
    near.iter().rposition(same).map_or(near, |last| &near[..=last])
}

fn finish(stream: Option<StreamCheck>, report: &mut Report) {
    if let Some(stream) = stream {
        report.streams += 1;
        report.unsealed += stream.unsealed;
        report.uncovered += stream.uncovered();
    }
}

async fn page(db: &Database, after: &(String, String, i64)) -> Result<Vec<RecordedEvent>, SqlError> {
    const SQL: &str = concat!(
        "SELECT ",
        recorded_columns!(),
        " FROM events e WHERE (e.aggregate_type, e.aggregate_id, e.sequence) > ($1, $2, $3)
         ORDER BY e.aggregate_type, e.aggregate_id, e.sequence LIMIT $4"
    );
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&after.0, &after.1, &after.2, &PAGE]).await?;
    Ok(rows.iter().map(RecordedEvent::from_row).collect::<Result<_, _>>()?)
}

/// The sound heads at events of the page.
async fn heads(db: &Database, page: &[RecordedEvent], evidence: &Evidence) -> Result<Heads, SqlError> {
    const SQL: &str = "SELECT h.aggregate_type, h.aggregate_id, h.sequence, h.hash, h.times, h.number
        FROM unnest($1::text[], $2::text[], $3::bigint[]) AS seen(kind, id, sequence)
        JOIN checkpoint_heads h ON h.aggregate_type = seen.kind AND h.aggregate_id = seen.id
                               AND h.sequence = seen.sequence
        WHERE h.number <= $4";
    let kinds: Vec<&str> = page.iter().map(|event| event.aggregate_type.as_str()).collect();
    let ids: Vec<&str> = page.iter().map(|event| event.aggregate_id.as_str()).collect();
    let sequences: Vec<i64> = page.iter().map(|event| event.sequence.cast_signed()).collect();
    let client = db.client().await?;
    let statement = client.prepare_cached(SQL).await?;
    let mut found = Heads::new();
    for row in client.query(&statement, &[&kinds, &ids, &sequences, &evidence.sound_to.cast_signed()]).await?
    {
        let sequence = row.try_get::<_, i64>(2)?.cast_unsigned();
        let key = (row.try_get(0)?, row.try_get(1)?, sequence);
        if evidence.changed.contains(&key) {
            continue;
        }
        let (hash, times) = (hash_at(&row, 3)?, hash_at(&row, 4)?);
        let (aggregate_type, aggregate_id) = (key.0.clone(), key.1.clone());
        let head = CoveredHead { aggregate_type, aggregate_id, sequence, hash, times };
        found.insert(key, (head, row.try_get::<_, i64>(5)?.cast_unsigned()));
    }
    Ok(found)
}

/// Streams that end before, or are gone although, a sound head proves events.
async fn truncated(db: &Database, evidence: &Evidence, report: &mut Report) -> Result<(), SqlError> {
    const SQL: &str =
        "SELECT proved.aggregate_type, proved.aggregate_id, proved.sequence, coalesce(kept.sequence, 0),
               (SELECT h.number FROM checkpoint_heads h WHERE h.aggregate_type = proved.aggregate_type
                  AND h.aggregate_id = proved.aggregate_id AND h.sequence = proved.sequence)
        FROM (SELECT h.aggregate_type, h.aggregate_id, max(h.sequence) AS sequence FROM checkpoint_heads h
              WHERE h.number <= $1 GROUP BY h.aggregate_type, h.aggregate_id) AS proved
        LEFT JOIN LATERAL (SELECT e.sequence FROM events e WHERE e.aggregate_type = proved.aggregate_type
              AND e.aggregate_id = proved.aggregate_id ORDER BY e.sequence DESC LIMIT 1) AS kept ON true
        WHERE coalesce(kept.sequence, 0) < proved.sequence ORDER BY 1, 2";
    for row in db.client().await?.query(SQL, &[&evidence.sound_to.cast_signed()]).await? {
        let (kind, id) = (row.try_get(0)?, row.try_get(1)?);
        let number = |index| row.try_get::<_, i64>(index).map(i64::cast_unsigned);
        let (to, from, checkpoint) = (number(2)?, number(3)? + 1, number(4)?);
        report.found(Finding::Truncated { kind, id, from, to, checkpoint });
    }
    Ok(())
}
