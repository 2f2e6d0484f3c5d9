//! Create: from an order to a server that proved itself.
//!
//! | step | does | undo |
//! |---|---|---|
//! | `reserve` | records node, container number and address before anything uses them | releases them |
//! | `issue_credentials` | records a password for the tenant and one for us | destroys them |
//! | `clone` | clones the node's template under that number, with our marker | destroys the container |
//! | `configure` | cores, memory, network, firewall | – |
//! | `attach_volume` | the data volume | – (goes with the container) |
//! | `deliver_env` | the settings of first boot, passwords as verifiers | – |
//! | `start` | starts the container | stops it |
//! | `await_postgres` | waits until the server proves that it knows our password | – |

use crate::{
    context::{StepContext, StepOutput},
    credential::Credential,
    database_admin::{PLATFORM_ROLE, TENANT_DATABASE, TENANT_ROLE},
    definition::{Definition, Load, OnFailure, Step, StepResult},
    failure,
    hypervisor::{ContainerConfig, TenantEnv},
    journal::{NewSecret, Shred, SideEffects},
    power::{await_postgres, start_container, stop_container},
    reserve::{release, reserve},
};
use dbx_domain::{
    ids::SecretId,
    instance::{CredentialRole, Fact, WorkflowKind},
};
use futures::FutureExt;
use std::{collections::BTreeMap, time::Duration};

/// See the module's table.
pub static CREATE: Definition = Definition {
    kind: WorkflowKind::Create,
    version: 1,
    deadline: Duration::from_secs(30 * 60),
    on_failure: OnFailure::Compensate,
    steps: &[
        Step::new("reserve", |ctx| reserve(ctx).boxed()).undo(|ctx| release(ctx).boxed()),
        Step::new("issue_credentials", |ctx| issue_credentials(ctx).boxed()).undo(|ctx| shred(ctx).boxed()),
        Step::new("clone", |ctx| clone(ctx).boxed())
            .undo(|ctx| destroy_clone(ctx).boxed())
            .loads(Load::Clones),
        Step::new("configure", |ctx| configure(ctx).boxed()).loads(Load::Writes),
        Step::new("attach_volume", |ctx| attach_volume(ctx).boxed()).loads(Load::Writes),
        Step::new("deliver_env", |ctx| deliver_env(ctx).boxed()).loads(Load::Writes),
        Step::new("start", |ctx| start_container(ctx).boxed())
            .undo(|ctx| stop_container(ctx).boxed())
            .loads(Load::Writes),
        Step::new("await_postgres", |ctx| await_postgres(ctx).boxed()),
    ],
};

async fn issue_credentials(ctx: &StepContext) -> StepResult {
    let instance = ctx.identity()?.instance;
    let mut output = StepOutput::default();
    for role in [CredentialRole::Tenant, CredentialRole::Platform] {
        if ctx.instance.credential(role).is_none() {
            let (secret, version) = (SecretId::of(instance, role.name()), 1);
            output.facts.push(Fact::CredentialIssued { role, secret, version });
            output.effects.secrets.push(new_secret(ctx, secret, version)?);
        }
    }
    Ok(output)
}

/// A fresh credential for the vault.
pub(crate) fn new_secret(
    ctx: &StepContext,
    id: SecretId,
    version: u32,
) -> Result<NewSecret, dbx_domain::instance::Failure> {
    let drawn = ctx.ports.journal.new_credential();
    let credential = drawn.map_err(|error| failure::transient("no_randomness", error.to_string()))?;
    Ok(NewSecret { id, version, clear: credential.to_secret() })
}

async fn shred(ctx: &StepContext) -> StepResult {
    let _ = ctx;
    let effects = SideEffects { shred: vec![Shred::All], ..SideEffects::default() };
    Ok(StepOutput { facts: vec![Fact::SecretsShredded], effects })
}

async fn clone(ctx: &StepContext) -> StepResult {
    let hostname = hostname(ctx)?;
    ctx.ports.hypervisor.ensure_cloned(&ctx.target()?, &hostname, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

/// Undoes a clone. If the number carries somebody else's container, ours cannot exist: nothing to undo.
async fn destroy_clone(ctx: &StepContext) -> StepResult {
    let target = ctx.target()?;
    if let Some(found) = ctx.ports.hypervisor.find(target.ctid).await?
        && found.owner != Some(target.instance)
    {
        return Ok(StepOutput::default());
    }
    ctx.ports.hypervisor.ensure_destroyed(&target, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

async fn configure(ctx: &StepContext) -> StepResult {
    let spec = ctx.identity()?.size.plan().spec();
    let config = ContainerConfig {
        hostname: hostname(ctx)?,
        cores: spec.vcpus,
        memory_mib: spec.memory_mib,
        address: ctx.placement()?.address,
    };
    ctx.ports.hypervisor.ensure_configured(&ctx.target()?, &config, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

async fn attach_volume(ctx: &StepContext) -> StepResult {
    let gib = ctx.identity()?.size.disk_gib();
    ctx.ports.hypervisor.ensure_volume(&ctx.target()?, gib, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

async fn deliver_env(ctx: &StepContext) -> StepResult {
    let tenant = ctx.latest_credential(CredentialRole::Tenant).await?;
    let platform = ctx.latest_credential(CredentialRole::Platform).await?;
    let env = tenant_env(ctx, &tenant, &platform)?;
    ctx.ports.hypervisor.ensure_env(&ctx.target()?, &env, ctx.guard.as_ref()).await?;
    Ok(StepOutput::default())
}

fn tenant_env(
    ctx: &StepContext,
    tenant: &Credential,
    platform: &Credential,
) -> Result<TenantEnv, dbx_domain::instance::Failure> {
    let (identity, placement) = (ctx.identity()?, ctx.placement()?);
    let spec = identity.size.plan().spec();
    Ok(TenantEnv(BTreeMap::from([
        ("PG_MAJOR", identity.pg_version.to_string()),
        ("PG_TENANT_USER", TENANT_ROLE.to_owned()),
        ("PG_TENANT_DB", TENANT_DATABASE.to_owned()),
        ("PG_TENANT_PASS", tenant.verifier.as_str().to_owned()),
        ("PG_PLATFORM_USER", PLATFORM_ROLE.to_owned()),
        ("PG_PLATFORM_PASS", platform.verifier.as_str().to_owned()),
        ("PG_MAX_CONN", spec.max_connections.to_string()),
        ("PG_ALLOW_CIDRS", ctx.settings.allow_cidrs.join(",")),
        ("PG_PLATFORM_CIDRS", ctx.settings.platform_cidrs.join(",")),
        ("PG_TLS_SAN", format!("{},{}", placement.address, hostname(ctx)?)),
        ("PG_MEMORY_MIB", spec.memory_mib.to_string()),
    ])))
}

/// A host name that tells people which instance it is and is unique by its number.
fn hostname(ctx: &StepContext) -> Result<String, dbx_domain::instance::Failure> {
    let name: String = ctx.identity()?.name.as_str().chars().take(40).collect();
    Ok(format!("{}-{}", name.trim_end_matches('-'), ctx.placement()?.ctid))
}
