//! Failures: exit codes, words, documents.

use crate::{fixtures::job, golden::assert_golden};
use dbx_cli::{
    exit::Exit,
    failure::{Again, Answered, Circumstances, Failure, IdempotencyKey, Kind, TokenVariable, document, text},
    interrupt::Interruption,
    store::Profile,
};
use serde_json::{Value, json};

fn problem(status: u16, code: &str, more: Value) -> Failure {
    let mut body = json!({
        "type": format!("https://db.xyz/problems/{code}"), "title": "Some title", "status": status, "detail": "some detail",
        "code": code, "requestId": "req-1", "errors": [], "retryable": false,
    });
    body.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap_or_default());
    let problem = serde_json::from_value(body.clone()).unwrap();
    Failure::Problem(Box::new(Answered { problem, body }))
}

fn invalid() -> Failure {
    let errors = json!([
        { "field": "plan", "message": "`huge` is not a plan", "allowed": ["nano", "lite"] },
        { "field": "pgVersion", "message": "Postgres 9 is not offered", "allowed": [16, 17, 18] },
        { "field": "other", "message": "is odd" },
    ]);
    problem(422, "validation_failed", json!({ "title": "Some values are not acceptable", "errors": errors }))
}

fn unreachable() -> Failure {
    Failure::Unreachable { api: "http://127.0.0.1:1".to_owned(), cause: "nothing listens there".to_owned() }
}

fn signed_out() -> Failure {
    Failure::SignedOut { api: "http://127.0.0.1:8080".to_owned(), profile: Profile::default() }
}

/// With a command line that has every flag of an order.
fn at() -> Circumstances {
    let line = "dbx instance create --name db --plan=huge --pg 9";
    let words = line.split(' ').map(str::to_owned).collect();
    Circumstances { words, ..about(Kind::Instance, "prod-db") }
}

fn about(kind: Kind, subject: &str) -> Circumstances {
    Circumstances { kind: Some(kind), subject: Some(subject.to_owned()), ..Circumstances::default() }
}

fn said(failure: &Failure) -> String {
    text(failure, &at())
}

fn timed_out() -> Failure {
    Failure::WaitTimedOut { job: Box::new(job("succeeded")), limit: "10m".parse().unwrap() }
}

#[test]
fn exit_codes_keep_their_meaning() {
    let codes = [
        (Exit::Success, 0),
        (Exit::Refused, 1),
        (Exit::Error, 2),
        (Exit::WaitTimedOut, 3),
        (Exit::JobFailed, 4),
        (Exit::Interrupted, 130),
    ];
    for (exit, code) in codes {
        assert_eq!(exit.code(), code);
    }
}

#[test]
fn who_is_to_blame_decides_the_exit_code() {
    for status in [400, 401, 403, 404, 409, 422] {
        assert_eq!(problem(status, "x", json!({})).exit(), Exit::Refused);
    }
    for status in [500, 503] {
        assert_eq!(problem(status, "x", json!({})).exit(), Exit::Error);
    }
    assert_eq!(problem(409, "busy", json!({ "retryable": true })).exit(), Exit::Error, "it may work later");
    assert_eq!(unreachable().exit(), Exit::Error);
    assert_eq!(signed_out().exit(), Exit::Refused);
    assert_eq!(timed_out().exit(), Exit::WaitTimedOut);
    assert_eq!(Failure::JobFailed(Box::new(job("failed"))).exit(), Exit::JobFailed);
}

#[test]
fn only_passing_failures_are_sat_out() {
    assert!(unreachable().is_passing());
    assert!(problem(503, "unavailable", json!({})).is_passing());
    assert!(!problem(404, "not_found", json!({})).is_passing());
    assert!(!invalid().is_passing());
}

#[test]
fn people_read_what_happened_why_and_what_next() {
    assert_golden("error-invalid", &said(&invalid()));
    let busy = json!({ "title": "Another job is under way", "jobId": "job_1", "retryable": true });
    assert_golden("error-busy", &said(&problem(409, "busy", busy)));
    assert_golden("error-unreachable", &said(&unreachable()));
    assert_golden("error-signed-out", &said(&signed_out()));
    assert_golden("error-job-failed", &said(&Failure::JobFailed(Box::new(job("failed")))));
    assert_golden("error-wait", &said(&timed_out()));
    assert_golden("error-internal", &said(&problem(500, "internal", json!({}))));
}

#[test]
fn programs_get_the_servers_own_document() {
    let Failure::Problem(answered) = invalid() else { unreachable!() };
    assert_eq!(document(&invalid(), &at()), answered.body);
    // With what to do next, unless the server says it itself.
    let busy = document(&problem(409, "busy", json!({ "jobId": "job_1" })), &at());
    assert_eq!(busy["next"], "wait for it: dbx job watch job_1");
    let busy = document(&problem(409, "busy", json!({ "jobId": "job_1", "next": "wait" })), &at());
    assert_eq!(busy["next"], "wait");
}

#[test]
fn failures_of_this_side_have_the_same_shape() {
    for failure in [unreachable(), timed_out(), signed_out()] {
        let document = document(&failure, &at());
        for member in ["type", "title", "detail", "code", "retryable", "errors"] {
            assert!(document.get(member).is_some(), "{member} is missing in {document}");
        }
        assert_eq!(document["code"], failure.code());
    }
    let (first, second) = (document(&timed_out(), &at()), document(&signed_out(), &at()));
    assert_ne!(first["title"], second["title"]);
    let (document, job) = (document(&timed_out(), &at()), job("succeeded"));
    assert_eq!((&document["jobId"], &document["instanceId"]), (&json!(job.id), &json!(job.instance_id)));
}

