//! Everybody against every operation of the OpenAPI document: anonymous, stranger, viewer, member, admin, owner, API keys
//! below their owner, of another org and revoked, and sessions that are over.

use crate::{
    operations::{Needs, Target, needs, operations},
    stand::{Call, Reply, Stand},
};
use dbx_domain::policy::Role;
use serde_json::Value;

#[track_caller]
fn assert_allowed(reply: &Reply, who: &str) {
    let status = reply.status.as_u16();
    assert!(!matches!(status, 401 | 403 | 404 | 405 | 500..), "{who}: {status} {}", reply.text);
}

/// Let in as far as who one is goes; the person may still lack what it takes, such as the right password.
#[track_caller]
fn assert_recognised(reply: &Reply, who: &str) {
    let status = reply.status.as_u16();
    assert!(!matches!(status, 401 | 404 | 405 | 500..), "{who}: {status} {}", reply.text);
    assert!(!reply.text.contains("session_required"), "{who}: {}", reply.text);
}

#[track_caller]
fn assert_too_weak(reply: &Reply, needed: Role, who: &str) {
    let problem = reply.problem(403, "forbidden");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(needed.name()), "{who}: {detail}");
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    for role in Role::ALL {
        let stand = Stand::new().await;
        let owner = stand.somebody("owner").await;
        let target = Target::of(&stand, &owner).await;
        let member = stand.somebody("member").await;
        stand.join(owner.org, member.account, role).await;
        for operation in operations(&target).into_iter().filter(|operation| operation.id != "logout") {
            let who = format!("{role} {}", operation.id);
            let reply = operation.request(&stand).by(&member).send().await;
            match needs(&operation.id) {
                Needs::Nobody => {}
                Needs::Identity => assert_allowed(&reply, &who),
                Needs::Session => assert_recognised(&reply, &who),
                Needs::Own => drop(reply.problem(404, "not_found")),
                Needs::Member(needed) | Needs::Person(needed) if role >= needed => {
                    assert_allowed(&reply, &who);
                }
                Needs::Member(needed) | Needs::Person(needed) => assert_too_weak(&reply, needed, &who),
            }
        }
    }
}

#[tokio::test]
async fn a_key_may_what_its_role_may_and_never_acts_as_its_person() {
    for ceiling in [Role::Viewer, Role::Member, Role::Admin] {
        let stand = Stand::new().await;
        let owner = stand.somebody("owner").await;
        let target = Target::of(&stand, &owner).await;
        let (_, token) = stand.api_key(&owner, owner.org, ceiling).await;
        for operation in operations(&target) {
            let who = format!("key of {ceiling} {}", operation.id);
            let reply = operation.request(&stand).bearer(&token).send().await;
            match needs(&operation.id) {
                Needs::Nobody => {}
                Needs::Identity => assert_allowed(&reply, &who),
                Needs::Session | Needs::Own | Needs::Person(_) => {
                    drop(reply.problem(403, "session_required"));
                }
                Needs::Member(needed) if ceiling >= needed => assert_allowed(&reply, &who),
                Needs::Member(needed) => assert_too_weak(&reply, needed, &who),
            }
        }
    }
}

#[tokio::test]
async fn things_of_another_org_look_as_if_they_did_not_exist() {
    let stand = Stand::new().await;
    let owner = stand.somebody("owner").await;
    let (theirs, nothing) = (Target::of(&stand, &owner).await, Target::nothing());
    let stranger = stand.somebody("stranger").await;
    let (_, strange_key) = stand.api_key(&stranger, stranger.org, Role::Owner).await;
    // A key opens one org, though its person belongs to both.
    let other = stand.post("/v1/orgs").by(&owner).json(&serde_json::json!({ "name": "Other" })).send().await;
    let (_, key_to_other) = stand.api_key(&owner, other.text_at("/id").parse().unwrap(), Role::Owner).await;
    for (real, unreal) in operations(&theirs).iter().zip(operations(&nothing)) {
        let nameless = |text: &str, things: &Target| {
            things.ids().iter().fold(text.to_owned(), |text, id| text.replace(*id, "ID"))
        };
        for (token, is_key) in [(&stranger.token, false), (&strange_key, true), (&key_to_other, true)] {
            match needs(&real.id) {
                Needs::Member(_) => {}
                Needs::Own | Needs::Person(_) if !is_key => {}
                _ => continue,
            }
            let mut answers = Vec::new();
            for (operation, things) in [(real, &theirs), (&unreal, &nothing)] {
                let reply = operation.request(&stand).bearer(token).send().await;
                let mut problem = reply.problem(404, "not_found");
                assert_eq!(problem["instance"], operation.path.replace("dbi_nobody-knows-it", "…"));
                problem["instance"] = Value::Null;
                problem["requestId"] = Value::Null;
                problem["detail"] = nameless(problem["detail"].as_str().unwrap(), things).into();
                answers.push(problem);
            }
            assert_eq!(answers[0], answers[1], "{}", real.id);
        }
    }
}

#[tokio::test]
async fn without_a_living_session_or_key_only_the_open_operations_answer() {
    let stand = Stand::new().await;
    let owner = stand.somebody("owner").await;
    let target = Target::of(&stand, &owner).await;
    let (id, revoked) = stand.api_key(&owner, owner.org, Role::Owner).await;
    assert_eq!(stand.delete(&format!("/v1/apikeys/{id}")).by(&owner).send().await.status, 204);
    let expired = stand.expired_session(&owner).await;
    let tokens = [None, Some("dbs_nonsense"), Some("dbx_key_secret"), Some(&revoked), Some(&expired)];
    for operation in operations(&target) {
        if needs(&operation.id) == Needs::Nobody {
            continue;
        }
        for token in tokens {
            let request = operation.request(&stand);
            let request = token.into_iter().fold(request, Call::bearer);
            let reply = request.send().await;
            reply.problem(401, "unauthenticated");
            assert!(reply.header("www-authenticate").is_some());
        }
        // A cookie is as good as its token.
        let cookie = format!("__Host-dbx_session={expired}");
        let request = operation.request(&stand).header("sec-fetch-site", "same-origin");
        request.header("cookie", &cookie).send().await.problem(401, "unauthenticated");
    }
}
