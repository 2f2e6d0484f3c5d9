//! `pve-emulator`: speaks the Proxmox VE 9.1 HTTPS wire contract over containers that are simulated or real Postgres
//! servers.
//!
//! Start one in process with [`Emulator::start`], or as the binary `pve-emulator serve`. What is imitated and what is
//! not stands in the README beside this crate.

mod api;
mod backend;
mod boot;
mod broadcast;
mod clock;
mod config;
mod config_lock;
mod emulator;
mod engine;
mod error;
mod faults;
mod http;
mod ledger;
mod lifecycle;
mod model;
mod preset;
pub mod privilege;
mod secret;
mod store;
mod tls;
mod worker;

pub use backend::{SimPostgres, SimPostgresError};
pub use config::{AddressRange, BackendConfig, EmulatorConfig, NodeConfig, Timing};
pub use emulator::Emulator;
pub use error::EmulatorError;
pub use faults::{Fault, FaultAction, Faults};
pub use ledger::{Ledger, LedgerContainer, LedgerServer, LedgerVolume};
pub use model::AclEntry;
pub use secret::ApiToken;
