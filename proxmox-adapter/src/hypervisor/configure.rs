//! Configuration, data volume and first-boot environment: compare, and change only the difference under the digest.

use super::{ProxmoxHypervisor, observe::Present};
use crate::{
    config::{Change, GuestConfig},
    firewall, network, volume,
};
use dbx_domain::instance::Failure;
use dbx_workflows::{
    failure::{permanent, transient},
    hypervisor::{ContainerConfig, Power, StepGuard, Target, TenantEnv},
};
use std::collections::BTreeSet;

impl ProxmoxHypervisor {
    pub(super) async fn configure(
        &self,
        target: &Target,
        wanted: &ContainerConfig,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let present = self.converge(target, guard, |config| Ok(self.difference(config, wanted))).await?;
        firewall::ensure(&self.client, guard, &present.node, target.ctid).await
    }

    pub(super) async fn attach_volume(
        &self,
        target: &Target,
        gib: u32,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let storage = &self.config.storage;
        let present = self.own_idle(target).await?;
        // Cleaning up is for containers that are being made; what is parked beside a running server may be wanted.
        let running = self.power_of(target, &present).await? == Power::Running;
        let plan = |config: &GuestConfig| {
            let change = volume::plan(config, target.ctid, storage, gib)?;
            Ok(if running { Change { delete: Vec::new(), ..change } } else { change })
        };
        self.converge(target, guard, plan).await.map(drop)
    }

    pub(super) async fn deliver_env(
        &self,
        target: &Target,
        env: &TenantEnv,
        guard: &dyn StepGuard,
    ) -> Result<(), Failure> {
        let text = env_text(env)?;
        let difference = |config: &GuestConfig| {
            let mut change = Change::default();
            change.want(config, "env", text.clone());
            Ok(change)
        };
        // Proxmox repeats values in its complaints; verifiers stay out of messages.
        self.converge(target, guard, difference).await.map(drop).map_err(|failure| without(failure, env))
    }

    /// Changes what `difference` names and looks again, until nothing differs.
    pub(super) async fn converge(
        &self,
        target: &Target,
        guard: &dyn StepGuard,
        difference: impl Fn(&GuestConfig) -> Result<Change, Failure>,
    ) -> Result<Present, Failure> {
        let present = self.own_idle(target).await?;
        let change = difference(&present.config)?;
        if change.is_empty() {
            return Ok(present);
        }
        change.apply(&self.client, guard, &present.node, target.ctid, &present.config).await?;
        let present = self.own_idle(target).await?;
        let rest = difference(&present.config)?;
        if rest.is_empty() {
            return Ok(present);
        }
        let names: Vec<&str> =
            rest.set.iter().map(|(name, _)| *name).chain(rest.delete.iter().map(String::as_str)).collect();
        Err(transient(
            "not_applied",
            format!(
                "Proxmox took the change of container {} on {}, but it does not show in: {}",
                target.ctid,
                present.node,
                names.join(", ")
            ),
        ))
    }

    fn difference(&self, config: &GuestConfig, wanted: &ContainerConfig) -> Change {
        let mut change = Change::default();
        change.want(config, "cores", wanted.cores.to_string());
        change.want(config, "memory", wanted.memory_mib.to_string());
        change.want(config, "swap", "0".to_owned());
        change.want(config, "hostname", wanted.hostname.clone());
        change.want(config, "onboot", "1".to_owned());
        if let Some(tags) = missing_tags(config.get("tags").unwrap_or_default(), &self.config.tags) {
            change.set.push(("tags", tags));
        }
        let net0 = network::net0(config.get("net0"), wanted.address, &self.config);
        if !network::is(config.get("net0"), &net0) {
            change.set.push(("net0", net0.to_string()));
        }
        change
    }
}

/// All tags, if some of ours are missing; those of operators stay. Proxmox keeps them lower-case, sorted and unique.
fn missing_tags(current: &str, ours: &[String]) -> Option<String> {
    let mut tags: BTreeSet<String> =
        current.split([';', ',', ' ']).filter(|tag| !tag.is_empty()).map(str::to_lowercase).collect();
    let before = tags.len();
    tags.extend(ours.iter().map(|tag| tag.to_lowercase()));
    (tags.len() > before).then(|| tags.into_iter().collect::<Vec<_>>().join(";"))
}

/// Proxmox's form: `KEY=value`, separated by NUL.
///
/// # Errors
/// A key or value that Proxmox would refuse or change: control characters, or blanks at the end.
fn env_text(env: &TenantEnv) -> Result<String, Failure> {
    for (key, value) in &env.0 {
        let word = !key.is_empty() && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !word || value.chars().any(char::is_control) || value.trim_end() != value {
            return Err(permanent(
                "bad_env",
                format!(
                    "the setting `{key}` cannot be handed to the container: its name or value has characters that Proxmox does not keep"
                ),
            ));
        }
    }
    let pairs: Vec<String> = env.0.iter().map(|(key, value)| format!("{key}={value}")).collect();
    Ok(pairs.join("\0"))
}

fn without(mut failure: Failure, env: &TenantEnv) -> Failure {
    // Short values, such as a version, are no secrets, and cutting them out would garble the text.
    for value in env.0.values().filter(|value| value.len() >= 16) {
        failure.message = failure.message.replace(value.as_str(), "…");
    }
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn operators_tags_stay() {
        let ours = ["dbxyz".to_owned()];
        assert_eq!(missing_tags("web;prod", &ours).as_deref(), Some("dbxyz;prod;web"));
        assert_eq!(missing_tags("dbxyz;prod", &ours), None);
    }

    #[test]
    fn env_is_separated_by_nul_and_refuses_what_proxmox_would_change() {
        let env = |value: &str| TenantEnv(BTreeMap::from([("A", "1".to_owned()), ("B", value.to_owned())]));
        assert_eq!(env_text(&env("x y")).unwrap(), "A=1\0B=x y");
        for bad in ["x\n", "x\0y", "x "] {
            let failure = env_text(&env(bad)).unwrap_err();
            assert_eq!(failure.code, "bad_env");
            assert!(failure.message.contains("`B`"), "{}", failure.message);
        }
    }

    #[test]
    fn a_complaint_does_not_repeat_a_verifier() {
        let verifier = "SCRAM-SHA-256$4096:c2FsdA==$a:b";
        let env = TenantEnv(BTreeMap::from([("PG_TENANT_PASS", verifier.to_owned())]));
        let failure = permanent("proxmox_refused", format!("env: `{verifier}` does not match"));
        assert_eq!(without(failure, &env).message, "env: `…` does not match");
    }
}
