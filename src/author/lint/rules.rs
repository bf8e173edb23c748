//! The table of rules: each with its id, how bad it is when it is broken, a title, and what to change. `docs/lint.md` has a section for each.

use serde::Serialize;

/// How bad it is when a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It is refused somewhere, or does not work.
    Error,
    /// It works, and its users are worse off.
    Warning,
}

/// A rule.
#[derive(Debug, PartialEq, Eq)]
pub struct LintRule {
    /// Its name, and the anchor of its section.
    pub id: &'static str,
    /// How bad it is when it is broken.
    pub severity: Severity,
    /// What it wants, in one line.
    pub title: &'static str,
    /// What to change.
    pub mend: &'static str,
}

impl LintRule {
    /// Its section in the documentation.
    pub fn docs(&self) -> String {
        format!("docs/lint.md#{}", self.id)
    }
}

/// The rule of this name.
pub fn rule(id: &str) -> Option<&'static LintRule> {
    RULES.iter().copied().find(|rule| rule.id == id)
}

macro_rules! rules {
    ($($name:ident $id:literal $severity:ident $title:literal $mend:literal;)*) => {
        $(
            #[doc = $title]
            pub const $name: &LintRule = &LintRule { id: $id, severity: Severity::$severity, title: $title, mend: $mend };
        )*
        /// All of them, in the order of the page.
        pub const RULES: &[&LintRule] = &[$($name),*];
    };
}

