//! Guessing is slow: failures to prove who one is are counted per account and per network.
//!
//! Counted in Postgres (`dbx_sql::throttle`): the limits hold over all copies of the server and a restart gives no
//! fresh start. An attempt is counted before the password is hashed and taken back if it succeeds, so many at once gain
//! nothing. Guarantees: an address that has no account is counted like one that has, so waiting tells nothing; what is
//! over the limit costs no hash and adds no event; nobody locks others out by failing for them: what counts tightly, counts
//! for one account from one network, what counts for an account from everywhere spares the networks where it is signed
//! in, and who is signed in and proves it again is counted apart. What remains: who never signed in from where they are
//! waits while many networks at once guess at their password.

use super::token;
use crate::{
    app::App,
    http::{client::Client, problem::Problem, rate_limit::network_of},
};
use dbx_domain::{Secret, ids::AccountId};
use dbx_sql::{
    source::sessions,
    throttle::{self, Allowance},
};
use std::time::Duration;

/// Failures for one account from one network, or by one who is signed in: ten, then one in 30 seconds, 2,890 a day.
const ACCOUNT: Allowance = Allowance { burst: 10, every: Duration::from_secs(30) };
/// Failures for one account from everywhere: two hundred, then one in 10 seconds. It slows down who has many networks.
const EVERYWHERE: Allowance = Allowance { burst: 200, every: Duration::from_secs(10) };
/// Failures per network, which many people may share: a hundred, then one in 3 seconds.
const ADDRESS: Allowance = Allowance { burst: 100, every: Duration::from_secs(3) };
/// Registrations of addresses that others have, per network: ten, then one a minute. Each tells that there is an account.
const SIGN_UP: Allowance = Allowance { burst: 10, every: Duration::from_secs(60) };
/// Orgs that one person makes: twenty, then one in ten minutes. It also bounds what many requests at once can make before
/// any of them is seen in the count of orgs.
const ORGS: Allowance = Allowance { burst: 20, every: Duration::from_secs(600) };

const HOUR: Duration = Duration::from_secs(3_600);

/// What is being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attempt<'a> {
    /// To prove to be whoever has this email address.
    Identify(&'a str),
    /// To register this email address; where it has an account, a guess at its password like any other.
    Register(&'a str),
    /// To prove again, by the password, to be who one is signed in as.
    Confirm(AccountId),
}

/// An attempt that was let through and counted.
pub(crate) struct Counted(Vec<Charge>);

/// Somebody or something that failures are counted of.
#[derive(Clone, Copy)]
struct Charge {
    subject: [u8; 32],
    allowance: Allowance,
    /// Whether one success makes up for the failures before: it was the same person from the same place. Elsewhere an
    /// attacker could clear the count by signing in to an account of their own.
    forgiven: bool,
}

/// Counts an attempt, or refuses it with the time to wait.
pub(crate) async fn begin(app: &App, client: &Client, attempt: Attempt<'_>) -> Result<Counted, Problem> {
    let network = client.ip.as_deref().map(network_of);
    let mut counted = Vec::new();
    for charge in charges(attempt, network.as_deref()) {
        match throttle::charge(app.db(), &charge.subject, charge.allowance).await? {
            None => counted.push(charge),
            Some(_)
                if charge.allowance == EVERYWHERE && is_at_home(app, attempt, network.as_deref()).await? => {}
            Some(wait) => return Err(Problem::too_many("too many attempts failed", wait)),
        }
    }
    Ok(Counted(counted))
}

fn charges(attempt: Attempt<'_>, network: Option<&str>) -> Vec<Charge> {
    let charge = |kind, value: &str, allowance, forgiven| Charge {
        subject: subject(kind, value),
        allowance,
        forgiven,
    };
    let email = match attempt {
        Attempt::Confirm(account) => return vec![charge("confirm", &account.to_string(), ACCOUNT, true)],
        Attempt::Identify(email) | Attempt::Register(email) => email,
    };
    let mut charges = Vec::new();
    if let Some(network) = network {
        charges.push(charge("address", network, ADDRESS, false));
        if matches!(attempt, Attempt::Register(_)) {
            charges.push(charge("sign-up", network, SIGN_UP, false));
        }
    }
    let from = format!("{} {email}", network.unwrap_or_default());
    charges.push(charge("account-from", &from, ACCOUNT, true));
    charges.push(charge("account", email, EVERYWHERE, false));
    charges
}

/// Whether the account is signed in from this network.
async fn is_at_home(app: &App, attempt: Attempt<'_>, network: Option<&str>) -> Result<bool, Problem> {
    let (Attempt::Identify(email) | Attempt::Register(email), Some(network)) = (attempt, network) else {
        return Ok(false);
    };
    let addresses = sessions::addresses_of(app.db(), email).await?;
    Ok(addresses.iter().any(|address| network_of(address) == network))
}

/// Counts an account that is about to be made from the client's network; what it gives is taken back by
/// [`Counted::succeeded`] if none was made.
pub(crate) async fn begin_account(app: &App, client: &Client) -> Result<Counted, Problem> {
    let burst = app.settings().bounds.sign_ups_per_hour;
    let (Some(network), Some(every)) = (client.ip.as_deref().map(network_of), HOUR.checked_div(burst)) else {
        return Ok(Counted(Vec::new()));
    };
    let charge = Charge {
        subject: subject("new-account", &network),
        allowance: Allowance { burst, every },
        forgiven: false,
    };
    match throttle::charge(app.db(), &charge.subject, charge.allowance).await? {
        None => Ok(Counted(vec![charge])),
        Some(wait) => Err(Problem::too_many("too many accounts were made from this network", wait)),
    }
}

/// Counts an org that is about to be made, or refuses it with the time to wait.
pub(crate) async fn begin_org(app: &App, account: AccountId) -> Result<(), Problem> {
    match throttle::charge(app.db(), &subject("new-org", &account.to_string()), ORGS).await? {
        None => Ok(()),
        Some(wait) => Err(Problem::too_many("you made too many orgs of late", wait)),
    }
}

/// Forgets what was counted of an address that belongs to nobody any more.
pub(crate) async fn forget(app: &App, email: &str) -> Result<(), Problem> {
    Ok(throttle::forget(app.db(), &subject("account", email)).await?)
}

impl Counted {
    /// It was no failure.
    pub(crate) async fn succeeded(self, app: &App) -> Result<(), Problem> {
        for Charge { subject, allowance, forgiven } in self.0 {
            match forgiven {
                true => throttle::forget(app.db(), &subject).await?,
                false => throttle::refund(app.db(), &subject, allowance).await?,
            }
        }
        Ok(())
    }
}

/// A hash, so that the table holds no address of anybody.
fn subject(kind: &str, value: &str) -> [u8; 32] {
    token::hash(&Secret::new(format!("{kind}:{value}")))
}
