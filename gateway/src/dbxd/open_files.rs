//! How many files this process may have open: every connection and every live stream is one.
//!
//! The soft limit is 1,024 on most systems, for programs of old that used `select`; the hard one is what the operator
//! allows.

/// The streams of one copy of the server, as many requests, and what it holds itself.
const ENOUGH: u64 = 4_500;

/// Raises the soft limit to the hard one, and says so if that is too little.
pub(crate) fn allow_many() {
    match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) if limit >= ENOUGH => tracing::debug!(limit, "open files"),
        Ok(limit) => tracing::warn!(
            limit,
            "few files may be open at once, and each connection needs one: raise the hard limit to {ENOUGH} (systemd: \
             LimitNOFILE=, shell: ulimit -Hn), or clients beyond it are not answered"
        ),
        Err(error) => tracing::warn!(%error, "the limit of open files cannot be read"),
    }
}
