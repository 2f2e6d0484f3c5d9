//! SHA-256 hashes and Ed25519 keys, as hexadecimal digits outside.

use ring::{
    digest::{Context, SHA256},
    signature::{ED25519, UnparsedPublicKey},
};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::{fmt, str::FromStr};

/// A SHA-256 hash.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Hash([u8; 32]);

impl Hash {
    /// The hash of all parts joined.
    #[must_use]
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut context = Context::new(&SHA256);
        parts.iter().for_each(|part| context.update(part));
        let mut hash = [0; 32];
        // SHA-256 has 32 bytes; zip keeps it free of panics.
        hash.iter_mut().zip(context.finish().as_ref()).for_each(|(byte, found)| *byte = *found);
        Self(hash)
    }

    /// Its bytes.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Hash {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        from_hex(text).and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(PublicKeyError)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(|_| D::Error::custom("a hash has 64 hexadecimal digits"))
    }
}

/// A key that signs checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicKey(Hash);

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a key has 64 hexadecimal digits")]
pub struct PublicKeyError;

impl PublicKey {
    /// The name that checkpoints give it: the first 16 digits of its hash.
    #[must_use]
    pub fn id(&self) -> String {
        Hash::of(&[self.0.bytes()]).to_string().chars().take(16).collect()
    }

    /// Whether it made this signature.
    #[must_use]
    pub fn signed(&self, statement: &str, signature: &str) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0.bytes());
        from_hex(signature).is_some_and(|signature| key.verify(statement.as_bytes(), &signature).is_ok())
    }
}

impl FromStr for PublicKey {
    type Err = PublicKeyError;

    fn from_str(text: &str) -> Result<Self, PublicKeyError> {
        text.trim().parse().map(Self)
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, formatter)
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| (byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    };
    text.as_bytes().chunks(2).map(pair).collect()
}
