//! Every role against every operation of the OpenAPI document.
//!
//! The table here is written by hand and not derived from the code: what it says is what we promise.

use crate::stand::{Call, Reply, Somebody, Stand};
use dbx_domain::policy::Role;
use poem::http::Method;
use serde_json::{Value, json};

/// Who may do an operation.
#[derive(Clone, Copy, PartialEq)]
enum Needs {
    /// Anybody, without a session.
    Nobody,
    /// Anybody with a session.
    Session,
    /// A member with this role or a stronger one.
    Member(Role),
}

/// Panics for an operation that nobody thought about.
fn needs(operation: &str) -> Needs {
    match operation {
        "register" | "login" | "listPlans" => Needs::Nobody,
        "logout" | "getMe" | "listOrgs" | "createOrg" => Needs::Session,
        "getOrg" | "listProjects" | "getProject" | "listInstances" | "getInstance" | "getConnection"
        | "listInstanceEvents" | "listJobs" | "getJob" => Needs::Member(Role::Viewer),
        "createProject" | "createInstance" | "startInstance" | "stopInstance" | "rebootInstance"
        | "rotateCredentials" | "revealCredentials" | "cancelJob" | "retryJob" => Needs::Member(Role::Member),
        "deleteProject" | "deleteInstance" | "abandonJob" => Needs::Member(Role::Admin),
        other => panic!("operation {other} has no line in this table: decide who may do it"),
    }
}

/// An operation of the document, aimed at things of one org.
struct Operation {
    id: String,
    method: Method,
    path: String,
}

impl Operation {
    fn request<'a>(&self, stand: &'a Stand) -> Call<'a> {
        let body = match self.id.as_str() {
            "createOrg" => json!({ "name": "Acme" }),
            "createProject" => json!({ "name": "another" }),
            "createInstance" => json!({ "name": "another", "plan": "nano" }),
            _ => return stand.request(self.method.clone(), &self.path),
        };
        stand.request(self.method.clone(), &self.path).json(&body)
    }
}

struct Target {
    org: String,
    project: String,
    instance: String,
    job: String,
}

fn operations(target: &Target) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&dbx_gateway::openapi_json()).unwrap();
    let mut found = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        let id = if template.starts_with("/v1/jobs") { &target.job } else { &target.instance };
        let path = template
            .replace("{orgId}", &target.org)
            .replace("{projectId}", &target.project)
            .replace("{id}", id);
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let method = method.to_uppercase().parse().unwrap();
            found.push(Operation { id, method, path: path.clone() });
        }
    }
    found
}

async fn target(stand: &Stand, owner: &Somebody) -> Target {
    let project = stand.project(owner, "shop").await;
    let (instance, job) = stand.order(owner, &project, "db").await;
    Target { org: owner.org.to_string(), project, instance, job }
}

fn assert_allowed(reply: &Reply, who: &str) {
    let status = reply.status.as_u16();
    assert!(!matches!(status, 401 | 403 | 404 | 405 | 500..), "{who}: {status} {}", reply.text);
}

#[tokio::test]
async fn each_role_may_do_what_the_table_says_and_nothing_else() {
    for role in Role::ALL {
        let stand = Stand::new().await;
        let owner = stand.somebody("owner").await;
        let target = target(&stand, &owner).await;
        let member = stand.somebody("member").await;
        stand.join(owner.org, member.account, role).await;
        for operation in operations(&target).into_iter().filter(|operation| operation.id != "logout") {
            let who = format!("{role} {}", operation.id);
            let reply = operation.request(&stand).by(&member).send().await;
            match needs(&operation.id) {
                Needs::Nobody => {}
                Needs::Session => assert_allowed(&reply, &who),
                Needs::Member(needed) if role >= needed => assert_allowed(&reply, &who),
                Needs::Member(needed) => {
                    let problem = reply.problem(403, "forbidden");
                    let detail = problem["detail"].as_str().unwrap();
                    assert!(detail.contains(needed.name()), "{who}: {detail}");
                }
            }
        }
    }
}

#[tokio::test]
async fn things_of_another_org_look_as_if_they_did_not_exist() {
    let stand = Stand::new().await;
    let owner = stand.somebody("owner").await;
    let theirs = target(&stand, &owner).await;
    let nothing = Target {
        org: "org_00000000000000000000000000".to_owned(),
        project: "prj_00000000000000000000000000".to_owned(),
        instance: "ins_00000000000000000000000000".to_owned(),
        job: "job_00000000000000000000000000".to_owned(),
    };
    let stranger = stand.somebody("stranger").await;
    for (real, unreal) in operations(&theirs).iter().zip(operations(&nothing)) {
        if !matches!(needs(&real.id), Needs::Member(_)) {
            continue;
        }
        let mut answers = Vec::new();
        for operation in [real, &unreal] {
            let mut problem = operation.request(&stand).by(&stranger).send().await.problem(404, "not_found");
            assert_eq!(problem["instance"], operation.path);
            problem["instance"] = Value::Null;
            problem["requestId"] = Value::Null;
            answers.push(problem);
        }
        assert_eq!(answers[0], answers[1], "{}", real.id);
    }
}

#[tokio::test]
async fn without_a_session_only_the_open_operations_answer() {
    let stand = Stand::new().await;
    let owner = stand.somebody("owner").await;
    for operation in operations(&target(&stand, &owner).await) {
        if needs(&operation.id) == Needs::Nobody {
            continue;
        }
        for token in [None, Some("dbs_nonsense"), Some("dbx_key_secret")] {
            let request = operation.request(&stand);
            let request = token.into_iter().fold(request, Call::bearer);
            let reply = request.send().await;
            reply.problem(401, "unauthenticated");
            assert!(reply.header("www-authenticate").is_some());
        }
    }
}
