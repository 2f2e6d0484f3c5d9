//! Reading /proc: which processes are ours, how they relate, what they use.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::Path;

/// One process, as of a scan.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub(super) pid: u32,
    pub(super) parent: u32,
    pub(super) session: u32,
    /// A dead process that nobody has waited for yet.
    pub(super) zombie: bool,
    /// CPU time in clock ticks (hundredths of a second on Linux).
    pub(super) ticks: u64,
    /// Start time in ticks since boot: with the PID it names a process for good.
    pub(super) started: u64,
}

/// All processes, as of one scan.
#[derive(Debug, Default)]
pub(super) struct ProcessTable {
    processes: HashMap<u32, Process>,
}

impl ProcessTable {
    pub(super) fn scan() -> Self {
        let Ok(entries) = fs::read_dir("/proc") else { return Self::default() };
        let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Self { processes: pids.filter_map(|pid| Some((pid, process(pid)?))).collect() }
    }

    /// Processes that still run.
    pub(super) fn alive(&self) -> impl Iterator<Item = &Process> {
        self.processes.values().filter(|process| !process.zombie)
    }

    /// A process and all that descend from it.
    pub(super) fn tree(&self, root: u32) -> Vec<u32> {
        let mut tree = HashSet::from([root]);
        loop {
            let below: Vec<u32> = self
                .processes
                .values()
                .filter(|process| tree.contains(&process.parent) && !tree.contains(&process.pid))
                .map(|process| process.pid)
                .collect();
            if below.is_empty() {
                return tree.into_iter().collect();
            }
            tree.extend(below);
        }
    }

    pub(super) fn get(&self, pid: u32) -> Option<&Process> {
        self.processes.get(&pid)
    }
}

/// One process, if it is there.
pub(super) fn process(pid: u32) -> Option<Process> {
    parse_stat(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(pid: u32, stat: &str) -> Option<Process> {
    // The name may hold blanks and brackets; the fields begin after the last one.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Process {
        pid,
        parent: u32::try_from(number(1)?).ok()?,
        session: u32::try_from(number(3)?).ok()?,
        zombie: matches!(*fields.first()?, "Z" | "X"),
        ticks: number(11)? + number(12)?,
        started: number(19)?,
    })
}

/// The value of `variable` in the environment that a process was started with.
pub(super) fn environment(pid: u32, variable: &str) -> Option<String> {
    let environ = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let wanted = format!("{variable}=");
    let mut items = environ.split(|byte| *byte == 0);
    items.find_map(|item| Some(std::str::from_utf8(item).ok()?.strip_prefix(&wanted)?.to_owned()))
}

/// A process's name.
pub(super) fn name(pid: u32) -> Option<String> {
    fs::read_to_string(format!("/proc/{pid}/comm")).ok().map(|name| name.trim_end().to_owned())
}

/// Bytes of anonymous memory, read from and written to disk.
pub(super) fn usage(pid: u32) -> (u64, u64, u64) {
    let kilobytes = |text: &str, key: &str| -> Option<u64> {
        let line = text.lines().find_map(|line| line.strip_prefix(key))?;
        line.split_ascii_whitespace().next()?.parse().ok()
    };
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let io = fs::read_to_string(format!("/proc/{pid}/io")).unwrap_or_default();
    let anonymous = kilobytes(&status, "RssAnon:").unwrap_or(0) << 10;
    (anonymous, kilobytes(&io, "read_bytes:").unwrap_or(0), kilobytes(&io, "write_bytes:").unwrap_or(0))
}

/// Bytes on disk below a directory. Files that vanish meanwhile do not count.
pub(super) fn disk_usage(directory: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    let Ok(entries) = fs::read_dir(directory) else { return 0 };
    let size = |entry: fs::DirEntry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => metadata.blocks() * 512 + disk_usage(&entry.path()),
        Ok(metadata) => metadata.blocks() * 512,
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_does_not_shift_the_fields() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 30 12 0 0 20 0 1 0 555 1 1";
        let process = parse_stat(7, stat).unwrap();
        assert_eq!((process.parent, process.session, process.ticks, process.started), (1, 7, 42, 555));
        assert!(!process.zombie);
    }

    #[test]
    fn this_process_is_in_its_own_tree() {
        let me = std::process::id();
        assert!(ProcessTable::scan().tree(me).contains(&me));
    }
}
