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
use dbx_domain::{
    Account, Org,
    account::AccountCommand,
    name::{DISPLAY_NAME_MAX, DisplayName},
    org::OrgCommand,
};
use dbx_sql::{
    Actor,
    source::{
        passwords::PasswordWrite,
        people::{Person, PersonWrite},
    },
};

/// Goes behind the person's name in the name of their first org.
const ORG_SUFFIX: &str = "'s org";

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
    let name = org_name(&display_name)?;
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

fn org_name(person: &DisplayName) -> Result<DisplayName, Problem> {
    let room = DISPLAY_NAME_MAX - ORG_SUFFIX.chars().count();
    let short: String = person.as_str().chars().take(room).collect();
    format!("{}{ORG_SUFFIX}", short.trim_end()).parse().map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use super::org_name;

    #[test]
    fn the_orgs_name_fits_whatever_the_persons_name_is() {
        let name = |text: &str| org_name(&text.parse().unwrap()).unwrap().to_string();
        assert_eq!(name("Ada"), "Ada's org");
        assert_eq!(name(&"é".repeat(80)).chars().count(), 80);
    }
}
