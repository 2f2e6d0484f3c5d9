//! The API's schemas as types, made from `gateway/openapi.json` by `build/main.rs`.
//!
//! Answers tolerate fields they do not know, so that an older `dbx` reads a newer server.

#![allow(
    missing_docs,
    unreachable_pub,
    unused_qualifications,
    clippy::all,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "generated"
)]

include!(concat!(env!("OUT_DIR"), "/api.rs"));
