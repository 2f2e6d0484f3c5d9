//! Projects.

use super::quota;
use crate::{
    api::{CreateProjectRequest, Org, Project, UpdateProjectRequest},
    args::{DeleteProjectArgs, OrgScope, ProjectCommand, When},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Record, Table, Tone, moment},
    store::{Chosen, Settings},
};
use serde_json::{Value, json};
use ureq::http::Method;

pub(super) fn run(context: &Context, command: ProjectCommand) -> Result<(), Failure> {
    match command {
        ProjectCommand::Create { name, scope } => create(context, name, &scope),
        ProjectCommand::List { scope } => list(context, &scope),
        ProjectCommand::Info { project, at, scope } => info(context, &project, at.as_ref(), &scope),
        ProjectCommand::Select { project: Some(project), scope, .. } => select(context, &project, &scope),
        ProjectCommand::Select { project: None, .. } => select_none(context),
        ProjectCommand::Rename { project, name, scope } => rename(context, &project, name, &scope),
        ProjectCommand::Quota(args) => quota::of_project(context, &args),
        ProjectCommand::Delete(args) => delete(context, &args),
    }
}

fn create(context: &Context, name: String, scope: &OrgScope) -> Result<(), Failure> {
    let org = context.org(scope.org.as_ref())?;
    let path = format!("/orgs/{}/projects", org.id);
    let made: Answer<Project> =
        context.client.change(Method::POST, &path, Some(&CreateProjectRequest { name }))?;
    context.output.show(&made.body, |style| record(&made.value, &org).render(style))
}

fn record(project: &Project, org: &Org) -> Record {
    Record::new()
        .with("name", &project.name)
        .with("id", &project.id)
        .with("org", &org.name)
        .with("created", moment(&project.created_at))
}

fn list(context: &Context, scope: &OrgScope) -> Result<(), Failure> {
    let Answer { value: projects, body } = context.projects_of(&context.org(scope.org.as_ref())?)?;
    let selected = context.selection.project.as_ref().map(|chosen| &chosen.id);
    let columns =
        [Column::fixed(""), Column::flexible("NAME"), Column::fixed("ID"), Column::optional("CREATED")];
    let mut table = Table::new(columns, "No projects. Make one: dbx project create NAME");
    for project in &projects {
        let mark = if selected == Some(&project.id) { "*" } else { "" };
        let created = Cell::new(&moment(&project.created_at), Tone::Dim);
        table.row([Cell::new(mark, Tone::Good), (&project.name).into(), (&project.id).into(), created]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn info(context: &Context, wanted: &str, at: Option<&When>, scope: &OrgScope) -> Result<(), Failure> {
    let id = context.project_named(wanted, scope.org.as_ref())?.id;
    let Answer { value: project, body } =
        context.client.get::<Project>(&format!("/projects/{id}"), &When::query(at))?;
    let org = context.org(Some(&project.org_id))?;
    context.output.show(&body, |style| record(&project, &org).render(style))
}

fn select(context: &Context, wanted: &str, scope: &OrgScope) -> Result<(), Failure> {
    let project = context.project_named(wanted, scope.org.as_ref())?;
    let org = context.org(Some(&project.org_id))?;
    Settings::select(&context.directory, context.api(), |selection| {
        selection.org = Some(Chosen { id: org.id.clone(), name: org.name.clone() });
        selection.project = Some(Chosen { id: project.id.clone(), name: project.name.clone() });
    })?;
    let body = json!(project);
    context.output.show(&body, |_| format!("Commands work in project {} now.", project.name))
}

fn select_none(context: &Context) -> Result<(), Failure> {
    Settings::select(&context.directory, context.api(), |selection| selection.project = None)?;
    context.output.show(&Value::Null, |_| "Commands work in all projects of the org now.".to_owned())
}

fn rename(context: &Context, wanted: &str, name: String, scope: &OrgScope) -> Result<(), Failure> {
    let project = context.project_named(wanted, scope.org.as_ref())?;
    let (path, request) = (format!("/projects/{}", project.id), UpdateProjectRequest { name: Some(name) });
    let Answer { value: now, body } =
        context.client.change::<Project>(Method::PATCH, &path, Some(&request))?;
    context.output.show(&body, |_| format!("Project {} is called {} now.", project.name, now.name))
}

fn delete(context: &Context, args: &DeleteProjectArgs) -> Result<(), Failure> {
    let found = context.project_named(&args.project, args.scope.org.as_ref());
    let project = context.even_gone("prj_", &args.project, found)?;
    if !args.force {
        confirm::by_name(
            context,
            &confirm::Loss { what: "project", name: &project.name, means: "it will be gone for good" },
        )?;
    }
    let path = format!("/projects/{}", project.id);
    let deleted = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    if context.selection.project.as_ref().is_some_and(|chosen| chosen.id == project.id) {
        Settings::select(&context.directory, context.api(), |selection| selection.project = None)?;
    }
    context.output.show(&deleted.body, |_| format!("Project {} is deleted.", project.name))
}
