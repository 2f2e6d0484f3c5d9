//! May this caller do this here?
//!
//! Guarantees: membership is looked up for every request, so a removed member is out at once. What does not exist and
//! what belongs to an org that the caller is no member of give the same answer; only members learn that their role is
//! too weak.

use crate::{
    app::App,
    auth::principal::Principal,
    http::{
        caller::{Caller, Unproved},
        code::Code,
        problem::Problem,
    },
};
use dbx_domain::{
    ids::{InstanceId, OrgId, ProjectId, WorkflowId},
    policy::{Action, Role, allows},
};
use dbx_projections::{
    instances, instances::InstanceView, jobs, jobs::JobView, members, projects, projects::ProjectView,
    sight::Beheld,
};

/// The caller's role in `org`, if it allows `action`.
pub(crate) async fn in_org(app: &App, caller: &Caller, org: OrgId, action: Action) -> Result<Role, Problem> {
    let member = members::role(app.db(), org, caller.principal.account()).await?;
    allowed(caller, org, member, action)
}

/// The caller's role in `org`, where the person is `member`, if it allows `action`.
fn allowed(caller: &Caller, org: OrgId, member: Option<Role>, action: Action) -> Result<Role, Problem> {
    let role = caller.principal.role_in(org, member).ok_or_else(Problem::not_found)?;
    match allows(role, action) {
        true => Ok(role),
        false => Err(too_weak(caller, role, action.needs())),
    }
}

/// The project, if the caller may do `action` in its org.
pub(crate) async fn in_project(
    app: &App,
    caller: &Caller,
    project: ProjectId,
    action: Action,
) -> Result<ProjectView, Problem> {
    let found = projects::find(app.db(), project).await?.ok_or_else(Problem::not_found)?;
    in_org(app, caller, found.org, action).await?;
    Ok(found)
}

/// The instance, also one that is deleted, if the caller may do `action` in its org.
pub(crate) async fn in_instance(
    app: &App,
    caller: &Caller,
    instance: InstanceId,
    action: Action,
) -> Result<InstanceView, Problem> {
    let found = instances::find_for(app.db(), instance, caller.principal.account()).await?;
    in_beheld(caller, found, action)
}

/// As [`in_instance`], for somebody who is looked up together with the instance.
pub(crate) async fn behold(
    app: &App,
    unproved: Unproved,
    instance: InstanceId,
    action: Action,
) -> Result<InstanceView, Problem> {
    let (caller, found) = unproved.behold(app, instance).await?;
    in_beheld(&caller, found, action)
}

fn in_beheld(caller: &Caller, found: Option<Beheld>, action: Action) -> Result<InstanceView, Problem> {
    let (view, member) = found.ok_or_else(Problem::not_found)?;
    allowed(caller, view.org, member, action)?;
    Ok(view)
}

/// The job, if the caller may do `action` in its org.
pub(crate) async fn in_job(
    app: &App,
    caller: &Caller,
    job: WorkflowId,
    action: Action,
) -> Result<JobView, Problem> {
    let found = jobs::find(app.db(), job).await?.ok_or_else(Problem::not_found)?;
    in_org(app, caller, found.org, action).await?;
    Ok(found)
}

fn too_weak(caller: &Caller, role: Role, needed: Role) -> Problem {
    // Nobody gives out a role above their own.
    let (needs, who) = match needed {
        Role::Owner => ("owner".to_owned(), "an owner"),
        needed => (format!("{needed} or stronger"), "an owner or admin"),
    };
    let detail = match caller.principal {
        Principal::Session { .. } => {
            format!("this needs the role {needs} and you are {role}; ask {who} of the org")
        }
        Principal::ApiKey { .. } => {
            format!("this needs the role {needs} and the API key has {role}; use a key with a higher role")
        }
    };
    Problem::new(Code::Forbidden, detail)
}
