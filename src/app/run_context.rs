//! What a runner asks of the run that it is part of, answered by the app.

use super::App;
use super::catalog::CommandCatalog;
use super::descriptors;
use super::installed;
use super::native_metadata::{self, LibraryQuery};
use super::plugin_policy;
use crate::config::{ConfigError, Target};
use crate::discovery::local::{Finder, sidecar};
use crate::discovery::overlays;
use crate::error::Failure;
use crate::index::{self, Key};
use crate::model::{CleanText, Command, Origin, OriginPlace, OriginState, Source, Warning, bundled};
use crate::runner::PluginApi;
use crate::runner::container::lookup::ImageLookup;
use crate::runner::container::options::ContainerOptions;
use crate::runner::container::runtime::LocalImage;
use crate::runner::native::error::LibraryFault;
use crate::runner::{RunContext, Surroundings};
use crate::sys::{Environment, process};
use crate::yaml::edit::{ConfigList, Edit};
use everestctl_protocol::environment as variable;
use everestctl_protocol::sidecar::{Credentials, Sidecar};
use std::path::{Path, PathBuf};
use std::time::Duration;
use zeroize::Zeroizing;

/// So long a token lasts at least that a container gets: nobody renews it there.
const LASTING: Duration = Duration::from_mins(5);

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

    fn surroundings(&self, name: &str, credentials: Credentials) -> Result<Surroundings, Failure> {
        let (target, _) = self.app.target()?;
        let token = match credentials {
            Credentials::Env if target.token.is_some() => super::token_of(self.app, &target)?,
            Credentials::Env | Credentials::None => None,
        };
        Ok(self.around(name, target, token))
    }

    fn surroundings_of_container(
        &self,
        name: &str,
        warn: &mut dyn FnMut(Warning),
    ) -> Result<Surroundings, Failure> {
        let (target, problem) = self.app.target()?;
        problem.into_iter().for_each(warn);
        let token = super::token_lasting(self.app, &target, LASTING)?;
        Ok(self.around(name, target, token))
    }

    fn container(&self, name: &str) -> Result<ContainerOptions, Failure> {
        let mut options = self.app.container_options()?;
        options.variables.extend(self.app.preferences()?.variables_of(name).map(str::to_owned));
        Ok(options)
    }

    fn image_that_ran(&self, image: &str) -> Option<CleanText> {
        self.app.preferences().ok()?.image(image).map(CleanText::new)
    }

    fn remember_image(&self, image: &str, id: &CleanText, warn: &mut dyn FnMut(Warning)) {
        if self.image_that_ran(image).as_ref() == Some(id) {
            return;
        }
        let edit = Edit::Set {
            list: ConfigList::Images,
            name: image.to_owned(),
            field: "id",
            value: id.as_str().into(),
        };
        let file = self.app.config_file().ok_or(ConfigError::NoPlace).map(|file| file.own_beside());
        if let Err(error) = file.and_then(|file| file.change(self.app.patience(), |_| vec![edit])) {
            warn(Warning::general(format!("could not remember which image ran: {error}")));
        }
    }

    fn image_lookup(&self, question: &[Vec<u8>]) -> Option<ImageLookup> {
        let image = self.app.store()?.image(image_key(question))?;
        let index::Image { id, digest, architecture, list, configuration } = image;
        let digest = digest.map(|digest| CleanText::new(&digest));
        let image = LocalImage { id: CleanText::new(&id), digest, architecture };
        Some(ImageLookup { image, list, configuration })
    }

    fn keep_image_lookup(&self, question: &[Vec<u8>], lookup: &ImageLookup) {
        let ImageLookup { image, list, configuration } = lookup.clone();
        let (id, digest) = (image.id.to_string(), image.digest.map(|digest| digest.to_string()));
        let architecture = image.architecture;
        let image = index::Image { id, digest, architecture, list, configuration };
        if let Some(store) = self.app.store() {
            // What cannot be kept is asked again.
            let _ = store.keep_image(image_key(question), &image);
        }
    }

    fn terms(&self, origin: &Origin, path: &Path, warn: &mut dyn FnMut(Warning)) -> Result<Sidecar, Failure> {
        if origin.place == OriginPlace::Installed {
            return Ok(installed::terms(self.app, origin.name.as_str(), path, warn)?);
        }
        Ok(sidecar::terms(path).unwrap_or_else(|problem| {
            warn(problem);
            Sidecar::default()
        }))
    }

    fn native_metadata(&self, path: &Path) -> Result<Sidecar, LibraryFault> {
        native_metadata::read(self.app, path)
    }

    fn known_native_metadata(&self, path: &Path) -> Option<Sidecar> {
        native_metadata::known(self.app, path)?.ok()
    }

    fn is_as_installed(&self, origin: &Origin) -> Result<(), Failure> {
        match (&origin.path, origin.place) {
            (Some(path), OriginPlace::Installed) => {
                // A library says itself what it needs.
                Ok(installed::terms(self.app, origin.name.as_str(), path, &mut drop).map(drop)?)
            }
            _ => Ok(()),
        }
    }

    fn is_allowed(&self, command: &Command) -> Result<(), Failure> {
        plugin_policy::check(self.app, command)
    }

    fn runs_in_process(&self) -> bool {
        self.app.options.in_process
    }

    fn sidecar(&self, path: &Path) -> Sidecar {
        sidecar::read(path).0
    }

    fn described(&self, command: Command) -> Command {
        described(self.app, command, &mut Vec::new())
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
            let name = name.to_owned();
            Some(PluginApi { name, descriptor: Box::new(descriptor.into()), place: String::new() })
        })
    }
}

impl RunScope<'_> {
    /// What surrounds the plugin `name`, which gets `token`.
    fn around(&self, name: &str, target: Target, token: Option<Zeroizing<String>>) -> Surroundings {
        let app = self.app;
        let options = &app.options;
        let exported = app.environment.os(variable::TOKEN).is_some();
        let inherited_token_is_foreign =
            exported && !target.has_token_of_environment() && target.server.is_some();
        Surroundings {
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
        }
    }
}

/// A command of this machine with what it says of itself; dispatch does without.
pub fn described(app: &App, command: Command, problems: &mut Vec<Warning>) -> Command {
    if command.source().is_remote() {
        return command;
    }
    let mut origin = command.first().clone();
    if command.source() == Source::Native {
        native_metadata::describe(app, &mut origin, LibraryQuery::Wanted);
        return Command::new(origin);
    }
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

/// What the index keeps of an image under.
fn image_key(question: &[Vec<u8>]) -> Key {
    Key::new("image", question.iter().map(Vec::as_slice))
}
