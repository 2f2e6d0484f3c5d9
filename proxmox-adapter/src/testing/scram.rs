//! Whether a password belongs to a SCRAM-SHA-256 verifier (RFC 5802, RFC 7677).

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

type Key = [u8; 32];

/// A password as a key for remembering answers.
pub(super) fn digest(password: &str) -> String {
    STANDARD.encode(Sha256::digest(password.as_bytes()))
}

/// Computes StoredKey and compares. A text that is no verifier belongs to no password.
pub(super) fn verifies(password: &str, verifier: &str) -> bool {
    let parts = || {
        let (iterations, rest) = verifier.strip_prefix("SCRAM-SHA-256$")?.split_once(':')?;
        let (salt, keys) = rest.split_once('$')?;
        let stored = STANDARD.decode(keys.split_once(':')?.0).ok()?;
        Some((iterations.parse::<u32>().ok()?, STANDARD.decode(salt).ok()?, stored))
    };
    let Some((iterations, salt, stored)) = parts() else { return false };
    // Our passwords are ASCII, so SASLprep has nothing to do.
    let salted = salted(password.as_bytes(), &salt, iterations);
    Sha256::digest(mac(&salted, b"Client Key")).as_slice() == stored
}

/// PBKDF2 with one block: Hi() of RFC 5802.
fn salted(password: &[u8], salt: &[u8], iterations: u32) -> Key {
    let mut block = mac(password, &[salt, &[0, 0, 0, 1]].concat());
    let mut result = block;
    for _ in 1..iterations {
        block = mac(password, &block);
        result.iter_mut().zip(block).for_each(|(byte, other)| *byte ^= other);
    }
    result
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn mac(key: &[u8], message: &[u8]) -> Key {
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(key).expect("every length is a valid key");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_workflows::credential::Credential;

    #[test]
    fn a_verifier_knows_its_own_password_alone() {
        let (one, two) = (Credential::generate().unwrap(), Credential::generate().unwrap());
        assert!(verifies(one.password.0.expose(), one.verifier.as_str()));
        assert!(!verifies(two.password.0.expose(), one.verifier.as_str()));
        assert!(!verifies("", "SCRAM-SHA-256$"));
    }
}
