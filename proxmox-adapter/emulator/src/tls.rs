//! The cluster's certificate authority and the leaf that it signs, made at the first start and kept.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::ServerConfig;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};

use crate::error::EmulatorError;

const CA: &str = "pve-root-ca.pem";
const LEAF: &str = "pve-ssl.pem";
const KEY: &str = "pve-ssl.key";

/// What a server needs to speak TLS, and what a client needs to trust it.
#[derive(Debug)]
pub(crate) struct Tls {
    pub(crate) config: Arc<ServerConfig>,
    pub(crate) ca_pem: String,
    /// SHA-256 of the leaf, `AA:BB:…`.
    pub(crate) fingerprint: String,
}

impl Tls {
    /// Reads the certificates in `directory`, or makes them.
    pub(crate) fn open(directory: &Path) -> Result<Self, EmulatorError> {
        let failed = |reason: String| EmulatorError::Tls { path: directory.to_path_buf(), reason };
        if ![CA, LEAF, KEY].iter().all(|name| directory.join(name).exists()) {
            make(directory).map_err(failed)?;
        }
        read(directory).map_err(failed)
    }
}

fn make(directory: &Path) -> Result<(), String> {
    let authority_key = KeyPair::generate().map_err(|error| error.to_string())?;
    let mut authority = CertificateParams::default();
    authority.distinguished_name.push(DnType::CommonName, "Proxmox Virtual Environment");
    authority.distinguished_name.push(DnType::OrganizationName, "PVE Cluster Manager CA (pve-emulator)");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let certificate = authority.self_signed(&authority_key).map_err(|error| error.to_string())?;
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate().map_err(|error| error.to_string())?;
    let mut leaf = CertificateParams::new(vec!["localhost".to_owned()]).map_err(|error| error.to_string())?;
    leaf.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
    leaf.distinguished_name.push(DnType::CommonName, "localhost");
    let signed = leaf.signed_by(&key, &issuer).map_err(|error| error.to_string())?;

    // The authority's key is not kept: nothing else is ever signed, and what is not there cannot leak.
    write(directory, CA, &certificate.pem(), 0o644).map_err(|error| error.to_string())?;
    write(directory, KEY, &key.serialize_pem(), 0o600).map_err(|error| error.to_string())?;
    write(directory, LEAF, &signed.pem(), 0o644).map_err(|error| error.to_string())
}

fn write(directory: &Path, name: &str, text: &str, mode: u32) -> io::Result<()> {
    let path = directory.join(name);
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(text.as_bytes())
}

fn read(directory: &Path) -> Result<Tls, String> {
    let ca_pem = fs::read_to_string(directory.join(CA)).map_err(|error| error.to_string())?;
    let leaf = CertificateDer::from_pem_file(directory.join(LEAF)).map_err(|error| error.to_string())?;
    let key = PrivateKeyDer::from_pem_file(directory.join(KEY)).map_err(|error| error.to_string())?;
    let digest = Sha256::digest(&leaf);
    let fingerprint = digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":");
    // Named, so that it does not matter what the process has made its default.
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut config =
        builder.with_no_client_auth().with_single_cert(vec![leaf], key).map_err(|error| error.to_string())?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Tls { config: Arc::new(config), ca_pem, fingerprint })
}
