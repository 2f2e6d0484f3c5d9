//! Changing a container's configuration, synchronously. Nothing is written if anything is refused.

use std::sync::Arc;

use super::config_get::digest_of;
use super::options::{Needs, applies_live, known, needs, required};
use super::{ApiError, ApiResult, Call, Reply, storage};
use crate::clock::unix_now;
use crate::engine::Engine;
use crate::http::ParamValue;
use crate::model::{Cluster, Container, MountPoint, Network, Volume, VolumeKey, canonical};

/// What a PUT asks for.
#[derive(Debug, Default)]
struct Change {
    set: Vec<(String, String)>,
    delete: Vec<String>,
    revert: Vec<String>,
}

pub(super) fn config(engine: &Arc<Engine>, call: &Call) -> ApiResult {
    let change = Change::of(call)?;
    engine.store.write(|cluster| {
        let container = cluster.container_on(call.node(), call.vmid())?.clone();
        container.check_lock()?;
        permitted(cluster, call, &container, &change)?;
        check_digest(call, &container)?;
        apply(engine, cluster, call, container, &change)
    })?;
    Ok(Reply::null())
}

impl Change {
    fn of(call: &Call) -> Result<Self, ApiError> {
        let mut change = Self::default();
        for (name, value) in call.params.iter() {
            let value = match value {
                ParamValue::Text(text) => text.clone(),
                // JSON null is stored as a blank: Proxmox does this, and nobody wants it.
                ParamValue::Null | ParamValue::Repeated => " ".to_owned(),
            };
            match name {
                "digest" => {}
                "delete" => change.delete = listed("delete", &value)?,
                "revert" => change.revert = listed("revert", &value)?,
                _ => change.set.push((name.to_owned(), value)),
            }
        }
        if let Some(both) =
            change.delete.iter().find(|option| change.set.iter().any(|(set, _)| set == *option))
        {
            let text = format!("you can't use '-{both}' and -delete {both}' at the same time");
            return Err(ApiError::parameter("delete", &text));
        }
        if change.set.is_empty() && change.delete.is_empty() && change.revert.is_empty() {
            return Err(ApiError::Failed("no options specified".to_owned()));
        }
        Ok(change)
    }
}

fn listed(parameter: &str, text: &str) -> Result<Vec<String>, ApiError> {
    let options: Vec<String> =
        text.split([',', ';', ' ', '\0']).filter(|option| !option.is_empty()).map(str::to_owned).collect();
    match options.iter().find(|option| !known(option)) {
        Some(unknown) => Err(ApiError::parameter(parameter, &format!("unknown option '{unknown}'"))),
        None => Ok(options),
    }
}

/// A stale digest is a 500, not a 400 or a 409.
pub(super) fn check_digest(call: &Call, container: &Container) -> Result<(), String> {
    match call.text("digest") {
        Some(digest) if digest != digest_of(container) => {
            Err("detected modified configuration - file changed by other user? Try again.".to_owned())
        }
        _ => Ok(()),
    }
}

fn permitted(cluster: &Cluster, call: &Call, container: &Container, change: &Change) -> Result<(), ApiError> {
    let deleted = change.delete.iter().chain(&change.revert);
    let deleted = deleted.map(|option| (option.as_str(), container.option(option).unwrap_or_default()));
    let set = change.set.iter().map(|(option, value)| (option.as_str(), value.as_str()));
    let path = format!("/vms/{}", call.vmid());
    for (option, value) in set.chain(deleted) {
        match needs(option, value) {
            Needs::Root(text) => {
                return Err(ApiError::Forbidden(format!("Permission check failed ({text})")));
            }
            Needs::Privilege(privilege) if !call.who.may(cluster, &path, privilege) => {
                return Err(ApiError::denied(&path, privilege));
            }
            Needs::Privilege(_) => {}
        }
        usable(cluster, call, container, option, value)?;
    }
    Ok(())
}

/// Rights on what an option uses: bridges (old and new) and storages.
fn usable(
    cluster: &Cluster,
    call: &Call,
    container: &Container,
    option: &str,
    value: &str,
) -> Result<(), ApiError> {
    if option.starts_with("net") {
        let texts = [Some(value), container.option(option)];
        let networks = texts.into_iter().flatten().filter_map(|text| Network::parse(text).ok());
        for path in networks.filter_map(|network| network.sdn_path()) {
            if !call.who.may(cluster, &path, "SDN.Use") {
                return Err(ApiError::denied(&path, "SDN.Use"));
            }
        }
    }
    if let Some((storage, _)) = new_volume(option, value) {
        let path = format!("/storage/{storage}");
        if !call.who.may(cluster, &path, "Datastore.AllocateSpace") {
            return Err(ApiError::denied(&path, "Datastore.AllocateSpace"));
        }
        storage::check_rootdir(&storage)?;
    }
    Ok(())
}

