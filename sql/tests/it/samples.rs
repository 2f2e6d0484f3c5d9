//! Samples: recorded by the round, read in steps, deleted when old.

use dbx_domain::{ids::InstanceId, time::Timestamp};
use dbx_sql::{
    samples::{self, Figures, KEPT},
    testing::TestDatabase,
};
use std::time::Duration;
use uuid::Uuid;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn at(seconds: u64) -> Timestamp {
    Timestamp::EPOCH + Duration::from_secs(seconds)
}

fn instance(number: u128) -> InstanceId {
    InstanceId::from_uuid(Uuid::from_u128(number))
}

fn busy(cpu: f32) -> Figures {
    Figures { cpu: Some(cpu), memory_bytes: Some(1 << 30), ..Figures::default() }
}

#[tokio::test]
async fn a_window_holds_the_mean_of_each_step_and_nothing_of_others() {
    let test = TestDatabase::create().await;
    let db = test.db();
    for (second, cpu) in [(3_000, 0.9), (3_600, 0.2), (3_615, 0.4), (3_725, 1.0)] {
        db.set_fake_now(Some(at(second)));
        samples::record(db, &[(instance(1), busy(cpu)), (instance(2), busy(0.0))]).await.unwrap();
    }
    db.set_fake_now(Some(at(3_600 + 900 - 30)));
    let window = samples::window(db, instance(1), 15 * MINUTE, MINUTE).await.unwrap();
    assert_eq!((window.from, window.to), (at(3_600), at(4_470)));
    let steps: Vec<_> = window.steps.iter().map(|step| (step.at, step.figures.cpu.unwrap())).collect();
    assert_eq!(steps.len(), 2, "{steps:?}");
    assert_eq!((steps[0].0, steps[1]), (at(3_600), (at(3_720), 1.0)));
    assert!((steps[0].1 - 0.3).abs() < 1e-6, "{steps:?}");
    let latest = window.latest.unwrap();
    assert_eq!((latest.at, latest.figures), (at(3_725), busy(1.0)), "what is not known stays unknown");
    let nobody = samples::window(db, instance(3), HOUR, MINUTE).await.unwrap();
    assert_eq!((nobody.latest, nobody.steps), (None, vec![]));
}

#[tokio::test]
async fn what_is_unknown_in_one_sample_does_not_pull_the_mean_down() {
    let test = TestDatabase::create().await;
    let db = test.db();
    for (second, connections) in [(60, Some(4)), (75, None), (90, Some(8))] {
        db.set_fake_now(Some(at(second)));
        let figures = Figures { connections, ..busy(0.5) };
        samples::record(db, &[(instance(1), figures)]).await.unwrap();
    }
    let window = samples::window(db, instance(1), HOUR, MINUTE).await.unwrap();
    assert_eq!(window.steps[0].figures.connections, Some(6));
}

#[tokio::test]
async fn samples_older_than_a_day_are_deleted() {
    let test = TestDatabase::create().await;
    let db = test.db();
    for second in [0, 60] {
        db.set_fake_now(Some(at(second)));
        samples::record(db, &[(instance(1), busy(0.5))]).await.unwrap();
    }
    db.set_fake_now(Some(at(30) + KEPT));
    assert_eq!(samples::delete_old(db).await.unwrap(), 1);
    assert_eq!(samples::delete_old(db).await.unwrap(), 0);
    db.set_fake_now(Some(at(61)));
    let left = samples::window(db, instance(1), MINUTE, Duration::from_secs(1)).await.unwrap();
    assert_eq!(left.latest.unwrap().at, at(60));
}
