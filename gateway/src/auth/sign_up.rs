//! Sign up: account, person, password, an org of one's own and a session, all in one commit.
//!
//! Guarantees: signing up again with the same password signs in, so a sign-up whose answer was lost is simply repeated;
//! with another password the answer is the one that sign-in gives to a wrong password, in words and work, and never says
//! that there is an account. What no answer can hide, as long as nobody has to prove by mail that an address is theirs, is
//! that the attempt did not succeed; so each such attempt counts as a guess at that account's password and against a
//! tight allowance of the address that it comes from.

use super::{
    session::OpenedSession,
    sign_in,
    throttle::{self, Attempt},
};
use crate::{
    api::Registration,
    app::App,
    command::{Draft, begin, perform_as},
    http::{client::Client, code::Code, idempotency::Unscoped, problem::Problem},
    ids,
};
use dbx_domain::{Account, Org, account::AccountCommand, name::DisplayName, org::OrgCommand};
use dbx_sql::{
    Actor,
    source::{
        passwords::PasswordWrite,
        people::{self, Person, PersonWrite},
    },
};

/// The name of everybody's first org. Not made of the person's name: names of orgs are in the log, which keeps no
/// personal data.
const FIRST_ORG: &str = "My org";

/// Registers and signs in. Of two registrations of an address at once, the unique index inside the commit lets exactly one
/// through; the other finds its account.
pub(crate) async fn register(
    app: &App,
    client: &Client,
    registration: Registration,
    wish: &Unscoped,
) -> Result<(Person, OpenedSession), Problem> {
    let email = registration.email.to_string();
    let counted = throttle::begin(app, client, Attempt::Register(&email)).await?;
    let password = registration.password.clone();
    let made = match people::find_by_email(app.db(), &email).await? {
        Some(_) => None,
        None => {
            let counted = throttle::begin_account(app, client).await?;
            let made = make(app, client, registration, wish).await?;
            if made.is_none() {
                counted.succeeded(app).await?;
            }
            made
        }
    };
    match made {
        Some(made) => {
            counted.succeeded(app).await?;
            Ok(made)
        }
        None => {
            let person = people::find_by_email(app.db(), &email).await?;
            sign_in::enter(app, client, (person, password.into_secret()), counted, wish).await
        }
    }
}

/// Makes the account; none if somebody else just did.
async fn make(
    app: &App,
    client: &Client,
    registration: Registration,
    wish: &Unscoped,
) -> Result<Option<(Person, OpenedSession)>, Problem> {
    let Registration { email, display_name, password, .. } = registration;
    let hash = app.hasher().hash(password).await?;
    let (account, org) = (ids::account(), ids::org());
    let session = OpenedSession::draw(app.db().now().await?)?;
    let once = wish.of(account, client).keeping(app, &session.token).await?;
    let name: DisplayName = FIRST_ORG.parse().map_err(Problem::internal)?;
    let person = Person { account, email: email.to_string(), display_name: display_name.to_string() };
    let draft = || async {
        let signs_up = vec![
            AccountCommand::Register(account),
            AccountCommand::OpenSession(session.id, session.expires_at),
        ];
        let founds = OrgCommand::Create { org, name: name.clone(), owner: account };
        Ok(Draft::new(201, session.resource(account))
            .in_org(org)
            .append(begin::<Account>(&account.to_string(), signs_up)?)
            .append(begin::<Org>(&org.to_string(), vec![founds])?)
            .write(PersonWrite::Put(person.clone()))
            .write(PasswordWrite::Put(account, hash.clone()))
            .write(session.write(account, client)))
    };
    match perform_as(app, &Actor::Account(account), client, &once, draft).await {
        Ok(_) => Ok(Some((person, session))),
        Err(problem) if problem.is(Code::EmailTaken) => Ok(None),
        Err(problem) => Err(problem),
    }
}
