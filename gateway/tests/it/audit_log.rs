//! The audit log as auditors read it: who, what, from where, before and after; filters, pages, exports.

use crate::stand::{Somebody, Stand};
use dbx_domain::policy::Role;
use dbx_gateway::Settings;
use serde_json::{Value, json};

const PASSWORD: &str = "grüße aus dem wald";

async fn audited(stand: &Stand, by: &Somebody, query: &str) -> Vec<Value> {
    stand.catch_up().await;
    let reply = stand.get(&format!("/v1/audit-logs?orgId={}{query}", by.org)).by(by).send().await;
    reply.json()["data"].as_array().unwrap_or_else(|| panic!("{}", reply.text)).clone()
}

fn actions(entries: &[Value]) -> Vec<&str> {
    entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_entry_says_who_what_when_from_where_by_which_request_and_what_changed() {
    let stand = Stand::with(Settings { behind_proxy: true, ..Settings::default() }).await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let rename = stand.patch(&format!("/v1/projects/{project}")).by(&ada).header("x-request-id", "r-1");
    let rename = rename.header("x-forwarded-for", "198.51.100.7").header("user-agent", "dbx/1.0");
    assert_eq!(rename.json(&json!({ "name": "store" })).send().await.status, 200);
    let entries = audited(&stand, &ada, "").await;
    let entry = &entries[0];
    assert_eq!(entry["actor"], json!({ "kind": "account", "id": ada.account.to_string(), "name": "ada" }));
    assert_eq!(entry["resource"], json!({ "kind": "project", "id": project, "name": "shop" }));
    assert_eq!((&entry["action"], &entry["eventType"]), (&json!("project.update"), &json!("ProjectRenamed")));
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({ "name": "shop" }), &json!({ "name": "store" }))
    );
    assert_eq!((&entry["requestId"], &entry["address"]), (&json!("r-1"), &json!("198.51.100.7")));
    assert_eq!((&entry["userAgent"], &entry["orgId"]), (&json!("dbx/1.0"), &json!(ada.org)));
    assert!(entry["time"].is_string() && entry["position"].as_str() > entries[1]["position"].as_str());
}

#[tokio::test]
async fn filters_narrow_by_actor_action_resource_and_time() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let project = stand.project(&ada, "shop").await;
    let (key, token) = stand.api_key(&ada, ada.org, Role::Admin).await;
    let path = format!("/v1/projects/{project}");
    stand.patch(&path).bearer(&token).json(&json!({ "name": "store" })).send().await;
    let account = ada.account.to_string();
    let by_account = audited(&stand, &ada, &format!("&actor={account}")).await;
    assert_eq!(actions(&by_account), ["project.update", "api_key.create", "project.create", "org.create"]);
    let by_key = audited(&stand, &ada, &format!("&actor={key}")).await;
    assert_eq!(actions(&by_key), ["project.update"]);
    assert_eq!(by_key[0]["actor"], json!({ "kind": "api_key", "id": key, "name": "key" }));
    assert_eq!(actions(&audited(&stand, &ada, "&action=project.create").await), ["project.create"]);
    let projects = audited(&stand, &ada, "&action=project.").await;
    assert_eq!(actions(&projects), ["project.update", "project.create"]);
    let of_project = audited(&stand, &ada, &format!("&resource={project}")).await;
    assert_eq!(of_project, projects);
    let moment = projects[0]["time"].as_str().unwrap();
    assert_eq!(actions(&audited(&stand, &ada, &format!("&from={moment}")).await), ["project.update"]);
    assert!(!actions(&audited(&stand, &ada, &format!("&to={moment}")).await).contains(&"project.update"));
    assert_eq!(audited(&stand, &ada, "&action=project").await, projects);
    assert_eq!(audited(&stand, &ada, "&action=instance.delete&page[size]=1").await, [] as [Value; 0]);
    assert_eq!(audited(&stand, &ada, "&from=2100-01-01").await, [] as [Value; 0]);
    let wrong = stand.get(&format!("/v1/audit-logs?orgId={}&from=now", ada.org)).by(&ada).send().await;
    assert_eq!(wrong.complaints(422, "validation_failed"), ["from"]);
    let null = stand.get(&format!("/v1/audit-logs?orgId={}&actor=%00", ada.org)).by(&ada).send().await;
    assert_eq!(null.complaints(422, "validation_failed"), ["actor"]);
}

