//! Shell completion and manual pages.

use crate::{
    args::{Cli, CompletionArgs, ManArgs},
    failure::Failure,
    output,
};
use clap::CommandFactory as _;
use clap_complete::env::Shells;
use std::{fs, io};

/// The variable by which a shell's script asks for candidates.
const VARIABLE: &str = "COMPLETE";

/// Prints the script that makes a shell ask this program.
pub(super) fn script(args: &CompletionArgs) -> Result<(), Failure> {
    let fail = |error| Failure::Stream("write the script", error);
    let shells = Shells::builtins();
    let shell = shells.completer(args.shell.word());
    let shell = shell.ok_or_else(|| fail(io::Error::from(io::ErrorKind::Unsupported)))?;
    let mut script = Vec::new();
    shell.write_registration(VARIABLE, "dbx", "dbx", "dbx", &mut script).map_err(fail)?;
    output::line(String::from_utf8_lossy(&script).trim_end())
}

/// Prints the manual page, or writes one per command.
pub(super) fn manual(args: &ManArgs) -> Result<(), Failure> {
    let fail = |error| Failure::Stream("write the manual pages", error);
    let command = Cli::command();
    match &args.dir {
        Some(directory) => {
            fs::create_dir_all(directory).map_err(fail)?;
            clap_mangen::generate_to(command, directory).map_err(fail)
        }
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(command).render(&mut page).map_err(fail)?;
            output::line(String::from_utf8_lossy(&page).trim_end())
        }
    }
}
