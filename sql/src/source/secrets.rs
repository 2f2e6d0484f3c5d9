//! Ciphertext of secrets. Sealing and opening is [`crate::Vault`]'s; here are the rows and their end.

use crate::{batch::Batch, params};
use dbx_domain::ids::{OrgId, SecretId};

/// A secret that only [`crate::Vault`] can make and open.
#[derive(Clone, PartialEq, Eq)]
pub struct SealedSecret {
    pub(crate) org: OrgId,
    pub(crate) owner: String,
    pub(crate) id: SecretId,
    pub(crate) version: i32,
    pub(crate) nonce: Vec<u8>,
    pub(crate) ciphertext: Vec<u8>,
}

impl std::fmt::Debug for SealedSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealedSecret({} version {})", self.id, self.version)
    }
}

impl SealedSecret {
    pub(crate) fn push(self, out: &mut Batch) {
        let Self { org, owner, id, version, nonce, ciphertext } = self;
        out.push_row(
            format!("secrets {id}/{version}"),
            "INSERT INTO secrets (secret_id, version, org_id, owner, nonce, ciphertext)
             VALUES ($1, $2, $3, $4, $5, $6)",
            params![id.to_string(), version, org.to_string(), owner, nonce, ciphertext],
        );
    }
}

pub(crate) fn shred_secrets(owner: String, out: &mut Batch) {
    out.push_own("DELETE FROM secrets WHERE owner = $1", params![owner]);
}

pub(crate) fn shred_secret(id: SecretId, version: u32, out: &mut Batch) {
    let version = i64::from(version);
    out.push_own(
        "DELETE FROM secrets WHERE secret_id = $1 AND version::bigint = $2",
        params![id.to_string(), version],
    );
}

pub(crate) fn shred_org_key(org: String, out: &mut Batch) {
    out.push("DELETE FROM secrets WHERE org_id = $1", params![org.clone()]);
    out.push("DELETE FROM org_keys WHERE org_id = $1", params![org]);
}
