//! Which variables of the environment the commands of a plugin may take a secret from: the plugin's own, and those that
//! the user has allowed it in `everestctl.yaml`.
//!
//! It must not know what a secret is for.

use super::App;
use crate::model::CleanText;
use crate::openapi::{ApiCommand, is_variable_of};

/// Takes those variables out of what `plugin` says of itself that are not its own and that the user has not allowed it.
pub(super) fn keep_own(app: &App, plugin: &str, commands: &mut [ApiCommand]) {
    let mut allowed: Option<Vec<String>> = None;
    for argument in commands.iter_mut().flat_map(|command| &mut command.arguments) {
        let Some(name) = argument.environment.as_ref().map(CleanText::as_str) else { continue };
        let is_allowed = is_variable_of(name, plugin)
            || allowed.get_or_insert_with(|| allowed_by_user(app, plugin)).iter().any(|other| other == name);
        if !is_allowed {
            argument.environment = None;
        }
    }
}

/// What the user allows `plugin`; nothing where the file cannot be read.
fn allowed_by_user(app: &App, plugin: &str) -> Vec<String> {
    app.preferences()
        .map(|preferences| preferences.variables_of(plugin).map(str::to_owned).collect())
        .unwrap_or_default()
}
