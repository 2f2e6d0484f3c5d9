//! Shell completion and manual pages.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `dbx completion`.
#[derive(Args, Debug)]
pub struct CompletionArgs {
    /// The shell
    pub shell: ShellName,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShellName {
    /// source <(dbx completion bash)
    Bash,
    /// source <(dbx completion zsh)
    Zsh,
    /// dbx completion fish | source
    Fish,
    /// dbx completion powershell | Out-String | Invoke-Expression
    Powershell,
    /// eval (dbx completion elvish | slurp)
    Elvish,
}

impl ShellName {
    /// Its name among the completion engine's shells.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}

/// `dbx man`.
#[derive(Args, Debug)]
pub struct ManArgs {
    /// Write a page per command into this directory, such as /usr/local/share/man/man1 [default: dbx(1) to stdout]
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
}