#[tokio::test]
async fn what_can_match_nothing_is_refused_and_people_are_known_by_address_and_name() {
    let stand = Stand::new().await;
    let (ada, bob) = (stand.somebody("ada").await, stand.somebody("bob").await);
    let by_id = audited(&stand, &ada, &format!("&actor={}", ada.account)).await;
    assert!(!by_id.is_empty());
    let address = stand.get("/v1/users/me").by(&ada).send().await.text_at("/email");
    for called in ["ada", "ADA", &address] {
        assert_eq!(audited(&stand, &ada, &format!("&actor={called}")).await, by_id, "{called}");
    }
    audited(&stand, &ada, "&actor=engine").await;
    let elsewhere = stand.get("/v1/users/me").by(&bob).send().await.text_at("/email");
    for (query, field) in [
        (format!("actor={elsewhere}"), "actor"),
        ("actor=nobody".to_owned(), "actor"),
        ("actor=usr_1".to_owned(), "actor"),
        ("action=nothing".to_owned(), "action"),
        ("action=project.explode".to_owned(), "action"),
        ("resource=shop".to_owned(), "resource"),
        ("from=2026-02-30".to_owned(), "from"),
        ("from=2026-02-03&to=2026-02-01".to_owned(), "from"),
    ] {
        for path in ["/v1/audit-logs", "/v1/audit-logs/export"] {
            let refused = stand.get(&format!("{path}?orgId={}&{query}", ada.org)).by(&ada).send().await;
            assert_eq!(refused.complaints(422, "validation_failed"), [field], "{path} {query}");
        }
    }
}

#[tokio::test]
async fn sign_ins_are_in_the_log_of_the_account_and_of_its_orgs_but_only_while_a_member() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    let body = json!({ "email": "bob@example.com", "displayName": "Bob", "password": PASSWORD, "delivery": "token" });
    let bob = stand.post("/v1/auth/register").json(&body).send().await.json();
    let account = bob["user"]["id"].as_str().unwrap().to_owned();
    stand.join(ada.org, account.parse().unwrap(), Role::Viewer).await;
    let login = async |password: &str| {
        let body = json!({ "email": "bob@example.com", "password": password, "delivery": "token" });
        stand.post("/v1/auth/login").json(&body).send().await
    };
    assert_eq!(login("wrong").await.status, 401);
    let token = login(PASSWORD).await.text_at("/token");
    let seen = audited(&stand, &ada, &format!("&resource={account}")).await;
    assert_eq!(actions(&seen), ["auth.login_refused", "member.add"]);
    let seen = audited(&stand, &ada, "&action=auth.login").await;
    assert_eq!((seen.len(), &seen[0]["actor"]["name"]), (1, &json!("Bob")));
    let removal = stand.delete(&format!("/v1/orgs/{}/members/{account}", ada.org)).by(&ada).send().await;
    assert_eq!(removal.status, 204);
    login(PASSWORD).await;
    assert_eq!(audited(&stand, &ada, "&action=auth.login").await.len(), 1);
    let own = stand.get("/v1/audit-logs").bearer(&token).send().await.json();
    let own = own["data"].as_array().unwrap();
    let expected = ["auth.login", "auth.login", "auth.login_refused", "auth.login", "auth.register"];
    assert_eq!(actions(own), expected);
    let (_, key) = stand.api_key(&ada, ada.org, Role::Owner).await;
    stand.get("/v1/audit-logs").bearer(&key).send().await.problem(403, "session_required");
}

#[tokio::test]
async fn exports_hold_every_entry_oldest_first_however_many() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    for number in 0..520 {
        let named = format!("Acme, \"{number}\"").parse().unwrap();
        stand.append_to_org(ada.org, &[dbx_domain::org::OrgEvent::OrgRenamed { name: named }]).await;
    }
    stand.catch_up().await;
    let path = format!("/v1/audit-logs/export?orgId={}", ada.org);
    let jsonl = stand.get(&path).by(&ada).send().await;
    assert_eq!(jsonl.header("content-type"), Some("application/x-ndjson"));
    assert_eq!(jsonl.header("content-disposition"), Some("attachment; filename=\"audit-log.jsonl\""));
    let entries: Vec<Value> = jsonl.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(entries.len(), 521);
    assert!(entries.windows(2).all(|pair| pair[0]["position"].as_str() < pair[1]["position"].as_str()));
    assert_eq!(entries[520], audited(&stand, &ada, "&page[size]=1").await[0]);
    let csv = stand.get(&format!("{path}&format=csv&action=org.create")).by(&ada).send().await;
    assert_eq!(
        (csv.header("content-type"), csv.header("cache-control")),
        (Some("text/csv"), Some("no-store"))
    );
    let lines: Vec<&str> = csv.text.lines().collect();
    assert!(lines.len() == 2 && lines[0].starts_with("position,time,orgId"), "{lines:?}");
    assert!(lines[1].contains(",org.create,org,"), "{lines:?}");
}
