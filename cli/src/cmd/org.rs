//! Orgs.

use super::{member, quota, usage};
use crate::{
    api::{CreateOrgRequest, Org, UpdateOrgRequest},
    args::{OrgCommand, OrgScope, When},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Record, Table, Tone, clean, moment},
    resolve::pick,
    store::{Chosen, Settings},
};
use serde_json::Value;
use ureq::http::Method;

pub(super) fn run(context: &Context, command: OrgCommand) -> Result<(), Failure> {
    match command {
        OrgCommand::List => list(context),
        OrgCommand::Info { org, at } => info(context, org.as_ref(), at.as_ref()),
        OrgCommand::Select { org } => select(context, &org),
        OrgCommand::Create { name } => create(context, name),
        OrgCommand::Rename { name, scope } => rename(context, name, &scope),
        OrgCommand::Delete { org, force } => delete(context, &org, force),
        OrgCommand::Usage(args) => usage::run(context, &args),
        OrgCommand::Quota(args) => quota::of_org(context, &args),
        OrgCommand::Members { scope } => member::list(context, &scope),
        OrgCommand::Role { member, role } => member::set_role(context, &member, role),
        OrgCommand::Remove { member, force } => member::remove(context, &member, force),
        OrgCommand::Leave { org, org_flag, force } => {
            member::leave(context, &org.or(org_flag).unwrap_or_default(), force)
        }
        OrgCommand::Invite(args) => member::invite(context, &args),
        OrgCommand::Invitations { scope } => member::invitations(context, &scope),
        OrgCommand::Uninvite { invitation, scope } => member::uninvite(context, &invitation, &scope),
        OrgCommand::Accept { invitation } => member::accept(context, invitation),
    }
}

fn list(context: &Context) -> Result<(), Failure> {
    let Answer { value: orgs, body } = context.orgs()?;
    let selected = match (&context.selection.org, orgs.as_slice()) {
        (Some(chosen), _) => Some(chosen.id.clone()),
        (None, [only]) => Some(only.id.clone()),
        (None, _) => None,
    };
    let columns = [
        Column::fixed(""),
        Column::flexible("NAME"),
        Column::fixed("ROLE"),
        Column::fixed("ID"),
        Column::optional("CREATED"),
    ];
    let mut table = Table::new(columns, "You belong to no org. Make one: dbx org create NAME");
    for org in &orgs {
        let mark = if selected.as_ref() == Some(&org.id) { "*" } else { "" };
        let role = org.role.to_string();
        let created = Cell::new(&moment(&org.created_at), Tone::Dim);
        table.row([Cell::new(mark, Tone::Good), (&org.name).into(), role.into(), (&org.id).into(), created]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn info(context: &Context, wanted: Option<&String>, at: Option<&When>) -> Result<(), Failure> {
    let id = context.org(wanted)?.id;
    let Answer { value: org, body } = context.client.get::<Org>(&format!("/orgs/{id}"), &When::query(at))?;
    context.output.show(&body, |style| record(&org).render(style))
}

/// One of the caller's orgs.
pub(super) fn one(context: &Context, wanted: &str) -> Result<Org, Failure> {
    let orgs = context.orgs()?.value;
    let about = |org: &Org| format!("({}, since {})", org.role, moment(&org.created_at));
    Ok(pick("org", wanted, &orgs, "among yours", about)?.clone())
}

fn select(context: &Context, wanted: &str) -> Result<(), Failure> {
    let org = one(context, wanted)?;
    Settings::select(&context.directory, context.api(), |selection| {
        let stays = selection.org.as_ref().is_some_and(|before| before.id == org.id);
        selection.project = selection.project.take().filter(|_| stays);
        selection.org = Some(Chosen { id: org.id.clone(), name: org.name.clone() });
    })?;
    context
        .output
        .show(&serde_json::json!(org), |_| format!("Commands work in org {} now.", clean(&org.name)))
}

fn create(context: &Context, name: String) -> Result<(), Failure> {
    let Answer { value: org, body } =
        context.client.change::<Org>(Method::POST, "/orgs", Some(&CreateOrgRequest { name }))?;
    context.output.show(&body, |style| record(&org).render(style))?;
    context.note(&format!("work in it: dbx org use {}", org.id));
    Ok(())
}

pub(super) fn record(org: &Org) -> Record {
    Record::new()
        .with("name", &org.name)
        .with("id", &org.id)
        .with("role", org.role.to_string())
        .with("created", moment(&org.created_at))
}

fn rename(context: &Context, name: String, scope: &OrgScope) -> Result<(), Failure> {
    let org = context.org(scope.org.as_ref())?;
    let request = UpdateOrgRequest { name: Some(name) };
    let Answer { value: now, body } =
        context.client.change::<Org>(Method::PATCH, &format!("/orgs/{}", org.id), Some(&request))?;
    context.output.show(&body, |_| format!("Org {} is called {} now.", clean(&org.name), clean(&now.name)))
}

fn delete(context: &Context, wanted: &str, force: bool) -> Result<(), Failure> {
    let org = context.even_gone("org_", wanted, one(context, wanted))?;
    if !force {
        confirm::by_name(
            context,
            &confirm::Loss {
                what: "org",
                name: &org.name,
                means: "it will be gone for good, for all its members",
            },
        )?;
    }
    let path = format!("/orgs/{}", org.id);
    let deleted = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    forget(context, &org.id)?;
    context.output.show(&deleted.body, |_| format!("Org {} is deleted.", clean(&org.name)))
}

/// Nothing is selected in an org that the caller is not in any more.
pub(super) fn forget(context: &Context, org: &str) -> Result<(), Failure> {
    if context.selection.org.as_ref().is_some_and(|chosen| chosen.id == org) {
        Settings::select(&context.directory, context.api(), |selection| {
            (selection.org, selection.project) = (None, None);
        })?;
    }
    Ok(())
}
