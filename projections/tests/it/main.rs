//! Read models against a real database. Run: `sql/with-postgres.sh cargo nextest run -p dbx-projections`.

mod accounts_and_orgs;
mod coverage;
mod history;
mod installing;
mod living;
mod pages;
mod placement;
mod queue;
mod stand;
