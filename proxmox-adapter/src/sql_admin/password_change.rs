//! The statement that sets the tenant's password, and what keeps one that comes late from undoing a newer one.
//!
//! A statement whose answer was lost, or whose worker was given up, may still be under way: in the network, or in a
//! session that waits for a lock. So every change leaves a stamp of its own on the tenant's role, as the role's comment,
//! and is made only if the stamp is still the one that was there before the change was permitted. Whoever was permitted
//! later has read what the earlier one left, or makes the earlier one fail.
//!
//! Guarantee: of two changes that saw the same stamp, one is made. The stamp and the password change together, and live
//! in the server, so that no restart, restore or clock of ours matters. The tenant can neither set nor clear the stamp: a
//! comment on a role takes ADMIN on it, which our role has and the tenant's has not.

use dbx_workflows::{credential::Verifier, database_admin::TENANT_ROLE};
use uuid::Uuid;

/// An advisory lock of the database that only our role connects to: "dbxyz pw" in ASCII.
const LOCK: i64 = 0x6462_7879_7a20_7077;

/// The stamp, hashed: an operator may have written anything into the comment.
fn hashed() -> String {
    let comment = format!("shobj_description('\"{TENANT_ROLE}\"'::regrole, 'pg_authid')");
    format!("encode(sha256(convert_to(coalesce({comment}, ''), 'UTF8')), 'hex')")
}

/// Asks for the stamp.
pub(super) fn stamp() -> String {
    format!("SELECT {}", hashed())
}

/// Sets the password and the stamp `fresh` in one transaction, if the stamp is still `seen`; else SQLSTATE 40001.
///
/// The caller has checked the verifier with [`is_verifier`].
pub(super) fn unless_overtaken(seen: &str, verifier: &Verifier, fresh: Uuid) -> String {
    // The stamp is read after the lock was taken, by a statement of its own, so that it is the newest one.
    format!(
        "DO $change$ BEGIN
            PERFORM pg_advisory_xact_lock({LOCK});
            IF {} <> '{seen}' THEN
                RAISE EXCEPTION 'another change of the password came first' USING ERRCODE = '40001';
            END IF;
            COMMENT ON ROLE \"{TENANT_ROLE}\" IS 'db.xyz: password set by change {fresh}';
            ALTER ROLE \"{TENANT_ROLE}\" PASSWORD '{}';
        END $change$",
        hashed(),
        verifier.as_str()
    )
}

/// RFC 5803 form with base64 parts; none of its characters means anything in an SQL literal, and no `$…$` in it is a
/// quote. The statement takes no parameters, so the shape is what keeps other SQL out of it. It also keeps out a password
/// in the clear, which Postgres would accept and might log.
pub(super) fn is_verifier(text: &str) -> bool {
    let parts = || {
        let (iterations, rest) = text.strip_prefix("SCRAM-SHA-256$")?.split_once(':')?;
        let (salt, keys) = rest.split_once('$')?;
        let (stored, server) = keys.split_once(':')?;
        Some((iterations, [salt, stored, server]))
    };
    let is_base64 = |part: &str| {
        let body = part.trim_end_matches('=');
        !body.is_empty()
            && part.len() - body.len() <= 2
            && part.len().is_multiple_of(4)
            && body.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/')
    };
    parts().is_some_and(|(iterations, encoded)| {
        iterations.parse::<u32>().is_ok_and(|count| count >= 4096) && encoded.into_iter().all(is_base64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbx_workflows::credential::Credential;
    use proptest::prelude::*;

    #[test]
    fn a_generated_verifier_has_the_shape() {
        assert!(is_verifier(Credential::generate().unwrap().verifier.as_str()));
    }

    #[test]
    fn passwords_and_sql_have_not() {
        for text in [
            "hunter2",
            "SCRAM-SHA-256$4096:c2FsdA==$a:b",
            "SCRAM-SHA-256$1:c2FsdA==$c2FsdA==:c2FsdA==",
            "SCRAM-SHA-256$4096:c2FsdA==$c2FsdA==:c2FsdA=='; DROP ROLE app; --",
            "SCRAM-SHA-256$4096:$c2FsdA==:c2FsdA==",
            "md5aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        ] {
            assert!(!is_verifier(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn nothing_that_ends_a_literal_passes(before in ".{0,40}", after in ".{0,40}") {
            let text = format!("{before}'{after}");
            prop_assert!(!is_verifier(&text));
            let disguised = format!("SCRAM-SHA-256$4096:{text}");
            prop_assert!(!is_verifier(&disguised));
        }
    }
}
