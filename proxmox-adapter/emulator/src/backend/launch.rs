//! Files and command of a container's first process: first boot, then Postgres in its place.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::{Child, Command};

use super::BootSpec;

/// Marks a container's processes: every one of them has it in its environment, with the container's directory.
pub(super) const MARKER: &str = "PVE_EMULATOR_CONTAINER";
/// Left by a first boot that failed, as a failed unit would be.
pub(super) const FAILED: &str = "failed";
/// Everything that first boot and server say.
pub(super) const LOG: &str = "boot.log";

const FIRSTBOOT: &str = include_str!("../../../template/pg-firstboot.sh");
/// Stands for PID 1 and its units: the server runs only if first boot went well, and with the same PID.
const INIT: &str = r#"#!/bin/bash
set -u
container=$1
rm -f "$container/failed"
if ! bash "$2"; then echo "first boot failed" >"$container/failed"; exit 1; fi
declare -A at=()
while IFS='=' read -r key value; do at[$key]=$value; done <"$container/etc/server.env"
exec "${at[DBXYZ_PG_BIN]}/postgres" -D "${at[DBXYZ_PGDATA]}" -c "config_file=${at[DBXYZ_PG_CONFIG]}"
"#;

/// Where a backend keeps its things.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) containers: PathBuf,
    pub(super) volumes: PathBuf,
    scripts: PathBuf,
    pub(super) postgres_dir: PathBuf,
}

impl Layout {
    /// Makes the directories and writes the scripts.
    pub(super) fn prepare(state_dir: &Path, postgres_dir: PathBuf) -> io::Result<Self> {
        let layout = Self {
            containers: state_dir.join("containers"),
            volumes: state_dir.join("volumes"),
            scripts: state_dir.join("scripts"),
            postgres_dir,
        };
        for directory in [&layout.containers, &layout.volumes, &layout.scripts] {
            fs::create_dir_all(directory)?;
        }
        for (name, text) in [("pg-firstboot.sh", FIRSTBOOT), ("init.sh", INIT)] {
            replace(&layout.scripts.join(name), text.as_bytes(), 0o700)?;
        }
        Ok(layout)
    }

    pub(super) fn container(&self, vmid: u32) -> PathBuf {
        self.containers.join(vmid.to_string())
    }

    /// Starts the first process, detached: it survives the emulator.
    pub(super) fn spawn(&self, spec: &BootSpec, address: Ipv4Addr, volume: &Path) -> io::Result<Child> {
        let container = self.container(spec.vmid);
        fs::create_dir_all(&container)?;
        let environ = spec.env.iter().map(|(key, value)| format!("{key}={value}"));
        replace(&container.join("environ"), environ.collect::<Vec<_>>().join("\0").as_bytes(), 0o600)?;
        let log = OpenOptions::new().append(true).create(true).mode(0o600).open(container.join(LOG))?;
        let mut command = Command::new("setsid");
        command.arg("bash").arg(self.scripts.join("init.sh")).arg(&container);
        command.arg(self.scripts.join("pg-firstboot.sh"));
        command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env(MARKER, &container);
        command.env("FIRSTBOOT_ENVIRON", container.join("environ"));
        command.env("FIRSTBOOT_TENANT_ENV", container.join("tenant.env"));
        command.env("FIRSTBOOT_ETC", container.join("etc"));
        command.env("FIRSTBOOT_DATA", volume);
        command.env("FIRSTBOOT_PG_ROOT", &self.postgres_dir);
        command.env("FIRSTBOOT_LISTEN", address.to_string());
        // No Unix socket: its path could outgrow the 107 bytes that the kernel allows, and nothing needs it.
        command.env("FIRSTBOOT_RUN", "");
        // Many servers share one machine here, and a power failure takes the whole emulation with it.
        command.env("FIRSTBOOT_SHARED_BUFFERS", "32MB").env("FIRSTBOOT_NO_SYNC", "1");
        command.stdin(Stdio::null()).stdout(Stdio::from(log.try_clone()?)).stderr(Stdio::from(log));
        command.current_dir(&container).spawn()
    }

    /// A first boot that can only fail: says why, where the log of any other would be.
    pub(super) fn refuse(&self, vmid: u32, reason: &str) -> io::Result<()> {
        let container = self.container(vmid);
        fs::create_dir_all(&container)?;
        let mut log = OpenOptions::new().append(true).create(true).mode(0o600).open(container.join(LOG))?;
        writeln!(log, "pve-emulator: {reason}")?;
        fs::write(container.join(FAILED), reason)
    }
}

/// Writes a file whole, by rename.
fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let side = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&side)?;
    file.write_all(bytes)?;
    fs::rename(side, path)
}