/// Storage and size, if the value asks for a new volume.
fn new_volume(option: &str, value: &str) -> Option<(String, u64)> {
    if option.starts_with("mp") { MountPoint::parse(value).ok()?.request() } else { None }
}

fn apply(
    engine: &Engine,
    cluster: &mut Cluster,
    call: &Call,
    mut container: Container,
    change: &Change,
) -> Result<(), ApiError> {
    for option in &change.revert {
        container.pending.remove(option);
        container.pending_delete.remove(option);
    }
    for option in &change.delete {
        delete(engine, cluster, &mut container, option)?;
    }
    for (option, value) in &change.set {
        let stored = stored(engine, cluster, call, &container, option, value)?;
        set(&mut container, option, stored);
    }
    cluster.containers.insert(container.vmid, container);
    Ok(())
}

/// The stored form of a value; a request for a volume allocates it here.
fn stored(
    engine: &Engine,
    cluster: &mut Cluster,
    call: &Call,
    container: &Container,
    option: &str,
    value: &str,
) -> Result<String, ApiError> {
    if option == "unprivileged" {
        return Err(ApiError::Failed(format!("unable to modify read-only option: '{option}'")));
    }
    if let Some((storage, bytes)) = new_volume(option, value) {
        let new = Volume { owner: container.vmid, bytes, created: unix_now(), parent: None };
        if call.actions.storage_full() {
            return Err(ApiError::Failed(storage::full(&format!("subvol-{}-disk", container.vmid))));
        }
        let key = cluster.allocate_volume(&container.node, &storage, new);
        if let Err(error) = engine.backend.create_volume(&key) {
            cluster.free_volume(&key);
            return Err(ApiError::Failed(format!("unable to create volume '{}': {error}", key.volid())));
        }
        let mount = MountPoint::parse(value).map_err(|(_, text)| text)?;
        return Ok(mount.with_volume(key.volid(), bytes).text());
    }
    Ok(match MountPoint::parse(value) {
        Ok(mount) if option.starts_with("mp") || option == "rootfs" => mount.text(),
        _ if option.starts_with("net") => {
            Network::parse(value).map_or_else(|_| value.to_owned(), Network::canonical)
        }
        _ => canonical(option, value),
    })
}

fn set(container: &mut Container, option: &str, value: String) {
    let old = container.config.get(option).cloned();
    container.pending_delete.remove(option);
    if container.is_running() && !applies_live(option, old.is_none()) {
        container.pending.insert(option.to_owned(), value);
        return;
    }
    container.pending.remove(option);
    container.config.insert(option.to_owned(), value.clone());
    // Another volume in the same place: the old one is parked, never removed.
    let volume = |text: &str| MountPoint::parse(text).ok().map(|mount| mount.volume);
    let replaced = old.filter(|_| option.starts_with("mp")).and_then(|old| volume(&old));
    if let Some(replaced) = replaced.filter(|replaced| volume(&value).as_ref() != Some(replaced)) {
        container.park(&replaced);
    }
}

fn delete(
    engine: &Engine,
    cluster: &mut Cluster,
    container: &mut Container,
    option: &str,
) -> Result<(), ApiError> {
    if required(option) {
        return Err(ApiError::Failed(format!("unable to delete required option '{option}'")));
    }
    if option == "unprivileged" {
        return Err(ApiError::Failed(format!("unable to delete read-only option: '{option}'")));
    }
    container.pending.remove(option);
    let Some(value) = container.config.get(option).cloned() else { return Ok(()) };
    if container.is_running() && !applies_live(option, false) {
        container.pending_delete.insert(option.to_owned());
        return Ok(());
    }
    container.config.remove(option);
    if option.starts_with("unused") {
        let key = VolumeKey::new(&container.node, &value);
        engine.backend.remove_volume(&key).map_err(|error| error.to_string())?;
        cluster.free_volume(&key);
    } else if option.starts_with("mp")
        && let Ok(mount) = MountPoint::parse(&value)
    {
        container.park(&mount.volume);
    }
    Ok(())
}
