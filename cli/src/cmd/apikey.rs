//! API keys.

use super::issued::{Issued, needs_stdout};
use crate::{
    api::{ApiKey, CreateApiKeyRequest, IssuedApiKey, Org},
    args::{ApikeyCommand, CreateKeyArgs, OrgScope, RevokeKeyArgs},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Record, Table, Tone, moment},
    resolve::pick,
};
use serde_json::Value;
use ureq::http::Method;

pub(super) fn run(context: &Context, command: ApikeyCommand) -> Result<(), Failure> {
    match command {
        ApikeyCommand::List { scope } => list(context, &scope),
        ApikeyCommand::Create(args) => create(context, args),
        ApikeyCommand::Revoke(args) => revoke(context, &args),
    }
}

fn all(context: &Context, org: &Org) -> Result<Answer<Vec<ApiKey>>, Failure> {
    context.client.list_where("/apikeys", &[("orgId", org.id.clone())], usize::MAX)
}

fn list(context: &Context, scope: &OrgScope) -> Result<(), Failure> {
    let Answer { value: keys, body } = all(context, &context.org(scope.org.as_ref())?)?;
    let columns = [
        Column::flexible("NAME"),
        Column::fixed("ROLE"),
        Column::fixed("PREFIX"),
        Column::fixed("LAST USED"),
        Column::optional("EXPIRES"),
        Column::optional("ID"),
    ];
    let mut table = Table::new(columns, "No API keys. Make one: dbx apikey create ci --role member");
    for key in &keys {
        table.row([
            (&key.name).into(),
            key.role.to_string().into(),
            (&key.prefix).into(),
            key.last_used_at.as_deref().map_or_else(|| "never".to_owned(), moment).into(),
            Cell::new(&key.expires_at.as_deref().map_or_else(|| "never".to_owned(), moment), Tone::Dim),
            Cell::new(&key.id, Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn create(context: &Context, args: CreateKeyArgs) -> Result<(), Failure> {
    needs_stdout("token")?;
    let org = context.org(args.scope.org.as_ref())?;
    let request = CreateApiKeyRequest {
        expires_at: args.expires.map(|when| when.as_str().to_owned()),
        name: args.name.or(args.name_flag).unwrap_or_default(),
        org_id: org.id.clone(),
        role: args.role.into(),
    };
    let Answer { value: key, body } =
        context.client.change::<IssuedApiKey>(Method::POST, "/apikeys", Some(&request))?;
    let issued = Issued {
        what: "token",
        secret: key.token.as_deref(),
        id: &key.id,
        otherwise: format!("make another; this one is of no use: dbx apikey revoke {} --force", key.id),
    };
    issued.show(context, &body, |token, style| {
        Record::new()
            .with("token", token)
            .with("name", &key.name)
            .with("id", &key.id)
            .with("role", key.role.to_string())
            .with("org", &org.name)
            .with("expires", key.expires_at.as_deref().map_or_else(|| "never".to_owned(), moment))
            .render(style)
    })?;
    context.note("the token is shown this once; programs use it as DBX_TOKEN, or as Authorization: Bearer");
    Ok(())
}

fn revoke(context: &Context, args: &RevokeKeyArgs) -> Result<(), Failure> {
    let org = context.org(args.scope.org.as_ref())?;
    let keys = all(context, &org)?.value;
    let about = |key: &ApiKey| format!("({}, {})", key.prefix, key.role);
    let place = format!("in org {}", org.name);
    let by_prefix = keys.iter().find(|key| key.prefix == args.key);
    let key = by_prefix.map_or_else(|| pick("API key", &args.key, &keys, &place, about), Ok);
    let key = context.even_gone("key_", &args.key, key.cloned().map_err(Failure::from))?;
    if !args.force {
        confirm::by_name(
            context,
            &confirm::Loss {
                what: "API key",
                name: &key.name,
                means: "programs that use it will be refused",
            },
        )?;
    }
    let path = format!("/apikeys/{}", key.id);
    let revoked = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    context.output.show(&revoked.body, |_| format!("API key {} is revoked.", crate::output::clean(&key.name)))
}
