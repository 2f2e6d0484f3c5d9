//! Things as they were: a stream folded up to a point and shown in the shape that they have today.

use super::{
    answer::{One, etag},
    render,
    schema::{instance::Instance, org::Org, project::Project},
};
use crate::{
    app::App,
    auth::access,
    http::{at, caller::Caller, code::Code, problem::Problem},
};
use cqrs_es::Aggregate;
use dbx_domain::{
    Instance as InstanceAggregate, Org as OrgAggregate,
    ids::{InstanceId, OrgId, ProjectId},
    instance::{CredentialRole, Lifecycle},
    policy::Action,
    time::Timestamp,
};
use dbx_projections::{
    instances::{CurrentRun, InstanceView},
    projects,
};
use dbx_sql::{At, EventFeed, Loaded};
use poem_openapi::payload::Json;

/// An instance as it was.
pub(super) async fn instance(
    app: &App,
    caller: &Caller,
    id: InstanceId,
    at: At,
) -> Result<One<Instance>, Problem> {
    access::in_instance(app, caller, id, Action::ReadOrg).await?;
    let loaded = load::<InstanceAggregate>(app, &id.to_string(), at).await?;
    let times = times::<InstanceAggregate>(app, &id.to_string(), loaded.head.sequence).await?;
    let view = view(&loaded, times).ok_or_else(not_yet)?;
    Ok(One::Found(Json(render::instance(view)), etag(loaded.head.sequence)))
}

/// An org as it was; the role is today's, because it says what you may do.
pub(super) async fn org(app: &App, caller: &Caller, id: OrgId, at: At) -> Result<One<Org>, Problem> {
    let role = access::in_org(app, caller, id, Action::ReadOrg).await?;
    let loaded = load::<OrgAggregate>(app, &id.to_string(), at).await?;
    let (created_at, _) = times::<OrgAggregate>(app, &id.to_string(), loaded.head.sequence).await?;
    let name = loaded.aggregate.name().ok_or_else(not_yet)?.to_string();
    let org = Org { id: id.to_string(), name, role: role.into(), created_at: created_at.inner() };
    Ok(One::Found(Json(org), etag(loaded.head.sequence)))
}

/// A project as it was, also one that is deleted today.
pub(super) async fn project(
    app: &App,
    caller: &Caller,
    id: ProjectId,
    at: At,
) -> Result<One<Project>, Problem> {
    let known = projects::find_past(app.db(), id).await?.ok_or_else(Problem::not_found)?;
    access::in_org(app, caller, known.org, Action::ReadOrg).await?;
    let loaded = load::<OrgAggregate>(app, &known.org.to_string(), at).await?;
    let name = loaded.aggregate.projects().get(&id).map(ToString::to_string);
    let name = match name {
        Some(name) => name,
        None if is_before(app, &loaded, &known, at).await? => return Err(not_yet()),
        None => return Err(Problem::not_found()),
    };
    let (org_id, created_at) = (known.org.to_string(), known.created_at.inner());
    let project = Project { id: id.to_string(), org_id, name, created_at };
    Ok(One::Found(Json(project), etag(loaded.head.sequence)))
}

/// Whether the point is before the project was made, and not after it was deleted.
async fn is_before(
    app: &App,
    loaded: &Loaded<OrgAggregate>,
    known: &projects::ProjectView,
    at: At,
) -> Result<bool, Problem> {
    if let At::Time(time) = at {
        return Ok(time < known.created_at);
    }
    let (_, until) = times::<OrgAggregate>(app, &known.org.to_string(), loaded.head.sequence).await?;
    Ok(until < known.created_at)
}

async fn load<A: Aggregate>(app: &App, id: &str, at: At) -> Result<Loaded<A>, Problem> {
    let loaded = app.store().load_at::<A>(id, at).await?;
    refuse_future(app, at, loaded.head.sequence).await?;
    match loaded.head.sequence {
        0 => Err(not_yet()),
        _ => Ok(loaded),
    }
}

/// Nobody knows yet how it will be: answering with today's state would pretend that.
async fn refuse_future(app: &App, at: At, events: u64) -> Result<(), Problem> {
    let why = match at {
        At::Time(time) => {
            let now = app.db().now().await?;
            (time > now).then(|| format!("this is in the future: here it is {now}; ask for an earlier time"))
        }
        At::Version(number) => (number > events)
            .then(|| format!("its history has no event {number} yet; the newest is {events}")),
        At::Position(place) => (place > EventFeed::new(app.db().clone()).newest().await?).then(|| {
            "this position is beyond the end of the log; take one that an answer gave you".to_owned()
        }),
    };
    why.map_or(Ok(()), |why| Err(at::refuse(why)))
}

async fn times<A: Aggregate>(app: &App, id: &str, sequence: u64) -> Result<(Timestamp, Timestamp), Problem> {
    let times = app.store().times(A::TYPE, id, sequence).await?;
    times.ok_or_else(|| Problem::internal("a loaded stream has no such event"))
}

fn not_yet() -> Problem {
    Problem::new(Code::NotYet, "it did not exist at that point; ask for a later one")
}

/// The aggregate in the shape of its read model.
fn view(loaded: &Loaded<InstanceAggregate>, times: (Timestamp, Timestamp)) -> Option<InstanceView> {
    let (instance, (created_at, updated_at)) = (&loaded.aggregate, times);
    let identity = instance.identity()?.clone();
    let lifecycle = instance.lifecycle();
    Some(InstanceView {
        instance: identity.instance,
        org: identity.org,
        project: identity.project,
        name: identity.name,
        plan: identity.size.plan(),
        disk_gib: identity.size.disk_gib(),
        pg_version: identity.pg_version,
        tags: identity.tags,
        protected: instance.is_protected(),
        lifecycle,
        health: instance.health(),
        placement: instance.placement().cloned(),
        server: instance.server().cloned(),
        tenant: instance.credential(CredentialRole::Tenant),
        platform: instance.credential(CredentialRole::Platform),
        run: instance.run().map(|run| CurrentRun { workflow: run.workflow, kind: run.kind }),
        pending_delete: instance.pending_delete(),
        version: loaded.head.sequence,
        created_at,
        updated_at,
        deleted_at: (lifecycle == Lifecycle::Deleted).then_some(updated_at),
    })
}
