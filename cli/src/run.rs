//! From the command line to the exit code.

use crate::{
    args::{Cli, Limit},
    cmd,
    context::TOKEN_VARIABLE,
    exit::Exit,
    failure::{Circumstances, Failure, Reporter, TokenVariable, quoted},
    output::Format,
};
use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use std::{ffi::OsString, process::ExitCode};

/// Runs a command line, its first word being the program's name.
#[must_use]
pub fn run(args: Vec<OsString>) -> ExitCode {
    // Answers the shell and ends the program, if the shell asks.
    clap_complete::CompleteEnv::with_factory(Cli::command).complete();
    let exit = match Cli::try_parse_from(&args) {
        Ok(cli) => {
            let reporter = Reporter::new(circumstances(&args, &cli), cli.global.output);
            match cmd::run(cli, &reporter) {
                Ok(()) => Exit::Success,
                Err(failure) => complain(&failure, &reporter),
            }
        }
        Err(error) => misunderstood(&error, &args),
    };
    exit.into()
}

fn complain(failure: &Failure, reporter: &Reporter) -> Exit {
    crate::interrupt::no_farewell();
    reporter.report(failure);
    failure.exit()
}

fn circumstances(args: &[OsString], cli: &Cli) -> Circumstances {
    let token = std::env::var_os(TOKEN_VARIABLE).unwrap_or_default();
    let (kind, subject) = cli.command.subject();
    Circumstances {
        words: args.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
        kind,
        subject: subject.map(str::to_owned),
        token: TokenVariable::of(&token.to_string_lossy()),
        route: route(cli),
    }
}

/// The options that lead a further command to the same place; variables do so by themselves.
fn route(cli: &Cli) -> String {
    let profile = cli.global.profile().ok().filter(|profile| !profile.is_default());
    let profile = profile.map(|profile| format!("--profile {profile}"));
    let api = cli.global.api.as_ref().map(|api| format!("--api {}", quoted(&api.to_string())));
    [profile, api].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Help and version are results; everything else is wrong usage.
fn misunderstood(error: &clap::Error, args: &[OsString]) -> Exit {
    let is_result = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let format = wished(args);
    if !is_result && format.is_for_programs() {
        let message = error.to_string();
        let message = message.strip_prefix("error: ").unwrap_or(&message).trim_end().to_owned();
        let failure = Failure::Usage(message, tip(error, args).unwrap_or("see `dbx --help`"));
        return complain(&failure, &Reporter::new(Circumstances::default(), format));
    }
    let printed = error.print();
    if let Some(tip) = tip(error, args) {
        crate::output::say(&format!("\nnext: {tip}"));
    }
    match printed {
        Ok(()) if is_result => Exit::Success,
        Ok(()) => Exit::Refused,
        Err(_) => Exit::Error,
    }
}

/// What is commonly meant by an odd line. `--wait 10m` leaves the time apart from its option, because `--wait` alone has a
/// meaning too.
fn tip(error: &clap::Error, args: &[OsString]) -> Option<&'static str> {
    let words: Vec<_> = args.iter().filter_map(|word| word.to_str()).collect();
    if error.kind() == ErrorKind::InvalidValue && words.contains(&"psql") {
        return Some("put options of psql that dbx has too behind --, as in: dbx psql db -- -o FILE");
    }
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let is_detached = |pair: &[&str]| pair[0] == "--wait" && pair[1].parse::<Limit>().is_ok();
    words.windows(2).any(is_detached).then_some("write the time behind an equals sign, as in --wait=10m")
}

/// The command line could not be parsed, so this is a guess, by the ways in which the option is commonly written.
fn wished(args: &[OsString]) -> Format {
    let words: Vec<_> =
        args.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--").collect();
    let spelled = |format: &str| {
        words
            .iter()
            .any(|word| ["--output=", "-o", "-o="].iter().any(|o| word.strip_prefix(o) == Some(format)))
            || words.windows(2).any(|pair| matches!(pair, ["--output" | "-o", value] if *value == format))
    };
    match (spelled("json"), spelled("yaml")) {
        (true, _) => Format::Json,
        (false, true) => Format::Yaml,
        (false, false) => Format::Table,
    }
}
