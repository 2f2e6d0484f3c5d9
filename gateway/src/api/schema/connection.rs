//! Shapes of what a client of an instance needs to connect.

use poem_openapi::{Enum, Object};

/// How strictly a Postgres client checks the server, in libpq's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "kebab-case")]
pub(crate) enum SslMode {
    /// TLS, and the certificate names the host; works with `certificatePem` as `sslrootcert`.
    VerifyFull,
}

/// Where an instance answers and how to be sure that it is the one. Holds no secret.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct Connection {
    /// Address of the server.
    pub(crate) host: String,
    /// Its port.
    pub(crate) port: u16,
    /// The database.
    pub(crate) database: String,
    /// The role that owns it.
    pub(crate) user: String,
    /// The strictest check that works, with `certificatePem` as `sslrootcert`; `verifyingUri` asks for it.
    pub(crate) ssl_mode: SslMode,
    /// The server's self-signed certificate; it names the host.
    pub(crate) certificate_pem: String,
    /// SHA-256 of the certificate, hex.
    pub(crate) fingerprint: String,
    /// A connection URI without a password that works as it stands: encrypted (`sslmode=require`), but the client does not
    /// check who answers. Prefer `verifyingUri`.
    pub(crate) uri: String,
    /// A connection URI without a password that checks who answers (`sslmode=verify-full`). Save `certificatePem` as
    /// `<name of the instance>.pem` where the client runs.
    pub(crate) verifying_uri: String,
}

/// A password in the clear.
#[derive(Object)]
#[oai(rename_all = "camelCase")]
pub(crate) struct RevealedCredential {
    /// The password of `user`.
    pub(crate) password: String,
    /// Counts rotations, from 1.
    pub(crate) version: u32,
    /// As `uri` of the connection, with the password inside.
    pub(crate) uri: String,
    /// As `verifyingUri` of the connection, with the password inside.
    pub(crate) verifying_uri: String,
}
