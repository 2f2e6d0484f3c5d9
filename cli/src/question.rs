//! Questions that have no secret answer.

use crate::failure::Failure;
use std::io::{BufRead as _, IsTerminal as _, stderr, stdin};

/// The answer to a question on a terminal; elsewhere, `instead` says how to give it.
pub(crate) fn ask(question: &str, what: &str, instead: &'static str) -> Result<String, Failure> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(Failure::Usage(format!("{what} is needed"), instead));
    }
    eprint!("{question}: ");
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(|error| Failure::Stream("read the answer", error))?;
    match line.trim() {
        "" => Err(Failure::Usage(format!("{what} is needed"), instead)),
        answer => Ok(answer.to_owned()),
    }
}

/// The first line of stdin.
pub(crate) fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(|error| Failure::Stream("read stdin", error))?;
    Ok(line.trim().to_owned())
}
