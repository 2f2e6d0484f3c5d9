//! A new password, and what goes with it.
//!
//! Guarantee: whoever was signed in by the old password no longer is. Every session ends, also the one that asks: it
//! gets a new token (rotation at a change of privilege), so a token that leaked before is worthless.

use super::{
    password::{self, NewPassword},
    session::OpenedSession,
    throttle::{self, Attempt},
};
use crate::{
    api::PasswordChange,
    app::App,
    command::{Draft, decide, perform},
    http::{
        caller::Caller,
        code::Code,
        idempotency::Once,
        problem::{Problem, ProblemField},
    },
};
use dbx_domain::{Account, account::AccountCommand};
use dbx_sql::source::{
    passwords::{self, PasswordWrite},
    people::{self, Person},
    sessions::SessionWrite,
};

/// Checks the old password and puts the new one in its place.
pub(crate) async fn change(
    app: &App,
    caller: &Caller,
    change: PasswordChange,
) -> Result<(Person, OpenedSession), Problem> {
    let (account, _) = caller.principal.session()?;
    let person = people::find(app.db(), account).await?.ok_or_else(Problem::not_found)?;
    let next = checked(change.next, &person)?;
    let counted = throttle::begin(app, &caller.client, Attempt::Confirm(account)).await?;
    let stored = passwords::find(app.db(), account).await?;
    if !app.hasher().verify(stored, change.current).await? {
        // 403 and not 401: the session is fine, and a client must not drop it.
        return Err(Problem::new(Code::Forbidden, "the current password is not right")
            .about("currentPassword", "this is not the account's password"));
    }
    counted.succeeded(app).await?;
    let hash = app.hasher().hash(next).await?;
    let session = OpenedSession::draw(app.db().now().await?)?;
    let draft = || async {
        let commands = vec![
            AccountCommand::ChangePassword,
            AccountCommand::RevokeSessions,
            AccountCommand::OpenSession(session.id, session.expires_at),
        ];
        Ok(Draft::new(200, session.id)
            .append(decide::<Account>(app, &account.to_string(), commands).await?)
            .write(PasswordWrite::Put(account, hash.clone()))
            .write(SessionWrite::CloseAll { account, except: None })
            .write(session.write(account, &caller.client)))
    };
    perform(app, caller, &Once::unkeyed(), draft).await?;
    Ok((person, session))
}

/// The rules again, now that it is known whose password it is.
fn checked(next: dbx_domain::Secret, person: &Person) -> Result<NewPassword, Problem> {
    password::check(next, [person.email.as_str()]).map_err(|error| {
        let (field, message) = ("newPassword".to_owned(), error.to_string());
        Problem::invalid(vec![ProblemField { field, message, allowed: None }])
    })
}
