//! The events that steps bring about, gathered into one change of the row.
//!
//! Guarantee: the same row as one change per event would leave. So only what is merely set is gathered, and of two events
//! that set the same, the later one counts.

use dbx_domain::instance::{CredentialRole, InstanceEvent};
use dbx_sql::{Param, params};

/// Values that are null leave their column as it is; the order is that of [`Gathered::into_params`].
pub(super) const CHANGE: &str = "UPDATE instances SET
        run_begun = CASE WHEN $4::boolean THEN run_workflow IS NOT NULL ELSE run_begun END,
        node = coalesce($5, node), vmid = coalesce($6, vmid), address = coalesce($7, address),
        server_version = coalesce($8, server_version), certificate_pem = coalesce($9, certificate_pem),
        fingerprint = coalesce($10, fingerprint),
        health = CASE WHEN $8::text IS NULL THEN health ELSE 'healthy' END,
        tenant_secret = coalesce($11, tenant_secret), tenant_latest = coalesce($12, tenant_latest),
        tenant_active = CASE WHEN $13::bigint IS NULL THEN tenant_active
                             WHEN coalesce($11, tenant_secret) IS NOT NULL THEN $13 END,
        platform_secret = coalesce($14, platform_secret), platform_latest = coalesce($15, platform_latest),
        platform_active = CASE WHEN $16::bigint IS NULL THEN platform_active
                               WHEN coalesce($14, platform_secret) IS NOT NULL THEN $16 END,
        version = $2, updated_at = coalesce($3, dbx_now())
    WHERE instance_id = $1";

#[derive(Default)]
struct CredentialChange {
    secret: Option<String>,
    latest: Option<i64>,
    active: Option<i64>,
}

/// What the events since the last other change come to.
#[derive(Default)]
pub(super) struct Gathered {
    begun: bool,
    place: Option<(String, i64, String)>,
    server: Option<(String, String, String)>,
    tenant: CredentialChange,
    platform: CredentialChange,
}

impl Gathered {
    /// Whether the event may come after those gathered. What a version became valid for must not be told from a secret
    /// that was issued later.
    pub(super) fn fits(&self, event: &InstanceEvent) -> bool {
        match event {
            InstanceEvent::CredentialIssued { role: CredentialRole::Tenant, .. } => {
                self.tenant.active.is_none()
            }
            InstanceEvent::CredentialIssued { role: CredentialRole::Platform, .. } => {
                self.platform.active.is_none()
            }
            _ => true,
        }
    }

    /// Takes the event in, or gives it back if it has to be a change of its own.
    pub(super) fn gather(&mut self, event: InstanceEvent) -> Option<InstanceEvent> {
        match event {
            InstanceEvent::StepBegan { .. } => self.begun = true,
            InstanceEvent::PlacementReserved { node, ctid, address } => {
                self.place = Some((node, i64::from(ctid.0), address.to_string()));
            }
            InstanceEvent::ServerObserved { server_version, certificate_pem, fingerprint } => {
                self.server = Some((server_version, certificate_pem, fingerprint));
            }
            InstanceEvent::CredentialIssued { role, secret, version } => {
                let credential = self.credential(role);
                (credential.secret, credential.latest) = (Some(secret.to_string()), Some(i64::from(version)));
            }
            InstanceEvent::CredentialActivated { role, version } => {
                self.credential(role).active = Some(i64::from(version));
            }
            // They show only in the row's version.
            InstanceEvent::StepCompleted { .. }
            | InstanceEvent::StepFailed { .. }
            | InstanceEvent::TaskSubmitted { .. }
            | InstanceEvent::UndoBegan { .. }
            | InstanceEvent::UndoCompleted { .. }
            | InstanceEvent::UndoFailed { .. } => {}
            other => return Some(other),
        }
        None
    }

    fn credential(&mut self, role: CredentialRole) -> &mut CredentialChange {
        match role {
            CredentialRole::Tenant => &mut self.tenant,
            CredentialRole::Platform => &mut self.platform,
        }
    }

    /// Whether no column but the version would change.
    pub(super) fn is_empty(&self) -> bool {
        let Self { begun, place, server, tenant, platform } = self;
        let unchanged = |credential: &CredentialChange| {
            credential.secret.is_none() && credential.latest.is_none() && credential.active.is_none()
        };
        !begun && place.is_none() && server.is_none() && unchanged(tenant) && unchanged(platform)
    }

    /// The values of [`CHANGE`] from `$4` on.
    pub(super) fn into_params(self) -> Vec<Param> {
        let (node, vmid, address) = split(self.place);
        let (version, certificate, fingerprint) = split(self.server);
        let (tenant, platform) = (self.tenant, self.platform);
        params![
            self.begun,
            node,
            vmid,
            address,
            version,
            certificate,
            fingerprint,
            tenant.secret,
            tenant.latest,
            tenant.active,
            platform.secret,
            platform.latest,
            platform.active,
        ]
    }
}

fn split<A, B, C>(all: Option<(A, B, C)>) -> (Option<A>, Option<B>, Option<C>) {
    all.map_or((None, None, None), |(a, b, c)| (Some(a), Some(b), Some(c)))
}
