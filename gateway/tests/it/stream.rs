//! Live activity: gapless and in order over copies and restarts, closed at once when access ends, bounded.

use crate::{
    listener::{Event, Listener},
    stand::{Somebody, Stand},
};
use dbx_domain::{org::OrgEvent, policy::Role};
use serde_json::json;

pub(crate) fn path(of: &Somebody) -> String {
    format!("/v1/orgs/{}/activity/stream", of.org)
}

pub(crate) async fn rename(stand: &Stand, of: &Somebody, number: usize) {
    let name = format!("Acme {number}").parse().unwrap();
    stand.append_to_org(of.org, &[OrgEvent::OrgRenamed { name }]).await;
}

#[tokio::test]
async fn a_stream_says_hello_at_once_and_then_whatever_happens_steps_included() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (_app, copy) = stand.copy().await;
    let mut all = Listener::at(&copy, &path(&ada), &ada.token, None).await;
    let hello = all.expect("hello").await;
    assert_eq!(hello.data["position"].as_str(), hello.id.as_deref());
    let running = stand.running(&ada, &project, "db").await;
    let mut one = Listener::at(
        &copy,
        &format!("{}?instanceId={}", path(&ada), running.id),
        &ada.token,
        hello.id.as_deref(),
    )
    .await;
    assert_eq!(one.expect("hello").await.id, hello.id);
    let sentences = [
        "ada ordered db (nano, Postgres 17, 20 GiB)",
        "Creating db was requested",
        "Creating db: reserving a place on a node",
    ];
    let mut last = hello.id;
    for (number, sentence) in ["The quota has room for db"].iter().chain(&sentences).enumerate() {
        let event = all.expect("activity").await;
        assert_eq!(event.data["sentence"], *sentence);
        assert_eq!((event.data["position"].as_str(), event.id > last), (event.id.as_deref(), true));
        assert_eq!(one.expect("activity").await, event);
        assert_eq!(event.data["detail"], number != 1);
        last = event.id;
    }
}

/// Reads on from `last` at `copy` until so many events came.
async fn read_on((stand, of): (&Stand, &Somebody), last: Option<&str>, count: usize) -> Vec<Event> {
    let (_app, copy) = stand.copy().await;
    let mut listener = Listener::at(&copy, &path(of), &of.token, last).await;
    listener.expect("hello").await;
    let mut events = Vec::new();
    while events.len() < count {
        events.push(listener.expect("activity").await);
    }
    events
}

