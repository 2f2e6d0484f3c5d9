//! Sign up, in and out; who am I.

use crate::{
    api::{Delivery, LoginRequest, RegisterRequest, Session as Opened, User},
    args::{LoginArgs, RegisterArgs},
    client::Answer,
    context::{Context, SessionSource, TOKEN_VARIABLE},
    failure::Failure,
    output::{Record, moment},
    password, question,
    scope::Choice,
    secret::Secret,
    store::{Credentials, Session, Settings},
};
use serde_json::Value;
use std::env;
use ureq::http::Method;

const ASK_EMAIL: (&str, &str) = ("Email", "an email address");

pub(super) fn register(context: &Context, args: RegisterArgs) -> Result<(), Failure> {
    let email = match args.email {
        Some(email) => email,
        None => question::ask(ASK_EMAIL.0, ASK_EMAIL.1, "dbx register --email you@example.com")?,
    };
    let password = password::new(args.password_stdin)?;
    let before_at = email.split('@').next().unwrap_or_default().to_owned();
    let request = RegisterRequest {
        delivery: Some(Delivery::Token),
        display_name: args.name.unwrap_or(before_at),
        email,
        password: password.expose().to_owned(),
    };
    let opened = context.client.ask_once(
        "/auth/register",
        &request,
        "sign in, as the account may be there: dbx login; else register again",
    )?;
    keep(context, opened, |opened| signed_in(context, opened))?;
    context.note("begin: dbx project create myapp, then dbx instance create --name db --plan nano --wait");
    Ok(())
}

pub(super) fn login(context: &Context, args: LoginArgs) -> Result<(), Failure> {
    let email = match (args.email, &context.session) {
        (Some(email), _) => email,
        (None, SessionSource::Stored(session)) => session.email.clone(),
        // The variable hides the stored session; its address is still the one signed in with last.
        (None, _) => match Credentials::load(&context.directory)?.session(context.api()) {
            Some(session) => session.email.clone(),
            None => question::ask(ASK_EMAIL.0, ASK_EMAIL.1, "dbx login --email you@example.com")?,
        },
    };
    let password = password::existing(args.password_stdin)?;
    let request =
        LoginRequest { delivery: Some(Delivery::Token), email, password: password.expose().to_owned() };
    let opened = context.client.ask(Method::POST, "/auth/login", Some(&request))?;
    keep(context, opened, |opened| signed_in(context, opened))
}

fn signed_in(context: &Context, opened: &Opened) -> String {
    format!("Signed in to {} as {}, until {}.", context.api(), opened.user.email, moment(&opened.expires_at))
}

/// Stores a session and says so; the token itself is shown to nobody.
pub(super) fn keep(
    context: &Context,
    opened: Answer<Opened>,
    text: impl FnOnce(&Opened) -> String,
) -> Result<(), Failure> {
    let Answer { value: opened, mut body } = opened;
    let Some(token) = opened.token.clone() else {
        return Err(Failure::Strange {
            api: context.api().to_string(),
            status: 200,
            cause: "a session without a token".to_owned(),
            request_id: None,
        });
    };
    let session = Session {
        token: Secret::new(token),
        user_id: opened.user.id.clone(),
        email: opened.user.email.clone(),
        expires_at: opened.expires_at.clone(),
    };
    Credentials::remember(&context.directory, context.api(), session)?;
    Settings::sign_in(&context.directory, context.api(), &opened.user.id)?;
    if let Some(shown) = body.get_mut("token") {
        *shown = Value::Null;
    }
    if matches!(context.session, SessionSource::Environment) {
        context
            .note(&format!("{TOKEN_VARIABLE} is set and goes before this session; unset it to use this one"));
    }
    context.output.show(&body, |_| text(&opened))
}

pub(super) fn logout(context: &Context) -> Result<(), Failure> {
    let ended = context.client.ask::<Value>(Method::POST, "/auth/logout", None::<&()>);
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

/// The API key in `DBX_TOKEN`, in words: `API key dbx_h7x… (member of Acme), from DBX_TOKEN`. `None` if it is a session's
/// token.
fn key_in_use(context: &Context) -> Option<String> {
    let token = env::var(TOKEN_VARIABLE).ok()?;
    // `dbx_<prefix>_<secret>`: the prefix is no secret, lists show it.
    let prefix = token.strip_prefix("dbx_")?.split('_').next()?.to_owned();
    // A key belongs to one org, sees no other, and sees itself as a member with its own role.
    let org = context.orgs().ok()?.value.into_iter().next()?;
    Some(format!("API key dbx_{prefix}… ({} of {}), from {TOKEN_VARIABLE}", org.role, org.name))
}

/// What is selected, or why that is nothing; who asks who they are is to hear at least that.
fn chosen(choice: Result<Option<Choice>, Failure>) -> Option<String> {
    match choice {
        Ok(choice) => choice.map(|choice| choice.text()),
        Err(failure) => Some(format!("none that can be worked in: {failure}")),
    }
}

pub(super) fn whoami(context: &Context) -> Result<(), Failure> {
    let Answer { value: user, body } = context.client.get::<User>("/users/me", &[])?;
    let key = match (&context.session, context.output.is_silent()) {
        (SessionSource::Environment, false) => key_in_use(context),
        _ => None,
    };
    // Programs get the user alone.
    let (org, project) = match context.output.is_silent() {
        true => (None, None),
        false => (chosen(context.chosen_org()), chosen(context.chosen_project())),
    };
    context.output.show(&body, |style| {
        let until = match &context.session {
            SessionSource::Stored(session) => format!("signed in until {}", moment(&session.expires_at)),
            _ => key.unwrap_or_else(|| format!("from {TOKEN_VARIABLE}")),
        };
        Record::new()
            .with("email", &user.email)
            .with("name", &user.display_name)
            .with("id", &user.id)
            .with("server", context.api().to_string())
            .with_some("profile", (!context.profile.is_default()).then(|| context.profile.name()))
            .with("session", until)
            .with_some("org", org)
            .with_some("project", project)
            .render(style)
    })
}
