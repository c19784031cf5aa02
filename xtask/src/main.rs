//! Automation and structural checks of the repository: `cargo xtask <command>`.

mod arrows;
mod demo;
mod layers;
mod process;
mod python;
mod sources;
mod suite;
mod text_rules;
mod tidy;
mod ui;

use std::process::ExitCode;

const USAGE: &str = "\
Usage: cargo xtask <command>
  tidy   structural checks: layers, file sizes, forbidden calls, crate docs, dependency list
  test   everything that has to pass before a change lands (`make test`)
  demo   a release build, a server with the examples, and one run of flights_etl (`make run`)
  screenshots  pictures of every screen with what the demo leaves behind (`make screenshots`)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["tidy"] => tidy::run(),
        ["test"] => suite::run(),
        ["demo"] => demo::run(),
        ["screenshots"] => demo::screenshots(),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
