//! Sign up: account, person, password, an org of one's own and a session, all in one commit.
//!
//! A taken address is told: without a mail server there is no other way to answer somebody who signs up twice. How
//! many addresses one can try out that way is throttled.

use super::{
    session::OpenedSession,
    throttle::{self, Attempt},
};
use crate::{
    api::Registration,
    app::App,
    command::{Draft, begin, perform_as},
    http::{client::Client, idempotency::Once, problem::Problem},
    ids,
};
use dbx_domain::{Account, Org, account::AccountCommand, name::DisplayName, org::OrgCommand};
use dbx_sql::{
    Actor,
    source::{
        passwords::PasswordWrite,
        people::{Person, PersonWrite},
    },
};

/// The name of everybody's first org. Not made of the person's name: names of orgs are in the log, which keeps no
/// personal data.
const FIRST_ORG: &str = "My org";

/// Registers and signs in. A taken address is refused by the unique index inside the commit, so that of two
/// registrations at once exactly one goes through.
pub(crate) async fn register(
    app: &App,
    client: &Client,
    registration: Registration,
) -> Result<(Person, OpenedSession), Problem> {
    let counted = throttle::begin(app, client, Attempt::Register).await?;
    let Registration { email, display_name, password, .. } = registration;
    let hash = app.hasher().hash(password).await?;
    let (account, org) = (ids::account(), ids::org());
    let session = OpenedSession::draw(app.db().now().await?)?;
    let name: DisplayName = FIRST_ORG.parse().map_err(Problem::internal)?;
    let person = Person { account, email: email.to_string(), display_name: display_name.to_string() };
    let draft = || async {
        let signs_up = vec![
            AccountCommand::Register(account),
            AccountCommand::OpenSession(session.id, session.expires_at),
        ];
        let founds = OrgCommand::Create { org, name: name.clone(), owner: account };
        Ok(Draft::new(201, account)
            .in_org(org)
            .append(begin::<Account>(&account.to_string(), signs_up)?)
            .append(begin::<Org>(&org.to_string(), vec![founds])?)
            .write(PersonWrite::Put(person.clone()))
            .write(PasswordWrite::Put(account, hash.clone()))
            .write(session.write(account, client)))
    };
    perform_as(app, &Actor::Account(account), client, &Once::unkeyed(), draft).await?;
    counted.succeeded(app).await?;
    Ok((person, session))
}
