//! Orgs.

use crate::{
    args::OrgCommand,
    client::Answer,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Table, Tone, moment},
    resolve::pick,
    store::{Chosen, Settings},
};

pub(super) fn run(context: &Context, command: OrgCommand) -> Result<(), Failure> {
    match command {
        OrgCommand::List => list(context),
        OrgCommand::Select { org } => select(context, &org),
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
    let mut table = Table::new(columns, "You belong to no org.");
    for org in &orgs {
        let mark = if selected.as_ref() == Some(&org.id) { "*" } else { "" };
        let role = org.role.to_string();
        let created = Cell::new(&moment(&org.created_at), Tone::Dim);
        table.row([Cell::new(mark, Tone::Good), (&org.name).into(), role.into(), (&org.id).into(), created]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn select(context: &Context, wanted: &str) -> Result<(), Failure> {
    let Answer { value: orgs, mut body } = context.orgs()?;
    let about = |org: &crate::api::Org| format!("({}, since {})", org.role, moment(&org.created_at));
    let org = pick("org", wanted, &orgs, "among yours", about)?;
    Settings::select(&context.directory, context.api(), |selection| {
        let stays = selection.org.as_ref().is_some_and(|before| before.id == org.id);
        selection.project = selection.project.take().filter(|_| stays);
        selection.org = Some(Chosen { id: org.id.clone(), name: org.name.clone() });
    })?;
    let place = orgs.iter().position(|item| item.id == org.id).unwrap_or_default();
    let body = body.pointer_mut(&format!("/data/{place}")).map(serde_json::Value::take).unwrap_or_default();
    context.output.show(&body, |_| format!("Commands work in org {} now.", crate::output::clean(&org.name)))
}
