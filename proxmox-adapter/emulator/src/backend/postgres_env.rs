//! The environment contract of first boot, as the simulated one checks it (the real one is `pg-firstboot.sh`).

use std::collections::BTreeMap;

/// What the simulated first boot takes from a container's environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PostgresEnv {
    pub(super) major: u8,
    pub(super) tenant: String,
    pub(super) database: String,
    pub(super) tenant_verifier: String,
    pub(super) platform: String,
    pub(super) platform_verifier: String,
    pub(super) max_connections: u32,
}

impl PostgresEnv {
    /// Parses and checks; `None` where the real first boot would refuse.
    pub(super) fn parse(env: &BTreeMap<String, String>) -> Option<Self> {
        let get = |key: &str| env.get(key).cloned();
        let parsed = Self {
            major: get("PG_MAJOR")?.parse().ok().filter(|major| (16..=18).contains(major))?,
            tenant: get("PG_TENANT_USER").filter(|name| identifier(name))?,
            database: get("PG_TENANT_DB").filter(|name| identifier(name))?,
            tenant_verifier: get("PG_TENANT_PASS").filter(|text| verifier(text))?,
            platform: get("PG_PLATFORM_USER").filter(|name| identifier(name))?,
            platform_verifier: get("PG_PLATFORM_PASS").filter(|text| verifier(text))?,
            max_connections: get("PG_MAX_CONN")?.parse().ok().filter(|limit| (1..=9_999).contains(limit))?,
        };
        (parsed.tenant != parsed.platform).then_some(parsed)
    }
}

fn identifier(name: &str) -> bool {
    let first = |b: u8| b.is_ascii_lowercase() || b == b'_';
    let rest = |b: u8| first(b) || b.is_ascii_digit();
    (1..=63).contains(&name.len())
        && name.bytes().enumerate().all(|(at, b)| if at == 0 { first(b) } else { rest(b) })
}

/// `SCRAM-SHA-256$ITERATIONS:SALT$STORED:SERVER`.
pub(super) fn verifier(text: &str) -> bool {
    let base64 = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='))
    };
    let Some((head, keys)) = text.strip_prefix("SCRAM-SHA-256$").and_then(|rest| rest.split_once('$')) else {
        return false;
    };
    let head = head.split_once(':').is_some_and(|(n, salt)| n.parse::<u32>().is_ok() && base64(salt));
    head && keys.split_once(':').is_some_and(|(stored, server)| base64(stored) && base64(server))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clear_text_password_is_no_verifier() {
        assert!(verifier("SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk:c2VydmVy"));
        assert!(!verifier("hunter2"));
        assert!(!verifier("SCRAM-SHA-256$4096:c2FsdA==$c3RvcmVk'; drop"));
    }
}
