//! The audit log.

use super::verify;
use crate::{
    api::{Actor, ActorKind, AuditEntry, AuditResource, Member},
    args::{AuditCommand, AuditExportArgs, AuditFilter, AuditListArgs},
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Table, Tone, clock},
    resolve::pick,
};
use serde_json::json;
use std::{
    fs::File,
    io::{ErrorKind, stdout},
    os::unix::fs::OpenOptionsExt as _,
    path::Path,
};

pub(super) fn run(context: &Context, command: AuditCommand) -> Result<(), Failure> {
    match command {
        AuditCommand::List(args) => list(context, &args),
        AuditCommand::Export(args) => export(context, &args),
        AuditCommand::Verify(args) => verify::run(context, &args),
    }
}

/// The filter in the API's words.
fn query(context: &Context, filter: &AuditFilter) -> Result<Vec<(&'static str, String)>, Failure> {
    let org = context.org(filter.scope.org.as_ref())?;
    let actor = filter.actor.as_deref().map(|wanted| actor(context, &org.id, wanted)).transpose()?;
    let resource = filter.resource.as_deref().map(|wanted| resource(context, filter, wanted)).transpose()?;
    let given = [
        ("actor", actor),
        ("action", filter.action.clone()),
        ("resource", resource),
        ("from", filter.from.as_ref().map(ToString::to_string)),
        ("to", filter.to.as_ref().map(ToString::to_string)),
    ];
    let mut query = vec![("orgId", org.id)];
    query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value?))));
    Ok(query)
}

/// A member's address means the member; anything else is an id already.
fn actor(context: &Context, org: &str, wanted: &str) -> Result<String, Failure> {
    if !wanted.contains('@') {
        return Ok(wanted.to_owned());
    }
    let members: Vec<Member> = context.client.list(&format!("/orgs/{org}/members"), usize::MAX)?.value;
    Ok(pick("member", wanted, &members, "in the org; use the id of one who left", |_| String::new())?
        .user_id
        .clone())
}

/// Ids have a prefix; what has none is an instance's name.
fn resource(context: &Context, filter: &AuditFilter, wanted: &str) -> Result<String, Failure> {
    if wanted.contains('_') {
        return Ok(wanted.to_owned());
    }
    let scope = crate::args::ProjectScope { org: filter.scope.org.clone(), project: None };
    Ok(context.instance_named(wanted, &scope)?.value.id)
}

fn list(context: &Context, args: &AuditListArgs) -> Result<(), Failure> {
    let query = query(context, &args.filter)?;
    let Answer { value: entries, body } =
        context.client.list_where::<AuditEntry>("/audit-logs", &query, args.limit.get())?;
    let columns = [
        Column::fixed("TIME"),
        Column::fixed("ACTION"),
        Column::flexible("BY"),
        Column::flexible("ON"),
        Column::optional("FROM"),
        Column::optional("REQUEST"),
    ];
    let mut table = Table::new(columns, "Nothing on record that fits.");
    for entry in &entries {
        table.row([
            clock(&entry.time).into(),
            (&entry.action).into(),
            by(&entry.actor).into(),
            on(&entry.resource).into(),
            Cell::new(entry.address.as_deref().unwrap_or("-"), Tone::Dim),
            Cell::new(entry.request_id.as_deref().unwrap_or("-"), Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

/// Who, as people say it.
pub(super) fn by(actor: &Actor) -> String {
    match (&actor.name, actor.kind) {
        (Some(name), ActorKind::ApiKey) => format!("API key {name}"),
        (Some(name), _) => name.clone(),
        (None, ActorKind::System) => "db.xyz".to_owned(),
        (None, _) => actor.id.clone(),
    }
}

/// Who did it, behind a sentence that does not say it already; what the product does by itself needs no name.
pub(super) fn credit(actor: &Actor, sentence: &str) -> String {
    let by = by(actor);
    let is_said = actor.name.as_ref().is_some_and(|name| sentence.starts_with(name.as_str()));
    if is_said || actor.kind == ActorKind::System { String::new() } else { format!(" ({by})") }
}

fn on(resource: &AuditResource) -> String {
    let kind = resource.kind.replace('_', " ");
    format!("{kind} {}", resource.name.as_ref().unwrap_or(&resource.id))
}

fn export(context: &Context, args: &AuditExportArgs) -> Result<(), Failure> {
    let mut query = query(context, &args.filter)?;
    query.push(("format", args.format.word().to_owned()));
    if args.file.is_none() && context.output.format().is_for_programs() {
        let message = "an export on stdout is written as --format says, not as --output says";
        return Err(Failure::Usage(message.to_owned(), "leave --output out, or name a file with --file"));
    }
    let Some(path) = &args.file else {
        return context.client.download("/audit-logs/export", &query, &mut stdout().lock()).map(|_| ());
    };
    let written =
        create(path).and_then(|mut file| context.client.download("/audit-logs/export", &query, &mut file));
    match written {
        Ok(bytes) => {
            let size = crate::output::bytes(bytes);
            context.note(&format!("{size} in {}", path.display()));
            let body =
                json!({ "file": path.display().to_string(), "format": args.format.word(), "bytes": bytes });
            if context.output.is_for_people() { Ok(()) } else { context.output.show_document(&body) }
        }
        Err(failure) => {
            // Half an export looks like a whole one. What was there before was never opened.
            if !matches!(failure, Failure::Usage(..)) {
                let _ = std::fs::remove_file(path);
            }
            Err(failure)
        }
    }
}

/// A new file for its owner only: there are addresses in it.
fn create(path: &Path) -> Result<File, Failure> {
    let opened = File::options().write(true).create_new(true).mode(0o600).open(path);
    opened.map_err(|error| {
        let next = match error.kind() {
            ErrorKind::AlreadyExists => "name a file that does not exist yet, so that nothing is lost",
            ErrorKind::NotFound => "make its directory first",
            ErrorKind::PermissionDenied => "name a file in a directory that you may write to",
            _ => "name another file",
        };
        Failure::Usage(format!("cannot make {}: {error}", path.display()), next)
    })
}
