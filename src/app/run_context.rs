//! What a runner asks of the run that it is part of, answered by the app.

use super::App;
use super::catalog::CommandCatalog;
use super::descriptors;
use crate::discovery::local::{Finder, sidecar};
use crate::discovery::overlays;
use crate::error::Failure;
use crate::model::{CleanText, Command, OriginPlace, OriginState, Source, Warning, bundled};
use crate::runner::PluginApi;
use crate::runner::{RunContext, Surroundings};
use crate::sys::{Environment, process};
use everestctl_protocol::environment as variable;
use everestctl_protocol::sidecar::{Credentials, Sidecar};
use std::path::{Path, PathBuf};

/// An app, and the catalog of it that has found the command.
#[derive(Clone, Copy, Debug)]
pub struct RunScope<'a> {
    /// Environment, folders and options of this run.
    pub app: &'a App,
    /// Its view.
    pub catalog: &'a CommandCatalog<'a>,
}

impl RunContext for RunScope<'_> {
    fn environment(&self) -> &Environment {
        &self.app.environment
    }

    /// A token only when its sidecar asks for one.
    fn surroundings(
        &self,
        name: &str,
        path: &Path,
        warn: &mut dyn FnMut(Warning),
    ) -> Result<Surroundings, Failure> {
        let app = self.app;
        let (target, _) = app.target()?;
        let options = &app.options;
        let exported = app.environment.os(variable::TOKEN).is_some();
        let inherited_token_is_foreign =
            exported && !target.has_token_of_environment() && target.server.is_some();
        let mut token = None;
        if target.token.is_some() {
            match sidecar::credentials(path) {
                Ok(Credentials::Env) => token = super::token_of(app, &target)?,
                Ok(Credentials::None) => {}
                Err(problem) => warn(problem),
            }
        }
        Ok(Surroundings {
            everestctl: process::this_binary().ok(),
            plugin: name.to_owned(),
            context: target.context,
            host: target.server,
            token,
            inherited_token_is_foreign,
            cluster: target.cluster,
            namespace: target.namespace,
            all_namespaces: options.wishes.all_namespaces,
            kubeconfig: options.kubeconfig.clone(),
            output: options.output().map(str::to_owned),
            verbose: options.verbose,
            offline: options.offline,
            color: options.color,
        })
    }

    fn sidecar(&self, path: &Path) -> Sidecar {
        sidecar::read(path).0
    }

    fn described(&self, command: Command) -> Command {
        described(command, &mut Vec::new())
    }

    /// `everestctl_complete-NAME`, from the same folders and by the same rules as commands.
    fn completer(&self, name: &str) -> Option<PathBuf> {
        let folders = self.app.local_folders();
        let origin = Finder::companions(&folders).find(vec![name.to_owned()]).next()?;
        matches!(origin.state, OriginState::Ready).then_some(origin.path)?
    }

    fn known(&self, command: &Command) -> Option<PluginApi> {
        if !command.source().is_remote() {
            return None;
        }
        let name = command.name().as_str();
        // One that was never asked may be one that we have an overlay for.
        descriptors::known(self.app, self.catalog.names(), name).or_else(|| {
            let version = command.find(|origin| origin.version.as_ref()).map(CleanText::as_str);
            let descriptor = overlays::for_plugin(name, version)?;
            Some(PluginApi { descriptor: Box::new(descriptor.into()), place: String::new() })
        })
    }
}

/// A local command with what its sidecar says; dispatch does without.
pub fn described(command: Command, problems: &mut Vec<Warning>) -> Command {
    if command.source() != Source::Local {
        return command;
    }
    let mut origin = command.first().clone();
    if origin.place == OriginPlace::Bundled {
        // What a sidecar would say is compiled in.
        origin.description =
            bundled::find(origin.name.as_str()).map(|bundled| CleanText::new(bundled.summary));
        return Command::new(origin);
    }
    if let Some((found, wrong)) = origin.path.as_deref().map(sidecar::read) {
        sidecar::describe(&mut origin, found);
        problems.extend(wrong);
    }
    Command::new(origin)
}
