//! The indexes that belong to a run: one for the remote sources as this user sees them, one for the
//! local folders.

use super::App;
use super::native_metadata::{self, LibraryQuery};
use super::run_error::RunError;
use crate::client::kubernetes::KubeconfigAccess;
use crate::config::Target;
use crate::discovery::local::{self, LocalFolders};
use crate::discovery::native;
use crate::error::Failure;
use crate::index::{Key, NameRecord, Names, RefreshReason, Store, freshness};
use crate::model::{CommandWord, Origin, Source, Warning};
use crate::sys::clock::UnixTime;

/// The identity of the remote sources: server, user, cluster, kubeconfig and its context.
#[derive(Debug)]
pub struct RemoteIdentity {
    /// What the run is about.
    pub target: Target,
    /// The kubeconfig, when there is one.
    pub access: Option<KubeconfigAccess>,
    /// What is wrong with the config file or the kubeconfig.
    pub problems: Vec<Warning>,
    /// The key of its index.
    pub key: Key,
}

impl RemoteIdentity {
    pub(super) fn from_app(app: &App) -> Result<Self, Failure> {
        let (target, problem) = app.target()?;
        let mut problems: Vec<Warning> = problem.into_iter().collect();
        let files = app.kubeconfig_files();
        let (access, damage) = app.kubeconfig().clone();
        if let (Some(_), Some(Warning { message, hint, .. })) = (&app.options.kubeconfig, &damage) {
            // What was typed and cannot be honoured is more than something to know.
            return Err(RunError::Kubeconfig { message: message.clone(), hint: hint.clone() }.into());
        }
        problems.extend(damage);
        let context = access.as_ref().map_or("", KubeconfigAccess::context);
        let token = target.token.as_ref().filter(|_| target.has_token_of_environment());
        let key = Key::new(
            "remote",
            [target.server.as_deref().unwrap_or_default(), &target.user, target.cluster(), context]
                .into_iter()
                .map(str::as_bytes)
                // The owner of such a token is not known: each token has its own index.
                .chain(token.map(|token| token.as_bytes()))
                .chain(files.iter().map(|path| path.as_os_str().as_encoded_bytes())),
        );
        Ok(Self { target, access, problems, key })
    }

    /// Whether this source is set up at all.
    pub fn is_configured(&self, source: Source) -> bool {
        match source {
            Source::Server => self.target.server.is_some(),
            Source::Cluster => self.access.is_some(),
            Source::Local | Source::Native => true,
        }
    }

    /// Calls `each` with every command of these sources that can run, as far as is known: quicker than
    /// [`Self::names`], for lists of names. `None` where nothing is known yet.
    pub fn for_each_runnable(&self, store: &Store, mut each: impl FnMut(NameRecord<'_>)) -> Option<()> {
        store.for_each_entry(self.key, |entry| {
            if entry.is_ready && entry.way.is_some() && CommandWord::new(entry.name).is_ok() {
                each(entry);
            }
        })
    }

    /// Calls `each` with everything that is known of these sources, read in place.
    pub fn for_each_name(&self, store: &Store, each: impl FnMut(NameRecord<'_>)) {
        let _nothing_known = store.for_each_entry(self.key, each);
    }

    /// What is known of when these sources answered, with those commands alone that `word` may mean.
    pub fn names_for(&self, store: Option<&Store>, word: &CommandWord) -> Names {
        store.and_then(|store| store.load_for(self.key, word.as_str())).unwrap_or_default()
    }

    /// What is known.
    pub fn names(&self, store: Option<&Store>) -> Names {
        store.and_then(|store| store.load(self.key)).unwrap_or_default()
    }
}

/// The local plugins and native libraries: as they were last time, when nothing has changed since, else as
/// they are now.
pub fn local_names(app: &App) -> Names {
    let folders = app.local_folders();
    let store = app.store();
    let known = store.as_ref().and_then(|store| store.load(local_key(&folders)));
    match known {
        Some(names)
            if [Source::Local, Source::Native].iter().all(|source| {
                names.sections.get(source).is_some_and(|section| freshness::holds(&section.validators))
            }) =>
        {
            names
        }
        _ => scan(app, LibraryQuery::Unwanted).0,
    }
}

/// The local plugins and native libraries as they are now, with what is wrong with them.
pub fn scan(app: &App, asking: LibraryQuery) -> (Names, Vec<Warning>) {
    let folders = app.local_folders();
    let mut problems = Vec::new();
    let mut names = Names::default();
    for report in [local::scan(&folders), native::scan(&folders)] {
        problems.extend(report.problems);
        names.take(report.source, report.outcome, RefreshReason::ByUser, UnixTime::now());
    }
    let mut is_whole = true;
    for origin in names.sections.get_mut(&Source::Native).into_iter().flat_map(|section| &mut section.origins)
    {
        is_whole &= native_metadata::describe(app, origin, asking);
    }
    // What is not known of a library is looked for again the next time.
    if let Some(store) = app.store().filter(|_| is_whole) {
        // A cache that cannot be written costs time, not truth; the remote index reports it.
        let (_, _kept) = store.update(local_key(&folders), |stored| stored.clone_from(&names));
    }
    (names, problems)
}

/// All origins of `names`, taken out.
pub fn origins(names: Names) -> Vec<Origin> {
    names.sections.into_values().flat_map(|section| section.origins).collect()
}

fn local_key(folders: &LocalFolders) -> Key {
    let plugins = folders.plugins.as_ref().map(|path| path.as_os_str().as_encoded_bytes());
    let path = folders.path.iter().map(|path| path.as_os_str().as_encoded_bytes());
    let installed = folders.installed.as_ref().map(|path| path.as_os_str().as_encoded_bytes());
    Key::new("local", [plugins.unwrap_or_default(), installed.unwrap_or_default()].into_iter().chain(path))
}

/// A source that was asked for by name is not set up.
pub fn not_configured(source: Source) -> Warning {
    match source {
        Source::Cluster => {
            Warning::new(source, "no cluster in any kubeconfig").hint("pass `-k FILE` or set KUBECONFIG")
        }
        _ => Warning::new(source, "no OpenEverest server is configured")
            .hint("sign in with `everestctl auth login --server URL`, or set EVEREST_HOST and EVEREST_TOKEN"),
    }
}
