//! Whether every org's data key opens with the master keys that are configured.

use super::{Vault, VaultError, wrapped::WrappedKey};
use dbx_domain::ids::OrgId;

/// What the master keys open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyCheck {
    /// Data keys that open.
    pub readable: u64,
    /// Of those, wrapped by an older master key.
    pub older: u64,
    /// Why others do not open, one sentence each.
    pub unreadable: Vec<String>,
}

impl Vault {
    /// Opens every data key and forgets it again.
    ///
    /// # Errors
    /// The database cannot be reached.
    pub async fn check_keys(&self) -> Result<KeyCheck, VaultError> {
        let sql = "SELECT org_id, nonce, wrapped_key, master_key_id FROM org_keys ORDER BY org_id";
        let rows = self.db.client().await?.query(sql, &[]).await?;
        let mut check = KeyCheck::default();
        for row in &rows {
            let (org_id, key_id): (&str, &str) = (row.try_get(0)?, row.try_get(3)?);
            let org = org_id.parse::<OrgId>();
            let refused = |_| VaultError::Refused { what: format!("data key of {org_id}") };
            let key = org.map_err(refused).and_then(|org| self.unwrap(org, &WrappedKey::of_row(row)?));
            match key {
                Ok(_key) => {
                    check.readable += 1;
                    check.older += u64::from(key_id != self.keys.current().id());
                }
                Err(error) => check.unreadable.push(error.to_string()),
            }
        }
        Ok(check)
    }
}
