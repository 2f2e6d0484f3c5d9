//! Every changing operation of the OpenAPI document leaves an event that says who did it, from where, and by which
//! request.

use crate::{
    operations::{Operation, Target, operations},
    stand::{Call, Somebody, Stand},
};
use dbx_domain::{
    instance::{Outcome, Progress},
    policy::Role,
};
use dbx_gateway::Settings;
use poem::http::Method;
use serde_json::{Value, json};

const PASSWORD: &str = "grüße aus dem wald";
const IP: &str = "198.51.100.7";

/// Changing operations that leave no event, each with its reason.
const SILENT: [(&str, &str); 0] = [];

/// Somebody with a password, whose account every account operation is tried on.
async fn registered(stand: &Stand, email: &str) -> Value {
    let body = json!({ "email": email, "displayName": "Ada", "password": PASSWORD, "delivery": "token" });
    stand.post("/v1/auth/register").json(&body).send().await.json()
}

async fn logged_in(stand: &Stand, email: &str) -> Value {
    let body = json!({ "email": email, "password": PASSWORD, "delivery": "token" });
    stand.post("/v1/auth/login").json(&body).send().await.json()
}

fn text<'a>(of: &'a Value, field: &str) -> &'a str {
    of[field].as_str().unwrap_or_else(|| panic!("no {field}: {of}"))
}

/// The operation, about to succeed, with who is to be on record.
async fn prepared<'a>(
    stand: &'a Stand,
    owner: &Somebody,
    target: &Target,
    operation: &Operation,
) -> (Call<'a>, Option<String>) {
    let id = operation.id.as_str();
    match id {
        "register" | "login" | "logout" | "changePassword" | "closeOtherSessions" | "closeSession"
        | "deleteMe" => prepared_account(stand, operation).await,
        "acceptInvitation" => {
            let guest = stand.somebody("guest").await;
            let path = format!("/v1/orgs/{}/invitations", target.org);
            let body = json!({ "email": "guest@example.com", "role": "viewer" });
            let token = stand.post(&path).by(owner).json(&body).send().await.text_at("/token");
            let call = stand.post(&format!("/v1/invitations/{token}/accept")).by(&guest);
            (call, Some(guest.account.to_string()))
        }
        "deleteOrg" | "deleteProject" => {
            let body = json!({ "name": "empty" });
            let (made, of) = match id {
                "deleteOrg" => (stand.post("/v1/orgs"), "orgs"),
                _ => (stand.post(&format!("/v1/orgs/{}/projects", target.org)), "projects"),
            };
            let made = made.by(owner).json(&body).send().await.text_at("/id");
            (stand.delete(&format!("/v1/{of}/{made}")).by(owner), Some(owner.account.to_string()))
        }
        _ => {
            ready(stand, owner, target, id).await;
            let call = match id {
                "updateMember" => stand.patch(&operation.path).json(&json!({ "role": "member" })),
                "updateQuota" | "updateProjectQuota" => {
                    stand.patch(&operation.path).json(&json!({ "instances": 7 }))
                }
                _ => operation.request(stand),
            };
            (call.by(owner), Some(owner.account.to_string()))
        }
    }
}

async fn prepared_account<'a>(stand: &'a Stand, operation: &Operation) -> (Call<'a>, Option<String>) {
    let email = format!("{}@example.com", operation.id.to_lowercase());
    if operation.id == "register" {
        let body = json!({ "email": email, "displayName": "Ada", "password": PASSWORD });
        return (stand.post("/v1/auth/register").json(&body), None);
    }
    let account = text(&registered(stand, &email).await["user"], "id").to_owned();
    let other = logged_in(stand, &email).await;
    let call = match operation.id.as_str() {
        "login" => stand.post("/v1/auth/login").json(&json!({ "email": email, "password": PASSWORD })),
        "deleteMe" => {
            let body = json!({ "password": PASSWORD });
            stand.delete("/v1/users/me").bearer(text(&other, "token")).json(&body)
        }
        "closeSession" => {
            let session = logged_in(stand, &email).await;
            let path = format!("/v1/users/me/sessions/{}", text(&session, "id"));
            stand.delete(&path).bearer(text(&other, "token"))
        }
        _ => operation.request(stand).bearer(text(&other, "token")),
    };
    (call, Some(account))
}

