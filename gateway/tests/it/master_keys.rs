//! A new master key takes over while two servers answer throughout.

use crate::stand::{Reply, Somebody, Stand};
use dbx_domain::Secret;
use dbx_gateway::{App, Settings};
use dbx_sql::{MasterKey, MasterKeys, Vault};
use poem::test::TestClient;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

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
