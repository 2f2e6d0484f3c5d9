//! A person's data: handed over to them, and erased everywhere while history stays whole.

use crate::stand::{Reply, Stand};
use dbx_domain::{Secret, policy::Role};
use dbx_gateway::{Settings, privacy};
use dbx_sql::checkpoint::{CheckpointKey, make, verify::verify};
use serde_json::json;

const PASSWORD: &str = "grüße aus dem wald";
const EMAIL: &str = "grace.hopper@navy.example";
const NAME: &str = "Grace Brewster";
const ADDRESS: &str = "198.51.100.77";
const STRANGER: &str = "203.0.113.9";
const AGENT: &str = "cobol-browser/1959";

async fn stand() -> Stand {
    Stand::with(Settings { behind_proxy: true, ..Settings::default() }).await
}

async fn register(stand: &Stand) -> Reply {
    let body = json!({ "email": EMAIL, "displayName": NAME, "password": PASSWORD, "delivery": "token" });
    let call = stand.post("/v1/auth/register").header("x-forwarded-for", ADDRESS).header("user-agent", AGENT);
    call.json(&body).send().await
}

/// Where in the database a text stands, in any case, by table.
async fn found(stand: &Stand, text: &str) -> Vec<String> {
    let owner = stand.database.connection().await;
    let tables = "SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')";
    let mut found = Vec::new();
    for row in owner.query(tables, &[]).await.unwrap() {
        let table: String = row.get(0);
        let sql = format!("SELECT count(*) FROM {table} AS t WHERE strpos(lower(t::text), lower($1)) > 0");
        if owner.query_one(&sql, &[&text]).await.unwrap().get::<_, i64>(0) > 0 {
            found.push(table);
        }
    }
    found
}

fn erase(password: &str) -> serde_json::Value {
    json!({ "password": password })
}

#[tokio::test]
async fn an_erased_person_is_nowhere_and_history_is_whole() {
    let stand = stand().await;
    let grace = register(&stand).await;
    let (token, account) = (grace.text_at("/token"), grace.text_at("/user/id"));
    let owner = stand.somebody("owner").await;
    // A membership, a key, work of hers, an invitation she left open, a stranger who guessed her password.
    stand.join(owner.org, account.parse().unwrap(), Role::Admin).await;
    let key = json!({ "orgId": owner.org, "name": "graces-laptop", "role": "admin" });
    let made = stand.post("/v1/apikeys").bearer(&token).json(&key).send().await;
    let key = made.text_at("/token");
    let project = json!({ "name": "compiler" });
    let by_key = stand.post(&format!("/v1/orgs/{}/projects", owner.org)).bearer(&key);
    by_key.header("x-forwarded-for", ADDRESS).key("once").json(&project).send().await;
    let other = stand.somebody("other").await;
    let invite = json!({ "email": EMAIL.to_uppercase(), "role": "viewer" });
    stand.post(&format!("/v1/orgs/{}/invitations", other.org)).by(&other).json(&invite).send().await;
    let guess = json!({ "email": EMAIL, "password": "not her password" });
    stand.post("/v1/auth/login").header("x-forwarded-for", STRANGER).json(&guess).send().await;
    while found(&stand, STRANGER).await.is_empty() {
        tokio::task::yield_now().await;
    }
    stand.catch_up().await;
    for text in [EMAIL, NAME, ADDRESS, AGENT, "graces-laptop"] {
        assert!(!found(&stand, text).await.is_empty(), "{text} should be there before");
    }
    let own = stand.get("/v1/users/me/export").bearer(&token).send().await;
    for text in [EMAIL, NAME, ADDRESS, AGENT, "graces-laptop", "ProjectCreated", "My org"] {
        assert!(own.text.contains(text), "{text} is hers: {}", own.text);
    }

    let wrong = stand.delete("/v1/users/me").bearer(&token).json(&erase("not the password")).send().await;
    assert_eq!(wrong.complaints(403, "forbidden"), ["password"]);
    let done = stand.delete("/v1/users/me").header("x-forwarded-for", ADDRESS).bearer(&token);
    let done = done.json(&erase(PASSWORD)).send().await;
    assert_eq!(done.status, 204, "{}", done.text);
    assert!(done.header("set-cookie").unwrap().contains("Max-Age=0"));
    stand.catch_up().await;
    for text in [EMAIL, NAME, ADDRESS, AGENT, STRANGER, "graces-laptop"] {
        assert_eq!(found(&stand, text).await, Vec::<String>::new(), "{text}");
    }
    for token in [&token, &key] {
        stand.get("/v1/users/me").bearer(token).send().await.problem(401, "unauthenticated");
    }
    // What she did is on record under her id alone, and it all still fits together.
    assert!(found(&stand, &account).await.contains(&"events".to_owned()));
    let signer = CheckpointKey::from_hex(&Secret::new("5a".repeat(32))).unwrap();
    make(stand.database.db(), &signer).await.unwrap();
    assert_eq!(verify(stand.database.db(), &[signer.public()]).await.unwrap().findings, []);
    dbx_projections::rebuild(stand.database.db(), &dbx_sql::Upcasters::default(), &["members"])
        .await
        .unwrap();
    // The address is free again.
    assert_eq!(register(&stand).await.status, 201);
}

