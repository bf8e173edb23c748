//! A local plugin that completes its own arguments: `clap_complete` answers when `COMPLETE` is set, and the sidecar
//! `everestctl-ship.yaml` says so with `completion: clap`.

#![allow(missing_docs, clippy::print_stdout, reason = "it is a program of its own")]

use clap::{Arg, Command};
use clap_complete::CompleteEnv;

fn command() -> Command {
    let rig = Arg::new("rig")
        .long("rig")
        .help("How she is rigged")
        .value_parser(["schooner", "sloop", "ketch"])
        .default_value("ketch");
    Command::new("everestctl-ship")
        .bin_name("everestctl ship")
        .subcommand_required(true)
        .subcommand(Command::new("sail").about("Let her go").arg(rig))
        .subcommand(Command::new("sink").about("Better not"))
}

fn main() {
    CompleteEnv::with_factory(command).complete();
    match command().get_matches().subcommand() {
        Some(("sail", matches)) => {
            let rig = matches.get_one::<String>("rig").map_or("ketch", String::as_str);
            println!("she sails as a {rig}");
        }
        _ => println!("she is gone"),
    }
}
