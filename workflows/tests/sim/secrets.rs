//! Credentials from the dice, with one round of key stretching instead of 4096: a simulation draws a hundred thousand.

use crate::dice::Dice;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use dbx_domain::Secret;
use dbx_workflows::credential::{Credential, Password, Verifier};
use hmac::{Hmac, Mac as _};
use sha2::{Digest as _, Sha256};

pub fn draw(dice: &Dice) -> Credential {
    let password = format!("{:016x}", dice.throw());
    let salt = dice.throw().to_le_bytes();
    let mut salted = [0; 32];
    pbkdf2::pbkdf2_hmac::<Sha256>(password.as_bytes(), &salt, 1, &mut salted);
    let client_key = Hmac::<Sha256>::new_from_slice(&salted).unwrap().chain_update(b"Client Key").finalize();
    let stored = STANDARD.encode(Sha256::digest(client_key.into_bytes()));
    let verifier =
        Verifier::from_stored(format!("SCRAM-SHA-256$1:{}${stored}:{stored}", STANDARD.encode(salt)));
    Credential { password: Password(Secret::new(password)), verifier }
}
