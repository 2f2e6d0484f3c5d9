//! Passwords: typed without an echo, or lines of stdin. Never arguments.

use crate::{failure::Failure, interrupt, secret::Secret};
use nix::sys::termios::{SetArg, tcgetattr, tcsetattr};
use std::{
    fs::File,
    io::{BufRead as _, ErrorKind, IsTerminal as _, stdin},
};

const STDIN: &str = "run it on a terminal, or give the password with --password-stdin";

/// An existing password.
pub(crate) fn existing(from_stdin: bool) -> Result<Secret, Failure> {
    if from_stdin { line() } else { prompt("Password: ") }
}

/// A new password, typed twice on a terminal because nobody sees it.
pub(crate) fn new(from_stdin: bool) -> Result<Secret, Failure> {
    if from_stdin { line() } else { typed_twice("Password (12 characters or more): ") }
}

/// The present password and the one that shall take its place.
pub(crate) fn change(from_stdin: bool) -> Result<(Secret, Secret), Failure> {
    match from_stdin {
        true => Ok((line()?, line()?)),
        false => Ok((prompt("Present password: ")?, typed_twice("New password (12 characters or more): ")?)),
    }
}

fn typed_twice(question: &str) -> Result<Secret, Failure> {
    let first = prompt(question)?;
    match prompt("The same again: ")? == first {
        true => Ok(first),
        false => Err(Failure::Usage("the two passwords differ".to_owned(), "try again")),
    }
}

/// The next line of stdin.
fn line() -> Result<Secret, Failure> {
    if stdin().is_terminal() {
        let message = "--password-stdin reads a pipe or a file; a terminal would show the password";
        return Err(Failure::Usage(message.to_owned(), "leave it out to be asked for the password"));
    }
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(|error| Failure::Stream("read stdin", error))?;
    given(line.trim_end_matches(['\r', '\n']))
}

fn prompt(question: &str) -> Result<Secret, Failure> {
    if !stdin().is_terminal() {
        return Err(Failure::Usage("there is no terminal to ask for the password".to_owned(), STDIN));
    }
    echo_again_on_interrupt()?;
    let typed = rpassword::prompt_password(question);
    interrupt::no_farewell();
    given(&typed.map_err(|error| match error.kind() {
        // Ctrl-C is read like any other key while nothing is echoed.
        ErrorKind::Interrupted => Failure::Dismissed,
        _ => Failure::Stream("read the password", error),
    })?)
}

/// A signal ends the question and leaves a terminal behind that echoes.
fn echo_again_on_interrupt() -> Result<(), Failure> {
    // Where passwords are read from. Without it, the question says what is wrong.
    let Ok(terminal) = File::open("/dev/tty") else { return Ok(()) };
    let Ok(before) = tcgetattr(&terminal) else { return Ok(()) };
    interrupt::farewell(move |_| {
        let _ = tcsetattr(&terminal, SetArg::TCSANOW, &before);
        crate::output::say("");
    })
}

fn given(text: &str) -> Result<Secret, Failure> {
    match text.is_empty() {
        true => Err(Failure::Usage("the password is empty".to_owned(), STDIN)),
        false => Ok(Secret::new(text)),
    }
}
