//! A new master key takes over while two servers answer throughout.

use crate::stand::{Reply, Somebody, Stand};
use dbx_domain::Secret;
use dbx_gateway::{
    App, Settings,
    roll_call::{RollCall, strangers_to},
};
use dbx_sql::{MasterKey, MasterKeys, Vault, servers};
use poem::test::TestClient;
use std::{
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    time::Duration,
};

fn key(byte: &str) -> MasterKey {
    MasterKey::from_hex(&Secret::new(byte.repeat(32))).unwrap()
}

/// A server over the stand's database with these keys: the first wraps, all of them read.
fn server(stand: &Stand, current: &str, others: &[&str]) -> App {
    let keys = MasterKeys::new(key(current), others.iter().map(|other| key(other)).collect());
    App::new(stand.store.clone(), Vault::new(stand.database.db().clone(), keys), Settings::default())
}

async fn reveal(app: &App, owner: &Somebody, instance: &str) -> Reply {
    let client = TestClient::new(app.router());
    let request = client.post(format!("/v1/instances/{instance}/credentials:reveal"));
    Reply::of(request.header("authorization", format!("Bearer {}", owner.token)).send().await.0).await
}

#[tokio::test]
async fn every_step_of_the_change_leaves_every_server_reading() {
    // The stand's own server is the first one; its key is "0f".
    let stand = Stand::new().await;
    let mut instances = Vec::new();
    for name in ["ada", "bob", "carol"] {
        let owner = stand.somebody(name).await;
        let project = stand.project(&owner, "shop").await;
        let running = stand.running(&owner, &project, "db").await;
        instances.push((owner, running));
    }
    // Each step of docs/keys.md: what the two servers are configured with while it is under way.
    let steps = [
        (server(&stand, "0f", &[]), server(&stand, "0f", &["aa"]), false),
        (server(&stand, "0f", &["aa"]), server(&stand, "aa", &["0f"]), false),
        (server(&stand, "aa", &["0f"]), server(&stand, "aa", &["0f"]), true),
        (server(&stand, "aa", &["0f"]), server(&stand, "aa", &[]), false),
    ];
    let keys = MasterKeys::new(key("aa"), vec![key("0f")]);
    let operator = Vault::new(stand.database.db().clone(), keys);
    let mut moved = 0;
    for (one, other, rotates) in &steps {
        let (done, read) = (AtomicBool::new(false), AtomicUsize::new(0));
        let reading = async {
            while !done.load(Ordering::Relaxed) || read.load(Ordering::Relaxed) < 6 {
                for (owner, running) in &instances {
                    for server in [one, other] {
                        let shown = reveal(server, owner, &running.id).await;
                        assert_eq!(shown.text_at("/password"), running.password);
                        read.fetch_add(1, Ordering::Relaxed);
                    }
                }
            }
        };
        let changing = async {
            if *rotates {
                moved += operator.rewrap().await.unwrap();
            }
            done.store(true, Ordering::Relaxed);
        };
        tokio::join!(reading, changing);
    }
    assert_eq!(moved, 3, "one data key per org");
    let check = operator.check_keys().await.unwrap();
    assert_eq!((check.readable, check.older, check.unreadable.len()), (3, 0, 0));
}

fn keys(current: &str, others: &[&str]) -> MasterKeys {
    MasterKeys::new(key(current), others.iter().map(|other| key(other)).collect())
}

#[tokio::test]
async fn a_key_wraps_nothing_before_every_living_server_knows_it() {
    let stand = Stand::new().await;
    let db = stand.database.db();
    let enter =
        async |name: &str, keys: MasterKeys| RollCall::enter(db.clone(), name.to_owned(), &keys).await;
    let new = key("aa").id().to_owned();
    enter("first", keys("0f", &[])).await.unwrap();
    // Step 2 before step 1, and a server that cannot read what the first one wraps.
    for hasty in [keys("aa", &["0f"]), keys("aa", &[])] {
        let refused = enter("hasty", hasty).await.unwrap_err().to_string();
        assert!(refused.contains("server first does not know") && refused.contains(&new), "{refused}");
    }
    let strangers = strangers_to(db, &new).await.unwrap();
    assert!(matches!(strangers.as_slice(), [one] if one.contains("server first")), "{strangers:?}");
    // Step 1, one server after another.
    enter("second", keys("0f", &["aa"])).await.unwrap();
    servers::leave(db, "first").await.unwrap();
    assert_eq!(strangers_to(db, &new).await.unwrap(), Vec::<String>::new());
    // Step 2; now a server that has only the old key comes too late.
    enter("third", keys("aa", &["0f"])).await.unwrap();
    let late = enter("late", keys("0f", &[])).await.unwrap_err().to_string();
    assert!(late.contains("server third wraps by") && late.contains(&new), "{late}");
    // Who was refused is not in the roll, and who was killed is not for long.
    let names = async || {
        let living = servers::living(db).await.unwrap();
        living.into_iter().map(|server| server.name).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["second", "third"]);
    db.set_fake_now(Some(db.now().await.unwrap() + Duration::from_secs(60)));
    assert_eq!(names().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_server_that_stops_leaves_the_roll() {
    let stand = Stand::new().await;
    let db = stand.database.db();
    let roll_call = RollCall::enter(db.clone(), "only".to_owned(), &keys("0f", &[])).await.unwrap();
    assert_eq!(servers::living(db).await.unwrap().len(), 1);
    let (_tell, stop) = tokio::sync::watch::channel(true);
    roll_call.run(stop).await;
    assert!(servers::living(db).await.unwrap().is_empty());
}
