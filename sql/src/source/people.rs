//! Who an account is: address and display name. Erased when the account goes; events keep only its id.

use crate::{batch::Batch, database::Database, error::SqlError, params};
use dbx_domain::ids::AccountId;
use tokio_postgres::Row;

/// The unique index behind [`crate::CommitError::Duplicate`] for a taken address.
pub const EMAIL_CONSTRAINT: &str = "people_email_key";

/// A person.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// Whose data this is.
    pub account: AccountId,
    /// As typed by the person; unique whatever the case.
    pub email: String,
    /// How others see them.
    pub display_name: String,
}

/// Personal data stays out of logs.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Person({})", self.account)
    }
}

/// A change of `people`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PersonWrite {
    /// Adds a person or replaces their data.
    Put(Person),
    /// Forgets the person: address and name, password, sessions, keys' names, where requests came from (also those that
    /// tried to sign in to the account), invitations to the address, answers to repeated requests.
    Erase(AccountId),
}

/// Everything that says who an account is, the address last: invitations are found by it.
const ERASE: [&str; 8] = [
    "DELETE FROM event_origins WHERE account_id = $1",
    "DELETE FROM event_origins WHERE aggregate_type = 'account' AND aggregate_id = $1",
    "DELETE FROM sessions WHERE account_id = $1",
    "DELETE FROM passwords WHERE account_id = $1",
    "DELETE FROM api_key_secrets WHERE key_id IN (SELECT e.payload #>> '{ApiKeyIssued,key}' FROM events e
         WHERE e.aggregate_type = 'account' AND e.aggregate_id = $1 AND e.event_type = 'ApiKeyIssued')",
    "DELETE FROM idempotency WHERE principal = $1",
    "DELETE FROM invitation_links WHERE lower(email) = (SELECT lower(p.email) FROM people p WHERE p.account_id = $1)",
    "DELETE FROM people WHERE account_id = $1",
];

impl PersonWrite {
    pub(crate) fn push(self, out: &mut Batch) {
        match self {
            Self::Put(Person { account, email, display_name }) => out.push(
                "INSERT INTO people (account_id, email, display_name) VALUES ($1, $2, $3)
                 ON CONFLICT (account_id) DO UPDATE SET email = excluded.email, display_name = excluded.display_name",
                params![account.to_string(), email, display_name],
            ),
            Self::Erase(account) => {
                for sql in ERASE {
                    out.push(sql, params![account.to_string()]);
                }
            }
        }
    }
}

/// The person behind an account, unless erased.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, account: AccountId) -> Result<Option<Person>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT account_id, email, display_name FROM people WHERE account_id = $1";
    let statement = client.prepare_cached(sql).await?;
    client.query_opt(&statement, &[&account.to_string()]).await?.map(|row| read(&row)).transpose()
}

/// The person with this address, in any case.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_by_email(db: &Database, email: &str) -> Result<Option<Person>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT account_id, email, display_name FROM people WHERE lower(email) = lower($1)";
    let statement = client.prepare_cached(sql).await?;
    client.query_opt(&statement, &[&email]).await?.map(|row| read(&row)).transpose()
}

/// The people behind several accounts, in no particular order; erased ones are absent.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find_many(db: &Database, accounts: &[AccountId]) -> Result<Vec<Person>, SqlError> {
    let client = db.client().await?;
    let sql = "SELECT account_id, email, display_name FROM people WHERE account_id = ANY($1)";
    let statement = client.prepare_cached(sql).await?;
    let ids: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    client.query(&statement, &[&ids]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Person, SqlError> {
    Ok(Person {
        account: super::read_id(row, 0, "people.account_id")?,
        email: row.try_get(1)?,
        display_name: row.try_get(2)?,
    })
}