async fn gapless(with_read_model: bool) {
    const RENAMES: usize = 120;
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let start = read_on((&stand, &ada), Some(&dbx_sql::Cursor::START.to_string()), 1).await;
    let (tell, stop) = tokio::sync::watch::channel(false);
    let following = with_read_model.then(|| {
        let (db, upcasters) = (stand.database.db().clone(), stand.store.upcasters().clone());
        tokio::spawn(dbx_projections::follow::run(db, upcasters, stop))
    });
    let writing = async {
        for number in 0..RENAMES {
            rename(&stand, &ada, number).await;
        }
    };
    // Each reading is at another copy, as after a restart, and at another place.
    let reading = async {
        let mut events = start;
        for count in [1, 2, 7, 30, 1, 40].into_iter().cycle() {
            let left = RENAMES + 1 - events.len();
            if left == 0 {
                break;
            }
            let last = events.last().and_then(|event: &Event| event.id.clone());
            events.extend(read_on((&stand, &ada), last.as_deref(), count.min(left)).await);
        }
        events
    };
    let ((), events) = futures::join!(writing, reading);
    let sequences: Vec<u64> = events.iter().map(|event| event.data["sequence"].as_u64().unwrap()).collect();
    assert_eq!(sequences, (1..=RENAMES as u64 + 1).collect::<Vec<_>>());
    // Whoever was away all the time finds the same.
    if with_read_model {
        let again = read_on((&stand, &ada), Some(&dbx_sql::Cursor::START.to_string()), RENAMES + 1).await;
        assert_eq!(again, events);
    }
    tell.send_replace(true);
    if let Some(following) = following {
        following.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reconnecting_anywhere_leaves_no_gap_and_repeats_nothing() {
    gapless(true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nor_does_it_while_the_read_model_stands_still() {
    gapless(false).await;
}

#[tokio::test]
async fn who_loses_access_hears_nothing_more() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let bob = stand.somebody("bob").await;
    stand.join(ada.org, bob.account, Role::Viewer).await;
    let (key, key_token) = stand.api_key(&ada, ada.org, Role::Viewer).await;
    let carol = stand.somebody("carol").await;
    stand.join(ada.org, carol.account, Role::Viewer).await;
    // Last, for what a copy finds held back it tells to those who listen.
    let (_app, copy) = stand.copy().await;
    let mut listeners = Vec::new();
    for token in [&bob.token, &key_token, &carol.token, &ada.token] {
        let mut listener = Listener::at(&copy, &path(&ada), token, None).await;
        listener.expect("hello").await;
        listeners.push(listener);
    }
    let [of_bob, of_key, of_carol, of_ada] = &mut listeners[..] else { panic!("four of them") };
    let member = format!("/v1/orgs/{}/members/{}", ada.org, bob.account);
    assert_eq!(stand.delete(&member).by(&ada).send().await.status, 204);
    assert_eq!(of_bob.expect("bye").await.data, json!({ "reason": "access_lost" }));
    assert_eq!(of_bob.next().await, None);
    assert_eq!(stand.delete(&format!("/v1/apikeys/{key}")).by(&ada).send().await.status, 204);
    for listener in [&mut *of_key, &mut *of_carol, &mut *of_ada] {
        let removed = listener.expect("activity").await;
        assert_eq!(removed.data["type"], "MemberRemoved");
    }
    assert_eq!(of_key.expect("bye").await.data["reason"], "access_lost");
    assert_eq!(stand.post("/v1/auth/logout").by(&carol).send().await.status, 204);
    let last = of_carol.expect("activity").await;
    assert_eq!(last.data["type"], "ApiKeyRevoked");
    assert_eq!(of_carol.expect("bye").await.data["reason"], "access_lost");
    assert_eq!(of_ada.expect("activity").await.data["type"], "ApiKeyRevoked");
    assert_eq!(stand.delete(&format!("/v1/orgs/{}", ada.org)).by(&ada).send().await.status, 204);
    assert_eq!(of_ada.expect("bye").await.data["reason"], "access_lost");
}

#[tokio::test]
async fn what_ends_without_an_event_ends_the_stream_too() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (_app, copy) = stand.copy().await;
    let mut listener = Listener::at(&copy, &path(&ada), &ada.token, None).await;
    listener.expect("hello").await;
    let owner = stand.database.connection().await;
    owner.execute("UPDATE sessions SET expires_at = now()", &[]).await.unwrap();
    assert_eq!(listener.expect("bye").await.data["reason"], "access_lost");
}

#[tokio::test]
async fn a_slow_reader_is_let_go_and_finds_the_rest_later() {
    const RENAMES: usize = 400;
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (_app, copy) = stand.copy().await;
    let mut slow = Listener::at(&copy, &path(&ada), &ada.token, None).await;
    let hello = slow.expect("hello").await;
    let mut quick = Listener::at(&copy, &path(&ada), &ada.token, hello.id.as_deref()).await;
    quick.expect("hello").await;
    // It joins the others with its first look at what comes; from then on it does not read.
    rename(&stand, &ada, 0).await;
    let mut seen = vec![slow.expect("activity").await];
    quick.expect("activity").await;
    for number in 1..RENAMES {
        rename(&stand, &ada, number).await;
        quick.expect("activity").await;
    }
    let bye = loop {
        match slow.next().await.unwrap() {
            event if event.kind == "activity" => seen.push(event),
            event => break event,
        }
    };
    assert_eq!((bye.kind.as_str(), &bye.data["reason"]), ("bye", &json!("too_slow")));
    assert!(seen.len() <= RENAMES);
    let last = seen.last().unwrap().clone();
    let left = RENAMES as u64 + 1 - last.data["sequence"].as_u64().unwrap();
    let rest = read_on((&stand, &ada), last.id.as_deref(), usize::try_from(left).unwrap()).await;
    assert_eq!(rest.last().unwrap().data["sequence"], RENAMES as u64 + 1);
    seen.extend(rest);
    assert!(seen.windows(2).all(|pair| pair[0].id < pair[1].id));
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let (app, copy) = stand.copy().await;
    let mut listener = Listener::at(&copy, &path(&ada), &ada.token, None).await;
    listener.expect("hello").await;
    rename(&stand, &ada, 0).await;
    listener.expect("activity").await;
    app.end_streams();
    assert_eq!(listener.expect("bye").await.data["reason"], "stopping");
    assert_eq!(listener.next().await, None);
}

#[tokio::test]
async fn ids_that_no_stream_gave_out_are_refused() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for id in ["7", "nonsense", "999999999999999999990000000000000000000", &"9".repeat(39)] {
        let reply = stand.get(&path(&ada)).by(&ada).header("last-event-id", id).send().await;
        assert_eq!(reply.complaints(422, "validation_failed"), ["Last-Event-ID"], "{id}");
    }
    let beyond = format!("{:020}{:019}", u64::MAX, 1);
    let reply = stand.get(&path(&ada)).by(&ada).header("last-event-id", &beyond).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["Last-Event-ID"]);
    let reply = stand.get(&format!("{}?lastEventId=x", path(&ada))).by(&ada).send().await;
    assert_eq!(reply.complaints(422, "validation_failed"), ["lastEventId"]);
}
