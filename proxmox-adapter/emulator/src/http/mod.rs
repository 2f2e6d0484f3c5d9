//! The transport: TLS, HTTP/1.1 with reason phrases, bodies, keep-alive, authentication and scripted faults.
//!
//! What is said here holds for every call; what a call means is in [`crate::api`].

mod answer;
mod control;
mod params;
mod server;
mod service;

pub(crate) use answer::Answer;
pub(crate) use params::{ParamValue, Params};
pub(crate) use server::Server;
