//! Password hashes. The clear text never comes here; hashing is the gateway's, on a blocking thread.

use crate::{batch::Batch, database::Database, error::SqlError, params};
use dbx_domain::ids::AccountId;

/// An Argon2id hash in PHC form. `Debug` prints nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(pub String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A change of `passwords`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordWrite {
    /// Sets or replaces the hash.
    Put(AccountId, PasswordHash),
    /// Forgets it: nobody can sign in with a password any more.
    Delete(AccountId),
}

impl PasswordWrite {
    pub(crate) fn push(self, out: &mut Batch) {
        match self {
            Self::Put(account, PasswordHash(hash)) => out.push(
                "INSERT INTO passwords (account_id, hash) VALUES ($1, $2)
                 ON CONFLICT (account_id) DO UPDATE SET hash = excluded.hash",
                params![account.to_string(), hash],
            ),
            Self::Delete(account) => {
                out.push("DELETE FROM passwords WHERE account_id = $1", params![account.to_string()]);
            }
        }
    }
}

/// The hash of an account's password.
///
/// # Errors
/// Any [`SqlError`].
pub async fn find(db: &Database, account: AccountId) -> Result<Option<PasswordHash>, SqlError> {
    let client = db.client().await?;
    let statement = client.prepare_cached("SELECT hash FROM passwords WHERE account_id = $1").await?;
    let row = client.query_opt(&statement, &[&account.to_string()]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.map(PasswordHash))
}
