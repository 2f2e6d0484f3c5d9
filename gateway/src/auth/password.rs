//! The rules for people's passwords; how they are hashed is in [`super::hasher`].

use super::{common_passwords::is_common, own_words::is_made_of};
use dbx_domain::Secret;

/// Shortest password in characters.
const MIN_CHARS: usize = 12;
/// Longest password in characters; bounds the work of hashing.
const MAX_CHARS: usize = 256;

/// A password that passed the rules.
#[derive(Clone, Debug)]
pub(crate) struct NewPassword(Secret);

impl NewPassword {
    /// The password, to be hashed, or compared with one that is there already.
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
    #[error(
        "a password must not be made of your name, your email address or the name of this product; choose another, such as four random words"
    )]
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
    if is_made_of(text, own) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> Result<NewPassword, PasswordError> {
        check(Secret::new(text), ["ada.lovelace@example.com", "Ada Byron"])
    }

    #[test]
    fn rules_refuse_short_common_repeated_and_own() {
        assert!(matches!(checked("short"), Err(PasswordError::Length)));
        assert!(matches!(checked(&"x".repeat(257)), Err(PasswordError::Length)));
        assert!(matches!(checked("PassWord1234"), Err(PasswordError::Common)));
        assert!(matches!(checked("abababababab"), Err(PasswordError::Common)));
        assert!(matches!(checked("Ada.Lovelace@example.com"), Err(PasswordError::Own)));
        for own in ["ada.lovelace1815", "AdaByronAdaByron", "dbxyzdbxyzdb", "Ada@Postgres#24"] {
            assert!(matches!(checked(own), Err(PasswordError::Own)), "{own}");
        }
        assert!(checked("lovelace counts sheep").is_ok());
        assert!(checked("grüße aus dem wald").is_ok());
    }
}
