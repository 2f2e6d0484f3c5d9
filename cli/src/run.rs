//! From the command line to the exit code.

use crate::{
    args::Cli,
    cmd,
    context::TOKEN_VARIABLE,
    exit::Exit,
    failure::{self, Circumstances, Failure},
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
            let (format, circumstances) = (cli.global.output, circumstances(&args, &cli));
            match cmd::run(cli) {
                Ok(()) => Exit::Success,
                Err(failure) => complain(&failure, &circumstances, format),
            }
        }
        Err(error) => misunderstood(&error, &args),
    };
    exit.into()
}

fn complain(failure: &Failure, circumstances: &Circumstances, format: Format) -> Exit {
    failure::report(failure, circumstances, format);
    failure.exit()
}

fn circumstances(args: &[OsString], cli: &Cli) -> Circumstances {
    let words = args.iter().map(|word| word.to_string_lossy().into_owned()).collect();
    let token = std::env::var_os(TOKEN_VARIABLE).is_some_and(|token| !token.is_empty());
    Circumstances::new(words, cli.command.subject().map(str::to_owned), token)
}

/// Help and version are results; everything else is wrong usage.
fn misunderstood(error: &clap::Error, args: &[OsString]) -> Exit {
    let is_result = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let format = wished(args);
    if !is_result && format.is_for_programs() {
        let message = error.to_string();
        let message = message.strip_prefix("error: ").unwrap_or(&message).trim_end().to_owned();
        let failure = Failure::Usage(message, "see `dbx --help`");
        return complain(&failure, &Circumstances::default(), format);
    }
    match error.print() {
        Ok(()) if is_result => Exit::Success,
        Ok(()) => Exit::Refused,
        Err(_) => Exit::Error,
    }
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
