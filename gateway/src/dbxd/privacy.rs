//! `dbxd privacy`: hands over what is kept about a person, or erases it, when they ask whoever operates the server.

use crate::{Failure, assembly::Assembly, config, demo};
use dbx_gateway::{
    App,
    privacy::{self, Whom},
};
use dbx_sql::Database;
use std::{io::Write as _, path::PathBuf};

/// Commands of `dbxd privacy`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Print everything that is kept about a person, as JSON
    Export(Options),
    /// Erase everything that says who an account was; history stays whole and verifiable
    Erase(Options),
}

/// Options of both.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The account, by its id (`usr_…`) or by the address that they sign in with
    #[arg(value_name = "ACCOUNT|ADDRESS")]
    whom: Whom,
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
    /// Work on the demo with this state directory instead
    #[arg(long, conflicts_with = "config")]
    state_dir: Option<PathBuf>,
}

/// Does it.
pub(crate) fn main(command: &Command) -> Result<(), Failure> {
    let (Command::Export(options) | Command::Erase(options)) = command;
    let config = match &options.state_dir {
        Some(state) => demo::attach(state)?,
        None => config::load(&options.config)?,
    };
    tokio::runtime::Runtime::new()?.block_on(async {
        let secrets = config.secrets.read()?;
        let database = Database::connect(&config.database(&secrets)).await?;
        let parts = Assembly::new(&config, &secrets, database.clone())?;
        let app = App::new(parts.store, parts.vault, config.api());
        let account = privacy::account(&app, &options.whom).await?;
        let said = match command {
            Command::Export(_) => format!("{:#}", privacy::export(&app, account).await?),
            Command::Erase(_) => {
                privacy::erase(&app, account).await?;
                format!("{account} is erased; what it did stays on record under that id")
            }
        };
        writeln!(std::io::stdout(), "{said}")?;
        database.close();
        Ok(())
    })
}
