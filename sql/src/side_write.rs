//! Changes of the source tables beside the log, as data, so that they travel with the events of one commit.

use crate::{
    batch::{Batch, Statement},
    lease::Renewal,
    source::{
        api_keys::ApiKeyWrite,
        idempotency::IdempotencyClaim,
        invitation_links::InvitationWrite,
        origins::Origin,
        passwords::PasswordWrite,
        people::PersonWrite,
        secrets::{SealedSecret, shred_org_key, shred_secret, shred_secrets},
        sessions::SessionWrite,
        webhooks::WebhookWrite,
    },
};
use dbx_domain::ids::SecretId;

/// One change of a source table.
#[derive(Debug)]
#[non_exhaustive]
pub enum SideWrite {
    /// A person's address and name.
    Person(PersonWrite),
    /// A password hash.
    Password(PasswordWrite),
    /// A signed-in session.
    Session(SessionWrite),
    /// An API key's secret.
    ApiKey(ApiKeyWrite),
    /// An invitation's address and link.
    Invitation(InvitationWrite),
    /// Where the request came from, noted for every event of the commit.
    Origin(Origin),
    /// The answer to a request with an `Idempotency-Key`.
    Idempotency(IdempotencyClaim),
    /// A sealed secret, from [`crate::Vault::seal`].
    Secret(SealedSecret),
    /// Deletes every version of every secret of one owner.
    ShredSecrets {
        /// The owner given when they were sealed.
        owner: String,
    },
    /// Deletes one version of a secret.
    ShredSecret {
        /// The secret.
        id: SecretId,
        /// Its version.
        version: u32,
    },
    /// Prolongs a lease, if it is still held: [`crate::Committed::lease_held`] tells.
    RenewLease(Renewal),
    /// A webhook's address and place.
    Webhook(WebhookWrite),
    /// Deletes an org's data key: also copies of its secrets in backups become unreadable.
    ShredOrgKey {
        /// The org, as text.
        org: String,
    },
}

/// The part of a commit that renews a lease.
pub(crate) const LEASE: &str = "lease";

/// The coordinates of an event in a commit: type, id, sequence.
pub(crate) type EventKey = (String, String, i64);

impl SideWrite {
    /// Whether it must come before the events: a claim that loses must wait and end before anything else is locked.
    pub(crate) const fn comes_first(&self) -> bool {
        matches!(self, Self::Idempotency(_))
    }

    /// Whether it may share its transaction with commits to other streams: it waits for nobody and is of this stream alone.
    pub(crate) const fn is_sociable(&self) -> bool {
        matches!(
            self,
            Self::Secret(_) | Self::ShredSecrets { .. } | Self::ShredSecret { .. } | Self::RenewLease(_)
        )
    }

    /// For error messages.
    pub(crate) const fn part(&self) -> &'static str {
        match self {
            Self::Person(_) => "person",
            Self::Password(_) => "password",
            Self::Session(_) => "session",
            Self::ApiKey(_) => "API key",
            Self::Invitation(_) => "invitation link",
            Self::Origin(_) => "origin",
            Self::Idempotency(_) => "idempotency key",
            Self::Secret(_) | Self::ShredSecrets { .. } | Self::ShredSecret { .. } => "secret",
            Self::Webhook(_) => "webhook",
            Self::RenewLease(_) => LEASE,
            Self::ShredOrgKey { .. } => "org key",
        }
    }

    /// Its statements; `events` are all events of the commit.
    pub(crate) fn into_statements(self, events: &[EventKey]) -> Vec<Statement> {
        let mut batch = Batch::default();
        match self {
            Self::Person(write) => write.push(&mut batch),
            Self::Password(write) => write.push(&mut batch),
            Self::Session(write) => write.push(&mut batch),
            Self::ApiKey(write) => write.push(&mut batch),
            Self::Invitation(write) => write.push(&mut batch),
            Self::Origin(origin) => origin.push(events, &mut batch),
            Self::Idempotency(claim) => claim.push(&mut batch),
            Self::Secret(sealed) => sealed.push(&mut batch),
            Self::ShredSecrets { owner } => shred_secrets(owner, &mut batch),
            Self::ShredSecret { id, version } => shred_secret(id, version, &mut batch),
            Self::Webhook(write) => write.push(&mut batch),
            Self::RenewLease(renewal) => return vec![renewal.into_statement()],
            Self::ShredOrgKey { org } => shred_org_key(org, &mut batch),
        }
        batch.into_statements()
    }
}

macro_rules! from_write {
    ($($variant:ident($write:ty)),*) => {$(
        impl From<$write> for SideWrite {
            fn from(write: $write) -> Self {
                Self::$variant(write)
            }
        }
    )*};
}

from_write! {
    Person(PersonWrite), Password(PasswordWrite), Session(SessionWrite), ApiKey(ApiKeyWrite), Invitation(InvitationWrite),
    Origin(Origin), Idempotency(IdempotencyClaim), Secret(SealedSecret), RenewLease(Renewal),
    Webhook(WebhookWrite)
}
