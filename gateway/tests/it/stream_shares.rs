//! Live activity: whose streams there may be, who hears whose name, and when one that is behind must end.

use crate::{
    listener::Listener,
    stand::{Somebody, Stand},
    stream::{path, rename},
};
use dbx_domain::policy::Role;
use serde_json::json;

#[tokio::test]
async fn nobody_hears_the_name_of_somebody_who_was_erased_before() {
    let stand = Stand::new().await;
    let (ada, bob) = (stand.somebody("ada").await, stand.somebody("bob secretname").await);
    stand.join(ada.org, bob.account, Role::Admin).await;
    let (app, copy) = stand.copy().await;
    let mut listener = Listener::at(&copy, &path(&ada), &ada.token, None).await;
    let hello = listener.expect("hello").await;
    let body = json!({ "name": "bobs-project" });
    let made = stand.post(&format!("/v1/orgs/{}/projects", ada.org)).by(&bob).json(&body).send().await;
    assert_eq!(made.status, 201);
    assert_eq!(listener.expect("activity").await.data["actor"]["name"], "bob secretname");
    let own = stand.delete(&format!("/v1/orgs/{}", bob.org)).by(&bob).send().await;
    assert_eq!(own.status, 204);
    dbx_gateway::privacy::erase(&app, bob.account).await.unwrap();
    assert_eq!(listener.expect("activity").await.data["type"], "MemberRemoved");
    // What lies at hand is shown again, without the name.
    let mut again = Listener::at(&copy, &path(&ada), &ada.token, hello.id.as_deref()).await;
    again.expect("hello").await;
    for kind in ["ProjectCreated", "MemberRemoved"] {
        let event = again.expect("activity").await;
        assert_eq!(event.data["type"], kind);
        assert!(!event.text.contains("secretname"), "{}", event.text);
    }
}

#[tokio::test]
async fn one_persons_streams_leave_room_for_others() {
    let limits =
        dbx_gateway::Limits { streams_per_account: 2, streams_per_org: 3, ..dbx_gateway::Limits::NONE };
    let stand = Stand::with(dbx_gateway::Settings { limits, ..Default::default() }).await;
    let (ada, bob, carol) =
        (stand.somebody("ada").await, stand.somebody("bob").await, stand.somebody("carol").await);
    stand.join(ada.org, bob.account, Role::Viewer).await;
    stand.join(ada.org, carol.account, Role::Viewer).await;
    let open =
        async |who: &Somebody, org: &Somebody| Listener::of(stand.get(&path(org)).by(who).respond().await);
    let mut of_bob = [open(&bob, &ada).await, open(&bob, &ada).await];
    for listener in &mut of_bob {
        listener.expect("hello").await;
    }
    let refused = stand.get(&path(&ada)).by(&bob).send().await;
    assert!(refused.problem(429, "too_many_requests")["detail"].as_str().unwrap().contains("2 streams"));
    assert!(refused.header("retry-after").is_some());
    let mut of_ada = open(&ada, &ada).await;
    of_ada.expect("hello").await;
    stand.get(&path(&ada)).by(&carol).send().await.problem(429, "too_many_requests");
    let mut own = open(&carol, &carol).await;
    own.expect("hello").await;
    drop(of_bob);
    open(&carol, &ada).await.expect("hello").await;
}

#[tokio::test]
async fn who_catches_up_is_ended_as_well_when_access_is_lost() {
    const RENAMES: usize = 450;
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (key, token) = stand.api_key(&ada, ada.org, Role::Viewer).await;
    for number in 0..RENAMES {
        rename(&stand, &ada, number).await;
    }
    stand.catch_up().await;
    let (_app, copy) = stand.copy().await;
    let start = dbx_sql::Cursor::START.to_string();
    let mut behind = Listener::at(&copy, &path(&ada), &token, Some(&start)).await;
    behind.expect("hello").await;
    behind.expect("activity").await;
    assert_eq!(stand.delete(&format!("/v1/apikeys/{key}")).by(&ada).send().await.status, 204);
    // It was reading the first page, and gets no second one.
    let mut seen = 1;
    let bye = loop {
        match behind.next().await.unwrap() {
            event if event.kind == "activity" => seen += 1,
            event => break event,
        }
    };
    assert_eq!((bye.kind.as_str(), &bye.data["reason"]), ("bye", &json!("access_lost")));
    assert!(seen <= 250, "{seen} of {RENAMES}");
}
