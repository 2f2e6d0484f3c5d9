//! The options of a container: their types, the privilege each one asks for, and when a running container takes it.

use super::schema::{Kind, Param, dns_name, env_list, opt, tag_list};
use crate::model::{MountPoint, Network};

const LOCKS: &[&str] = &[
    "backup",
    "create",
    "destroyed",
    "disk",
    "fstrim",
    "migrate",
    "mounted",
    "rollback",
    "snapshot",
    "snapshot-delete",
];
const OS_TYPES: &[&str] = &[
    "debian",
    "devuan",
    "ubuntu",
    "centos",
    "fedora",
    "opensuse",
    "archlinux",
    "alpine",
    "gentoo",
    "nixos",
    "unmanaged",
];
const ARCHITECTURES: &[&str] = &["amd64", "i386", "arm64", "armhf", "riscv32", "riscv64"];

/// Parameters of PUT config.
pub(super) const PARAMS: &[Param] = &[
    opt("arch", Kind::OneOf(ARCHITECTURES)),
    opt("cmode", Kind::OneOf(&["shell", "console", "tty"])),
    opt("console", Kind::Flag),
    opt("cores", Kind::Int(1, 8192)),
    opt("cpulimit", Kind::Num(0.0, 8192.0)),
    opt("cpuunits", Kind::Int(0, 500_000)),
    opt("debug", Kind::Flag),
    opt("delete", Kind::Text(4096)),
    opt("description", Kind::Text(8192)),
    opt("dev[]", Kind::Text(512)),
    opt("digest", Kind::Text(40)),
    opt("entrypoint", Kind::Text(4096)),
    opt("env", Kind::Format(env_list)),
    opt("features", Kind::Text(512)),
    opt("hookscript", Kind::Text(512)),
    opt("hostname", Kind::Format(dns_name)),
    opt("lock", Kind::OneOf(LOCKS)),
    opt("memory", Kind::Int(16, i64::MAX)),
    opt("mp[]", Kind::Properties(mount)),
    opt("nameserver", Kind::Text(512)),
    opt("net[]", Kind::Properties(network)),
    opt("onboot", Kind::Flag),
    opt("ostype", Kind::OneOf(OS_TYPES)),
    opt("protection", Kind::Flag),
    opt("revert", Kind::Text(4096)),
    opt("rootfs", Kind::Properties(mount)),
    opt("searchdomain", Kind::Text(512)),
    opt("startup", Kind::Text(128)),
    opt("swap", Kind::Int(0, i64::MAX)),
    opt("tags", Kind::Format(tag_list)),
    opt("template", Kind::Flag),
    opt("timezone", Kind::Text(64)),
    opt("tty", Kind::Int(0, 6)),
    opt("unprivileged", Kind::Flag),
    opt("unused[]", Kind::Text(512)),
];

fn network(text: &str) -> Result<(), Vec<(String, String)>> {
    Network::parse(text).map(|_| ())
}

fn mount(text: &str) -> Result<(), Vec<(String, String)>> {
    MountPoint::parse(text).map(|_| ()).map_err(|complaint| vec![complaint])
}

/// What changing an option asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// A privilege on the container.
    Privilege(&'static str),
    /// root@pam itself, which no token is; with Proxmox's words.
    Root(&'static str),
}

/// The privilege for an option.
pub(super) fn needs(option: &str, value: &str) -> Needs {
    let prefix = option.trim_end_matches(|c: char| c.is_ascii_digit());
    match prefix {
        "cores" | "cpulimit" | "cpuunits" => Needs::Privilege("VM.Config.CPU"),
        "memory" | "swap" => Needs::Privilege("VM.Config.Memory"),
        "net" | "hostname" | "nameserver" | "searchdomain" => Needs::Privilege("VM.Config.Network"),
        "mp" if value.starts_with('/') => Needs::Root("mount point type bind is only allowed for root@pam"),
        "rootfs" | "mp" | "unused" => Needs::Privilege("VM.Config.Disk"),
        "features" if !value.split(',').all(|feature| feature.starts_with("nesting=")) => {
            Needs::Root("changing feature flags (except nesting) is only allowed for root@pam")
        }
        "features" => Needs::Privilege("VM.Allocate"),
        "hookscript" => Needs::Root("changing the hookscript is only allowed for root@pam"),
        "dev" => Needs::Root("configuring device passthrough is only allowed for root@pam"),
        _ => Needs::Privilege("VM.Config.Options"),
    }
}

/// Whether a running container takes an option at once; everything else waits for its next start.
pub(super) fn applies_live(option: &str, is_new: bool) -> bool {
    let prefix = option.trim_end_matches(|c: char| c.is_ascii_digit());
    match prefix {
        "description" | "onboot" | "startup" | "protection" | "hostname" | "hookscript" | "cores"
        | "tags" | "lock" | "cpulimit" | "cpuunits" | "memory" | "swap" | "net" | "unused" => true,
        "mp" | "dev" => is_new,
        _ => false,
    }
}

/// Options that cannot be removed.
pub(super) fn required(option: &str) -> bool {
    matches!(option, "rootfs" | "memory" | "swap" | "arch" | "ostype")
}

/// Whether there is such an option, other than the parameters that are none.
pub(super) fn known(option: &str) -> bool {
    let prefix = option.trim_end_matches(|c: char| c.is_ascii_digit());
    let indexed = format!("{prefix}[]");
    !matches!(option, "delete" | "digest" | "revert")
        && PARAMS.iter().any(|param| param.name == option || (prefix != option && param.name == indexed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_known_by_name_or_index() {
        assert!(known("env") && known("mp0") && known("net12"));
        assert!(!known("nosuch") && !known("digest") && !known("mp") && !known("env0"));
    }

    #[test]
    fn env_waits_and_net_does_not() {
        assert!(!applies_live("env", true));
        assert!(applies_live("net0", false));
        assert!(applies_live("mp0", true) && !applies_live("mp0", false));
    }
}
