//! The adapter against an in-process emulator, and the SQL administrator against a real Postgres.

mod clone;
mod configure;
mod destroy;
mod inventory;
mod lives;
mod power;
mod server;
mod sql;
mod trust;
mod world;
