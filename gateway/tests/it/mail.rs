//! Invitations that are mailed.

use crate::{
    smtp::MailServer,
    stand::{Reply, Somebody, Stand},
};
use dbx_domain::Secret;
use dbx_gateway::mail::{Login, MailSettings, Post, Transport, deliver_due};
use serde_json::{Value, json};
use std::time::Duration;

const PASSWORD: &str = "password-of-the-mail-server";

fn post(server: &MailServer) -> Post {
    let settings = MailSettings {
        host: server.address.ip().to_string(),
        port: server.address.port(),
        transport: Transport::Plain,
        ca_pem: None,
        login: Some(Login { user: "dbxyz".to_owned(), password: Secret::new(PASSWORD) }),
        from: "db.xyz <noreply@example.com>".to_owned(),
    };
    assert!(!format!("{settings:?}").contains(PASSWORD));
    Post::new(settings).unwrap()
}

async fn invite(stand: &Stand, by: &Somebody, key: &str) -> Reply {
    let body = json!({ "email": "eve@example.org", "role": "member" });
    let path = format!("/v1/orgs/{}/invitations", by.org);
    let call = stand.post(&path).by(by).key(key).header("host", "evil.example.net");
    let reply = call.json(&body).send().await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply
}

/// How the newest invitation's mail fares.
async fn mail(stand: &Stand, by: &Somebody) -> Value {
    let path = format!("/v1/orgs/{}/invitations", by.org);
    stand.get(&path).by(by).send().await.json()["data"][0]["mail"].clone()
}

/// Undoes the soft line breaks and escapes of quoted-printable (RFC 2045 §6.7), if there are any.
fn readable(text: &str) -> String {
    text.replace("=\r\n", "").replace("=3D", "=")
}

#[tokio::test]
async fn an_invitation_is_mailed_once_with_a_link_that_works_and_leaves_no_trace_of_it() {
    let server = MailServer::start().await;
    let stand = Stand::with_post(post(&server)).await;
    let (ada, eve) = (stand.somebody("ada").await, stand.somebody_at("eve", "eve@example.org").await);
    let issued = invite(&stand, &ada, "k").await;
    let token = issued.text_at("/token");
    assert_eq!(issued.json()["mail"]["status"], "waiting", "{}", issued.text);
    stand.assert_nowhere(&[&token, PASSWORD]).await;
    // A repetition is no second mail.
    invite(&stand, &ada, "k").await;
    assert_eq!((deliver_due(&stand.app).await.unwrap(), deliver_due(&stand.app).await.unwrap()), (1, 0));
    let fares = mail(&stand, &ada).await;
    assert_eq!(
        (&fares["status"], &fares["failures"], &fares["lastError"]),
        (&json!("sent"), &json!(0), &Value::Null)
    );
    assert!(fares["sentAt"].is_string(), "{fares:#}");

    let taken = server.taken();
    let [mail] = taken.as_slice() else { panic!("{taken:?}") };
    assert!(mail.from.contains("<noreply@example.com>") && mail.to.contains("<eve@example.org>"), "{mail:?}");
    assert!(mail.auth.starts_with("PLAIN "), "{mail:?}");
    let text = readable(&mail.text);
    // Links lead where the operator says, whatever host the request named.
    let link = format!("https://db.example.com/invitations#{token}");
    assert_eq!(issued.text_at("/link"), link);
    assert!(text.contains(&link), "{text}");
    assert!(!text.contains("evil.example.net"), "{text}");
    assert!(text.contains("ada's org") && text.contains("as member"), "{text}");

    let joined = stand.post(&format!("/v1/invitations/{token}/accept")).by(&eve).send().await;
    assert_eq!(joined.status, 200, "{}", joined.text);
    stand.assert_nowhere(&[&token, "dbi_"]).await;
    let owner = stand.database.connection().await;
    assert!(owner.query("SELECT FROM secrets", &[]).await.unwrap().is_empty(), "a sealed token stayed");
}

#[tokio::test]
async fn a_mail_that_fails_is_visible_and_tried_again_and_the_invitation_stands() {
    let server = MailServer::start().await;
    let stand = Stand::with_post(post(&server)).await;
    let ada = stand.somebody("ada").await;
    server.refuse(Some("451 try again later"));
    let issued = invite(&stand, &ada, "k").await;
    deliver_due(&stand.app).await.unwrap();
    let fares = mail(&stand, &ada).await;
    assert_eq!((&fares["status"], &fares["failures"]), (&json!("waiting"), &json!(1)));
    assert!(fares["lastError"].as_str().unwrap().contains("try again later"), "{fares:#}");
    assert_eq!(deliver_due(&stand.app).await.unwrap(), 0, "not before its pause is over");

    let now = stand.database.db().now().await.unwrap();
    stand.database.db().set_fake_now(Some(now + Duration::from_secs(60)));
    server.refuse(None);
    assert_eq!(deliver_due(&stand.app).await.unwrap(), 1);
    assert_eq!(mail(&stand, &ada).await["status"], "sent");
    assert!(readable(&server.taken()[0].text).contains(&issued.text_at("/token")));
}

#[tokio::test]
async fn what_the_mail_server_refuses_for_good_is_given_up_and_its_token_forgotten() {
    let server = MailServer::start().await;
    let stand = Stand::with_post(post(&server)).await;
    let ada = stand.somebody("ada").await;
    server.refuse(Some("550 there is nobody of that name"));
    let token = invite(&stand, &ada, "k").await.text_at("/token");
    deliver_due(&stand.app).await.unwrap();
    let fares = mail(&stand, &ada).await;
    assert_eq!(fares["status"], "failed");
    assert!(fares["lastError"].as_str().unwrap().contains("nobody of that name"), "{fares:#}");
    let owner = stand.database.connection().await;
    assert!(owner.query("SELECT FROM secrets", &[]).await.unwrap().is_empty());
    // Handed over by hand, the link works all the same.
    let eve = stand.somebody_at("eve", "eve@example.org").await;
    let joined = stand.post(&format!("/v1/invitations/{token}/accept")).by(&eve).send().await;
    assert_eq!(joined.status, 200, "{}", joined.text);
}

#[tokio::test]
async fn a_mail_server_that_offers_no_tls_is_told_nothing_when_tls_is_asked_for() {
    let server = MailServer::start().await;
    let settings = MailSettings {
        host: server.address.ip().to_string(),
        port: server.address.port(),
        transport: Transport::StartTls,
        ca_pem: None,
        login: None,
        from: "noreply@example.com".to_owned(),
    };
    let stand = Stand::with_post(Post::new(settings).unwrap()).await;
    let ada = stand.somebody("ada").await;
    invite(&stand, &ada, "k").await;
    deliver_due(&stand.app).await.unwrap();
    assert_ne!(mail(&stand, &ada).await["status"], "sent");
    assert!(server.taken().is_empty());
}

#[tokio::test]
async fn without_a_mail_server_nothing_waits() {
    let stand = Stand::new().await;
    let ada = stand.somebody("ada").await;
    assert_eq!(invite(&stand, &ada, "k").await.json()["mail"], Value::Null);
    assert_eq!(deliver_due(&stand.app).await.unwrap(), 0);
}
