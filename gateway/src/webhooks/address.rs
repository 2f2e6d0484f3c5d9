//! Which addresses may be connected to: the server must not be made to reach into its own network.
//!
//! Guarantee: the check is on the addresses that are then connected to, not on an earlier look-up of the same name, so
//! a name that changes its mind in between (DNS rebinding) gains nothing.

use super::WebhookRules;
use poem::http::Uri;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use ureq::{
    config::Config,
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::NextTimeout,
    },
};

/// Longest address of a webhook.
pub(crate) const URL_MAX: usize = 2_048;

/// Why an address is not acceptable.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("write it as https://host/path, at most {URL_MAX} characters, without user or password")]
    Form,
    #[error("write the host in punycode, as in https://xn--exmple-cua.com/, and the rest percent-encoded")]
    Letters,
    #[error("a port is a number from 1 to 65535")]
    Port,
    #[error("only https is allowed")]
    Plain,
    #[error("this address is not public; the operator can allow it with `webhooks.allow_private`")]
    Private,
}

/// Checks an address as far as it can be without looking names up.
pub(crate) fn check(url: &str, rules: WebhookRules) -> Result<(), UrlError> {
    if !url.is_ascii() {
        return Err(UrlError::Letters);
    }
    let uri: Uri = url.parse().map_err(|_| UrlError::Form)?;
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(UrlError::Form)?;
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if url.len() > URL_MAX || has_user {
        return Err(UrlError::Form);
    }
    if !has_sound_port(&uri, host) {
        return Err(UrlError::Port);
    }
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") if rules.allow_private => {}
        Some("http") => return Err(UrlError::Plain),
        _ => return Err(UrlError::Form),
    }
    let literal = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    match literal {
        Ok(address) if !rules.allow_private && !is_public(address) => Err(UrlError::Private),
        _ => Ok(()),
    }
}

/// Whether the port is left out, or one that can be connected to. The parser takes any digits.
fn has_sound_port(uri: &Uri, host: &str) -> bool {
    let authority = uri.authority().map_or(host, |authority| authority.as_str());
    match authority.strip_prefix(host).unwrap_or_default() {
        "" => true,
        port => port.strip_prefix(':').and_then(|port| port.parse::<u16>().ok()).is_some_and(|port| port > 0),
    }
}

/// Whether an address belongs to the public internet (IANA's special-purpose registries).
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    // Network and prefix length of everything that is private, local, shared, reserved, for documentation or multicast.
    const CLOSED: [(Ipv4Addr, u32); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        // Also where clouds answer questions about the machine: 169.254.169.254.
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    let bits = address.to_bits();
    !CLOSED.iter().any(|(network, prefix)| (bits ^ network.to_bits()) >> (32 - prefix) == 0)
}

/// Only what is assigned for global use (2000::/3), less the parts of it that are special or hold an IPv4 address.
/// IPv4-mapped (`::ffff:…`), NAT64, link-local, unique-local and multicast addresses are outside of it.
fn is_public_v6(address: Ipv6Addr) -> bool {
    const CLOSED: [(Ipv6Addr, u32); 4] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    let bits = address.to_bits();
    let is_in = |network: Ipv6Addr, prefix: u32| (bits ^ network.to_bits()) >> (128 - prefix) == 0;
    is_in(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)
        && !CLOSED.iter().any(|(network, prefix)| is_in(*network, *prefix))
}

/// Looks names up and lets only allowed addresses through to the connection.
#[derive(Debug)]
pub(super) struct Guarded {
    pub(super) rules: WebhookRules,
}

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = DefaultResolver::default().resolve(uri, config, timeout)?;
        // One private address among public ones is an attempt to be connected to it: refused as a whole.
        match self.rules.allow_private || found.iter().all(|address| is_public(address.ip())) {
            true => Ok(found),
            false => Err(ureq::Error::Other(Box::new(UrlError::Private))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_addresses_are() {
        let closed = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "127.0.0.1",
            "127.255.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.168.1.1",
            "198.19.0.1",
            "203.0.113.5",
            "224.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "2002:7f00:1::",
            "3fff::1",
            "::127.0.0.1",
        ];
        for address in closed {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        let open = [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.0.1.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2a00:1450::1",
        ];
        for address in open {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_of_webhooks_are_checked() {
        let strict = WebhookRules::default();
        let verdict = |url: &str| check(url, strict);
        assert_eq!(verdict("https://example.com/hook?x=1"), Ok(()));
        assert_eq!(verdict("https://1.1.1.1:8443/"), Ok(()));
        assert_eq!(verdict("http://example.com/"), Err(UrlError::Plain));
        for private in
            ["https://127.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/"]
        {
            assert_eq!(verdict(private), Err(UrlError::Private), "{private}");
        }
        let long = format!("https://example.com/{}", "x".repeat(URL_MAX));
        for wrong in
            ["", "example.com", "/hook", "ftp://example.com/", "https://", "https://a:b@example.com/", &long]
        {
            assert_eq!(verdict(wrong), Err(UrlError::Form), "{wrong}");
        }
        for port in ["https://example.com:0/", "https://example.com:99999/", "https://[2606:4700::1]:65536/"]
        {
            assert_eq!(verdict(port), Err(UrlError::Port), "{port}");
        }
        assert_eq!(verdict("https://[2606:4700::1]:443/"), Ok(()));
        assert_eq!(verdict("https://ex\u{e4}mple.com/"), Err(UrlError::Letters));
        assert_eq!(check("http://127.0.0.1:9000/", WebhookRules { allow_private: true }), Ok(()));
    }
}
