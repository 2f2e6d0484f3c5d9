//! The emulator from outside: over TLS as a client sees it, and through the library as tests use it.

mod client;
mod clone;
mod config;
mod faults;
mod first_boot;
mod persistence;
mod power;
mod privilege;
mod process;
mod sql;
mod wire;
