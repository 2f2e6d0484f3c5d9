//! The API token: a newtype that can be sent but not printed, and is compared by its hash.
//!
//! The clear value lives in one file of the state directory (0600) and in memory; the journal holds a hash.

use std::fmt;

use rand::RngCore;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A Proxmox API token, `USER@REALM!TOKENID=SECRET`.
#[derive(Clone)]
pub struct ApiToken {
    id: String,
    secret: Zeroizing<String>,
}

impl ApiToken {
    /// Makes a token with a fresh random secret for `id` (`USER@REALM!TOKENID`).
    pub(crate) fn generate(id: &str) -> Self {
        let mut random = [0_u8; 16];
        rand::rng().fill_bytes(&mut random);
        let secret = uuid::Builder::from_random_bytes(random).into_uuid().to_string();
        Self { id: id.to_owned(), secret: Zeroizing::new(secret) }
    }

    /// Reads a token as [`expose`](Self::expose) writes it; `None` if it has no `=`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.trim().split_once('=')?;
        Some(Self { id: id.to_owned(), secret: Zeroizing::new(secret.to_owned()) })
    }

    /// The part that is no secret: `USER@REALM!TOKENID`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The whole token in clear text, `USER@REALM!TOKENID=SECRET`, for an `Authorization: PVEAPIToken=…` header.
    #[must_use]
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(format!("{}={}", self.id, self.secret.as_str()))
    }

    pub(crate) fn secret_hash(&self) -> String {
        hash(&self.secret)
    }
}

impl fmt::Debug for ApiToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiToken({}=…)", self.id)
    }
}

/// SHA-256 in hex. The secrets are random UUIDs, so a plain hash gives nothing to guess.
pub(crate) fn hash(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
