//! Every operation of the OpenAPI document, aimed at things of one org, and who may do it.
//!
//! The table here is written by hand and not derived from the code: what it says is what we promise.

use crate::stand::{Call, Somebody, Stand};
use dbx_domain::policy::Role;
use poem::http::Method;
use serde_json::{Value, json};

/// Who may do an operation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Needs {
    /// Anybody, without a session.
    Nobody,
    /// Anybody with a session or an API key.
    Identity,
    /// Anybody with a session.
    Session,
    /// Whoever it is for, with a session; for all others it does not exist.
    Own,
    /// A member with this role or a stronger one, also with an API key of this role.
    Member(Role),
    /// A member with this role or a stronger one, with a session.
    Person(Role),
}

/// Panics for an operation that nobody thought about.
pub(crate) fn needs(operation: &str) -> Needs {
    match operation {
        "register" | "login" | "listPlans" | "getPace" | "listCheckpointKeys" => Needs::Nobody,
        "getMe" | "listOrgs" => Needs::Identity,
        "logout" | "deleteMe" | "exportMe" | "createOrg" | "updateMe" | "changePassword" | "listSessions"
        | "closeOtherSessions" | "listApiKeys" => Needs::Session,
        "closeSession" | "acceptInvitation" => Needs::Own,
        "listCheckpoints" | "exportChain" | "getOrg" | "listMembers" | "getQuota" | "getProjectQuota"
        | "listProjects" | "getProject" | "listInstances" | "getInstance" | "getConnection"
        | "getInstanceMetrics" | "listInstanceEvents" | "listActivity" | "streamActivity"
        | "explainInstance" | "getUsage" | "listAuditLog" | "exportAuditLog" | "listJobs" | "getJob" => {
            Needs::Member(Role::Viewer)
        }
        "createProject" | "updateProject" | "createInstance" | "updateInstance" | "startInstance"
        | "stopInstance" | "rebootInstance" | "rotateCredentials" | "revealCredentials" | "cancelJob"
        | "retryJob" => Needs::Member(Role::Member),
        "updateOrg" | "updateMember" | "removeMember" | "listInvitations" | "createInvitation"
        | "revokeInvitation" | "deleteProject" | "deleteInstance" | "abandonJob" => {
            Needs::Member(Role::Admin)
        }
        "deleteOrg" | "updateQuota" | "updateProjectQuota" => Needs::Member(Role::Owner),
        "listWebhooks"
        | "createWebhook"
        | "getWebhook"
        | "updateWebhook"
        | "deleteWebhook"
        | "listWebhookDeliveries"
        | "testWebhook"
        | "replayWebhook" => Needs::Member(Role::Admin),
        "createApiKey" | "revokeApiKey" => Needs::Person(Role::Admin),
        other => panic!("operation {other} has no line in this table: decide who may do it"),
    }
}

/// An operation of the document, aimed at things of one org.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    /// What the document requires behind the path.
    query: String,
    body: Option<Value>,
}

impl Operation {
    pub(crate) fn request<'a>(&self, stand: &'a Stand) -> Call<'a> {
        let call = stand.request(self.method.clone(), &format!("{}{}", self.path, self.query));
        match &self.body {
            Some(body) => call.json(body),
            None => call,
        }
    }
}

/// Things of one org.
pub(crate) struct Target {
    pub(crate) org: String,
    pub(crate) project: String,
    pub(crate) instance: String,
    pub(crate) job: String,
    pub(crate) member: String,
    pub(crate) invitation: String,
    pub(crate) key: String,
    pub(crate) session: String,
    pub(crate) webhook: String,
}

impl Target {
    /// One of everything in `owner`'s org.
    pub(crate) async fn of(stand: &Stand, owner: &Somebody) -> Self {
        let project = stand.project(owner, "shop").await;
        let (instance, job) = stand.order(owner, &project, "db").await;
        let bob = stand.somebody("bob").await;
        stand.join(owner.org, bob.account, Role::Viewer).await;
        let path = format!("/v1/orgs/{}/invitations", owner.org);
        let body = json!({ "email": "carol@example.com", "role": "viewer" });
        let invitation = stand.post(&path).by(owner).json(&body).send().await.text_at("/id");
        let (key, _) = stand.api_key(owner, owner.org, Role::Viewer).await;
        let session = stand.get("/v1/users/me/sessions").by(owner).send().await.text_at("/data/0/id");
        let (org, member) = (owner.org.to_string(), bob.account.to_string());
        let webhook = json!({ "url": "https://receiver.invalid/hook" });
        let path = format!("/v1/orgs/{org}/webhooks");
        let webhook = stand.post(&path).by(owner).json(&webhook).send().await.text_at("/webhook/id");
        Self { org, project, instance, job, member, invitation, key, session, webhook }
    }

