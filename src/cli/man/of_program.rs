//! What only the page of the whole program has: examples, the environment, files and exit codes.
//!
//! `docs/reference.md` has the same at length. It must not know any command.

use clap_mangen::roff::{Roff, bold, italic, roman};

const EXAMPLES: [(&str, &str); 5] = [
    (
        "everestctl auth login https://everest.example.com",
        "Sign in; the plugins of the server become commands.",
    ),
    ("everestctl plugin list", "List all commands from plugins, and whether each can run."),
    ("everestctl sql query 'select 1' --instance shop", "Run a command of the plugin sql."),
    ("everestctl plugin which sql", "Show which plugin provides a command, and why."),
    ("source <(everestctl completion bash)", "Complete commands, flags and values with TAB."),
];

const ENVIRONMENT: [(&str, &str); 19] = [
    ("EVEREST_CONFIG", "The config file shared with OpenEverest's own CLI."),
    ("EVEREST_HOST, EVEREST_TOKEN", "Server and access token, before those of the context."),
    ("EVEREST_CLUSTER, EVEREST_NAMESPACE", "Cluster and namespace."),
    (
        "EVERESTCTL_PLUGIN_<PLUGIN>_<CREDENTIAL>",
        "A credential that a plugin requires; everestctl NAME --help spells it.",
    ),
    (
        "EVEREST_INSTANCE, EVEREST_DATABASE",
        "Database instance of a command that needs one, and its database.",
    ),
    ("EVERESTCTL_CONTEXT", "The context, like --context."),
    ("EVERESTCTL_HOME", "One folder for configuration, plugins, cache and state."),
    ("EVERESTCTL_PLUGIN_DIR, EVERESTCTL_CACHE_DIR", "The plugin folder, the cache folder."),
    ("EVERESTCTL_CONTAINER_RUNTIME", "The container runtime: podman, docker, nerdctl, or a path."),
    ("EVERESTCTL_NO_PLUGINS", "If 1, run built-in commands only, like --no-plugins."),
    ("EVERESTCTL_COSIGN_KEY", "The public key that has to have signed what is installed, like --key."),
    ("EVERESTCTL_NO_UPDATE_NOTICE", "If 1, do not say that plugins have newer versions."),
    ("EVERESTCTL_POLICY", "One more file that says what may be installed and run."),
    ("EVERESTCTL_OFFLINE", "If 1, do not contact any server, like --offline."),
    ("EVERESTCTL_INDEX_TTL", "How long the index of a server is fresh. The default is 10m."),
    ("EVERESTCTL_REFRESH_WAIT", "How long an unknown command waits for a refresh. The default is 2s."),
    ("EVERESTCTL_PAGER, PAGER", "The pager for long tables on a terminal. The default is less."),
    ("KUBECONFIG", "Kubeconfig files, as in kubectl."),
    (
        "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY, NO_COLOR, CLICOLOR_FORCE, COLUMNS, SSL_CERT_FILE, SSL_CERT_DIR, CI",
        "As in other programs.",
    ),
];

const FILES: [(&str, &str); 7] = [
    ("~/.config/everest/config.yaml", "Contexts and sessions, shared with OpenEverest's own CLI."),
    (
        "~/.config/everest/everestctl.yaml",
        "Defaults of each context, aliases, variables that plugins may read, and images that ran.",
    ),
    ("~/.config/everest/everestctl-credentials.json", "Credentials of plugins, readable by you only."),
    ("~/.config/everest/plugins/NAME.openapi.yaml", "Your own description of a server plugin."),
    ("~/.local/share/everestctl/plugins/", "The plugin folder: everestctl-NAME and everestctl-NAME.yaml."),
    ("~/.cache/everestctl/", "The index and remembered values for TAB; can be deleted at any time."),
    ("everestctl-host", "The development host, beside everestctl or in ../libexec/everestctl."),
];

const EXIT_STATUS: [(&str, &str); 9] = [
    ("0", "Success."),
    ("1", "Failure, also of a job that --wait watched."),
    ("2", "Wrong usage."),
    ("4", "You need to sign in."),
    ("124", "A time limit was exceeded."),
    ("125", "everestctl failed before the plugin started."),
    ("126", "The command was found, but may not or cannot run."),
    ("127", "No such command, or the interpreter of a plugin is missing."),
    ("130", "Interrupted with Ctrl-C."),
];

/// These sections, in roff.
pub(super) fn sections() -> String {
    let mut roff = Roff::new();
    roff.control("SH", ["EXAMPLES"]);
    for (line, meaning) in EXAMPLES {
        roff.control("TP", []);
        roff.text([bold(line)]);
        roff.text([roman(meaning)]);
    }
    let lists = [("ENVIRONMENT", &ENVIRONMENT[..]), ("FILES", &FILES), ("EXIT STATUS", &EXIT_STATUS)];
    for (heading, entries) in lists {
        roff.control("SH", [heading]);
        if heading == "EXIT STATUS" {
            roff.text([roman("The exit code of a local plugin is passed through unchanged. Otherwise:")]);
        }
        for (term, meaning) in entries {
            roff.control("TP", []);
            roff.text([if heading == "FILES" { italic(*term) } else { bold(*term) }]);
            roff.text([roman(*meaning)]);
        }
    }
    roff.to_roff()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_and_the_reference_agree() {
        let reference = include_str!("../../../docs/reference.md");
        for (names, _) in ENVIRONMENT {
            for name in names.split(", ") {
                assert!(reference.contains(&format!("`{name}")), "{name} is not in the reference");
            }
        }
        for (path, _) in FILES {
            assert!(reference.contains(&format!("`{path}`")), "{path} is not in the reference");
        }
        for (code, _) in EXIT_STATUS {
            assert!(reference.contains(&format!("\n| {code} |")), "{code} is not in the reference");
        }
    }
}
