//! Tokens of sessions and invitations: 256 random bits, of which only a hash is kept.

use crate::{http::problem::Problem, ids};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dbx_domain::Secret;
use poem::{Request, http::header};
use sha2::{Digest as _, Sha256};

/// What session tokens begin with, so that people and secret scanners recognise them.
pub(crate) const SESSION_PREFIX: &str = "dbs_";

/// What invitations' tokens begin with.
const INVITATION_PREFIX: &str = "dbi_";

/// Draws a session's token.
pub(crate) fn new_session_token() -> Result<Secret, Problem> {
    draw(SESSION_PREFIX)
}

/// Draws an invitation's token.
pub(crate) fn new_invitation_token() -> Result<Secret, Problem> {
    draw(INVITATION_PREFIX)
}

fn draw(prefix: &str) -> Result<Secret, Problem> {
    let mut bits = [0u8; 32];
    ids::fill_random(&mut bits)?;
    Ok(Secret::new(format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bits))))
}

/// What is stored of a token. A plain hash suffices: 256 bits cannot be guessed.
pub(crate) fn hash(token: &Secret) -> [u8; 32] {
    Sha256::digest(token.expose().as_bytes()).into()
}

/// The token in `Authorization: Bearer …`.
pub(crate) fn bearer(request: &Request) -> Option<Secret> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim()))
}
