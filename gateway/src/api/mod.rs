//! The operations of `/v1`, and the few paths beside it.

mod activity;
mod answer;
mod api_keys;
mod audit;
mod auth;
mod connection;
pub(crate) mod document;
mod events;
mod evidence;
mod instances;
mod invitations;
mod jobs;
mod members;
mod metrics;
mod narrate;
mod orgs;
pub(crate) mod pace;
mod past;
mod plans;
mod power;
mod project_quota;
mod projects;
mod quota;
mod render;
pub(crate) mod runs;
mod schema;
mod sessions;
mod stream;
mod system;
mod usage;
mod users;
mod ways_out;
mod webhooks;
mod why;

use crate::{console, http::problem::Problem};
use poem::{Route, get};
use poem_openapi::{OpenApiService, Tags};

/// Groups of operations in the document.
#[derive(Tags)]
enum Tag {
    /// Sign up, in and out.
    Auth,
    /// The signed-in person.
    Users,
    /// Orgs: the unit of membership, quota and audit.
    Orgs,
    /// Who belongs to an org, and who is invited.
    Members,
    /// Secrets of programs that work in an org.
    ApiKeys,
    /// Projects: groups of instances.
    Projects,
    /// What can be ordered.
    Plans,
    /// Postgres servers.
    Instances,
    /// What was done, by whom, and proof of it.
    Audit,
    /// What is being done to instances.
    Jobs,
    /// What happened, and what was used.
    History,
    /// Other programs that are told what happens in an org.
    Webhooks,
}

/// What every operation gives.
type Answer<T> = Result<T, Problem>;

/// What the log says.
type History = (
    events::EventsApi,
    activity::ActivityApi,
    stream::StreamApi,
    audit::AuditApi,
    usage::UsageApi,
    why::WhyApi,
);

type Operations = (
    auth::AuthApi,
    users::UsersApi,
    sessions::SessionsApi,
    api_keys::ApiKeysApi,
    orgs::OrgsApi,
    members::MembersApi,
    invitations::InvitationsApi,
    (quota::QuotaApi, project_quota::ProjectQuotaApi),
    projects::ProjectsApi,
    (plans::PlansApi, pace::PaceApi),
    instances::InstancesApi,
    power::PowerApi,
    connection::ConnectionApi,
    jobs::JobsApi,
    // A tuple holds no more than this many.
    (metrics::MetricsApi, evidence::EvidenceApi, webhooks::WebhooksApi),
    History,
);

fn service() -> OpenApiService<Operations, ()> {
    let operations = (
        auth::AuthApi,
        users::UsersApi,
        sessions::SessionsApi,
        api_keys::ApiKeysApi,
        orgs::OrgsApi,
        members::MembersApi,
        invitations::InvitationsApi,
        (quota::QuotaApi, project_quota::ProjectQuotaApi),
        projects::ProjectsApi,
        (plans::PlansApi, pace::PaceApi),
        instances::InstancesApi,
        power::PowerApi,
        connection::ConnectionApi,
        jobs::JobsApi,
        (metrics::MetricsApi, evidence::EvidenceApi, webhooks::WebhooksApi),
        (
            events::EventsApi,
            activity::ActivityApi,
            stream::StreamApi,
            audit::AuditApi,
            usage::UsageApi,
            why::WhyApi,
        ),
    );
    OpenApiService::new(operations, "db.xyz", "1.0.0")
        .description(include_str!("description.md"))
        .url_prefix("/v1")
}

/// Every path, without the edge.
pub(crate) fn routes() -> Route {
    Route::new()
        .at("/healthz", get(system::healthz))
        .at("/readyz", get(system::readyz))
        .at("/metrics", get(system::metrics))
        .at("/v1/openapi.json", get(document::openapi))
        .at("/docs/api", get(document::docs_page))
        .nest("/v1", service())
        .at("/", get(console::serve))
        .at("/*path", get(console::serve))
}

pub(crate) use narrate::activity as narrate_activity;
pub(crate) use schema::{
    Page,
    account::{Delivery, Login, Registration},
    activity::ActivityItem,
    personal_data::{OwnAction, OwnApiKey, OwnMembership, OwnSession, PersonalData},
    session::PasswordChange,
};
