//! The profiles on this machine.

use crate::{
    args::Global,
    failure::Failure,
    output::{Cell, Column, Output, Table, Tone},
    store::{ConfigDir, Credentials, Profile, Settings},
};
use serde_json::{Value, json};

pub(super) fn list(global: &Global) -> Result<(), Failure> {
    let base = ConfigDir::from_environment()?;
    let in_use = global.profile()?;
    let columns = [
        Column::fixed(""),
        Column::fixed("PROFILE"),
        Column::flexible("SERVER"),
        Column::flexible("SIGNED IN AS"),
    ];
    let mut table = Table::new(columns, "");
    let mut items: Vec<Value> = Vec::new();
    for profile in Profile::all(&base)? {
        let directory = base.of(&profile);
        let api = Settings::load(&directory)?.api();
        let session =
            api.as_ref().map(|api| Credentials::load(&directory).map(|all| all.session(api).cloned()));
        let email = session.transpose()?.flatten().map(|session| session.email);
        let server = api.map(|api| api.to_string());
        let mark = if profile == in_use { "*" } else { "" };
        table.row([
            Cell::new(mark, Tone::Good),
            profile.name().into(),
            server.as_deref().unwrap_or("-").into(),
            email.as_deref().unwrap_or("-").into(),
        ]);
        items.push(
            json!({ "id": profile.name(), "server": server, "email": email, "current": profile == in_use }),
        );
    }
    let output = Output::stdout(global.output, global.fields.clone(), global.quiet);
    output.show(&json!({ "data": items, "nextPageToken": null }), |style| table.render(style))
}
