//! Guessing is slow: failures to prove who one is are counted per account and per address.
//!
//! Counted in Postgres (`dbx_sql::throttle`): the limits hold over all copies of the server and a restart gives no
//! fresh start. An attempt is counted before the password is hashed and taken back if it succeeds, so many at once
//! gain nothing and whoever knows the password is never slowed down by it. Guarantees: an address that has no account
//! is counted like one that has, so waiting tells nothing; what is over the limit costs no hash and adds no event.

use super::token;
use crate::{
    app::App,
    http::{client::Client, problem::Problem, rate_limit::network_of},
};
use dbx_domain::Secret;
use dbx_sql::throttle::{self, Allowance};
use std::time::Duration;

/// Failures per account: ten, then one in 30 seconds, 2,890 a day.
const ACCOUNT: Allowance = Allowance { burst: 10, every: Duration::from_secs(30) };
/// Failures per address, which many people may share: a hundred, then one in 3 seconds.
const ADDRESS: Allowance = Allowance { burst: 100, every: Duration::from_secs(3) };

/// Registrations of addresses that others have, per address: ten, then one a minute. Each tells that there is an account.
const SIGN_UP: Allowance = Allowance { burst: 10, every: Duration::from_secs(60) };

/// What is being tried.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Attempt<'a> {
    /// To prove to be whoever has this email address.
    Identify(&'a str),
    /// To register this email address; where it has an account, a guess at its password like any other.
    Register(&'a str),
}

/// An attempt that was let through and counted.
pub(crate) struct Counted {
    subjects: Vec<([u8; 32], Allowance)>,
    account: [u8; 32],
}

/// Counts an attempt, or refuses it with the time to wait.
pub(crate) async fn begin(app: &App, client: &Client, attempt: Attempt<'_>) -> Result<Counted, Problem> {
    let mut subjects = Vec::new();
    if let Some(ip) = &client.ip {
        let network = network_of(ip);
        subjects.push((subject("address", &network), ADDRESS));
        if matches!(attempt, Attempt::Register(_)) {
            subjects.push((subject("sign-up", &network), SIGN_UP));
        }
    }
    let (Attempt::Identify(email) | Attempt::Register(email)) = attempt;
    let account = subject("account", email);
    subjects.push((account, ACCOUNT));
    for (subject, allowance) in &subjects {
        if let Some(wait) = throttle::charge(app.db(), subject, *allowance).await? {
            return Err(Problem::too_many("too many attempts failed", wait));
        }
    }
    Ok(Counted { subjects, account })
}

/// Forgets what was counted of an address that belongs to nobody any more.
pub(crate) async fn forget(app: &App, email: &str) -> Result<(), Problem> {
    Ok(throttle::forget(app.db(), &subject("account", email)).await?)
}

impl Counted {
    /// It was no failure. The account's count begins anew; the address's does not, or an attacker could clear it by
    /// signing in to an account of their own.
    pub(crate) async fn succeeded(self, app: &App) -> Result<(), Problem> {
        for (subject, allowance) in self.subjects {
            match self.account == subject {
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
