//! The domain from outside: what each command leads to, what no history can break, and what must stay readable.
//! Regenerate the golden files with `DBX_UPDATE_GOLDEN=1 cargo nextest run -p dbx-domain`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends by panicking")]

mod account;
mod golden;
mod golden_file;
mod instance;
mod instance_changes;
mod instance_history;
mod instance_lifecycle;
mod instance_observations;
mod instance_record;
mod instance_reports;
mod org;
mod org_history;
mod policy;
mod sample;
mod sample_events;
mod scenario;
mod words;
