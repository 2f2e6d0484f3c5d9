//! Master keys: 32 bytes that wrap the orgs' data keys. They come from a file or the environment and are never in
//! the database; only their identifiers are.

use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305};
use dbx_domain::secret::Secret;
use sha2::{Digest as _, Sha256};
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

/// Length of a key in bytes.
const KEY_LEN: usize = 32;

/// A text that is no master key; says nothing of the text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a master key is 64 hexadecimal digits (32 random bytes); make one with: openssl rand -hex 32")]
pub struct MasterKeyError;

/// One master key. `Debug` prints its identifier.
pub struct MasterKey {
    id: String,
    key: Zeroizing<[u8; KEY_LEN]>,
}

impl MasterKey {
    /// Reads 64 hexadecimal digits; surrounding white space is ignored, as files end with a newline.
    ///
    /// # Errors
    /// [`MasterKeyError`].
    pub fn from_hex(hex: &Secret) -> Result<Self, MasterKeyError> {
        let digits = hex.expose().trim().as_bytes();
        if digits.len() != 2 * KEY_LEN {
            return Err(MasterKeyError);
        }
        let mut key = Zeroizing::new([0; KEY_LEN]);
        for (byte, pair) in key.iter_mut().zip(digits.chunks(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        let fingerprint = Sha256::new().chain_update(b"dbx master key id").chain_update(*key).finalize();
        let id = fingerprint.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { id, key })
    }

    /// Its identifier: a fingerprint, so that it cannot be configured wrongly.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

fn nibble(digit: u8) -> Result<u8, MasterKeyError> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).ok_or(MasterKeyError)
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.id)
    }
}

/// The key that wraps, and older ones that still unwrap.
#[derive(Clone, Debug)]
pub struct MasterKeys(Arc<(MasterKey, Vec<MasterKey>)>);

impl MasterKeys {
    /// `current` wraps from now on; data keys wrapped by one of `older` stay readable.
    pub fn new(current: MasterKey, older: Vec<MasterKey>) -> Self {
        Self(Arc::new((current, older)))
    }

    /// Identifier of the key that wraps.
    pub fn current_id(&self) -> &str {
        self.current().id()
    }

    /// Identifiers of all keys that read.
    pub fn ids(&self) -> Vec<String> {
        std::iter::once(self.current()).chain(&self.0.1).map(|key| key.id().to_owned()).collect()
    }

    pub(super) fn current(&self) -> &MasterKey {
        &self.0.0
    }

    pub(super) fn find(&self, id: &str) -> Option<&MasterKey> {
        std::iter::once(&self.0.0).chain(&self.0.1).find(|key| key.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hex_and_shows_none_of_it() {
        let hex = "0123456789abcdef".repeat(4);
        let key = MasterKey::from_hex(&Secret::new(format!("{hex}\n"))).unwrap();
        let shown =
            format!("{key:?} {:?}", MasterKeys::new(MasterKey::from_hex(&Secret::new(hex)).unwrap(), vec![]));
        assert!(!shown.contains("0123456789abcdef"), "{shown}");
        for wrong in ["", "0123", &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(MasterKey::from_hex(&Secret::new(wrong)).map(|_| ()), Err(MasterKeyError));
        }
    }
}
