//! Followers of the feed: exactly once, one at a time, never skipping, rebuilt while serving.

use crate::stand::{Stand, upcasters};
use dbx_domain::{
    Instance, Org,
    ids::{AccountId, OrgId},
    org::OrgEvent,
};
use dbx_projections::{
    activity::{self, ActivityScope},
    follow,
    page::PageSize,
};
use dbx_sql::{Cursor, Database, DatabaseConfig};
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

const RENAMES: usize = 40;

fn everything(org: OrgId) -> ActivityScope {
    ActivityScope { org, project: None, instance: None, detail: true }
}

async fn founded(stand: &Stand) -> OrgId {
    let (org, owner) = (OrgId::from_uuid(Uuid::now_v7()), AccountId::from_uuid(Uuid::now_v7()));
    let founded = OrgEvent::OrgCreated { org, name: "Acme".parse().unwrap(), owner };
    stand.append::<Org>(org, &[founded]).await.unwrap();
    org
}

fn renamed(number: usize) -> OrgEvent {
    OrgEvent::OrgRenamed { name: format!("Acme {number}").parse().unwrap() }
}

/// Waits until the org's activity holds so many items.
async fn shown(db: &Database, org: OrgId, count: usize) {
    loop {
        let (items, _) = activity::after(db, &everything(org), &Cursor::START, 1_000).await.unwrap();
        if items.len() >= count {
            assert_eq!(items.len(), count);
            assert!(items.windows(2).all(|pair| pair[0].cursor < pair[1].cursor));
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn assert_sound(stand: &Stand) {
    for name in dbx_projections::names() {
        let differing = dbx_projections::verify(stand.db(), &upcasters(), name).await.unwrap();
        assert!(differing.iter().all(|(_, rows)| *rows == 0), "{name}: {differing:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_copies_share_the_work_and_one_goes_on_when_the_other_dies() {
    let stand = Stand::new().await;
    let org = founded(&stand).await;
    let (_tell, stop) = watch::channel(false);
    let mut copies = Vec::new();
    for _ in 0..2 {
        let db = Database::connect(&DatabaseConfig::new(stand.url())).await.unwrap();
        copies.push(tokio::spawn(follow::run(db, upcasters(), stop.clone())));
    }
    for number in 0..RENAMES {
        stand.append::<Org>(org, &[renamed(number)]).await.unwrap();
        if number == RENAMES / 2 {
            shown(stand.db(), org, number + 2).await;
            // Whichever of the two has the turn: the other one must go on.
            copies.swap_remove(number % 2).abort();
        }
    }
    shown(stand.db(), org, RENAMES + 1).await;
    let (newest, next) =
        activity::page(stand.db(), &everything(org), None, PageSize::new(2).unwrap()).await.unwrap();
    let (second, _) =
        activity::page(stand.db(), &everything(org), next, PageSize::new(2).unwrap()).await.unwrap();
    assert_eq!(newest[0].sequence, RENAMES as u64 + 1);
    assert_eq!(second[0].sequence, newest[1].sequence - 1);
    assert_sound(&stand).await;
}

#[tokio::test]
async fn an_event_that_cannot_be_shown_stops_one_follower_and_is_not_skipped() {
    let stand = Stand::new().await;
    let org = founded(&stand).await;
    stand.append::<Org>(org, &[renamed(1), renamed(2)]).await.unwrap();
    let refuse = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                      $$ BEGIN RAISE EXCEPTION 'no room for this' USING ERRCODE = 'check_violation'; END $$;
                  CREATE TRIGGER refuse BEFORE INSERT ON audit
                      FOR EACH ROW WHEN (NEW.sequence = 2) EXECUTE FUNCTION refuse()";
    let owner = stand.connection().await;
    owner.batch_execute(refuse).await.unwrap();
    let stopped = follow::catch_up(stand.db(), &upcasters()).await.unwrap_err().to_string();
    assert!(stopped.contains("no room for this") && stopped.contains("OrgRenamed"), "{stopped}");
    let standings = follow::standings(stand.db()).await.unwrap();
    let standing = |name| standings.iter().find(|standing| standing.name == name).unwrap();
    assert_eq!((standing("activity").lag.readable, &standing("activity").stopped), (0, &None));
    let audit = standing("audit");
    assert_eq!(audit.lag.readable, 2, "what came before is shown");
    assert!(audit.stopped.as_ref().unwrap().contains("#2"), "{:?}", audit.stopped);
    owner.batch_execute("DROP TRIGGER refuse ON audit").await.unwrap();
    stand.catch_up().await;
    let standings = follow::standings(stand.db()).await.unwrap();
    assert!(standings.iter().all(|standing| standing.stopped.is_none() && standing.lag.readable == 0));
    assert_sound(&stand).await;
}

#[tokio::test]
async fn an_event_of_a_newer_program_stops_what_must_show_it_until_it_can() {
    let stand = Stand::new().await;
    let org = founded(&stand).await;
    let owner = stand.connection().await;
    let unknown =
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                       metadata)
                   VALUES ('org', $1, 2, 'OrgMerged', '1.0.0', '{\"OrgMerged\": {}}', '{}')";
    owner.execute(unknown, &[&org.to_string()]).await.unwrap();
    let stopped = follow::catch_up(stand.db(), &upcasters()).await.unwrap_err().to_string();
    assert!(stopped.contains("OrgMerged"), "{stopped}");
    shown(stand.db(), org, 1).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rebuilding_while_serving_shows_no_gap_and_no_wrong_answer() {
    let stand = Stand::new().await;
    let org = founded(&stand).await;
    let (tell, stop) = watch::channel(false);
    let following = tokio::spawn(follow::run(stand.db().clone(), upcasters(), stop));
    let (db, reader_tell) = (stand.db().clone(), tell.subscribe());
    let reading = tokio::spawn(async move {
        let (mut seen, mut looks) = (0, 0);
        while !*reader_tell.borrow() {
            let (items, _) = activity::after(&db, &everything(org), &Cursor::START, 1_000).await.unwrap();
            assert!(items.len() >= seen, "{} after {seen}", items.len());
            let sequences: Vec<u64> = items.iter().map(|item| item.sequence).collect();
            assert!(sequences.iter().zip(1..).all(|(sequence, expected)| *sequence == expected));
            (seen, looks) = (items.len(), looks + 1);
        }
        looks
    });
    for number in 0..RENAMES {
        stand.append::<Org>(org, &[renamed(number)]).await.unwrap();
        if number % 10 == 0 {
            for name in ["activity", "audit", "usage", "orgs"] {
                dbx_projections::rebuild(stand.db(), &upcasters(), &[name]).await.unwrap();
            }
        }
    }
    shown(stand.db(), org, RENAMES + 1).await;
    tell.send_replace(true);
    assert!(reading.await.unwrap() > 0);
    following.await.unwrap();
    assert_sound(&stand).await;
}

#[tokio::test]
async fn verify_finds_what_was_tampered_with() {
    let stand = Stand::new().await;
    let org = founded(&stand).await;
    stand.ordered().await;
    stand.catch_up().await;
    assert_sound(&stand).await;
    let owner = stand.connection().await;
    let tamper = "UPDATE activity SET sentence = 'nothing to see'; UPDATE orgs SET name = 'Evil';
                  DELETE FROM usage_instances; UPDATE workflow_queue SET kind = 'delete'";
    owner.batch_execute(tamper).await.unwrap();
    for (name, table, rows) in [
        ("activity", "activity", 6),
        ("orgs", "orgs", 2),
        ("usage", "usage_instances", 1),
        ("workflow_queue", "workflow_queue", 2),
    ] {
        let differing = dbx_projections::verify(stand.db(), &upcasters(), name).await.unwrap();
        assert!(differing.contains(&(table, rows)), "{name}: {differing:?}");
    }
    assert!(stand.store.load::<Instance>(&org.to_string()).await.is_ok());
}

#[tokio::test]
async fn usage_counts_from_created_or_started_until_stopped_or_deleted() {
    use crate::stand::{requested, workflow};
    use dbx_domain::instance::{InstanceEvent, Outcome, WorkflowKind};
    let stand = Stand::new().await;
    let at = |hour: u64| crate::stand::seconds(hour * 3_600);
    stand.db().set_fake_now(Some(at(0)));
    let ordered = stand.ordered().await;
    let finished =
        |kind, workflow| InstanceEvent::WorkflowFinished { workflow, kind, outcome: Outcome::Succeeded };
    let runs = [
        (1, WorkflowKind::Create, ordered.create),
        (3, WorkflowKind::Reboot, workflow()),
        (5, WorkflowKind::Stop, workflow()),
        (8, WorkflowKind::Start, workflow()),
    ];
    for (hour, kind, workflow) in runs {
        stand.db().set_fake_now(Some(at(hour)));
        let begun = (kind != WorkflowKind::Create).then(|| requested(workflow, kind));
        let events: Vec<_> = begun.into_iter().chain([finished(kind, workflow)]).collect();
        stand.append::<Instance>(ordered.instance, &events).await.unwrap();
    }
    stand.db().set_fake_now(Some(at(10)));
    stand.catch_up().await;
    let hours = async |from, to| {
        let used = dbx_projections::usage::of_org(stand.db(), ordered.org, at(from), at(to)).await.unwrap();
        used.iter().map(|one| one.hours).sum::<f64>()
    };
    assert!((hours(0, 100).await - 6.0).abs() < 1e-9, "four hours, and two until now");
    assert!((hours(2, 4).await - 2.0).abs() < 1e-9);
    assert!((hours(5, 8).await).abs() < 1e-9);
}
