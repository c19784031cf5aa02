//! The command line.
//!
//! # What it is
//! Commands parse their words, ask a running server over its REST API, and print. Only a few work
//! without a server: `standalone`, `db`, `config`, `doctor`, `version`, `dags test`.
//!
//! # What it must not know
//! Nothing about scheduling: it shows what the server says. Data goes to stdout, talk to stderr.
//!
//! # How to read it
//! [`args`] (every word a person can type), [`exit`] (what the exit codes mean), [`setup`]
//! (settings), [`server`] and [`client`] (where the server is, how it is asked), [`output`] and
//! [`cell`] (how rows are printed), then one file per group of commands.
//!
//! # How to test it
//! `cargo test -p tradewind cli`; requests go to a scripted server on a free port.

mod args;
mod cell;
mod clear;
mod client;
mod confirm;
mod connections;
mod dags;
mod db;
mod doctor;
pub(crate) mod exit;
mod local;
mod logs;
mod output;
mod pools;
mod runs;
#[cfg(test)]
mod scripted;
pub(crate) mod server;
mod setup;
mod tasks;
mod trial;
mod variables;
mod watch;

use std::process::ExitCode;

use args::{Cli, Command, ConfigCommand};
use clap::Parser;
use client::Client;
use output::Output;

/// Runs the command in the process's arguments and answers with its exit code.
pub(crate) fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output::new(cli.global.output, cli.global.quiet);
    match dispatch(cli, &output) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => exit::report(&error),
    }
}

fn dispatch(cli: Cli, output: &Output) -> anyhow::Result<()> {
    let global = &cli.global;
    let client = || Client::find(global);
    match cli.command {
        Command::Standalone(flags) => {
            let settings = setup::settings(global, &flags)?;
            setup::logging(&settings)?;
            crate::standalone::run(settings)
        }
        Command::Dags(args::DagsCommand::Test(test)) => trial::run(global, &test, output),
        Command::Dags(command) => dags::run(&client()?, command, output),
        Command::Tasks(command) => tasks::run(&client()?, command, output),
        Command::Runs(command) => runs::run(&client()?, command, output),
        Command::Connections(command) => connections::run(&client()?, command, output),
        Command::Variables(command) => variables::run(&client()?, command, output),
        Command::Pools(command) => pools::run(&client()?, command, output),
        Command::Config(ConfigCommand::Show(flags)) => local::config_show(&setup::settings(global, &flags)?, output),
        Command::Db(command) => db::run(global, command, output),
        Command::Doctor(flags) => doctor::run(global, &flags, output),
        Command::Version => local::version(output),
    }
}