#[test]
fn words_of_a_server_cannot_drive_the_terminal() {
    let evil = json!({ "detail": "\u{1b}]0;x\u{7}", "title": "a\nb" });
    let shown = said(&problem(409, "conflict", evil));
    assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
    assert_eq!(shown.lines().count(), 2, "{shown}");
}

#[test]
fn advice_names_what_was_typed() {
    let protected = problem(409, "protected", json!({}));
    assert!(said(&protected).contains("dbx instance update prod-db --unprotect"), "{}", said(&protected));
    let odd = about(Kind::Instance, "my db");
    assert!(text(&protected, &odd).contains("update 'my db' --unprotect"));
    let job = about(Kind::Job, "job_01m865p84qe80sxj660wgcaa40");
    assert!(text(&problem(409, "wrong_state", json!({})), &job).contains("dbx job info job_"));
    // A name that was no option is not one in the advice.
    let errors = json!({ "errors": [{ "field": "name", "message": "is taken" }] });
    let named = text(&problem(422, "validation_failed", errors), &odd);
    assert!(named.contains("name: is taken") && !named.contains("--name"), "{named}");
}

#[test]
fn a_refused_variable_is_named() {
    let refused = problem(401, "unauthenticated", json!({}));
    let by_variable = Circumstances { token: TokenVariable::Other, ..Circumstances::default() };
    assert!(text(&refused, &by_variable).contains("DBX_TOKEN: it was revoked"));
    assert!(!said(&refused).contains("DBX_TOKEN"));
}

#[test]
fn what_is_in_doubt_leaves_its_key() {
    let key = |is_given| IdempotencyKey { text: "k-1".to_owned(), is_given, again: Again::Same };
    let cut = |is_given| Failure::CutShort { key: key(is_given), by: Interruption::Terminate };
    for failure in [cut(false), Failure::InDoubt { cause: Box::new(unreachable()), key: key(false) }] {
        let told = document(&failure, &at());
        assert_eq!((&told["idempotencyKey"], &told["retryable"]), (&json!("k-1"), &json!(false)));
        assert!(told["next"].as_str().unwrap().contains("--idempotency-key k-1"), "{told}");
        assert!(said(&failure).contains("dbx job list"), "{}", said(&failure));
    }
    // The same command line has the same key again then.
    assert_eq!(document(&cut(true), &at())["retryable"], true);
    assert_eq!((cut(false).code(), cut(false).exit()), ("interrupted", Exit::Terminated));
    let busy = problem(503, "unavailable", json!({}));
    let told = document(&Failure::InDoubt { cause: Box::new(busy), key: key(false) }, &at());
    assert_eq!((&told["code"], &told["requestId"]), (&json!("answer_lost"), &json!("req-1")));
}

#[test]
fn advice_is_about_the_kind_of_thing_that_was_meant() {
    let not_yet = problem(404, "not_yet", json!({}));
    assert!(text(&not_yet, &about(Kind::Org, "My org")).contains("exists: dbx org info 'My org'\n"));
    assert!(text(&not_yet, &about(Kind::Project, "p")).contains("exists: dbx project info p\n"));
    assert!(text(&not_yet, &about(Kind::Instance, "db")).contains("exists: dbx instance history db\n"));
    let nameless = Circumstances { kind: Some(Kind::Org), ..Circumstances::default() };
    assert!(text(&not_yet, &nameless).contains("exists: dbx org info\n"));
    let gone = problem(404, "not_found", json!({ "detail": "there is no such thing; check the address" }));
    assert!(text(&gone, &about(Kind::Job, "job_1")).contains("`dbx job list`"));
    assert!(text(&gone, &Circumstances::default()).contains("`dbx org list`"));
}

#[test]
fn who_is_refused_with_a_key_is_told_of_keys() {
    let refused = problem(403, "forbidden", json!({}));
    let by_key = Circumstances { token: TokenVariable::of("dbx_abc_secret"), ..Circumstances::default() };
    assert!(text(&refused, &by_key).contains("a key with a higher role"));
    assert!(said(&refused).contains("dbx org members"));
}

#[test]
fn a_canceled_wait_says_what_is_left() {
    let mut canceled = job("failed");
    canceled.status = serde_json::from_value(json!("canceled")).unwrap();
    canceled.kind = serde_json::from_value(json!("create")).unwrap();
    let id = canceled.instance_id.clone();
    let failure = Failure::JobFailed(Box::new(canceled));
    assert!(said(&failure).contains(&format!("dbx instance delete {id}")), "{}", said(&failure));
}

#[test]
fn nothing_is_said_twice() {
    let words = json!({ "title": "An org keeps an owner", "detail": "an org keeps an owner; make another one first" });
    let shown = said(&problem(409, "last_owner", words));
    assert!(shown.starts_with("error: an org keeps an owner; make another one first\n"), "{shown}");
}

#[test]
fn what_the_server_says_of_an_address_is_not_lost() {
    let nowhere = problem(404, "not_found", json!({ "detail": "there is nothing at this address" }));
    assert!(said(&nowhere).contains("there is nothing at this address"));
}
