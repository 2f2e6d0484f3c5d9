//! Steps about power that several workflows share.

use crate::{
    context::{StepContext, StepOutput},
    database_admin::ServerProof,
    definition::StepResult,
};
use dbx_domain::instance::{CredentialRole, Fact, Failure, FailureClass};
use std::time::Duration;

/// How long one attempt looks for the server before it reports that it does not answer.
const PROBE_FOR: Duration = Duration::from_secs(20);
/// First pause between two looks; grows by half each time.
const PROBE_PAUSE: Duration = Duration::from_millis(50);
/// Longest pause between two looks.
const PROBE_PAUSE_MAX: Duration = Duration::from_secs(1);

pub(crate) async fn start_container(ctx: &StepContext) -> StepResult {
    ctx.ports.hypervisor.ensure_started(&ctx.target()?, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

pub(crate) async fn stop_container(ctx: &StepContext) -> StepResult {
    ctx.ports.hypervisor.ensure_stopped(&ctx.target()?, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

/// Waits until the server proves that it knows our password, and records what it showed.
pub(crate) async fn await_postgres(ctx: &StepContext) -> StepResult {
    let ServerProof { server_version, certificate_pem, fingerprint } = prove_patiently(ctx).await?;
    let mut facts = vec![Fact::ServerObserved { server_version, certificate_pem, fingerprint }];
    for role in [CredentialRole::Tenant, CredentialRole::Platform] {
        // First boot applied the first version; later ones become active by their rotation.
        if let Some(known) = ctx.instance.credential(role)
            && known.active.is_none()
        {
            facts.push(Fact::CredentialActivated { role, version: known.latest });
        }
    }
    Ok(facts.into())
}

/// Looks again and again inside one attempt, so that a slow first boot is one entry in the log and not fifty.
async fn prove_patiently(ctx: &StepContext) -> Result<ServerProof, Failure> {
    let platform = ctx.latest_credential(CredentialRole::Platform).await?;
    let address = ctx.placement()?.address;
    let give_up = tokio::time::Instant::now() + PROBE_FOR;
    let mut pause = PROBE_PAUSE;
    loop {
        match ctx.ports.database.prove(address, &platform.password).await {
            Err(failure)
                if failure.class != FailureClass::Permanent
                    && tokio::time::Instant::now() + pause < give_up =>
            {
                tokio::time::sleep(pause).await;
                pause = pause.mul_f64(1.5).min(PROBE_PAUSE_MAX);
            }
            end => return end,
        }
    }
}