#[tokio::test]
async fn nobody_goes_while_others_or_instances_would_be_left_without_an_owner() {
    let stand = stand().await;
    let grace = register(&stand).await;
    let (token, account) = (grace.text_at("/token"), grace.text_at("/user/id").parse().unwrap());
    let org = stand.get("/v1/orgs").bearer(&token).send().await.text_at("/data/0/id");
    let bob = stand.somebody("bob").await;
    stand.join(org.parse().unwrap(), bob.account, Role::Member).await;
    let refused = stand.delete("/v1/users/me").bearer(&token).json(&erase(PASSWORD)).send().await;
    let problem = refused.problem(409, "last_owner");
    assert!(problem["detail"].as_str().unwrap().contains("make one of them an owner"), "{problem}");
    assert!(privacy::erase(&stand.app, account).await.unwrap_err().to_string().contains("only owner"));
    let remove = stand.delete(&format!("/v1/orgs/{org}/members/{}", bob.account)).bearer(&token).send().await;
    assert_eq!(remove.status, 204);
    let project = json!({ "name": "shop" });
    let path = format!("/v1/orgs/{org}/projects");
    let project = stand.post(&path).bearer(&token).json(&project).send().await.text_at("/id");
    let order = json!({ "name": "db", "plan": "nano" });
    stand.post(&format!("/v1/projects/{project}/instances")).bearer(&token).json(&order).send().await;
    let refused = stand.delete("/v1/users/me").bearer(&token).json(&erase(PASSWORD)).send().await;
    let problem = refused.problem(409, "last_owner");
    assert!(problem["detail"].as_str().unwrap().contains("still has instances"), "{problem}");
    assert_eq!(stand.get("/v1/users/me").bearer(&token).send().await.status, 200, "nothing was erased");
}

#[tokio::test]
async fn the_operator_hands_over_and_erases_as_well() {
    let stand = stand().await;
    let account = register(&stand).await.text_at("/user/id").parse().unwrap();
    let by_address = EMAIL.to_uppercase().parse().unwrap();
    assert_eq!(privacy::account(&stand.app, &by_address).await, Ok(account));
    let data = privacy::export(&stand.app, account).await.unwrap();
    assert_eq!(data["user"]["email"], EMAIL);
    for _ in 0..2 {
        privacy::erase(&stand.app, account).await.unwrap();
    }
    assert_eq!(found(&stand, EMAIL).await, Vec::<String>::new());
    assert!(privacy::export(&stand.app, account).await.is_err());
    assert!(privacy::account(&stand.app, &by_address).await.is_err(), "nobody has the address");
    assert!("grace".parse::<privacy::Whom>().is_err());
}
