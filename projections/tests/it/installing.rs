//! Installing and rebuilding, also while others append.

use crate::stand::{Stand, TABLES, upcasters};
use dbx_domain::{
    Instance,
    ids::{AccountId, OrgId},
    org::OrgEvent,
};
use dbx_projections::{install, names, outdated, rebuild};
use dbx_sql::{Database, DatabaseConfig, EventStore, testing::TestDatabase};
use tokio_postgres::{Client, Transaction};
use uuid::Uuid;

#[tokio::test]
async fn installing_twice_changes_nothing() {
    let test = TestDatabase::create().await;
    assert_eq!(outdated(test.db()).await.unwrap(), names());
    assert_eq!(install(test.db(), &upcasters()).await.unwrap(), names());
    assert_eq!(install(test.db(), &upcasters()).await.unwrap(), Vec::<&str>::new());
    assert_eq!(outdated(test.db()).await.unwrap(), Vec::<&str>::new());
}

#[tokio::test]
async fn copies_that_start_together_take_turns() {
    let test = TestDatabase::create().await;
    let upcasters = upcasters();
    let starts = (0..4).map(|_| install(test.db(), &upcasters));
    let mut built: Vec<usize> =
        futures::future::try_join_all(starts).await.unwrap().iter().map(Vec::len).collect();
    built.sort_unstable();
    assert_eq!(built, [0, 0, 0, names().len()]);
}

#[tokio::test]
async fn a_read_model_of_another_version_is_built_from_the_log() {
    let stand = Stand::new().await;
    stand.ordered().await;
    let before = stand.dump_all().await;
    let client = stand.db().client().await.unwrap();
    let older = "DROP TABLE jobs, job_steps; CREATE TABLE jobs (old int);
                 UPDATE projection_versions SET version = 0 WHERE name IN ('jobs', 'workflow_queue')";
    client.batch_execute(older).await.unwrap();
    client.batch_execute("CREATE TABLE job_steps (old int)").await.unwrap();
    assert_eq!(outdated(stand.db()).await.unwrap(), ["jobs", "workflow_queue"]);
    assert_eq!(install(stand.db(), &upcasters()).await.unwrap(), ["jobs", "workflow_queue"]);
    assert_eq!(stand.dump_all().await, before);
}

#[tokio::test]
async fn a_history_that_began_without_read_models_is_shown_in_full() {
    let test = TestDatabase::create().await;
    let bare = EventStore::new(test.db().clone(), vec![]);
    let ordered = crate::stand::Ordered::new();
    let append = dbx_sql::Append::of::<Instance>(
        ordered.instance.to_string(),
        dbx_sql::StreamHead::NEW,
        &ordered.events(),
    );
    let metadata = dbx_sql::Metadata::of(dbx_sql::Actor::system("test"));
    bare.commit(dbx_sql::Commit::new(metadata).append(append.unwrap())).await.unwrap();
    install(test.db(), &upcasters()).await.unwrap();
    let shown = dbx_projections::instances::find(test.db(), ordered.instance).await.unwrap().unwrap();
    assert_eq!(shown.version, 2);
    assert!(dbx_projections::jobs::find(test.db(), ordered.create).await.unwrap().is_some());
}

#[tokio::test]
async fn nothing_appended_during_a_rebuild_is_lost_or_doubled() {
    let stand = Stand::new().await;
    let appending = async {
        for _ in 0..120 {
            stand.ordered().await;
        }
    };
    let rebuilding = async {
        for name in ["instances", "jobs", "orgs", "instances", "jobs"] {
            rebuild(stand.db(), &upcasters(), &[name]).await.unwrap();
        }
    };
    futures::join!(appending, rebuilding);
    stand.catch_up().await;
    let living = stand.dump_all().await;
    assert_eq!((living["instances"].len(), living["jobs"].len()), (120, 120));
    for name in names() {
        rebuild(stand.db(), &upcasters(), &[name]).await.unwrap();
    }
    let rebuilt = stand.dump_all().await;
    for table in TABLES {
        assert_eq!(living[table], rebuilt[table], "{table}");
    }
}

