//! Read models against a real database. Run: `sql/with-postgres.sh cargo nextest run -p dbx-projections`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a helper that fails fails its test; clippy exempts only the test functions themselves"
)]

mod accounts_and_orgs;
mod coverage;
mod following;
mod groups;
mod history;
mod installing;
mod living;
mod pages;
mod placement;
mod queue;
mod sentences;
mod stand;
mod stretches;
