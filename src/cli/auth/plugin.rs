//! `everestctl auth plugin`: the credentials that plugins require beside the session.

use super::secret_from_stdin;
use crate::cli::completer::Completer;
use crate::cli::list_output::{ListOptions, OwnList};
use crate::cli::output::{OutputFormat, structured};
use crate::cli::{CommandResult, words, write};
use crate::error::{Failure, exit};
use crate::model::{CleanText, CommandWord};
use crate::openapi::{SecurityScheme, credential_variable};
use crate::ops::App;
use crate::ops::plugin_credentials::{self, CredentialReport, CredentialRow};
use crate::term::Streams;
use crate::term::prompt::{self, PromptError};
use zeroize::Zeroizing;

/// Store a credential that a plugin requires beside your session
///
/// Some plugins require an API key of their own. It is stored for this plugin of this server, readable by you only, and
/// sent with the commands of the plugin that require it; no other plugin and no other server gets it. On a terminal it
/// is prompted for and not shown. The variable `EVERESTCTL_PLUGIN_<PLUGIN>_<CREDENTIAL>` takes precedence.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  everestctl auth plugin shop\n  \
                        echo \"$KEY\" | everestctl auth plugin shop --scheme apiKey --with-token\n  \
                        everestctl auth plugin --list")]
pub struct AuthPluginArgs {
    /// Name of the plugin
    #[arg(value_name = "NAME", required_unless_present = "list", add = Completer::CredentialPlugins)]
    name: Option<String>,
    /// Which credential, by the name of its security scheme in the plugin's document
    #[arg(long, value_name = "SCHEME", add = Completer::Schemes)]
    scheme: Option<String>,
    /// Read the credential from standard input
    #[arg(long, conflicts_with_all = ["remove", "list"])]
    with_token: bool,
    /// Remove the stored credential, or all of the plugin
    #[arg(long, conflicts_with = "list")]
    remove: bool,
    /// List the credentials that plugins require, and who has given them
    #[arg(long, conflicts_with = "scheme")]
    list: bool,
}

pub(super) fn run(streams: &mut Streams, app: &App, args: &AuthPluginArgs) -> CommandResult {
    let name = args.name.as_ref().map(|name| words(std::slice::from_ref(name))).transpose()?;
    let name = name.and_then(|mut words| words.pop());
    match name {
        _ if args.list => list(streams, app, name.as_ref()),
        None => Err(Failure::new(exit::USAGE, "missing plugin name")),
        Some(name) if args.remove => remove(streams, app, &name, args.scheme.as_deref()),
        Some(name) => store(streams, app, &name, args),
    }
}

fn store(streams: &mut Streams, app: &App, name: &CommandWord, args: &AuthPluginArgs) -> CommandResult {
    let plugin = plugin_credentials::open(app, name, &mut |problem| streams.problem(&problem))?;
    let scheme = plugin_credentials::meant(&plugin, args.scheme.as_deref())?;
    let value = if args.with_token {
        secret_from_stdin(streams, "credential")?
    } else {
        prompted(streams, &plugin.name, scheme)?
    };
    let stored = plugin_credentials::store(app, &plugin, scheme, value)?;
    if let form @ (OutputFormat::Json | OutputFormat::Yaml) = OutputFormat::for_own_report(&app.options) {
        structured(streams, form, &stored)?;
    }
    let CredentialReport { server, cluster, plugin, scheme, .. } = &stored;
    let (server, cluster) = (CleanText::new(server), CleanText::new(cluster));
    streams
        .remark(&format!("stored the credential `{scheme}` of `{plugin}` for {server}, cluster {cluster}"));
    if let Some(variable) = &stored.overridden_by {
        streams.warning(&format!("{variable} is set and takes precedence over the stored credential"));
    }
    Ok(exit::SUCCESS)
}

/// Asks for it on the terminal.
fn prompted(
    streams: &mut Streams,
    plugin: &str,
    scheme: &SecurityScheme,
) -> Result<Zeroizing<String>, Failure> {
    if let (true, Some(description)) = (streams.can_ask(), &scheme.description) {
        streams.remark(&format!("plugin {plugin} says of `{}`: {description}", scheme.name));
    }
    prompt::secret(streams, scheme.name.as_str()).map_err(|error| match error {
        PromptError::NoTerminal => {
            Failure::new(exit::USAGE, "`auth plugin` needs --with-token: no terminal to prompt on")
                .hint(format!("pass --with-token, and the credential `{}` on standard input", scheme.name))
                .hint(format!("set {} instead", credential_variable(plugin, &scheme.name)))
        }
        PromptError::Ended => Failure::new(exit::INTERRUPTED, "nothing entered; nothing changed"),
    })
}

fn remove(streams: &mut Streams, app: &App, name: &CommandWord, scheme: Option<&str>) -> CommandResult {
    let removed = plugin_credentials::remove(app, name, scheme)?;
    if let form @ (OutputFormat::Json | OutputFormat::Yaml) = OutputFormat::for_own_report(&app.options) {
        structured(streams, form, &removed)?;
    }
    for CredentialReport { server, cluster, plugin, scheme, .. } in &removed {
        let (scheme, server) = (CleanText::new(scheme), CleanText::new(server));
        let cluster = CleanText::new(cluster);
        streams.remark(&format!(
            "removed the credential `{scheme}` of `{plugin}` for {server}, cluster {cluster}"
        ));
    }
    Ok(exit::SUCCESS)
}

const HEADERS: [&str; 6] = ["PLUGIN", "CREDENTIAL", "KNOWN", "SENT IN", "VARIABLE", "DESCRIPTION"];

fn list(streams: &mut Streams, app: &App, name: Option<&CommandWord>) -> CommandResult {
    let rows = plugin_credentials::list(app, name)?;
    if rows.is_empty() && OutputFormat::for_own_report(&app.options) == OutputFormat::Table {
        let of = name.map_or_else(|| "any plugin".to_owned(), |name| format!("plugin `{name}`"));
        streams.remark(&format!("no credentials of {of} are required or stored for this server"));
        return Ok(exit::SUCCESS);
    }
    if OutputFormat::for_own_report(&app.options) == OutputFormat::Name {
        for row in &rows {
            write(streams, &format!("{} {}\n", CleanText::new(&row.plugin), CleanText::new(&row.scheme)))?;
        }
        return Ok(exit::SUCCESS);
    }
    let report = serde_json::json!({"items": rows});
    let rows = rows.into_iter().map(cells).collect();
    let list = OwnList { report: &report, headers: &HEADERS, rows, narrow: 4, flexible: &[5, 4, 3], name: 0 };
    list.show(streams, app, &ListOptions::default())?;
    Ok(exit::SUCCESS)
}

fn cells(row: CredentialRow) -> Vec<String> {
    let clean = |text: &str| CleanText::new(text).to_string();
    vec![
        clean(&row.plugin),
        clean(&row.scheme),
        row.known.as_str().to_owned(),
        row.sent_in.unwrap_or_default(),
        row.variable.unwrap_or_default(),
        row.description.map(|text| text.to_string()).unwrap_or_default(),
    ]
}
