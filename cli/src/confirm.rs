//! Asking before something is gone for good.

use crate::{failure::Failure, output::clean};
use std::io::{BufRead as _, IsTerminal as _, stderr, stdin};

/// Goes on only if the person types `name`. Where there is nobody to ask, the answer is no.
pub(crate) fn by_name(what: &str, name: &str) -> Result<(), Failure> {
    if !stdin().is_terminal() || !stderr().is_terminal() {
        let message = format!("{what} {name} is not deleted: there is no terminal to ask on");
        return Err(Failure::Usage(message, "add --force if it shall be deleted without asking"));
    }
    let name = clean(name);
    eprint!("{what} {name} and all its data will be gone for good. Type its name to delete it: ");
    let mut line = String::new();
    stdin().lock().read_line(&mut line).map_err(|error| Failure::Stream("read the answer", error))?;
    match line.trim() == name {
        true => Ok(()),
        false => {
            Err(Failure::Usage(format!("that is not {name}; nothing is deleted"), "type the name exactly"))
        }
    }
}
