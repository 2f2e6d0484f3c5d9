//! Typed identifiers: a prefix that names the kind, then a UUID in Crockford base32, lower case.
//!
//! Guarantee: an id of one kind can neither be passed nor parsed as another. Parsing accepts only the canonical
//! form, so two different texts never name the same thing.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

/// Crockford's alphabet without I, L, O and U, so that ids can be read aloud.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// 128 bits in groups of five.
const ENCODED_LEN: usize = 26;

/// A text that is not an id of the expected kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not {} {kind} id; it looks like `{prefix}_` and 26 characters of 0-9 and a-z",
    article(kind)
)]
pub struct IdError {
    /// What was given, cut to a length that is safe to show.
    pub given: String,
    /// The kind that was expected, for people.
    pub kind: &'static str,
    /// Its prefix.
    pub prefix: &'static str,
}

/// Kinds are spelt as they sound, so the first letter decides; an API key's begins with the letter's name.
fn article(kind: &str) -> &'static str {
    match kind.starts_with(['a', 'e', 'i', 'o', 'A']) {
        true => "an",
        false => "a",
    }
}

fn encode(uuid: Uuid) -> String {
    let mut value = uuid.as_u128();
    let mut text = [b'0'; ENCODED_LEN];
    for slot in text.iter_mut().rev() {
        *slot = ALPHABET[(value & 31) as usize];
        value >>= 5;
    }
    text.iter().map(|byte| char::from(*byte)).collect()
}

fn decode(text: &str) -> Option<Uuid> {
    // 26 groups of five are 130 bits: a first character above 7 would not fit.
    if text.len() != ENCODED_LEN || !matches!(text.as_bytes()[0], b'0'..=b'7') {
        return None;
    }
    text.bytes()
        .try_fold(0u128, |value, byte| {
            let digit = ALPHABET.iter().position(|letter| *letter == byte)?;
            Some(value << 5 | digit as u128)
        })
        .map(Uuid::from_u128)
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal, $kind:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// The text before the underscore.
            pub const PREFIX: &'static str = $prefix;

            /// Wraps a UUID; fresh ids are version 7 so that they sort by age.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// The UUID inside.
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}_{}", $prefix, encode(self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                text.strip_prefix(concat!($prefix, "_")).and_then(decode).map(Self).ok_or_else(|| IdError {
                    given: text.chars().take(40).collect(),
                    kind: $kind,
                    prefix: $prefix,
                })
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.to_string()
            }
        }
    )*};
}

ids! {
    /// A person who can sign in.
    AccountId = "usr", "account";
    /// An organisation: the unit of membership, quota and audit.
    OrgId = "org", "org";
    /// A group of instances inside an org.
    ProjectId = "prj", "project";
    /// One Postgres server in one container.
    InstanceId = "ins", "instance";
    /// One run of a workflow; the API calls it a job.
    WorkflowId = "job", "job";
    /// An API key (not its secret).
    ApiKeyId = "key", "API key";
    /// A signed-in browser or CLI (not its token).
    SessionId = "ses", "session";
    /// An invitation into an org (not its token).
    InvitationId = "inv", "invitation";
    /// A webhook: an address that is told what happens in an org.
    WebhookId = "whk", "webhook";
    /// A secret whose versions are kept encrypted beside the log.
    SecretId = "sec", "secret";
}

impl SecretId {
    /// The secret of `purpose` that belongs to `instance`. Derived instead of drawn: a step that makes a
    /// credential may run twice and must name the same secret both times.
    pub fn of(instance: InstanceId, purpose: &str) -> Self {
        Self(Uuid::new_v5(&instance.uuid(), purpose.as_bytes()))
    }
}

/// A container's number in the Proxmox cluster (its "vmid"), 100 to 999,999,999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ctid(pub u32);

impl fmt::Display for Ctid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_sorts_like_the_uuid() {
        let (small, large) =
            (OrgId::from_uuid(Uuid::from_u128(7)), OrgId::from_uuid(Uuid::from_u128(u128::MAX)));
        assert_eq!(small.to_string().parse::<OrgId>().unwrap(), small);
        assert_eq!(large.to_string().parse::<OrgId>().unwrap(), large);
        assert!(small.to_string() < large.to_string());
    }

    #[test]
    fn an_error_names_the_kind_with_its_article() {
        let said = |error: IdError| error.to_string().split(';').next().map(str::to_owned);
        let of = |kind| said(IdError { given: "zzz".to_owned(), kind, prefix: "x" });
        assert_eq!(of("instance").as_deref(), Some("`zzz` is not an instance id"));
        assert_eq!(of("API key").as_deref(), Some("`zzz` is not an API key id"));
        assert_eq!(of("project").as_deref(), Some("`zzz` is not a project id"));
    }

    #[test]
    fn refuses_other_kinds_and_other_spellings() {
        let id = OrgId::from_uuid(Uuid::from_u128(7)).to_string();
        assert!(id.replace("org_", "prj_").parse::<OrgId>().is_err());
        assert!(id.to_uppercase().parse::<OrgId>().is_err());
        assert!(id.replace('0', "O").parse::<OrgId>().is_err());
        assert!("org_80000000000000000000000000".parse::<OrgId>().is_err());
        assert!("org_é0000000000000000000000000".parse::<OrgId>().is_err());
    }
}
