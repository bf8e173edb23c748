//! The command line of a container runtime: podman, docker and nerdctl read the same one. Pure.
//!
//! A secret is never in it: variables are inherited by their names. It must not know which runtime reads it, but for
//! what the caller says of it.

use super::options::MountMode;
use std::ffi::OsString;
use std::path::PathBuf;

/// A container to run.
#[derive(Clone, Debug, Default)]
pub(super) struct ContainerRun {
    /// The image, by its ID or its digest: what was looked at is what runs.
    pub(super) image: String,
    /// The runtime gets it, should it not be there any more: only where it is named by its digest.
    pub(super) may_pull: bool,
    /// Both ends are a terminal.
    pub(super) terminal: bool,
    /// A first process that passes signals on is there.
    pub(super) init: bool,
    /// It shares the network of this machine, where the server is.
    pub(super) host_network: bool,
    /// The names of the variables that it gets.
    pub(super) variables: Vec<String>,
    /// A folder that it sees, at the same path.
    pub(super) mount: Option<(PathBuf, MountMode)>,
    /// What runs instead of the image's own program.
    pub(super) entrypoint: Option<String>,
    /// What the user adds.
    pub(super) more: Vec<String>,
}

impl ContainerRun {
    /// The arguments of the runtime, with those of the plugin at the end.
    pub(super) fn arguments(&self, of_plugin: &[OsString]) -> Vec<OsString> {
        let mut all: Vec<OsString> = ["run", "--rm", "--interactive"].map(OsString::from).to_vec();
        let mut add = |word: &str| all.push(word.into());
        if self.terminal {
            add("--tty");
        }
        if self.init {
            add("--init");
        }
        add(if self.may_pull { "--pull=missing" } else { "--pull=never" });
        add("--read-only");
        add("--cap-drop=all");
        add("--security-opt=no-new-privileges");
        add("--tmpfs=/tmp");
        if self.host_network {
            add("--network=host");
        }
        for name in &self.variables {
            add(&format!("--env={name}"));
        }
        if let Some(program) = &self.entrypoint {
            add(&format!("--entrypoint={program}"));
        }
        self.more.iter().for_each(|argument| add(argument));
        if let Some((folder, mode)) = &self.mount {
            let mut volume = OsString::from("--volume=");
            for part in [folder.as_os_str(), ":".as_ref(), folder.as_os_str(), ":".as_ref()] {
                volume.push(part);
            }
            volume.push(mode.as_str());
            let mut workdir = OsString::from("--workdir=");
            workdir.push(folder);
            all.extend([volume, workdir]);
        }
        all.push(self.image.clone().into());
        all.extend_from_slice(of_plugin);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(run: &ContainerRun, arguments: &[&str]) -> String {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        let words = run.arguments(&arguments);
        words.iter().map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_container_can_do_nothing_that_it_was_not_given() {
        let run = ContainerRun { image: "sha256:1".to_owned(), ..ContainerRun::default() };
        assert_eq!(
            line(&run, &["list", "--all"]),
            "run --rm --interactive --pull=never --read-only --cap-drop=all --security-opt=no-new-privileges --tmpfs=/tmp \
             sha256:1 list --all"
        );
    }

    #[test]
    fn what_it_was_given_stands_before_the_image() {
        let run = ContainerRun {
            image: "sha256:1".to_owned(),
            may_pull: false,
            terminal: true,
            init: true,
            host_network: true,
            variables: vec!["EVEREST_TOKEN".to_owned()],
            mount: Some(("/w x".into(), MountMode::Writable)),
            entrypoint: Some("/bin/sh".to_owned()),
            more: vec!["--ulimit=nofile=1024".to_owned()],
        };
        assert_eq!(
            line(&run, &[]),
            "run --rm --interactive --tty --init --pull=never --read-only --cap-drop=all \
             --security-opt=no-new-privileges --tmpfs=/tmp --network=host --env=EVEREST_TOKEN --entrypoint=/bin/sh \
             --ulimit=nofile=1024 --volume=/w x:/w x:rw --workdir=/w x sha256:1"
        );
    }

    proptest! {
        #[test]
        fn the_plugins_arguments_come_last_and_unchanged(arguments in prop::collection::vec("\\PC{0,9}", 0..6)) {
            let run = ContainerRun { image: "sha256:1".to_owned(), ..ContainerRun::default() };
            let arguments: Vec<OsString> = arguments.into_iter().map(OsString::from).collect();
            let all = run.arguments(&arguments);
            let at = all.iter().position(|word| word == "sha256:1").unwrap();
            prop_assert_eq!(&all[at + 1..], &arguments[..]);
        }
    }
}
