//! Account: every command, every refusal.

use crate::{
    sample::{account, at, key, org, session},
    scenario::{Case, accepted, assert_all_covered, check, folded, refused, variants},
};
use dbx_domain::{
    Account,
    account::{AccountCommand as Command, AccountError as Error, AccountEvent as Event},
    policy::Role,
};

variants!(COMMANDS, command_name, Command {
    Register ChangeProfile ChangePassword OpenSession RefuseSignIn CloseSession RevokeSessions IssueApiKey RevokeApiKey Erase
});
variants!(ERRORS, error_name, Error { Exists Absent NoSuchKey KeyExists });

fn registered() -> Vec<Event> {
    vec![Event::AccountRegistered { account: account(1) }]
}

fn signed_in() -> Vec<Event> {
    let opened = Event::SessionOpened { session: session(1), expires_at: at(60) };
    [registered(), vec![opened]].concat()
}

fn key_issued(expires_at: Option<u64>) -> Event {
    Event::ApiKeyIssued { key: key(1), org: org(1), ceiling: Role::Member, expires_at: expires_at.map(at) }
}

fn issue_key(expires_at: Option<u64>) -> Command {
    Command::IssueApiKey { key: key(1), org: org(1), ceiling: Role::Member, expires_at: expires_at.map(at) }
}

fn with_key() -> Vec<Event> {
    [registered(), vec![key_issued(None)]].concat()
}

fn acceptances() -> Vec<Case<Account>> {
    let revoked = [with_key(), vec![Event::ApiKeyRevoked { key: key(1) }]].concat();
    let closed = Event::SessionClosed { session: session(1) };
    vec![
        accepted(&[], Command::Register(account(1)), registered()),
        accepted(&registered(), Command::ChangeProfile, vec![Event::ProfileChanged {}]),
        accepted(&registered(), Command::ChangePassword, vec![Event::PasswordChanged {}]),
        accepted(&registered(), Command::RefuseSignIn, vec![Event::SignInRefused {}]),
        accepted(
            &registered(),
            Command::OpenSession(session(1), at(60)),
            vec![Event::SessionOpened { session: session(1), expires_at: at(60) }],
        ),
        accepted(&signed_in(), Command::CloseSession(session(1)), vec![closed.clone()]),
        accepted(&signed_in(), Command::CloseSession(session(2)), vec![]),
        accepted(&[signed_in(), vec![closed]].concat(), Command::CloseSession(session(1)), vec![]),
        accepted(&signed_in(), Command::RevokeSessions, vec![Event::SessionsRevoked {}]),
        accepted(&registered(), Command::RevokeSessions, vec![Event::SessionsRevoked {}]),
        accepted(&registered(), issue_key(None), vec![key_issued(None)]),
        accepted(&registered(), issue_key(Some(60)), vec![key_issued(Some(60))]),
        accepted(&with_key(), Command::RevokeApiKey(key(1)), vec![Event::ApiKeyRevoked { key: key(1) }]),
        accepted(&revoked, issue_key(None), vec![key_issued(None)]),
        accepted(
            &with_key(),
            Command::Erase,
            vec![Event::ApiKeyRevoked { key: key(1) }, Event::SessionsRevoked {}, Event::AccountErased {}],
        ),
        accepted(&[registered(), vec![Event::AccountErased {}]].concat(), Command::Erase, vec![]),
    ]
}

fn refusals() -> Vec<Case<Account>> {
    let revoked = [with_key(), vec![Event::ApiKeyRevoked { key: key(1) }]].concat();
    vec![
        refused(&registered(), Command::Register(account(1)), Error::Exists),
        refused(&registered(), Command::Register(account(2)), Error::Exists),
        refused(&registered(), Command::RevokeApiKey(key(1)), Error::NoSuchKey(key(1))),
        refused(&revoked, Command::RevokeApiKey(key(1)), Error::NoSuchKey(key(1))),
        refused(&with_key(), issue_key(Some(60)), Error::KeyExists(key(1))),
        refused(&[], Command::ChangeProfile, Error::Absent),
        refused(&[], Command::ChangePassword, Error::Absent),
        refused(&[], Command::OpenSession(session(1), at(60)), Error::Absent),
        refused(&[], Command::RefuseSignIn, Error::Absent),
        refused(&[], Command::Erase, Error::Absent),
        refused(
            &[registered(), vec![Event::AccountErased {}]].concat(),
            Command::RefuseSignIn,
            Error::Absent,
        ),
        refused(&[], Command::CloseSession(session(1)), Error::Absent),
        refused(&[], Command::RevokeSessions, Error::Absent),
        refused(&[], issue_key(None), Error::Absent),
        refused(&[], Command::RevokeApiKey(key(1)), Error::Absent),
    ]
}

#[test]
fn every_command_is_accepted_where_it_fits() {
    assert_all_covered(COMMANDS, acceptances().iter().map(|case| command_name(&case.when)));
    check(acceptances());
}

#[test]
fn every_refusal_happens() {
    assert_all_covered(ERRORS, refusals().iter().filter_map(|case| case.then.as_ref().err().map(error_name)));
    check(refusals());
}

#[test]
fn every_command_is_refused_somewhere() {
    assert_all_covered(COMMANDS, refusals().iter().map(|case| command_name(&case.when)));
}

#[test]
fn revoking_sessions_ends_them_all_and_no_key() {
    let open = [
        signed_in(),
        vec![Event::SessionOpened { session: session(2), expires_at: at(90) }, key_issued(None)],
    ];
    let before: Account = folded(open.concat());
    assert_eq!(before.sessions().collect::<Vec<_>>(), [session(1), session(2)]);
    let after: Account = folded([open.concat(), vec![Event::SessionsRevoked {}]].concat());
    assert_eq!(after.sessions().count(), 0);
    assert_eq!(after.api_keys().get(&key(1)), Some(&org(1)));
}

#[test]
fn changing_the_password_leaves_sessions_to_whoever_asked() {
    let after: Account = folded([signed_in(), vec![Event::PasswordChanged {}]].concat());
    assert_eq!(after.sessions().collect::<Vec<_>>(), [session(1)]);
}
