//! The tradewind binary: command line and composition root.

mod cli;
mod compose;
mod standalone;

fn main() -> std::process::ExitCode {
    cli::main()
}
