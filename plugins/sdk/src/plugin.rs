//! What an author writes, and how it is run, whatever the form.

use crate::{Context, Error, Host};
use clap::{CommandFactory as _, FromArgMatches as _};
use everestctl_protocol::exit;
use everestctl_protocol::sidecar::{Completion, Credentials};
use std::ffi::OsString;

/// A plugin.
pub trait Plugin {
    /// Its arguments. The name of the clap command is the name of the plugin, and what it says about itself is the summary.
    type Arguments: clap::Parser;

    /// Who makes it.
    const VENDOR: Option<&'static str> = None;
    /// Whether it wants a token in `EVEREST_TOKEN`. [`Host::token`] needs none there.
    const CREDENTIALS: Credentials = Credentials::None;
    /// The features of the plugin protocol without which it cannot run ([`everestctl_protocol::version::FEATURES`]).
    const REQUIRES: &'static [&'static str] = &[];

    /// How TAB completes its arguments: by the words of its metadata, which costs nothing, or with [`Completion::Cobra`] by running
    /// the plugin, where [`Self::complete`] knows more. The other ways are not those of this crate.
    const COMPLETION: Completion = Completion::Words;

    /// The values of an argument, by clap's id of it, for TAB. It has 200 ms, must ask nobody, and is only asked with
    /// [`Completion::Cobra`].
    fn complete(argument: &str, context: &Context) -> Vec<String> {
        let _ = (argument, context);
        Vec::new()
    }

    /// Does what the arguments say.
    fn run(arguments: Self::Arguments, host: &mut Host) -> Result<(), Error>;
}

/// The clap command of a plugin, as its user types it.
pub(crate) fn command<P: Plugin>() -> clap::Command {
    let command = P::Arguments::command();
    let typed = format!("everestctl {}", command.get_name());
    command.bin_name(typed)
}

/// Parses `arguments` and runs the plugin; gives its exit code. What it has to say has been said.
pub(crate) fn run<P: Plugin>(arguments: Vec<OsString>, host: &mut Host) -> u8 {
    let name = OsString::from(command::<P>().get_name());
    let mut command = command::<P>();
    let parsed =
        command.try_get_matches_from_mut(std::iter::once(name).chain(arguments)).and_then(|matches| {
            P::Arguments::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
        });
    let ending = match parsed {
        Ok(arguments) => P::run(arguments, host),
        Err(error) => return usage(&error, host),
    };
    match ending.and_then(|()| host.flush()) {
        Ok(()) | Err(Error::OutputClosed) => 0,
        Err(error) => {
            host.say(&error.to_lines());
            error.exit_code()
        }
    }
}

/// What clap has to say: help to standard output, everything else to standard error.
fn usage(error: &clap::Error, host: &mut Host) -> u8 {
    let text =
        if host.context().color { error.render().ansi().to_string() } else { error.render().to_string() };
    if error.use_stderr() {
        host.say(&text);
        return u8::from(exit::USAGE);
    }
    let shown = host.write(&text).and_then(|()| host.flush());
    u8::from(shown.is_err_and(|error| !matches!(error, Error::OutputClosed)))
}
