//! Any call of the API.

use clap::{Args, ValueEnum};
use ureq::http::Method;

/// `dbx api`.
#[derive(Args, Debug)]
pub struct ApiArgs {
    /// GET, POST, PATCH or DELETE
    #[arg(ignore_case = true, hide_possible_values = true)]
    pub method: ApiMethod,
    /// Path below /v1, with its query, as in /orgs or /plans; see DBX_API_URL/docs/api for all of them
    pub path: String,
    /// Body as JSON; @FILE reads a file, - reads stdin
    #[arg(long, short, value_name = "JSON|@FILE|-")]
    pub data: Option<String>,
    /// Read a list to its end
    #[arg(long)]
    pub all: bool,
}

/// A method of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "UPPER")]
pub enum ApiMethod {
    /// Reads
    Get,
    /// Makes or does something
    Post,
    /// Changes something
    Patch,
    /// Deletes something
    Delete,
}

impl From<ApiMethod> for Method {
    fn from(method: ApiMethod) -> Self {
        match method {
            ApiMethod::Get => Self::GET,
            ApiMethod::Post => Self::POST,
            ApiMethod::Patch => Self::PATCH,
            ApiMethod::Delete => Self::DELETE,
        }
    }
}
