//! Passwords and the verifiers derived from them.
//!
//! Guarantees: a password is 190 bits from the operating system, printable without quoting in a shell, a URI or a
//! `.pgpass`; what leaves the control plane is the SCRAM-SHA-256 verifier (RFC 5803 form), worthless to a reader.
//! Password and verifier are made once, together, and kept encrypted under one secret id and version.

use base64::Engine as _;
use dbx_domain::Secret;
use hmac::{Hmac, Mac as _};
use rand::{TryRngCore, rngs::OsRng};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Letters and digits that are not mistaken for one another; 57 of them.
const ALPHABET: &[u8] = b"abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// 32 × log2(57) ≈ 186 bits.
const PASSWORD_LEN: usize = 32;

/// A password in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password(pub Secret);

/// What Postgres stores instead of a password: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier(String);

impl Verifier {
    /// Takes a text that is known to be a verifier, such as one read back from a server.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether `password` is the one it was derived from; what a server does when somebody signs in (RFC 5802 §3).
    pub fn accepts(&self, password: &Password) -> bool {
        let parsed = self.0.strip_prefix("SCRAM-SHA-256$").and_then(|rest| {
            let (head, keys) = rest.split_once('$')?;
            let (iterations, salt) = head.split_once(':')?;
            let salt = base64::engine::general_purpose::STANDARD.decode(salt).ok()?;
            let stored = base64::engine::general_purpose::STANDARD.decode(keys.split_once(':')?.0).ok()?;
            Some((iterations.parse().ok()?, salt, stored))
        });
        parsed.is_some_and(|(iterations, salt, stored)| {
            stored_key(password.0.expose().as_bytes(), &salt, iterations)[..] == stored[..]
        })
    }

    /// The text that goes to first boot or into `ALTER ROLE`.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// RFC 5802 §3: StoredKey = H(HMAC(Hi(password, salt, i), "Client Key")).
fn stored_key(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, &mut salted);
    // HMAC takes a key of any length, so this cannot fail; an all-zero key would simply not match.
    let client_key = Hmac::<Sha256>::new_from_slice(&salted)
        .map(|mac| mac.chain_update(b"Client Key").finalize().into_bytes())
        .unwrap_or_default();
    Sha256::digest(client_key).into()
}

/// Not a secret by itself, but an offline guess at it is cheap, so it stays out of logs.
impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(…)")
    }
}

/// A password with its verifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// For its owner.
    pub password: Password,
    /// For the server.
    pub verifier: Verifier,
}

/// A stored credential that cannot be read: written by another program, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("the stored credential is damaged; restore the secrets table or rotate the password")]
pub struct Damaged;

#[derive(Serialize, Deserialize)]
struct Stored {
    password: String,
    verifier: String,
}

impl Credential {
    /// Draws a password and derives its verifier.
    ///
    /// # Errors
    /// The operating system gave no randomness.
    pub fn generate() -> Result<Self, rand::rand_core::OsError> {
        let mut text = String::with_capacity(PASSWORD_LEN);
        while text.len() < PASSWORD_LEN {
            // Rejection keeps the letters equally likely: 4 × 57 = 228 of 256 bytes are used.
            let byte = usize::from(OsRng.try_next_u32()?.to_le_bytes()[0]);
            if byte < 4 * ALPHABET.len() {
                text.push(char::from(ALPHABET[byte % ALPHABET.len()]));
            }
        }
        let verifier = Verifier(postgres_protocol::password::scram_sha_256(text.as_bytes()));
        Ok(Self { password: Password(Secret::new(text)), verifier })
    }

    /// The form in which the vault keeps it.
    pub fn to_secret(&self) -> Secret {
        let stored =
            Stored { password: self.password.0.expose().to_owned(), verifier: self.verifier.0.clone() };
        // Two strings always serialise.
        Secret::new(serde_json::to_string(&stored).unwrap_or_default())
    }

    /// Reads the vault's form.
    ///
    /// # Errors
    /// [`Damaged`].
    pub fn from_secret(secret: &Secret) -> Result<Self, Damaged> {
        let stored: Stored = serde_json::from_str(secret.expose()).map_err(|_| Damaged)?;
        Ok(Self { password: Password(Secret::new(stored.password)), verifier: Verifier(stored.verifier) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_differ_and_survive_the_vault() {
        let (one, two) = (Credential::generate().unwrap(), Credential::generate().unwrap());
        assert_ne!(one.password, two.password);
        assert_eq!(one.password.0.expose().len(), PASSWORD_LEN);
        assert!(one.verifier.as_str().starts_with("SCRAM-SHA-256$4096:"));
        assert!(one.verifier.accepts(&one.password) && !one.verifier.accepts(&two.password));
        assert_eq!(Credential::from_secret(&one.to_secret()).unwrap(), one);
        assert!(!format!("{one:?}").contains(one.password.0.expose()));
    }
}
