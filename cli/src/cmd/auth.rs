//! Sign up, in and out; who am I.

use crate::{
    api::{Delivery, LoginRequest, RegisterRequest, Session as Opened, User},
    args::{LoginArgs, RegisterArgs},
    client::Answer,
    context::{Context, SessionSource, TOKEN_VARIABLE},
    failure::Failure,
    output::{Record, moment},
    password,
    secret::Secret,
    store::{Credentials, Session, Settings},
};
use serde_json::Value;

pub(super) fn register(context: &Context, args: RegisterArgs) -> Result<(), Failure> {
    let password = password::new(args.password_stdin)?;
    let before_at = args.email.split('@').next().unwrap_or_default().to_owned();
    let request = RegisterRequest {
        delivery: Some(Delivery::Token),
        display_name: args.name.unwrap_or(before_at),
        email: args.email,
        password: password.expose().to_owned(),
    };
    let opened = context.client.ask("/auth/register", Some(&request))?;
    keep(context, opened)
}

pub(super) fn login(context: &Context, args: LoginArgs) -> Result<(), Failure> {
    let email = match (args.email, &context.session) {
        (Some(email), _) => email,
        (None, SessionSource::Stored(session)) => session.email.clone(),
        (None, _) => {
            let message = format!("no one signed in to {} before, so --email is needed", context.api());
            return Err(Failure::Usage(message, "dbx login --email you@example.com"));
        }
    };
    let password = password::existing(args.password_stdin)?;
    let request =
        LoginRequest { delivery: Some(Delivery::Token), email, password: password.expose().to_owned() };
    let opened = context.client.ask("/auth/login", Some(&request))?;
    keep(context, opened)
}

/// Stores a session and says so; the token itself is shown to nobody.
fn keep(context: &Context, opened: Answer<Opened>) -> Result<(), Failure> {
    let Answer { value: opened, mut body } = opened;
    let Some(token) = opened.token else {
        return Err(Failure::Strange {
            api: context.api().to_string(),
            status: 200,
            cause: "a session without a token".to_owned(),
            request_id: None,
        });
    };
    let User { id, email, .. } = opened.user;
    let session = Session {
        token: Secret::new(token),
        user_id: id.clone(),
        email: email.clone(),
        expires_at: opened.expires_at.clone(),
    };
    Credentials::remember(&context.directory, context.api(), session)?;
    Settings::sign_in(&context.directory, context.api(), &id)?;
    if let Some(shown) = body.get_mut("token") {
        *shown = Value::Null;
    }
    if matches!(context.session, SessionSource::Environment) {
        context
            .note(&format!("{TOKEN_VARIABLE} is set and goes before this session; unset it to use this one"));
    }
    context.output.show(&body, |_| {
        format!("Signed in to {} as {email}, until {}.", context.api(), moment(&opened.expires_at))
    })
}

pub(super) fn logout(context: &Context) -> Result<(), Failure> {
    let ended = context.client.ask::<Value>("/auth/logout", None::<&()>);
    match ended {
        // A session that the server no longer knows is as good as ended.
        Err(Failure::Problem(answered)) if answered.problem.status == 401 => {}
        Err(failure) => return Err(failure),
        Ok(_) => {}
    }
    match &context.session {
        SessionSource::Environment => {
            context.note(&format!("the session of {TOKEN_VARIABLE} is ended; unset the variable"));
        }
        SessionSource::Stored(_) | SessionSource::None => {
            Credentials::forget(&context.directory, context.api())?;
        }
    }
    context.output.show(&Value::Null, |_| format!("Signed out of {}.", context.api()))
}

pub(super) fn whoami(context: &Context) -> Result<(), Failure> {
    let Answer { value: user, body } = context.client.get::<User>("/users/me", &[])?;
    context.output.show(&body, |style| {
        let until = match &context.session {
            SessionSource::Stored(session) => format!("signed in until {}", moment(&session.expires_at)),
            _ => format!("from {TOKEN_VARIABLE}"),
        };
        let selected = &context.selection;
        Record::new()
            .with("email", &user.email)
            .with("name", &user.display_name)
            .with("id", &user.id)
            .with("server", context.api().to_string())
            .with("session", until)
            .with_some("org", selected.org.as_ref().map(|org| &org.name))
            .with_some("project", selected.project.as_ref().map(|project| &project.name))
            .render(style)
    })
}
