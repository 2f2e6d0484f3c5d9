//! An append log of changed rows: one line per commit, rewritten as a whole when it has grown.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::error::EmulatorError;
use crate::model::Cluster;

/// A journal this long is rewritten; well above the state of ten thousand containers.
const REWRITE_BYTES: u64 = 64 * 1024 * 1024;

/// One changed row of one table; `row` is absent when the row went away.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) table: String,
    pub(crate) key: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) row: Option<Value>,
}

#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    bytes: u64,
}

impl Journal {
    /// Replays the journal into `cluster` and rewrites it, so that it starts short and whole.
    pub(crate) fn open(path: &Path, cluster: &mut Cluster) -> Result<Self, EmulatorError> {
        if path.exists() {
            replay(path, cluster)?;
        }
        rewrite(path, cluster).map_err(EmulatorError::state("write", path))
    }

    /// Appends what changed since the last commit.
    pub(crate) fn commit(&mut self, cluster: &mut Cluster) -> io::Result<()> {
        let changes = cluster.drain();
        if changes.is_empty() {
            return Ok(());
        }
        let line = encode(&changes)?;
        // One write call: a killed process leaves the whole line or, at worst, a torn last one, which replay drops.
        self.file.write_all(&line)?;
        self.bytes += line.len() as u64;
        if self.bytes > REWRITE_BYTES {
            *self = rewrite(&self.path, cluster)?;
        }
        Ok(())
    }
}

fn encode(changes: &[Change]) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(changes)?;
    line.push(b'\n');
    Ok(line)
}

fn replay(path: &Path, cluster: &mut Cluster) -> Result<(), EmulatorError> {
    let file = File::open(path).map_err(EmulatorError::state("open", path))?;
    let mut reader = BufReader::new(file);
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        let read = reader.read_until(b'\n', &mut line).map_err(EmulatorError::state("read", path))?;
        if read == 0 || line.last() != Some(&b'\n') {
            break;
        }
        let corrupt =
            |reason: String| EmulatorError::Journal { path: path.to_path_buf(), line: number, reason };
        let changes: Vec<Change> =
            serde_json::from_slice(&line).map_err(|error| corrupt(error.to_string()))?;
        for change in changes {
            cluster.restore(change).map_err(corrupt)?;
        }
    }
    Ok(())
}

fn rewrite(path: &Path, cluster: &mut Cluster) -> io::Result<Journal> {
    let side = path.with_extension("new");
    // 0600: container options hold password verifiers.
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&side)?;
    cluster.mark_all();
    let line = encode(&cluster.drain())?;
    file.write_all(&line)?;
    std::fs::rename(&side, path)?;
    Ok(Journal { path: path.to_path_buf(), file, bytes: line.len() as u64 })
}
