//! Read models against a real database. Run: `sql/with-postgres.sh cargo nextest run -p dbx-projections`.