/// An append of an org in all its parts, not yet committed.
async fn half_an_append(connection: &mut Client, org: OrgId) -> Transaction<'_> {
    let owner = AccountId::from_uuid(Uuid::now_v7());
    let created = OrgEvent::OrgCreated { org, name: "Acme".parse().unwrap(), owner };
    let (id, payload) = (org.to_string(), serde_json::to_value(&created).unwrap());
    let transaction = connection.transaction().await.unwrap();
    let event =
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                                     metadata)
                 VALUES ('org', $1, 1, 'OrgCreated', '1.0.0', $2, '{}')";
    transaction.execute(event, &[&id, &payload]).await.unwrap();
    let row = "INSERT INTO orgs (org_id, name, version, created_at) VALUES ($1, 'Acme', 1, dbx_now())";
    transaction.execute(row, &[&id]).await.unwrap();
    transaction
}

#[tokio::test]
async fn the_swap_waits_for_appends_under_way_and_shows_them() {
    let stand = Stand::new().await;
    let org = OrgId::from_uuid(Uuid::now_v7());
    let mut connection = stand.connection().await;
    let append = half_an_append(&mut connection, org).await;
    let finishing = async {
        let observer = stand.db().client().await.unwrap();
        let waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND locktype = 'relation'
                                      AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))";
        // Postgres tells nobody that somebody waits for a lock: look until it does.
        while !observer.query_one(waiting, &[]).await.unwrap().get::<_, bool>(0) {
            tokio::task::yield_now().await;
        }
        append.commit().await.unwrap();
    };
    let upcasters = upcasters();
    let (rebuilt, ()) = futures::join!(rebuild(stand.db(), &upcasters, &["orgs"]), finishing);
    rebuilt.unwrap();
    assert!(dbx_projections::orgs::find(stand.db(), org).await.unwrap().is_some());
}

#[tokio::test]
async fn the_runtime_role_serves_on_read_models_that_the_owner_built() {
    let stand = Stand::new().await;
    rebuild(stand.db(), &upcasters(), &["instances"]).await.unwrap();
    let url = format!("{}?options=-c%20role%3Ddbx_runtime", stand.url());
    let runtime = Database::connect(&DatabaseConfig::new(url)).await.unwrap();
    assert_eq!(outdated(&runtime).await.unwrap(), Vec::<&str>::new());
    let ordered = crate::stand::Ordered::new();
    let append = dbx_sql::Append::of::<Instance>(
        ordered.instance.to_string(),
        dbx_sql::StreamHead::NEW,
        &ordered.events(),
    );
    let metadata = dbx_sql::Metadata::of(dbx_sql::Actor::system("test"));
    let store = EventStore::new(runtime.clone(), dbx_projections::inline());
    store.commit(dbx_sql::Commit::new(metadata).append(append.unwrap())).await.unwrap();
    assert!(dbx_projections::jobs::find(&runtime, ordered.create).await.unwrap().is_some());
    let refused = rebuild(&runtime, &upcasters(), &["jobs"]).await.unwrap_err().to_string();
    assert!(refused.contains("permission denied"), "{refused}");
}

#[tokio::test]
async fn an_unknown_name_is_refused_with_the_known_ones() {
    let stand = Stand::new().await;
    let refused = rebuild(stand.db(), &upcasters(), &["invoices"]).await.unwrap_err().to_string();
    assert!(refused.contains("`invoices`") && refused.contains("workflow_queue"), "{refused}");
}

#[tokio::test]
async fn a_failed_rebuild_leaves_the_old_rows_and_the_next_one_succeeds() {
    let stand = Stand::new().await;
    stand.ordered().await;
    let before = stand.dump_all().await;
    let client = stand.db().client().await.unwrap();
    // An event that no program of today can read, as a forgotten upcaster would leave it.
    let foreign =
        "INSERT INTO events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload,
                                       metadata)
                   VALUES ('instance', 'ins_x', 1, 'Unheard', '1.0.0', '{\"Unheard\": {}}', '{}')";
    client.batch_execute(foreign).await.unwrap();
    let refused = rebuild(stand.db(), &upcasters(), &["jobs"]).await.unwrap_err().to_string();
    assert!(refused.contains("Unheard ins_x #1"), "{refused}");
    assert_eq!(stand.dump_all().await, before);
    rebuild(stand.db(), &upcasters(), &["workflow_queue"]).await.unwrap_err();
    assert_eq!(stand.dump_all().await, before);
    stand.ordered().await;
}
