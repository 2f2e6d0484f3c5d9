//! Rotate: the tenant's password is replaced; open sessions live on.
//!
//! | step | does | undo |
//! |---|---|---|
//! | `issue_credential` | records the next version | destroys it |
//! | `apply` | sets its verifier, as our platform role | sets the old one again |
//! | `confirm` | signs in as the tenant with it; from here on only forward | – |
//! | `retire` | destroys the old version | – |

use crate::{
    context::{StepContext, StepOutput},
    create::new_secret,
    definition::{Definition, OnFailure, Step, StepResult},
    failure,
    journal::{Shred, SideEffects},
};
use dbx_domain::instance::{Credential, CredentialRole, Fact, Failure, WorkflowKind};
use futures::FutureExt;
use std::time::Duration;

/// See the module's table.
pub static ROTATE: Definition = Definition {
    kind: WorkflowKind::Rotate,
    version: 1,
    deadline: Duration::from_secs(15 * 60),
    on_failure: OnFailure::Compensate,
    steps: &[
        Step::new("issue_credential", |ctx| issue(ctx).boxed()).undo(|ctx| withdraw(ctx).boxed()),
        Step::new("apply", |ctx| apply(ctx).boxed()).undo(|ctx| restore(ctx).boxed()),
        Step::new("confirm", |ctx| confirm(ctx).boxed()).pivot(),
        Step::new("retire", |ctx| retire(ctx).boxed()),
    ],
};

const ROLE: CredentialRole = CredentialRole::Tenant;

fn known(ctx: &StepContext) -> Result<(Credential, u32), Failure> {
    let credential = ctx.instance.credential(ROLE).ok_or_else(|| {
        failure::permanent("no_credential", "the instance has no tenant credential to replace")
    })?;
    let active = credential
        .active
        .ok_or_else(|| failure::permanent("no_credential", "the tenant credential was never in use"))?;
    Ok((credential, active))
}

async fn issue(ctx: &StepContext) -> StepResult {
    let (Credential { secret, latest, .. }, active) = known(ctx)?;
    if latest != active {
        return Ok(StepOutput::default());
    }
    let version = latest + 1;
    let effects = SideEffects { secrets: vec![new_secret(ctx, secret, version)?], ..SideEffects::default() };
    Ok(StepOutput { facts: vec![Fact::CredentialIssued { role: ROLE, secret, version }], effects })
}

async fn withdraw(ctx: &StepContext) -> StepResult {
    let (Credential { secret, latest, .. }, active) = known(ctx)?;
    if latest == active {
        return Ok(StepOutput::default());
    }
    let effects = SideEffects { shred: vec![Shred::Version(secret, latest)], ..SideEffects::default() };
    Ok(StepOutput { facts: vec![Fact::CredentialRetired { role: ROLE, version: latest }], effects })
}

async fn apply(ctx: &StepContext) -> StepResult {
    let (Credential { latest, .. }, _) = known(ctx)?;
    set(ctx, latest).await
}

async fn restore(ctx: &StepContext) -> StepResult {
    let (_, active) = known(ctx)?;
    set(ctx, active).await
}

async fn set(ctx: &StepContext, version: u32) -> StepResult {
    let verifier = ctx.credential(ROLE, version).await?.verifier;
    let platform = ctx.latest_credential(CredentialRole::Platform).await?;
    let address = ctx.placement()?.address;
    ctx.ports
        .database
        .set_tenant_verifier(address, &platform.password, &verifier, ctx.guard.as_ref())
        .await?;
    Ok(StepOutput::default())
}

async fn confirm(ctx: &StepContext) -> StepResult {
    let (Credential { latest, .. }, _) = known(ctx)?;
    let password = ctx.credential(ROLE, latest).await?.password;
    match ctx.ports.database.tenant_accepts(ctx.placement()?.address, &password).await? {
        true => Ok(vec![Fact::CredentialActivated { role: ROLE, version: latest }].into()),
        false => Err(failure::permanent("not_accepted", "the server refuses the password that was just set")),
    }
}

/// Destroys every version below the active one; there is one unless an earlier run was interrupted here.
async fn retire(ctx: &StepContext) -> StepResult {
    let (Credential { secret, .. }, active) = known(ctx)?;
    let Some(old) = active.checked_sub(u32::from(!crate::planted!(RetiredInUse))).filter(|old| *old > 0)
    else {
        return Ok(StepOutput::default());
    };
    let effects = SideEffects { shred: vec![Shred::Version(secret, old)], ..SideEffects::default() };
    Ok(StepOutput { facts: vec![Fact::CredentialRetired { role: ROLE, version: old }], effects })
}
