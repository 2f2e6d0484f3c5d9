//! Secrets at rest: XChaCha20-Poly1305 under a data key per org, each data key wrapped by a master key.
//!
//! Guarantees: clear text is never bound to SQL, logged or kept; a ciphertext opens only under its own secret id,
//! version and org (associated data), so swapped rows are refused. Data keys are unwrapped for each use and wiped after;
//! what is remembered of them for a while, for sealing, is their wrapped form ([`wrapped`]).
//! Shredding deletes rows; copies in old backups become unreadable when the org's data key is shredded too.

mod check;
mod kept;
mod master_key;
mod wrapped;

pub use check::KeyCheck;
pub use master_key::{MasterKey, MasterKeyError, MasterKeys};

use crate::{database::Database, error::SqlError, side_write::SideWrite, source::secrets::SealedSecret};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, AeadCore as _, OsRng, Payload},
};
use dbx_domain::{
    ids::{OrgId, SecretId},
    secret::Secret,
};
use std::sync::Arc;
use wrapped::{Remembered, WrappedKey};
use zeroize::Zeroizing;

/// Why a secret could not be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// No such row: never sealed, or shredded.
    #[error("secret {id} version {version} does not exist; it was shredded or never made")]
    Gone {
        /// Which secret.
        id: SecretId,
        /// Which version.
        version: u32,
    },
    /// The org's data key is wrapped by a master key that was not configured.
    #[error(
        "the data key of {org} is wrapped by master key {key_id}, which is not configured; add it as an older key"
    )]
    MasterKeyMissing {
        /// Whose data key.
        org: OrgId,
        /// Identifier of the master key.
        key_id: String,
    },
    /// A ciphertext does not belong where it was found, or was changed.
    #[error(
        "{what} does not open: the row was changed or swapped, or the key is wrong; compare it with a backup"
    )]
    Refused {
        /// Which row.
        what: String,
    },
    /// The exchange with Postgres failed.
    #[error(transparent)]
    Sql(#[from] SqlError),
}

impl From<tokio_postgres::Error> for VaultError {
    fn from(error: tokio_postgres::Error) -> Self {
        Self::Sql(error.into())
    }
}

/// Seals and opens secrets.
#[derive(Clone, Debug)]
pub struct Vault {
    db: Database,
    keys: MasterKeys,
    remembered: Arc<Remembered>,
}

impl Vault {
    /// A vault over `db`.
    pub fn new(db: Database, keys: MasterKeys) -> Self {
        Self { db, keys, remembered: Arc::default() }
    }

