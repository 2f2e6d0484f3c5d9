//! The emulator's wall clock, in the unit that Proxmox uses on the wire.

use time::OffsetDateTime;

/// Seconds since the Unix epoch.
pub(crate) fn unix_now() -> i64 {
    OffsetDateTime::now_utc().unix_timestamp()
}
