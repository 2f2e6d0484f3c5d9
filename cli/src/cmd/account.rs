//! The account: password, name, sessions.

use super::auth;
use crate::{
    api::{ChangePasswordRequest, Delivery, EraseAccountRequest, OpenSessions, UpdateUserRequest, User},
    args::{AccountCommand, SessionsCommand},
    client::Answer,
    confirm,
    context::Context,
    failure::Failure,
    output::{Cell, Column, Table, Tone, moment},
    password,
    resolve::{ResolveError, is_id},
    store::Credentials,
};
use serde_json::Value;
use ureq::http::Method;

pub(super) fn run(context: &Context, command: AccountCommand) -> Result<(), Failure> {
    match command {
        AccountCommand::Password { password_stdin } => change_password(context, password_stdin),
        AccountCommand::Rename { name } => rename(context, name),
        AccountCommand::Export => export(context),
        AccountCommand::Delete { force, password_stdin } => delete(context, force, password_stdin),
        AccountCommand::Sessions(SessionsCommand::List) => sessions(context),
        AccountCommand::Sessions(SessionsCommand::Revoke { session: Some(session), .. }) => {
            revoke(context, &session)
        }
        AccountCommand::Sessions(SessionsCommand::Revoke { session: None, .. }) => revoke_others(context),
    }
}

fn change_password(context: &Context, from_stdin: bool) -> Result<(), Failure> {
    let (present, new) = password::change(from_stdin)?;
    let request = ChangePasswordRequest {
        current_password: present.expose().to_owned(),
        delivery: Some(Delivery::Token),
        new_password: new.expose().to_owned(),
    };
    let opened = context.client.ask_once(
        "/users/me/password",
        &request,
        "sign in with the new password, else the present one: dbx login",
    )?;
    auth::keep(context, opened, |opened| {
        format!(
            "The password of {} is changed. Every other session is over; this one goes on.",
            opened.user.email
        )
    })
}

fn rename(context: &Context, name: String) -> Result<(), Failure> {
    let request = UpdateUserRequest { display_name: Some(name) };
    let Answer { value: user, body } =
        context.client.change::<User>(Method::PATCH, "/users/me", Some(&request))?;
    context
        .output
        .show(&body, |_| format!("Others see you as {} now.", crate::output::clean(&user.display_name)))
}

fn export(context: &Context) -> Result<(), Failure> {
    let Answer { body, .. } = context.client.get::<Value>("/users/me/export", &[])?;
    // Made to be kept and read by programs; a table could only show a part of it.
    context.output.show_document(&body)
}

fn delete(context: &Context, force: bool, password_stdin: bool) -> Result<(), Failure> {
    let me: User = context.client.get("/users/me", &[])?.value;
    if !force {
        let means = "your name, address, keys and sessions will be gone for good";
        confirm::by_name(context, &confirm::Loss { what: "account", name: &me.email, means })?;
    }
    let request = EraseAccountRequest { password: password::existing(password_stdin)?.expose().to_owned() };
    let erased = context.client.ask::<Value>(Method::DELETE, "/users/me", Some(&request))?;
    Credentials::forget(&context.directory, context.api())?;
    context
        .output
        .show(&erased.body, |_| format!("The account {} is erased.", crate::output::clean(&me.email)))
}

fn sessions(context: &Context) -> Result<(), Failure> {
    let Answer { value: open, body } = context.client.get::<OpenSessions>("/users/me/sessions", &[])?;
    let columns = [
        Column::fixed(""),
        Column::fixed("SESSION"),
        Column::flexible("PROGRAM"),
        Column::fixed("LAST USED"),
        Column::optional("FROM"),
        Column::optional("UNTIL"),
    ];
    let mut table = Table::new(columns, "You are signed in nowhere.");
    for session in &open.data {
        table.row([
            Cell::new(if session.current { "*" } else { "" }, Tone::Good),
            (&session.id).into(),
            session.user_agent.as_deref().unwrap_or("-").into(),
            Cell::from(moment(&session.last_seen_at)),
            Cell::new(session.ip.as_deref().unwrap_or("-"), Tone::Dim),
            Cell::new(&moment(&session.expires_at), Tone::Dim),
        ]);
    }
    context.output.show(&body, |style| table.render(style))
}

fn revoke(context: &Context, session: &str) -> Result<(), Failure> {
    if !is_id("ses_", session) {
        let open: OpenSessions = context.client.get("/users/me/sessions", &[])?.value;
        let known = open.data.into_iter().map(|session| session.id).collect();
        let (wanted, place) = (session.to_owned(), "of yours".to_owned());
        return Err(ResolveError::Unknown { what: "session", wanted, place, known }.into());
    }
    let path = format!("/users/me/sessions/{session}");
    let Answer { body, .. } = context.client.change::<Value>(Method::DELETE, &path, None::<&()>)?;
    context.output.show(&body, |_| format!("Session {session} is over."))
}

fn revoke_others(context: &Context) -> Result<(), Failure> {
    let ended = context.client.change::<Value>(Method::DELETE, "/users/me/sessions", None::<&()>)?;
    context.output.show(&ended.body, |_| "Every session but this one is over.".to_owned())
}
