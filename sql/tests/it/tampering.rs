//! Whatever a superuser does to events and checkpoints is found and located.

use crate::{
    estate::{Estate, key},
    tally::Tally,
};
use dbx_domain::Secret;
use dbx_sql::checkpoint::{CheckpointKey, verify::verify};

/// What is found after these statements, as sentences.
async fn found_after(forgery: &str) -> Vec<String> {
    let estate = Estate::build().await;
    estate.forger().await.batch_execute(forgery).await.unwrap();
    estate.verify().await.findings.iter().map(ToString::to_string).collect()
}

async fn found_only(forgery: &str, sentence: &str) {
    let found = found_after(forgery).await;
    assert_eq!(found, [sentence], "{forgery}");
}

/// Writes the last two events of `a1` anew, with hashes that fit, as events of this org.
async fn rewrite_a1(estate: &Estate, org: u128) {
    let forger = estate.forger().await;
    forger.batch_execute("DELETE FROM events WHERE aggregate_id = 'a1' AND sequence > 6").await.unwrap();
    let head = estate.store.load::<Tally>("a1").await.unwrap().head;
    estate.add("a1", Some(org), head, 2).await;
}

#[tokio::test]
async fn an_honest_log_is_sound() {
    let report = Estate::build().await.verify().await;
    assert_eq!(report.findings, []);
    assert_eq!((report.streams, report.events, report.checkpoints), (4, 19, 2));
    assert_eq!((report.uncovered, report.unsealed), (2, 0));
    assert_eq!(report.newest.unwrap().0, 2);
}

#[tokio::test]
async fn an_edited_event_is_named() {
    for column in ["payload = '{\"Added\": {\"amount\": 9}}'", "metadata = '{}'", "event_type = 'X'"] {
        let forgery = format!("UPDATE events SET {column} WHERE aggregate_id = 'a1' AND sequence = 6");
        found_only(&forgery, "tally a1: event #6 was edited").await;
    }
    let after = "UPDATE events SET metadata = '{}' WHERE aggregate_id = 'c' AND sequence = 5";
    let doubt = "tally c: event #5 was edited (or the one before it was, and given a hash that fits)";
    found_only(after, doubt).await;
}

#[tokio::test]
async fn several_edits_are_all_named() {
    let found = found_after(
        "UPDATE events SET payload = '{}' WHERE aggregate_id IN ('a1', 'b') AND sequence IN (1, 4)",
    )
    .await;
    assert_eq!(found.len(), 4, "{found:?}");
}

#[tokio::test]
async fn dropped_events_are_named() {
    found_only(
        "DELETE FROM events WHERE aggregate_id = 'a1' AND sequence = 3",
        "tally a1: event #3 was dropped",
    )
    .await;
    let found = found_after("DELETE FROM events WHERE aggregate_id = 'a1' AND sequence IN (1, 2)").await;
    assert_eq!(found, ["tally a1: events #1 to #2 were (one or several of them) dropped"]);
}

#[tokio::test]
async fn a_dropped_event_whose_gap_was_closed_is_located() {
    let found = found_after(
        "DELETE FROM events WHERE aggregate_id = 'a1' AND sequence = 3;
          ALTER TABLE events DROP CONSTRAINT events_sequence_check;
         UPDATE events SET sequence = -sequence WHERE aggregate_id = 'a1' AND sequence > 3;
         UPDATE events SET sequence = -sequence - 1 WHERE aggregate_id = 'a1' AND sequence < 0",
    )
    .await;
    assert!(found[0].starts_with("tally a1: event #3 was edited"), "{found:?}");
    assert!(found[1].contains("what stands at #4 was written as #5"), "{found:?}");
    assert!(found.iter().any(|one| one.contains("event #8 was cut off")), "{found:?}");
}

#[tokio::test]
async fn reordered_events_are_told_from_edited_ones() {
    let swap = "UPDATE events SET sequence = 99 WHERE aggregate_id = 'a1' AND sequence = 2;
                UPDATE events SET sequence = 2 WHERE aggregate_id = 'a1' AND sequence = 3;
                UPDATE events SET sequence = 3 WHERE aggregate_id = 'a1' AND sequence = 99";
    let expected = [
        "tally a1: events were reordered: what stands at #2 was written as #3",
        "tally a1: events were reordered: what stands at #3 was written as #2",
    ];
    assert_eq!(found_after(swap).await, expected);
}

#[tokio::test]
async fn a_stream_that_was_cut_off_or_deleted_is_found() {
    let cut = "tally a1: events #7 to #8 were (one or several of them) cut off; checkpoint 2 proves that there were 8";
    found_only("DELETE FROM events WHERE aggregate_id = 'a1' AND sequence > 6", cut).await;
    let gone = "tally a2: events #1 to #2 were (one or several of them) cut off; checkpoint 1 proves that there were 2";
    found_only("DELETE FROM events WHERE aggregate_id = 'a2'", gone).await;
}

#[tokio::test]
async fn a_chain_that_was_made_anew_is_found_by_the_checkpoint() {
    let estate = Estate::build().await;
    // The same content gives the same hashes, and the clock of this test stands still.
    rewrite_a1(&estate, 1).await;
    assert!(estate.verify().await.is_sound());
    rewrite_a1(&estate, 2).await;
    let found: Vec<String> = estate.verify().await.findings.iter().map(ToString::to_string).collect();
    let rewritten = "tally a1: events #6 to #8 were (one or several of them) rewritten with hashes that fit; \
                     checkpoint 2 proves others";
    assert_eq!(found, [rewritten]);
}

