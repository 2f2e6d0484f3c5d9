//! The workflow engine, one workflow per file, and the ports that steps act through.

pub mod credential;
pub mod database_admin;
pub mod failure;
pub mod hypervisor;