rules! {
    UNREADABLE "unreadable" Error "A file can be read" "Make it a regular file of UTF-8 text with valid YAML or JSON, not a link and not too large.";
    MANIFEST_FIELD "manifest-field" Error "A Plugin has the fields of its type, and those that are required" "Correct the field: the API server refuses the resource.";
    MANIFEST_KEY "manifest-key" Warning "A Plugin has no keys that the API server drops" "Remove the key or correct its name: the resource is kept without it.";
    MANIFEST_GROUP "manifest-group" Error "A Plugin is of the current API group" "Write `apiVersion: extensions.openeverest.io/v1alpha1`.";
    MANIFEST_NAME "manifest-name" Error "The name of a Plugin can be a command" "Use at most 63 lower-case letters, digits and `-`, starting with a letter, and no word of everestctl.";
    MANIFEST_BACKEND "manifest-backend" Error "A backend has one of `serviceRef` and `externalUrl`" "Leave one of them: the server takes `serviceRef` and answers 500 without either.";
    MANIFEST_PORT "manifest-port" Error "The port of a service is one" "Use a number from 1 to 65535.";
    MANIFEST_URL "manifest-url" Error "`externalUrl` is an http or https URL" "Write the whole address, as in https://reports.example.com.";
    MANIFEST_BUNDLE_PATH "manifest-bundle-path" Error "`bundlePath` is a path of the backend" "Start it with `/`.";
    MANIFEST_HOSTS "manifest-hosts" Error "`compatibleHostVersions` allows a version that there is" "Widen the range: the interface hides the plugin from everybody.";
    MANIFEST_HOSTS_FORM "manifest-hosts-form" Warning "`compatibleHostVersions` has a form that is understood" "Write comparators with three numbers, as in `>=2.0.0 <3.0.0`: any other is passed over.";
    MANIFEST_PROVIDER "manifest-provider" Warning "`providers` has names of providers" "Name the provider, as in `provider-percona-postgresql`: with the name of an engine the plugin is shown nowhere.";
    MANIFEST_POINT "manifest-point" Warning "The type of an extension point is known" "Use route, sidebarItem, clusterDetailTab, clusterAction, clusterCard, globalDashboardWidget, settingsPanel, instanceCreateFormSection or instanceEditFormSection.";
    MANIFEST_POINT_ABSENT "manifest-point-absent" Warning "The bundle registers each extension point of the Plugin" "Register it in the bundle, or remove it from the Plugin.";
    BUNDLE_POINT_UNDECLARED "bundle-point-undeclared" Error "The Plugin declares each extension point of the bundle" "Add it to `spec.frontend.extensionPoints`: the interface drops what is not listed there.";
    MANIFEST_IMAGE "manifest-image" Warning "`cli.image` is named by its digest" "Add `@sha256:…`: everestctl asks its users again whenever a tag moves.";
    MANIFEST_EMPTY "manifest-empty" Warning "A Plugin has a frontend, a backend or an image" "Add one: there is nothing in it that somebody could use.";
    MANIFEST_ABOUT "manifest-about" Warning "A Plugin says what it is" "Add `description`, `version` and `vendor`: lists and help show them.";
    SIDECAR_KEY "sidecar-key" Error "A sidecar has known keys with valid values" "Correct the key: everestctl leaves it out, and does not run the plugin if it is one of its terms.";
    SIDECAR_REQUIRES "sidecar-requires" Error "This everestctl has what the plugin requires" "Require a version and features of the plugin protocol that exist.";
    SIDECAR_SUMMARY "sidecar-summary" Warning "A plugin says in one line what it does" "Add `summary`: lists, help and TAB show it.";
    SIDECAR_WORDS "sidecar-words" Warning "`words` and `completion: words` go together" "Add the one that is missing, or remove the other: nothing is completed now.";
    SIDECAR_COMPANION "sidecar-companion" Error "The companion that completes is there" "Put an executable `everestctl_complete-NAME` beside the plugin, or use another `completion`.";
    SIDECAR_PROGRAM "sidecar-program" Warning "A sidecar lies beside its plugin" "Put the executable beside it, with the same name without `.yaml`, and make it executable.";
    PACKAGE_FIT "package-fit" Error "A package can be installed" "Correct what the installer refuses.";
    PACKAGE_CHECKSUM "package-checksum" Error "The checksum of each platform's file is right" "Remove `sha256`, which `plugin pack` fills in, or correct it (--fix).";
    PACKAGE_PLATFORM "package-platform" Error "A platform is one that everestctl runs on" "Use linux-x86_64, linux-aarch64, macos-x86_64, macos-aarch64 or any.";
    PACKAGE_VERSION "package-version" Warning "A version is a semantic one" "Write three numbers, as in 1.2.0: upgrades and tags of registries are compared by them.";
    PACKAGE_ABOUT "package-about" Warning "A package says what it is" "Add `summary` and `license`.";
    PACKAGE_REQUIRES "package-requires" Error "A package requires what can be there" "Write a range of versions as Cargo does, and features that exist.";
    PACKAGE_COMPANION "package-companion" Error "A package completes in a way that can be installed" "Use `words`, `cobra` or `clap`: a companion is not installed with a package.";
    PACKAGE_NEWLINE "file-newline" Warning "A file ends with a new line" "Add one (--fix).";
    DOCUMENT_VALID "document-valid" Error "An OpenAPI document can be read" "Correct it: without it the plugin has no commands.";
    DOCUMENT_MAPPED "document-mapped" Warning "Each operation becomes a command as it is" "Change the operation, or say with `x-cli-*` keys what is meant.";
    DOCUMENT_NAME "document-name" Warning "A command has at most three words" "Name it with `x-cli-name`.";
    DOCUMENT_SUMMARY "document-summary" Warning "Each operation has a summary" "Add `summary`: help and TAB show it.";
    DOCUMENT_CONFIRM "document-confirm" Warning "An operation that destroys says what it asks first" "Add `x-cli-confirm` with a question that names what is lost.";
    DOCUMENT_PAGES "document-pages" Warning "A list comes in pages" "Take a limit and give a cursor, or say with `x-cli-paginate` how pages are had: a large list is cut or slow.";
    DOCUMENT_WAIT "document-wait" Warning "An operation that starts a job can be waited for" "Add `x-cli-wait`, so that `--wait` exists.";
    CHART_RENDERS "chart-renders" Error "A chart passes `helm lint` and can be rendered" "Correct what helm says.";
    CHART_PLUGIN "chart-plugin" Error "A chart makes one Plugin that can be installed" "Correct what `plugin install` refuses.";
    CHART_NAME "chart-name" Error "The Plugin has the name of its chart" "Give both the same name: `plugin install NAME` looks for that command.";
    CHART_RESOURCES "chart-resources" Warning "Each container has requests and limits" "Add `resources.requests` and `resources.limits.memory`.";
    CHART_CONTEXT "chart-context" Warning "Each container runs without rights" "Set `runAsNonRoot: true` and `allowPrivilegeEscalation: false` in `securityContext`.";
    CHART_RIGHTS "chart-rights" Warning "Rights in the whole cluster are declared" "List them in `spec.permissions`, which users see before they install, or make a Role of the ClusterRole.";
    BUNDLE_WORKS "bundle-works" Error "A bundle is shown" "Change what is said; `everestctl host lint-bundle` says the same.";
    BUNDLE_BURDEN "bundle-burden" Warning "A bundle is no burden" "Change what is said; `everestctl host lint-bundle` says the same.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_rule_has_its_section_and_each_section_its_rule() {
        let page = include_str!("../../../docs/lint.md");
        let sections: Vec<&str> = page.lines().filter_map(|line| line.strip_prefix("### ")).collect();
        assert_eq!(sections.len(), RULES.len());
        for rule in RULES {
            assert_eq!(sections.iter().filter(|section| **section == rule.id).count(), 1, "{}", rule.id);
            let word = if rule.severity == Severity::Error { "error" } else { "warning" };
            let section = format!("### {}\n\n*{word}*: {}.\n\n{}\n", rule.id, rule.title, rule.mend);
            assert!(page.contains(&section), "docs/lint.md needs this section:\n{section}");
        }
    }
}
