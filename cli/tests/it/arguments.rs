//! The command line.

use clap::{CommandFactory as _, Parser as _};
use dbx_cli::{
    args::{Cli, Command, CreateArgs, CredsCommand, InstanceCommand, JobCommand, Limit},
    output::Format,
};
use std::time::Duration;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(std::iter::once("dbx").chain(line.split_whitespace()))
}

fn create(line: &str) -> CreateArgs {
    match parse(line).unwrap().command {
        Command::Instance(InstanceCommand::Create(args)) => args,
        other => unreachable!("{other:?}"),
    }
}

#[test]
fn the_definition_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn the_order_of_the_specification_is_understood() {
    let args = create(
        "instance create --project myapp --name prod-db --plan pro --pg 16 --disk 100 --tag env=prod --tag a=b=c",
    );
    assert_eq!(args.scope.project.as_deref(), Some("myapp"));
    assert_eq!((args.name.as_str(), args.plan.as_str()), ("prod-db", "pro"));
    assert_eq!((args.pg.as_deref(), args.disk.as_deref()), (Some("16"), Some("100")));
    let tags: Vec<_> = args.tags.iter().map(|tag| (tag.key.as_str(), tag.value.as_str())).collect();
    assert_eq!(tags, [("env", "prod"), ("a", "b=c")]);
    assert_eq!(args.wait.wait, None);
}

#[test]
fn waiting_has_a_limit_that_can_be_left_out() {
    let limit = |line: &str| create(line).wait.wait.map(Limit::duration);
    assert_eq!(limit("instance create --name a --plan nano --wait"), Some(Duration::from_secs(600)));
    assert_eq!(limit("instance create --wait=90s --name a --plan nano"), Some(Duration::from_secs(90)));
    // Without an equals sign the next word is not taken for the limit.
    assert_eq!(limit("instance create --wait --name a --plan nano"), Some(Duration::from_secs(600)));
}

#[test]
fn limits_are_read_and_written_alike() {
    for text in ["1s", "90s", "10m", "1h", "24h"] {
        assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
    }
    for text in ["", "10", "m", "-1s", "1.5h", "0s", "25h", "99999999999h", "10 m"] {
        assert!(text.parse::<Limit>().is_err(), "{text}");
    }
}

#[test]
fn global_options_may_stand_anywhere() {
    for line in ["--output json org list", "org list --output json", "org -o json list"] {
        assert_eq!(parse(line).unwrap().global.output, Format::Json, "{line}");
    }
    assert_eq!(parse("plans").unwrap().global.output, Format::Table);
    let api = parse("plans --api http://localhost:1/").unwrap().global.api.unwrap();
    assert_eq!(api.to_string(), "http://localhost:1");
}

#[test]
fn words_behind_the_dashes_are_psqls() {
    let Command::Instance(InstanceCommand::Psql(args)) =
        parse("instance psql db -- -c x --output json").unwrap().command
    else {
        unreachable!()
    };
    assert_eq!(args.args, ["-c", "x", "--output", "json"]);
}

#[test]
fn psql_takes_its_own_words_without_dashes_too() {
    let of = |line: &str| match parse(line).unwrap().command {
        Command::Psql(args) => args,
        other => unreachable!("{other:?}"),
    };
    assert_eq!(of("psql db -c x -q").args, ["-c", "x", "-q"]);
    assert_eq!(of("psql db -At --command=x").args, ["-At", "--command=x"]);
    let args = of("psql -p myapp db -c x");
    assert_eq!((args.one.scope.project.as_deref(), args.args.len()), (Some("myapp"), 2));
}

#[test]
fn all_commands_are_there() {
    for line in [
        "register --email a@b.c --name A --password-stdin",
        "login --email a@b.c",
        "logout",
        "whoami",
        "org select x",
        "project create x",
        "project list --org x",
        "project select --none",
        "instance list",
        "instance info x --project y",
        "instance connection x --reveal --sslrootcert f",
        "instance start x --wait",
        "instance stop x",
        "instance reboot x",
        "instance delete x --force",
        "job watch x --timeout 5m",
        "job watch x --wait=5m",
        "apikey create ci --role member",
        "org leave --org x --force",
        "job list --instance x",
        "job cancel x --wait",
        "job info x",
        "job abandon x --wait=5m",
        "account password --password-stdin",
        "account sessions list",
        "account sessions revoke --others",
        "org use x",
        "org create x",
        "org members",
        "org role a@b.c viewer",
        "org invite a@b.c --role admin",
        "org leave x --force",
        "org accept",
        "project use x",
        "project delete x --force",
        "instance show x",
        "instance update x --tag a=b --untag c --protect",
        "instance history x --limit 5",
        "apikey list",
        "apikey create --name ci --role member --expires 90d",
        "apikey revoke ci --force",
        "open x --print",
        "doctor x",
        "api get /orgs",
        "api POST /orgs -d {}",
        "psql x -- -c y",
        "--profile work profiles",
        "man",
        "plans",
        "completion fish",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
    assert!(matches!(parse("job retry x").unwrap().command, Command::Job(JobCommand::Retry(_))));
    let creds = parse("instance creds rotate x --wait").unwrap().command;
    assert!(matches!(creds, Command::Instance(InstanceCommand::Creds(CredsCommand::Rotate(_)))));
}

#[test]
fn webhooks_have_their_commands() {
    for line in [
        "webhook create https://example.com/x --event InstanceRequested --event WorkflowFinished",
        "webhook update x --all-events --enable",
        "webhook deliveries x --limit 5",
        "webhook replay x --from 1h-ago",
        "webhook delete x --force",
    ] {
        assert!(parse(line).is_ok(), "{line}");
    }
    assert!(parse("webhook update x").is_err(), "nothing is changed");
}

#[test]
fn secrets_are_no_arguments() {
    for line in ["login --email a@b.c --password x", "register --email a@b.c --password x", "plans --token x"]
    {
        assert!(parse(line).is_err(), "{line}");
    }
}

#[test]
fn malformed_tags_say_how_to_write_them() {
    let error = parse("instance create --name a --plan nano --tag env").unwrap_err().to_string();
    assert!(error.contains("KEY=VALUE"), "{error}");
}