#[tokio::test]
async fn a_changed_time_is_found_between_its_checkpoints() {
    let forgery = "UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE aggregate_id = 'a1' AND sequence = 7";
    let expected = [
        "tally a1: event #7 is dated before the one that it follows",
        "tally a1: the time of events #6 to #8 were (one or several of them) changed; checkpoint 2 proves another",
    ];
    assert_eq!(found_after(forgery).await, expected);
    let later = "UPDATE events SET recorded_at = recorded_at + interval '1 second' WHERE aggregate_id = 'a1' AND sequence = 8";
    found_only(later, expected[1]).await;
}

#[tokio::test]
async fn edited_dropped_swapped_and_cut_checkpoints_are_found() {
    found_only(
        "UPDATE checkpoints SET statement = replace(statement, '2026', '2025') WHERE number = 2",
        "checkpoint 2 was changed: its signature does not fit",
    )
    .await;
    found_only("DELETE FROM checkpoints WHERE number = 1", "checkpoint 1 was dropped").await;
    found_only("DELETE FROM checkpoints WHERE number = 2", "checkpoint 2 was dropped").await;
    let swapped = found_after(
        "UPDATE checkpoints SET number = 9 WHERE number = 1; UPDATE checkpoints SET number = 1 WHERE number = 2;
         UPDATE checkpoints SET number = 2 WHERE number = 9",
    )
    .await;
    assert_eq!(swapped.len(), 2, "{swapped:?}");
    assert!(swapped.iter().all(|one| one.contains("checkpoints were reordered")), "{swapped:?}");
}

#[tokio::test]
async fn edited_and_dropped_heads_are_found_and_do_not_accuse_the_events() {
    found_only(
        "UPDATE checkpoint_heads SET hash = decode(repeat('00', 32), 'hex') WHERE aggregate_id = 'a1' AND sequence = 5",
        "checkpoint 1: its head of tally a1 at event #5 was changed; the events are as signed",
    )
    .await;
    let found = found_after("DELETE FROM checkpoint_heads WHERE aggregate_id = 'b' AND number = 2").await;
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("checkpoint 2: its heads were edited, dropped or added"), "{found:?}");
}

#[tokio::test]
async fn a_checkpoint_signed_by_somebody_else_is_refused() {
    let estate = Estate::build().await;
    let other = CheckpointKey::from_hex(&Secret::new("ab".repeat(32))).unwrap();
    let found = verify(estate.test.db(), &[other.public()]).await.unwrap().findings;
    assert_eq!(found.len(), 2);
    assert!(found[0].to_string().contains("not among those you trust"), "{}", found[0]);
    assert!(verify(estate.test.db(), &[other.public(), key().public()]).await.unwrap().is_sound());
}

#[tokio::test]
async fn the_triggers_refuse_to_change_evidence() {
    let estate = Estate::build().await;
    let owner = estate.test.connection().await;
    for table in ["checkpoints", "checkpoint_heads", "checkpoint_keys"] {
        for sql in [
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("UPDATE {table} SET key_id = ''"),
        ] {
            if table == "checkpoint_heads" && sql.starts_with("UPDATE") {
                continue;
            }
            let error = owner.batch_execute(&sql).await.unwrap_err();
            assert!(error.as_db_error().unwrap().message().contains("append-only"), "{sql}: {error:?}");
        }
    }
}

#[tokio::test]
async fn checkpoints_go_on_after_a_restore() {
    let estate = Estate::build().await;
    let mut owner = estate.test.connection().await;
    dbx_sql::restore::adopt_restored_events(&mut owner).await.unwrap();
    assert_eq!(estate.checkpoint().await, Some(3));
    assert_eq!(estate.checkpoint().await, None);
    let report = estate.verify().await;
    assert!(report.is_sound() && report.uncovered == 0, "{report:?}");
}

#[tokio::test]
async fn an_event_that_is_moved_in_the_order_of_all_is_found() {
    let hidden = "UPDATE events SET xid = '99999999' WHERE aggregate_id = 'a1' AND sequence = 8";
    let moved = |event: &str, why: &str| {
        format!("tally {event} in the order of all events was changed: {why}")
            .replace("tally a1 ", "tally a1: the place of event ")
    };
    found_only(hidden, &moved("a1 #8", "it stands where readers do not look yet")).await;
    let within = "ALTER TABLE events ALTER position SET GENERATED BY DEFAULT; UPDATE events SET position = position + 1000000 WHERE aggregate_id = 'a1' AND sequence = 3";
    found_only(within, &moved("a1 #4", "it does not stand behind the event that it follows")).await;
    let across =
        "UPDATE events SET xid = (SELECT e.xid FROM events e WHERE e.aggregate_id = 'c' AND e.sequence = 5)
                  WHERE aggregate_id = 'a2'";
    let sentence = "the order of all events was changed: tally a2 #2 stands behind tally a1 #6, which a later \
                    checkpoint was the first to cover (1 covered the former)";
    found_only(across, sentence).await;
}

#[tokio::test]
async fn an_event_of_nobody_and_a_date_of_before_are_named_also_when_they_were_signed() {
    let estate = Estate::build().await;
    let forged = "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                                      recorded_at)
        SELECT aggregate_type, aggregate_id, 6, event_type, event_version, payload, metadata,
               recorded_at - interval '20 days' FROM events WHERE aggregate_id = 'c' AND sequence = 5";
    estate.forger().await.batch_execute(forged).await.unwrap();
    let expected = [
        "tally c: event #6 is dated before the one that it follows",
        "tally c: event #6 has no hash: another program wrote it, and nobody vouches for it",
    ];
    for _ in 0..2 {
        let found: Vec<String> = estate.verify().await.findings.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected);
        estate.checkpoint().await;
    }
}