    /// Encrypts a secret for `org`; the result goes into the commit whose event names its id and version. `owner` is
    /// whose end is the secret's end ([`SideWrite::ShredSecrets`]), usually an instance id.
    ///
    /// The org's data key is made at first use, outside that commit: unused it is harmless.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn seal(
        &self,
        org: OrgId,
        owner: impl Into<String>,
        id: SecretId,
        version: u32,
        secret: &Secret,
    ) -> Result<SideWrite, VaultError> {
        let cipher = self.cipher(org, &*self.key_to_seal(org).await?)?;
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let aad = associated_data(org, id, version);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: &aad };
        let refused = |_| VaultError::Refused { what: format!("secret {id} version {version}") };
        let ciphertext = cipher.encrypt(&nonce, payload).map_err(refused)?;
        let (owner, version) = (owner.into(), version.cast_signed());
        Ok(SideWrite::Secret(SealedSecret { org, owner, id, version, nonce: nonce.to_vec(), ciphertext }))
    }

    /// Decrypts a secret.
    ///
    /// # Errors
    /// [`VaultError`]; [`VaultError::Gone`] after shredding.
    pub async fn open(&self, id: SecretId, version: u32) -> Result<Secret, VaultError> {
        const SQL: &str = "SELECT k.org_id, k.nonce, k.wrapped_key, k.master_key_id, s.nonce, s.ciphertext
            FROM secrets s JOIN org_keys k USING (org_id) WHERE s.secret_id = $1 AND s.version = $2";
        let refused = || VaultError::Refused { what: format!("secret {id} version {version}") };
        let row = {
            let client = self.db.client().await?;
            let statement = client.prepare_cached(SQL).await?;
            client.query_opt(&statement, &[&id.to_string(), &version.cast_signed()]).await?
        };
        let row = row.ok_or(VaultError::Gone { id, version })?;
        let org: OrgId = row.try_get::<_, &str>(0)?.parse().map_err(|_| refused())?;
        let cipher = self.cipher(org, &WrappedKey::of_row(&row)?)?;
        let aad = associated_data(org, id, version);
        let clear = decrypt(&cipher, row.try_get(4)?, row.try_get(5)?, &aad).ok_or_else(refused)?;
        Ok(Secret::new(std::str::from_utf8(&clear).map_err(|_| refused())?))
    }

    /// Wraps every data key by the current master key, so that older ones can be retired; says how many changed.
    ///
    /// # Errors
    /// [`VaultError`]; keys wrapped before the error stay so.
    pub async fn rewrap(&self) -> Result<usize, VaultError> {
        let sql = "SELECT org_id, nonce, wrapped_key, master_key_id FROM org_keys WHERE master_key_id <> $1";
        let client = self.db.client().await?;
        let rows = client.query(sql, &[&self.keys.current().id()]).await?;
        for row in &rows {
            let org_id: &str = row.try_get(0)?;
            let org: OrgId =
                org_id.parse().map_err(|_| VaultError::Refused { what: format!("data key of {org_id}") })?;
            let (nonce, wrapped) = self.wrap(org, &self.unwrap(org, &WrappedKey::of_row(row)?)?)?;
            let update =
                "UPDATE org_keys SET nonce = $2, wrapped_key = $3, master_key_id = $4 WHERE org_id = $1";
            client.execute(update, &[&org_id, &nonce, &wrapped, &self.keys.current().id()]).await?;
        }
        Ok(rows.len())
    }

    /// The org's data key, made at first use.
    async fn key_to_seal(&self, org: OrgId) -> Result<Arc<WrappedKey>, VaultError> {
        if let Some(wrapped) = self.remembered.of(org) {
            return Ok(wrapped);
        }
        let wrapped = match self.find_data_key(org).await? {
            Some(wrapped) => wrapped,
            None => self.make_data_key(org).await?,
        };
        Ok(self.remembered.keep(org, wrapped))
    }

    async fn find_data_key(&self, org: OrgId) -> Result<Option<WrappedKey>, VaultError> {
        const SQL: &str = "SELECT org_id, nonce, wrapped_key, master_key_id FROM org_keys WHERE org_id = $1";
        let client = self.db.client().await?;
        let statement = client.prepare_cached(SQL).await?;
        let row = client.query_opt(&statement, &[&org.to_string()]).await?;
        Ok(row.map(|row| WrappedKey::of_row(&row)).transpose()?)
    }

    fn cipher(&self, org: OrgId, wrapped: &WrappedKey) -> Result<XChaCha20Poly1305, VaultError> {
        let key = self.unwrap(org, wrapped)?;
        XChaCha20Poly1305::new_from_slice(&key).map_err(|_| refused_key(org))
    }

    /// Makes a data key, unless another process was first; either way the stored one is used.
    async fn make_data_key(&self, org: OrgId) -> Result<WrappedKey, VaultError> {
        let key = Zeroizing::new(XChaCha20Poly1305::generate_key(&mut OsRng).to_vec());
        let (nonce, wrapped) = self.wrap(org, &key)?;
        {
            let sql =
                "INSERT INTO org_keys (org_id, master_key_id, nonce, wrapped_key) VALUES ($1, $2, $3, $4)
                       ON CONFLICT (org_id) DO NOTHING";
            let client = self.db.client().await?;
            let id = self.keys.current().id();
            client.execute(sql, &[&org.to_string(), &id, &nonce, &wrapped]).await?;
        }
        self.find_data_key(org).await?.ok_or_else(|| refused_key(org))
    }

    fn wrap(&self, org: OrgId, key: &[u8]) -> Result<(Vec<u8>, Vec<u8>), VaultError> {
        let master = self.keys.current();
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: key, aad: &key_associated_data(org, master.id()) };
        let wrapped = master.cipher().encrypt(&nonce, payload).map_err(|_| refused_key(org))?;
        Ok((nonce.to_vec(), wrapped))
    }

    fn unwrap(&self, org: OrgId, wrapped: &WrappedKey) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let WrappedKey { nonce, wrapped, master_key_id } = wrapped;
        let missing = || VaultError::MasterKeyMissing { org, key_id: master_key_id.clone() };
        let master = self.keys.find(master_key_id).ok_or_else(missing)?;
        let aad = key_associated_data(org, master_key_id);
        decrypt(&master.cipher(), nonce, wrapped, &aad).ok_or_else(|| refused_key(org))
    }
}

fn refused_key(org: OrgId) -> VaultError {
    VaultError::Refused { what: format!("data key of {org}") }
}

fn decrypt(cipher: &XChaCha20Poly1305, nonce: &[u8], msg: &[u8], aad: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if nonce.len() != 24 {
        return None;
    }
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg, aad }).ok().map(Zeroizing::new)
}

/// Ids contain no `|`, so no two triples give the same bytes.
fn associated_data(org: OrgId, id: SecretId, version: u32) -> Vec<u8> {
    format!("dbx secret v1|{org}|{id}|{version}").into_bytes()
}

fn key_associated_data(org: OrgId, master_key_id: &str) -> Vec<u8> {
    format!("dbx data key v1|{org}|{master_key_id}").into_bytes()
}
