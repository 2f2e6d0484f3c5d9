//! The key that signs checkpoints (Ed25519, RFC 8032). Its private half comes from a file and is never in the database.

use dbx_domain::secret::Secret;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};
use std::{fmt, str::FromStr, sync::Arc};
use zeroize::Zeroizing;

/// Length of both halves in bytes.
const KEY_LEN: usize = 32;

/// A text that is no key; says nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointKeyError {
    /// Not a private key.
    #[error(
        "a checkpoint key is 64 hexadecimal digits (32 random bytes); make one with: openssl rand -hex 32"
    )]
    Private,
    /// Not a public key.
    #[error("a public checkpoint key is 64 hexadecimal digits, as GET /v1/audit-logs/keys shows it")]
    Public,
}

/// Signs checkpoints. `Debug` prints its identifier; clones share the key.
#[derive(Clone)]
pub struct CheckpointKey {
    pair: Arc<Ed25519KeyPair>,
    public: PublicKey,
}

impl CheckpointKey {
    /// Reads 64 hexadecimal digits, the seed of RFC 8032; surrounding white space is ignored, as files end with a
    /// newline.
    ///
    /// # Errors
    /// [`CheckpointKeyError::Private`].
    pub fn from_hex(hex: &Secret) -> Result<Self, CheckpointKeyError> {
        let seed =
            Zeroizing::new(bytes_of::<KEY_LEN>(hex.expose().trim()).ok_or(CheckpointKeyError::Private)?);
        let pair = Ed25519KeyPair::from_seed_unchecked(&*seed).map_err(|_| CheckpointKeyError::Private)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| CheckpointKeyError::Private)?;
        Ok(Self { pair: Arc::new(pair), public: PublicKey(public) })
    }

    /// What others verify with.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    pub(super) fn sign(&self, statement: &str) -> [u8; 64] {
        let mut signature = [0; 64];
        signature.copy_from_slice(self.pair.sign(statement.as_bytes()).as_ref());
        signature
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointKey({})", self.public.id())
    }
}

/// The public half of a [`CheckpointKey`]; hexadecimal as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(pub [u8; KEY_LEN]);

impl PublicKey {
    /// Its identifier, the first 16 hexadecimal digits of its SHA-256.
    pub fn id(&self) -> String {
        hex(&Sha256::digest(self.0)[..8])
    }

    /// Whether it signed this.
    pub fn verifies(&self, statement: &str, signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, self.0).verify(statement.as_bytes(), signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for PublicKey {
    type Err = CheckpointKeyError;

    fn from_str(text: &str) -> Result<Self, CheckpointKeyError> {
        bytes_of(text.trim()).map(Self).ok_or(CheckpointKeyError::Public)
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Exactly `N` bytes in hexadecimal digits.
pub fn bytes_of<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let nibble = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_as_rfc_8032_test_1_does_and_shows_nothing_of_the_key() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let key = CheckpointKey::from_hex(&Secret::new(format!("{seed}\n"))).unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public().to_string(), public);
        assert_eq!(&hex(&key.sign(""))[..16], "e5564300c360ac72");
        assert!(key.public().verifies("", &key.sign("")) && !key.public().verifies("x", &key.sign("")));
        assert!(!format!("{key:?}").contains("9d61b19d"));
        assert_eq!(public.parse(), Ok(key.public()));
        for wrong in ["", "12", &"g".repeat(64)] {
            assert!(
                CheckpointKey::from_hex(&Secret::new(wrong)).is_err() && wrong.parse::<PublicKey>().is_err()
            );
        }
    }
}
