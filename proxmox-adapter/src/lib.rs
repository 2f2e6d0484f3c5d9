//! Implements the ports of `dbx-workflows`: a Proxmox VE client behind [`Hypervisor`] and an SQL administrator behind
//! [`DatabaseAdmin`].
//!
//! Guarantees: no container is changed unless its description carries the marker of the instance it is changed for;
//! an answer that was lost is reported as such and never repeated blindly; neither the API token nor a password or
//! verifier appears in an error, a log line or `Debug` output.
//!
//! [`Hypervisor`]: dbx_workflows::hypervisor::Hypervisor
//! [`DatabaseAdmin`]: dbx_workflows::database_admin::DatabaseAdmin

pub mod client;
mod config;
mod connector;
mod container;
pub mod doctor;
pub mod error;
mod firewall;
mod hypervisor;
mod key_holder;
mod marker;
pub mod meaning;
mod network;
mod property;
mod resources;
pub mod settings;
mod sql_admin;
pub mod task;
#[cfg(feature = "testing")]
pub mod testing;
mod trust;
mod volume;
mod wire;

pub use client::ProxmoxClient;
pub use doctor::{Finding, Level};
pub use hypervisor::ProxmoxHypervisor;
pub use settings::{CaPin, ProxmoxConfig, SettingsError, Timeouts};
pub use sql_admin::SqlAdmin;
