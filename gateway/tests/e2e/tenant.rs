//! What a tenant gets, and what they are refused.

use crate::{
    cli::{Person, psql},
    demo::Demo,
};

#[test]
fn every_major_answers_over_tls_with_the_asked_version() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    for pg in ["16", "17", "18"] {
        let name = format!("pg{pg}");
        ada.create(&name, pg);
        let printed = ada.ok(&["instance", "psql", &name, "--", "-At", "-c", "select version()"]);
        assert!(printed.starts_with(&format!("PostgreSQL {pg}.")), "{printed}");
        let encrypted = "select ssl from pg_stat_ssl where pid = pg_backend_pid()";
        assert_eq!(psql(&ada.connection(&name), encrypted), Ok("t".to_owned()));
    }
    demo.stop();
}

#[test]
fn the_specifications_example_ends_running() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    let order =
        ["instance", "create", "--project", "myapp", "--name", "prod-db", "--plan", "pro", "--pg", "16"];
    let output = ada.run(&[&order[..], &["--disk", "100", "--wait"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let progress = String::from_utf8_lossy(&output.stderr);
    for step in [
        "Reserve a place on a node",
        "Clone the template",
        "Configure the container",
        "Attach the data volume",
        "Deliver settings and certificate",
        "Start the container",
        "Wait for Postgres to answer",
    ] {
        assert!(progress.contains(step), "no progress about {step}: {progress}");
    }
    assert_eq!(ada.json(&["instance", "info", "prod-db"])["lifecycle"], "running");
    let connection = ada.connection("prod-db");
    assert_eq!(
        psql(&connection, "select rolconnlimit from pg_roles where rolname = current_user"),
        Ok("400".to_owned())
    );
    demo.stop();
}

#[test]
fn a_tenant_is_kept_to_their_own_server_and_rights() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("one", "17");
    ada.create("two", "17");
    let (one, two) = (ada.connection("one"), ada.connection("two"));
    assert_eq!(psql(&one, "select 1"), Ok("1".to_owned()));
    psql(&one.replace("sslmode=require", "sslmode=disable"), "select 1").unwrap_err();
    psql(&with_password_of(&one, "wrong"), "select 1").unwrap_err();
    psql(&with_password_of(&two, password_of(&one)), "select 1").unwrap_err();
    for refused in [
        "create role evil superuser",
        "create database another",
        "alter system set fsync = off",
        "alter role dbxyz_platform password 'x'",
        "copy (select 1) to program 'true'",
        "select pg_read_file('/etc/passwd')",
        "select * from pg_authid",
    ] {
        assert!(psql(&one, refused).is_err(), "was allowed: {refused}");
    }
    psql(&one.replace("//app:", "//postgres:"), "select 1").unwrap_err();
    psql(&one.replace("//app:", "//dbxyz_platform:"), "select 1").unwrap_err();
    demo.stop();
}

fn password_of(connection: &str) -> &str {
    connection.split("//app:").nth(1).unwrap().split('@').next().unwrap()
}

fn with_password_of(connection: &str, password: &str) -> String {
    connection.replace(password_of(connection), password)
}

#[test]
fn strangers_see_nothing() {
    let mut demo = Demo::start();
    let ada = Person::register(&demo, "ada");
    ada.create("one", "17");
    let id = ada.json(&["instance", "info", "one"])["id"].as_str().unwrap().to_owned();
    let eve = Person::register(&demo, "eve");
    for arguments in [
        &["instance", "info", &id][..],
        &["instance", "connection", &id, "--reveal"],
        &["instance", "delete", &id, "--force"],
        &["instance", "stop", &id],
    ] {
        let output = eve.run(arguments);
        assert!(!output.status.success(), "{arguments:?} was allowed");
    }
    assert_eq!(ada.json(&["instance", "info", "one"])["lifecycle"], "running");
    demo.stop();
}
