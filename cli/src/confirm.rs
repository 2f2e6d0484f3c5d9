//! Asking before something is gone for good.

use crate::{context::Context, failure::Failure, interrupt, output::clean, question};
use std::io::{IsTerminal as _, stderr, stdin};

/// Something that is about to be lost.
pub(crate) struct Loss<'a> {
    /// What kind of thing.
    pub(crate) what: &'a str,
    /// Its name, which is to be typed.
    pub(crate) name: &'a str,
    /// What that means, such as "all its data will be gone for good".
    pub(crate) means: &'a str,
}

/// Goes on only if the person types the name. Where there is nobody to ask, the answer is no; a signal says so too.
pub(crate) fn by_name(context: &Context, loss: &Loss<'_>) -> Result<(), Failure> {
    let (what, name) = (loss.what, clean(loss.name));
    if !stdin().is_terminal() || !stderr().is_terminal() {
        let message = format!("nothing is done to {what} {name}: there is no terminal to ask on");
        return Err(Failure::Unconfirmed(message, "add --force to go on without being asked"));
    }
    let reporter = context.reporter.clone();
    interrupt::farewell(move |_| {
        crate::output::say("");
        reporter.report(&Failure::Dismissed);
    })?;
    let line = question::put(&format!("{what} {name}: {}. Type its name to go on: ", loss.means));
    interrupt::no_farewell();
    let line = line?;
    if line.is_empty() {
        return Err(Failure::Unconfirmed(
            "no name was typed; nothing is done".to_owned(),
            "type the name exactly",
        ));
    }
    // The very name, or as it is shown: what cannot be shown cannot be typed on every terminal.
    match [loss.name.trim(), &name].contains(&line.trim()) {
        true => Ok(()),
        false => {
            Err(Failure::Unconfirmed(format!("that is not {name}; nothing is done"), "type the name exactly"))
        }
    }
}
