//! Where the API is: an address in one normal form, because tokens are kept per address.

use std::{fmt, net::IpAddr, str::FromStr};
use ureq::http::Uri;

/// The address of a server, without a path: `https://db.example.com`, `http://127.0.0.1:8080`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiUrl {
    origin: String,
    host: String,
    port: u16,
    encrypted: bool,
}

/// Why a text is no address of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ApiUrlError {
    /// Something else than `http` or `https`, or nothing.
    #[error("it must begin with http:// or https://")]
    Scheme,
    /// No host, or characters that do not belong.
    #[error("it is not a well-formed address; write it like https://db.example.com")]
    Malformed,
    /// A path, a query, or a user: tokens would be kept under several names for one server.
    #[error("give only scheme, host and port, as in https://db.example.com:8443")]
    TooMuch,
}

impl ApiUrl {
    /// The server of `make demo`.
    pub const LOCAL: &str = "http://127.0.0.1:8080";

    /// The address of `path` below `/v1`.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}/v1{path}", self.origin)
    }

    /// Its host, without the brackets of an IPv6 address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// Its port, also where it goes without saying.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is `https`.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Whether it is this very machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whether a token would cross a network in the clear.
    #[must_use]
    pub fn is_exposed(&self) -> bool {
        !self.encrypted && !self.is_loopback()
    }
}

impl Default for ApiUrl {
    fn default() -> Self {
        Self { origin: Self::LOCAL.to_owned(), host: "127.0.0.1".to_owned(), port: 8080, encrypted: false }
    }
}

impl FromStr for ApiUrl {
    type Err = ApiUrlError;

    fn from_str(text: &str) -> Result<Self, ApiUrlError> {
        let text = text.trim().trim_end_matches('/');
        let text = text.strip_suffix("/v1").unwrap_or(text);
        if !text.starts_with("http://") && !text.starts_with("https://") {
            return Err(ApiUrlError::Scheme);
        }
        let uri: Uri = text.parse().map_err(|_| ApiUrlError::Malformed)?;
        let (Some(authority), Some(scheme)) = (uri.authority(), uri.scheme_str()) else {
            return Err(ApiUrlError::Malformed);
        };
        if !matches!(uri.path(), "" | "/") || uri.query().is_some() || authority.as_str().contains('@') {
            return Err(ApiUrlError::TooMuch);
        }
        let origin = format!("{scheme}://{}", authority.as_str().to_ascii_lowercase());
        let encrypted = scheme == "https";
        let port = authority.port_u16().unwrap_or(if encrypted { 443 } else { 80 });
        Ok(Self { origin, host: authority.host().to_ascii_lowercase(), port, encrypted })
    }
}

impl fmt::Display for ApiUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.origin)
    }
}