/// Brings the target's instance where the operation applies.
async fn ready(stand: &Stand, owner: &Somebody, target: &Target, operation: &str) {
    let job = async || {
        let shown = stand.get(&format!("/v1/instances/{}", target.instance)).by(owner).send().await.json();
        shown["currentJobId"].as_str().map(str::to_owned)
    };
    let report = async |job: String, progress| {
        stand.advance(&target.instance, &job, vec![progress], None).await;
    };
    match (operation, job().await) {
        ("retryJob" | "abandonJob", Some(job)) => report(job, Progress::Park("stuck".to_owned())).await,
        ("stopInstance" | "rebootInstance" | "rotateCredentials" | "startInstance", Some(job)) => {
            report(job, Progress::Finish(Outcome::Succeeded)).await;
        }
        _ => {}
    }
    if operation == "startInstance" {
        let stop = stand.post(&format!("/v1/instances/{}:stop", target.instance)).by(owner).send().await;
        report(stop.text_at("/id"), Progress::Finish(Outcome::Succeeded)).await;
    }
}

/// What is on record of a request: event, metadata, and the address it came from.
async fn on_record(stand: &Stand, request: &str) -> Vec<(String, Value, Option<String>)> {
    let owner = stand.database.connection().await;
    let sql = "SELECT e.event_type, e.metadata, o.ip FROM events e LEFT JOIN event_origins o
                   USING (aggregate_type, aggregate_id, sequence)
               WHERE e.metadata->>'request_id' = $1";
    let rows = owner.query(sql, &[&request]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect()
}

#[tokio::test]
async fn every_change_is_on_record_with_actor_address_and_request() {
    let all = operations(&Target::nothing());
    let changing = all.iter().filter(|operation| operation.method != Method::GET).map(|one| one.id.clone());
    for name in changing.filter(|name| SILENT.iter().all(|(silent, _)| silent != name)) {
        let stand = Stand::with(Settings { behind_proxy: true, ..Settings::default() }).await;
        let owner = stand.somebody("owner").await;
        let target = match name.as_str() {
            "revealCredentials" => running_target(&stand, &owner).await,
            _ => Target::of(&stand, &owner).await,
        };
        let operation = operations(&target).into_iter().find(|one| one.id == name).unwrap();
        let (call, account) = prepared(&stand, &owner, &target, &operation).await;
        let request = format!("audit-{name}");
        let reply = call.header("x-request-id", &request).header("x-forwarded-for", IP).send().await;
        assert!(reply.status.is_success(), "{name}: {} {}", reply.status, reply.text);
        let events = on_record(&stand, &request).await;
        assert!(!events.is_empty(), "{name} left no event");
        for (kind, metadata, ip) in events {
            assert_eq!(metadata["actor"], "account", "{name} {kind}");
            // Where somebody erased themselves from is erased as well.
            assert_eq!(ip.as_deref(), Some(IP).filter(|_| name != "deleteMe"), "{name} {kind}");
            if let Some(account) = &account {
                assert_eq!(text(&metadata, "actor_id"), account, "{name} {kind}");
            }
        }
    }
}

async fn running_target(stand: &Stand, owner: &Somebody) -> Target {
    let target = Target::of(stand, owner).await;
    let instance = stand.running(owner, &target.project, "running").await.id;
    Target { instance, ..target }
}

#[tokio::test]
async fn what_a_key_does_is_on_record_as_the_keys() {
    let stand = Stand::new().await;
    let owner = stand.somebody("owner").await;
    let (id, token) = stand.api_key(&owner, owner.org, Role::Admin).await;
    let path = format!("/v1/orgs/{}", owner.org);
    let rename =
        stand.patch(&path).bearer(&token).header("x-request-id", "by-key").json(&json!({ "name": "Acme" }));
    assert_eq!(rename.send().await.status, 200);
    let events = on_record(&stand, "by-key").await;
    let (kind, metadata, _) = &events[0];
    assert_eq!((kind.as_str(), &metadata["actor"]), ("OrgRenamed", &json!("api_key")));
    assert_eq!(
        (text(metadata, "api_key"), text(metadata, "actor_id")),
        (id.as_str(), owner.account.to_string().as_str())
    );
}
