//! The data volume `mp0`.
//!
//! Guarantee: a volume is only asked for while there is none and nothing is parked that might be one, under the digest
//! of that look: repeating the request would allocate a second volume and park the first, with the data, as unused.

use crate::{
    config::{Change, GuestConfig},
    property::Properties,
};
use dbx_domain::{ids::Ctid, instance::Failure};
use dbx_workflows::failure::permanent;

/// Where Postgres keeps its data in the container.
pub(crate) const MOUNT: &str = "/var/lib/postgresql";
const GIB: u64 = 1 << 30;

/// What is left to do.
///
/// # Errors
/// The container's volumes are in a state that nothing of ours makes, and that might hold somebody's data.
pub(crate) fn plan(config: &GuestConfig, ctid: Ctid, storage: &str, gib: u32) -> Result<Change, Failure> {
    if let Some((name, _)) = config.numbered("mp").find(|(name, value)| *name != "mp0" && is_at_mount(value))
    {
        return Err(conflict(ctid, &format!("`{name}` is mounted at {MOUNT}, where `mp0` belongs")));
    }
    let parked: Vec<&str> =
        config.numbered("unused").filter(|(_, volume)| is_of(volume, ctid)).map(|(name, _)| name).collect();
    let Some(present) = config.get("mp0") else {
        return match parked.first() {
            None => Ok(attach(storage, gib)),
            // It may be the data of this very instance, detached by an operator.
            Some(name) => Err(permanent(
                "volume_detached",
                format!(
                    "container {ctid} has no `mp0`, but `{name}` holds a volume of it; attach that at {MOUNT} or remove it"
                ),
            )),
        };
    };
    if !is_at_mount(present) {
        return Err(conflict(ctid, &format!("`mp0` is not mounted at {MOUNT}")));
    }
    let size = Properties::parse(present).get("size").and_then(bytes);
    if size.is_some_and(|size| size < u64::from(gib) * GIB) {
        return Err(permanent(
            "volume_too_small",
            format!("`mp0` of container {ctid} has less than {gib} GiB; resize it in Proxmox"),
        ));
    }
    Ok(Change { set: Vec::new(), delete: parked.into_iter().map(str::to_owned).collect() })
}

fn conflict(ctid: Ctid, what: &str) -> Failure {
    permanent("volume_conflict", format!("container {ctid}: {what}; correct it in Proxmox"))
}

/// `backup` is off for mount points unless asked for, and a backup without the data is none.
fn attach(storage: &str, gib: u32) -> Change {
    Change { set: vec![("mp0", format!("{storage}:{gib},mp={MOUNT},backup=1"))], delete: Vec::new() }
}

fn is_at_mount(value: &str) -> bool {
    Properties::parse(value).get("mp").is_some_and(|path| path.trim_end_matches('/') == MOUNT)
}

/// Whether a volume id carries the container's number: `local-zfs:subvol-101-disk-1`, `local:101/vm-101-disk-1.raw`.
fn is_of(volume: &str, ctid: Ctid) -> bool {
    volume.rsplit(['/', ':']).next().is_some_and(|name| name.contains(&format!("-{ctid}-disk-")))
}

/// A size such as `10G`; fractions are cut off to the unit below.
fn bytes(size: &str) -> Option<u64> {
    let digits = size.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &size[digits.len()..] {
        "" => 1.0,
        "K" => 1024.0,
        "M" => 1_048_576.0,
        "G" => GIB as f64,
        "T" => 1024.0 * GIB as f64,
        _ => return None,
    };
    digits.parse::<f64>().ok().map(|number| (number * unit) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CTID: Ctid = Ctid(110);
    const OURS: &str = "local-zfs:subvol-110-disk-1,backup=1,mp=/var/lib/postgresql,size=10G";

    fn plan_of(options: &[(&str, &str)]) -> Result<Change, String> {
        plan(&GuestConfig::from_options(options), CTID, "local-zfs", 10)
            .map_err(|failure| failure.code.into_owned())
    }

    #[test]
    fn a_volume_is_asked_for_only_while_there_is_none() {
        let asked = plan_of(&[]).unwrap();
        assert_eq!(asked.set, [("mp0", "local-zfs:10,mp=/var/lib/postgresql,backup=1".to_owned())]);
        assert!(plan_of(&[("mp0", OURS)]).unwrap().is_empty());
    }

    #[test]
    fn a_parked_volume_of_ours_goes_beside_the_attached_one_but_is_never_replaced() {
        let parked = ("unused0", "local-zfs:subvol-110-disk-2");
        assert_eq!(plan_of(&[("mp0", OURS), parked]).unwrap().delete, ["unused0"]);
        assert_eq!(plan_of(&[parked]).unwrap_err(), "volume_detached");
        let foreign = ("unused0", "local-zfs:subvol-111-disk-2");
        assert!(plan_of(&[("mp0", OURS), foreign]).unwrap().is_empty());
    }

    #[test]
    fn other_arrangements_are_refused() {
        assert_eq!(plan_of(&[("mp0", "s:v,mp=/data,size=10G")]).unwrap_err(), "volume_conflict");
        assert_eq!(plan_of(&[("mp1", OURS)]).unwrap_err(), "volume_conflict");
        assert_eq!(
            plan_of(&[("mp0", "s:v,mp=/var/lib/postgresql,size=9G")]).unwrap_err(),
            "volume_too_small"
        );
        assert!(plan_of(&[("mp0", "s:v,mp=/var/lib/postgresql,size=1T")]).unwrap().is_empty());
    }
}
