//! Secrets of answers, kept sealed as long as the answer can be asked for again.
//!
//! They belong to no org: one data key for all of them, wrapped and re-wrapped like the orgs' own. Guarantee: what was sealed
//! for one request opens for no other.

use super::{Vault, VaultError, decrypt};
use chacha20poly1305::{
    XChaCha20Poly1305,
    aead::{Aead as _, AeadCore as _, OsRng, Payload},
};
use dbx_domain::{ids::OrgId, secret::Secret};

/// The ring of this data key among those of the orgs: ids of orgs are drawn with a version in them, so none is nil.
const RING: OrgId = OrgId::from_uuid(uuid::Uuid::nil());
/// Bytes of a nonce, which stands before the ciphertext.
const NONCE: usize = 24;

impl Vault {
    /// Encrypts a secret for the request that `of` names.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn seal_answer(&self, of: &str, secret: &Secret) -> Result<Vec<u8>, VaultError> {
        let cipher = self.cipher(RING, &*self.key_to_seal(RING).await?)?;
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let payload = Payload { msg: secret.expose().as_bytes(), aad: &associated_data(of) };
        let ciphertext = cipher.encrypt(&nonce, payload).map_err(|_| refused())?;
        Ok([nonce.as_slice(), &ciphertext].concat())
    }

    /// Decrypts what was sealed for the same request.
    ///
    /// # Errors
    /// [`VaultError`].
    pub async fn open_answer(&self, of: &str, sealed: &[u8]) -> Result<Secret, VaultError> {
        let cipher = self.cipher(RING, &self.find_data_key(RING).await?.ok_or_else(refused)?)?;
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE).ok_or_else(refused)?;
        let clear = decrypt(&cipher, nonce, ciphertext, &associated_data(of)).ok_or_else(refused)?;
        Ok(Secret::new(std::str::from_utf8(&clear).map_err(|_| refused())?))
    }
}

fn associated_data(of: &str) -> Vec<u8> {
    format!("dbx answer v1|{of}").into_bytes()
}

fn refused() -> VaultError {
    VaultError::Refused { what: "the secret of an answer that was kept".to_owned() }
}
