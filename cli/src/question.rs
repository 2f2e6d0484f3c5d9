//! Questions that have no secret answer.

use crate::failure::Failure;
use std::io::{BufRead as _, IsTerminal as _, Write as _, stderr, stdin};

/// The answer to a question on a terminal; elsewhere, `instead` says how to give it.
pub(crate) fn ask(question: &str, what: &str, instead: &'static str) -> Result<String, Failure> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        return Err(Failure::Usage(format!("{what} is needed"), instead));
    }
    match put(&format!("{question}: "))?.trim() {
        "" => Err(Failure::Usage(format!("{what} is needed"), instead)),
        answer => Ok(answer.to_owned()),
    }
}

/// Asks on the terminal, and gives the line that is typed; none if the input ends (Ctrl-D).
pub(crate) fn put(question: &str) -> Result<String, Failure> {
    let mut line = String::new();
    let fail = |error| Failure::Stream("ask on the terminal", error);
    write!(stderr(), "{question}").and_then(|()| stderr().flush()).map_err(fail)?;
    stdin().lock().read_line(&mut line).map_err(fail)?;
    if !line.ends_with('\n') {
        // What comes next would stand behind the question.
        crate::output::say("");
    }
    Ok(line)
}

/// The first line of stdin.
pub(crate) fn first_line() -> Result<String, Failure> {
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(|error| Failure::Stream("read stdin", error))?;
    Ok(line.trim().to_owned())
}