    /// Ids that nothing has.
    pub(crate) fn nothing() -> Self {
        let id = |prefix: &str| format!("{prefix}_00000000000000000000000000");
        Self {
            org: id("org"),
            project: id("prj"),
            instance: id("ins"),
            job: id("job"),
            member: id("usr"),
            invitation: id("inv"),
            key: id("key"),
            session: id("ses"),
            webhook: id("whk"),
        }
    }

    /// All their ids.
    pub(crate) fn ids(&self) -> [&str; 9] {
        let Self { org, project, instance, job, member, invitation, key, session, webhook } = self;
        [org, project, instance, job, member, invitation, key, session, webhook].map(String::as_str)
    }

    fn id_in(&self, template: &str) -> &str {
        let owners = [
            ("/v1/jobs/", &self.job),
            ("/v1/apikeys/", &self.key),
            ("/v1/users/me/sessions/", &self.session),
            ("/v1/orgs/{orgId}/invitations/", &self.invitation),
            ("/v1/webhooks/", &self.webhook),
            ("/v1/instances/", &self.instance),
        ];
        let found = owners.into_iter().find(|(prefix, _)| template.starts_with(prefix));
        found.unwrap_or_else(|| panic!("{template}: whose id is this?")).1
    }

    fn path(&self, template: &str) -> String {
        let path = template
            .replace("{orgId}", &self.org)
            .replace("{projectId}", &self.project)
            .replace("{userId}", &self.member)
            .replace("{token}", "dbi_nobody-knows-it");
        if path.contains("{id}") { path.replace("{id}", self.id_in(template)) } else { path }
    }

    /// Parameters behind the path that must be there.
    fn query(&self, operation: &Value) -> String {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        // Without the org, the log of one's own account.
        let of_org = matches!(operation["operationId"].as_str(), Some("listAuditLog" | "exportAuditLog"));
        let wanted = |parameter: &&Value| {
            let required = parameter["required"] == true || (of_org && parameter["name"] == "orgId");
            parameter["in"] == "query" && required
        };
        let pair = |parameter: &Value| match parameter["name"].as_str().unwrap() {
            "orgId" => format!("orgId={}", self.org),
            other => panic!("{other}: what is right here?"),
        };
        let pairs: Vec<String> = parameters.filter(wanted).map(pair).collect();
        if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
    }

    /// A body that is right, where there must be one.
    fn body(&self, operation: &str) -> Option<Value> {
        Some(match operation {
            "createOrg" | "updateOrg" => json!({ "name": "Acme" }),
            "createProject" | "updateProject" => json!({ "name": "another" }),
            "createInstance" => json!({ "name": "another", "plan": "nano" }),
            "updateInstance" => json!({ "tags": { "env": "prod" } }),
            "updateMember" => json!({ "role": "viewer" }),
            "createInvitation" => json!({ "email": "dave@example.com", "role": "viewer" }),
            "createApiKey" => json!({ "orgId": self.org, "name": "key", "role": "viewer" }),
            "deleteMe" => json!({ "password": "not the password" }),
            "createWebhook" => json!({ "url": "https://receiver.invalid/hook" }),
            "updateWebhook" => json!({ "description": "another" }),
            "replayWebhook" => json!({ "from": "2026-01-01T00:00:00Z" }),
            "updateMe" => json!({ "displayName": "Other" }),
            "updateQuota" | "updateProjectQuota" => json!({}),
            "changePassword" => {
                json!({ "currentPassword": "grüße aus dem wald", "newPassword": "und noch viel mehr" })
            }
            _ => return None,
        })
    }
}

/// Every operation; those that take things away come last.
pub(crate) fn operations(target: &Target) -> Vec<Operation> {
    let document: Value = serde_json::from_str(&dbx_gateway::openapi_json()).unwrap();
    let mut found = Vec::new();
    for (template, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap().to_owned();
            let method = method.to_uppercase().parse().unwrap();
            let (body, query) = (target.body(&id), target.query(operation));
            found.push(Operation { id, method, path: target.path(template), query, body });
        }
    }
    found.sort_by_key(|operation| operation.method == Method::DELETE);
    found
}
