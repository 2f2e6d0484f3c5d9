//! `dbxd`: the server of db.xyz. One binary holds gateway, projections and workers; any number of copies run against
//! one Postgres.
//!
//! This is the composition root: here, and only here, the parts are put together.

mod assembly;
mod audit;
mod config;
mod demo;
mod doctor;
mod keys;
mod migrate;
mod open_files;
mod privacy;
mod projections;
mod replay;
mod serve;
mod signer;
mod telemetry;
mod worker;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, process::ExitCode};

/// The server of db.xyz: Postgres-as-a-Service on a Proxmox cluster.
#[derive(Parser)]
#[command(name = "dbxd", version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API, keep the read models, run the workers
    Serve(ConfigFile),
    /// Bring the control database to this program's version, as its owner
    Migrate(ConfigFile),
    /// Look at cluster, database, keys, jobs and instances, and say what is wrong
    Doctor(doctor::Options),
    /// Prove that the log is what was written
    #[command(subcommand)]
    Audit(audit::Command),
    /// Look at the read models, build them anew, compare them with the log
    #[command(subcommand)]
    Projections(projections::Command),
    /// Check or change the master keys that secrets hang on
    #[command(subcommand)]
    Keys(keys::Command),
    /// Tell step by step what happened to an org, a project or an instance
    Replay(replay::Options),
    /// Hand over or erase what is kept about a person
    #[command(subcommand)]
    Privacy(privacy::Command),
    /// Run everything on this machine: control database, emulated cluster with real Postgres servers, server
    Demo(demo::Options),
    /// Print the OpenAPI document
    Openapi,
}

#[derive(clap::Args)]
struct ConfigFile {
    /// Configuration file; DBXD_… variables override it
    #[arg(long, env = "DBXD_CONFIG", default_value = "/etc/dbxyz/dbxd.toml")]
    config: PathBuf,
}

// Not `#[tokio::main]`: the demo must drop its privileges before any thread exists.
fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Serve(file) => serve::main(&file.config).map(|()| ExitCode::SUCCESS),
        Command::Migrate(file) => migrate::main(&file.config).map(|()| ExitCode::SUCCESS),
        Command::Doctor(options) => doctor::main(&options),
        Command::Audit(command) => audit::main(&command),
        Command::Projections(command) => projections::main(&command),
        Command::Keys(command) => keys::main(&command),
        Command::Replay(options) => replay::main(&options),
        Command::Privacy(command) => privacy::main(&command).map(|()| ExitCode::SUCCESS),
        Command::Demo(options) => demo::main(options).map(|()| ExitCode::SUCCESS),
        Command::Openapi => print_openapi().map(|()| ExitCode::SUCCESS),
    };
    match outcome {
        Ok(code) => code,
        Err(error) => {
            telemetry::complain(&*error);
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stdout, reason = "the document is the command's output")]
fn print_openapi() -> Result<(), Failure> {
    print!("{}", dbx_gateway::openapi_json());
    Ok(())
}

/// Why a command failed: a sentence for whoever started it, with its causes behind it.
type Failure = Box<dyn std::error::Error + Send + Sync>;
