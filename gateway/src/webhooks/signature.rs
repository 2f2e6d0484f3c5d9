//! Signatures of Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`.

use crate::{http::problem::Problem, ids};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dbx_domain::Secret;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// What secrets begin with; the rest is base64.
const PREFIX: &str = "whsec_";
/// Length of a secret in bytes; the standard asks for 24 to 64.
const SECRET_LEN: usize = 32;

/// Draws a secret.
pub(crate) fn new_secret() -> Result<Secret, Problem> {
    let mut bits = [0; SECRET_LEN];
    ids::fill_random(&mut bits)?;
    Ok(Secret::new(format!("{PREFIX}{}", STANDARD.encode(bits))))
}

/// Signs a message; none if the secret is not one of ours.
pub(super) fn sign(secret: &Secret, id: &str, timestamp: i64, body: &str) -> Option<String> {
    let key = STANDARD.decode(secret.expose().strip_prefix(PREFIX)?).ok()?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).ok()?;
    mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
    Some(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification's reference libraries.
    #[test]
    fn signs_as_the_reference_does() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = sign(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#);
        assert_eq!(signed.as_deref(), Some("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
        assert_eq!(sign(&Secret::new("nonsense"), "a", 1, "b"), None);
        assert!(new_secret().unwrap().expose().starts_with("whsec_"));
    }
}
