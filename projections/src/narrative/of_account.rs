//! What happened to an account, in words.

use super::{
    Told,
    mention::{self, MARK},
};
use dbx_domain::account::AccountEvent;

pub(super) fn tell(event: &AccountEvent, actor: &str, stream: &str) -> Told {
    let owner = stream.parse().map_or_else(|_| stream.to_owned(), mention::account);
    match event {
        AccountEvent::AccountRegistered { .. } => Told::success(format!("{owner} registered")),
        AccountEvent::ProfileChanged {} => Told::info(format!("{actor} changed their name")),
        AccountEvent::PasswordChanged {} => Told::info(format!("{actor} changed their password")),
        AccountEvent::SessionOpened { .. } => Told::info(format!("{owner} signed in")),
        AccountEvent::SignInRefused {} => {
            Told::warning(format!("Somebody tried to sign in as {owner} with a wrong password"))
        }
        AccountEvent::SessionClosed { .. } => Told::info(format!("{actor} closed a session")),
        AccountEvent::SessionsRevoked {} => Told::info(format!("{actor} closed all other sessions")),
        AccountEvent::ApiKeyIssued { key, ceiling, .. } => {
            Told::info(format!("{actor} issued {MARK}{key}{MARK} with the role {ceiling}"))
        }
        AccountEvent::AccountErased {} => Told::info(format!("{actor} erased the account of {owner}")),
        AccountEvent::ApiKeyRevoked { .. } => Told::info(format!("{actor} revoked an API key of {owner}")),
    }
}
