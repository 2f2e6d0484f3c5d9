//! Successful answers, with the headers that belong to them.

use poem_openapi::{
    ApiResponse,
    payload::Json,
    types::{ToJSON, Type},
};

/// A single thing.
#[derive(ApiResponse)]
pub(super) enum One<T: Type + ToJSON> {
    /// As it is now.
    #[oai(status = 200)]
    Found(
        Json<T>,
        /// Number of its newest event.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Something new.
#[derive(ApiResponse)]
pub(super) enum Made<T: Type + ToJSON> {
    /// It exists now.
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// Where it can be read.
        #[oai(header = "Location")]
        String,
        /// Number of its newest event.
        #[oai(header = "ETag")]
        String,
    ),
}

/// Work that was begun.
#[derive(ApiResponse)]
pub(super) enum Accepted<T: Type + ToJSON> {
    /// A job does it.
    #[oai(status = 202)]
    Job(
        Json<T>,
        /// Where the job can be read.
        #[oai(header = "Location")]
        String,
    ),
}

/// Something new with a secret that is shown only now.
#[derive(ApiResponse)]
pub(super) enum Issued<T: Type + ToJSON> {
    /// It exists now.
    #[oai(status = 201)]
    Created(
        Json<T>,
        /// Always `no-store`.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// Nothing to show.
#[derive(ApiResponse)]
pub(super) enum Done {
    /// Done.
    #[oai(status = 204)]
    Empty,
}

/// `Cache-Control` of answers with secrets.
pub(super) const NO_STORE: &str = "no-store";

/// A version as an entity tag (RFC 9110 §8.8.3).
pub(super) fn etag(version: u64) -> String {
    format!("\"{version}\"")
}
