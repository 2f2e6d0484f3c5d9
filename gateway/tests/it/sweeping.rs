//! What nobody can use any more is deleted, and nothing else.

use crate::stand::Stand;
use dbx_domain::{ids::InstanceId, time::Timestamp};
use dbx_sql::samples::{self, Figures};
use dbx_workflows::care::sweeper::{Swept, sweep};
use serde_json::json;
use std::time::Duration;
use uuid::Uuid;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn count(stand: &Stand, table: &str) -> i64 {
    let client = stand.database.db().client().await.unwrap();
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

/// One of everything that is swept: a session, an invitation, a failed sign-in, an answer, a sample.
async fn leave_something(stand: &Stand) {
    let ada = stand.somebody("ada").await;
    let body = json!({ "email": "bob@example.com", "role": "viewer" });
    let path = format!("/v1/orgs/{}/invitations", ada.org);
    assert_eq!(stand.post(&path).by(&ada).key("k1").json(&body).send().await.status, 201);
    let guess = json!({ "email": "ada@example.com", "password": "not her password" });
    stand.post("/v1/auth/login").json(&guess).send().await.problem(401, "invalid_credentials");
    let instance = InstanceId::from_uuid(Uuid::nil());
    let figures = Figures { cpu: Some(0.5), ..Figures::default() };
    samples::record(stand.database.db(), &[(instance, figures)]).await.unwrap();
}

#[tokio::test]
async fn what_is_still_of_use_stays_and_what_is_not_goes() {
    let stand = Stand::new().await;
    let db = stand.database.db();
    let start: Timestamp = db.now().await.unwrap();
    db.set_fake_now(Some(start));
    leave_something(&stand).await;
    assert_eq!(sweep(db).await, Swept::default(), "all of it is of use");
    // A session that is not used ends after two weeks, an invitation after one, the rest after a day.
    db.set_fake_now(Some(start + DAY + Duration::from_secs(1)));
    let swept = sweep(db).await;
    // The failure counts for the account from where it came from, and from everywhere.
    assert_eq!((swept.throttles, swept.answers, swept.samples), (2, 1, 1));
    assert_eq!((swept.sessions, swept.invitations), (0, 0));
    db.set_fake_now(Some(start + 15 * DAY));
    let swept = sweep(db).await;
    assert_eq!((swept.sessions, swept.invitations), (1, 1));
    for table in ["sessions", "invitation_links", "throttles", "idempotency", "samples"] {
        assert_eq!(count(&stand, table).await, 0, "{table}");
    }
    assert!(count(&stand, "events").await > 0, "history stays");
    assert_eq!(sweep(db).await, Swept::default());
}

#[tokio::test]
async fn one_kind_that_cannot_be_swept_does_not_keep_the_others() {
    let stand = Stand::new().await;
    let db = stand.database.db();
    leave_something(&stand).await;
    db.client().await.unwrap().batch_execute("ALTER TABLE sessions RENAME TO elsewhere").await.unwrap();
    db.set_fake_now(Some(db.now().await.unwrap() + 15 * DAY));
    let swept = sweep(db).await;
    assert_eq!((swept.sessions, swept.invitations, swept.samples), (0, 1, 1));
}
