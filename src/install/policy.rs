//! The policy: which packages may be installed and which commands may run here, as an administrator says, then the user.
//!
//! ```yaml
//! # /etc/everestctl/policy.yaml, then everestctl-policy.yaml beside the config file, then the file of EVERESTCTL_POLICY
//! sources:                                   # where plugins come from; `*` is any text
//!   - oci://ghcr.io/acme/*
//!   - https://plugins.example.com/*
//!   - local:/opt/everestctl/*                # executables and libraries that nobody has installed
//! ways: [exec, native, proxy, container]
//! signers:                                   # an installed package has to be signed by one of them
//!   - { name: platform team, key: /etc/everestctl/cosign.pub }
//!   - name: release workflow                 # without a key: an identity that a trusted root vouches for
//!     identity: https://github.com/acme/*/.github/workflows/release.yml@refs/tags/*
//!     issuer: https://token.actions.githubusercontent.com
//!     trustedRoot: /etc/everestctl/trusted_root.json
//! backends: ["https://everest.example.com"]  # servers whose plugins may run
//! ```
//!
//! A list that is not there says nothing; what is there has to name it. Each file has to agree. One that cannot be read, or that others
//! can write, denies everything.

use super::error::InstallError;
use super::signer::{RequiredIdentity, RequiredSigner, TrustedSigner};
use crate::error::Explain as _;
use crate::model::{CleanText, Way};
use crate::sys::FileFacts;
use crate::sys::files;
use crate::sys::trust::TrustPolicy;
use crate::yaml;
use everestctl_protocol::policy::text_matches;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The administrator's file.
pub const SYSTEM_FILE: &str = "/etc/everestctl/policy.yaml";
/// The user's file, beside the config file.
pub const USER_FILE: &str = "everestctl-policy.yaml";
/// The variable that names one more.
pub const VARIABLE: &str = "EVERESTCTL_POLICY";
/// More than any policy or key, in bytes.
const LARGEST: u64 = 1024 * 1024;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PolicyText {
    sources: Option<Vec<String>>,
    ways: Option<Vec<String>>,
    signers: Option<Vec<SignerText>>,
    backends: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct SignerText {
    name: String,
    key: Option<PathBuf>,
    identity: Option<String>,
    issuer: Option<String>,
    trusted_root: Option<PathBuf>,
}

/// One policy file.
#[derive(Debug)]
struct PolicyFile {
    path: PathBuf,
    text: PolicyText,
    signers: Vec<TrustedSigner>,
}

/// All policy files that there are.
#[derive(Debug, Default)]
pub struct PluginPolicy {
    files: Vec<PolicyFile>,
}

/// What a policy is asked about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicySubject {
    /// Its name.
    pub name: String,
    /// Where it comes from: the source of a package, or `local:` and a path. Plugins of a server have none.
    pub source: Option<String>,
    /// How it runs.
    pub way: Option<Way>,
    /// Who has signed the package, as records keep it; nothing for what is not installed.
    pub signer: Option<String>,
    /// Whether it is an installed package, which can be signed.
    pub is_package: bool,
    /// The address of its server.
    pub backend: Option<String>,
}

/// What one rule says. Its JSON form is an interface.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PolicyReason {
    /// The file.
    pub file: PathBuf,
    /// The list in it.
    pub rule: &'static str,
    /// Whether it lets the subject pass.
    pub allowed: bool,
    /// Why.
    pub reason: String,
}

impl PluginPolicy {
    /// The policy that the files at `paths` are; those that are not there say nothing.
    pub fn read(paths: &[PathBuf]) -> Result<Self, InstallError> {
        let read = paths.iter().filter_map(|path| PolicyFile::read(path).transpose());
        Ok(Self { files: read.collect::<Result<_, _>>()? })
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Who may sign packages.
    pub fn signers(&self) -> Vec<TrustedSigner> {
        self.files.iter().flat_map(|file| file.signers.iter().cloned()).collect()
    }

    /// Whether a package has to be signed.
    pub fn wants_signatures(&self) -> bool {
        self.files.iter().any(|file| file.text.signers.is_some())
    }

    /// Every rule that is about `subject`, and what it says.
    pub fn reasons(&self, subject: &PolicySubject) -> Vec<PolicyReason> {
        self.files.iter().flat_map(|file| file.reasons(subject)).collect()
    }

    /// Fails with the first rule that does not let `subject` pass.
    pub fn check(&self, subject: &PolicySubject) -> Result<(), InstallError> {
        match self.reasons(subject).into_iter().find(|reason| !reason.allowed) {
            Some(PolicyReason { file, reason, .. }) => Err(InstallError::Denied {
                name: CleanText::new(&subject.name),
                file,
                why: CleanText::new(&reason),
            }),
            None => Ok(()),
        }
    }
}

impl PolicyFile {
    fn read(path: &Path) -> Result<Option<Self>, InstallError> {
        let unusable =
            |why: &str| InstallError::UnusablePolicy { path: path.to_owned(), why: CleanText::new(why) };
        if FileFacts::from_path(path).is_err_and(|error| files::is_absent(&error)) {
            return Ok(None);
        }
        TrustPolicy::for_this_user().look(path).map_err(|distrust| unusable(&distrust.to_string()))?;
        let content = files::read(path, LARGEST).map_err(|error| unusable(&error.to_string()))?;
        let text: PolicyText = yaml::explained(&content).map_err(|error| unusable(&error.to_string()))?;
        if let Some(unknown) = text.ways.iter().flatten().find(|way| Way::from_word(way).is_none()) {
            return Err(unusable(&format!(
                "ways: `{unknown}` is none of {}",
                Way::ALL.map(Way::as_str).join(", ")
            )));
        }
        let folder = path.parent().unwrap_or(Path::new("/"));
        let signers = text.signers.iter().flatten().map(|signer| signer.read(folder));
        let signers = signers.collect::<Result<_, _>>();
        let signers = signers.map_err(|why| unusable(&format!("signers: {why}")))?;
        Ok(Some(Self { path: path.to_owned(), text, signers }))
    }

    fn reasons(&self, subject: &PolicySubject) -> Vec<PolicyReason> {
        let mut reasons = Vec::new();
        let mut listed = |rule: &'static str, list: &Option<Vec<String>>, value: Option<&str>| {
            if let (Some(list), Some(value)) = (list, value) {
                let pattern = list.iter().find(|pattern| text_matches(value, pattern));
                let reason = match pattern {
                    Some(pattern) => format!("{rule}: {value} is in `{pattern}`"),
                    None => format!("{rule}: {value} is not listed"),
                };
                reasons.push(PolicyReason {
                    file: self.path.clone(),
                    rule,
                    allowed: pattern.is_some(),
                    reason,
                });
            }
        };
        listed("sources", &self.text.sources, subject.source.as_deref());
        listed("ways", &self.text.ways, subject.way.map(Way::as_str));
        listed("backends", &self.text.backends, subject.backend.as_deref());
        if self.text.signers.is_some() && subject.is_package {
            let signer = self
                .signers
                .iter()
                .find(|trusted| subject.signer.as_deref().is_some_and(|signer| trusted.is(signer)));
            let reason = match signer {
                Some(signer) => format!("signers: signed by {}", signer.name),
                None => "signers: it is not signed by any of them".to_owned(),
            };
            reasons.push(PolicyReason {
                file: self.path.clone(),
                rule: "signers",
                allowed: signer.is_some(),
                reason,
            });
        }
        reasons
    }
}

impl SignerText {
    /// The signer, with what is in the files that are named: relative ones are in `folder`.
    fn read(&self, folder: &Path) -> Result<TrustedSigner, String> {
        let required = match self {
            Self { key: Some(key), identity: None, issuer: None, trusted_root: None, .. } => {
                RequiredSigner::Key(folder.join(key))
            }
            Self {
                key: None,
                identity: Some(identity),
                issuer: Some(issuer),
                trusted_root: Some(root),
                ..
            } => RequiredSigner::Identity(RequiredIdentity {
                identity: identity.clone(),
                issuer: issuer.clone(),
                trusted_root: folder.join(root),
            }),
            _ => {
                let message = "a signer has either `key`, or `identity`, `issuer` and `trustedRoot`";
                return Err(format!("`{}`: {message}", self.name));
            }
        };
        let signer =
            required.read().map_err(|error| [vec![error.to_string()], error.causes()].concat().join(": "))?;
        Ok(TrustedSigner { name: self.name.clone(), ..signer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy(text: &str) -> Result<PluginPolicy, String> {
        let folder = files::temporary_folder("policy-").unwrap();
        let path = folder.path().join("policy.yaml");
        files::replace_public(&path, text.as_bytes()).unwrap();
        PluginPolicy::read(&[path, folder.path().join("none")]).map_err(|error| error.to_string())
    }

    fn subject(source: &str, way: Way) -> PolicySubject {
        PolicySubject {
            name: "greet".to_owned(),
            source: Some(source.to_owned()),
            way: Some(way),
            ..PolicySubject::default()
        }
    }

    fn why(policy: &PluginPolicy, subject: &PolicySubject) -> String {
        match policy.check(subject).unwrap_err() {
            InstallError::Denied { why, .. } => why.to_string(),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_is_listed_passes_and_what_is_not_is_denied_with_the_rule() {
        let policy = policy("sources: ['oci://ghcr.io/acme/*', 'local:/opt/*']\nways: [exec]\n").unwrap();
        assert!(policy.check(&subject("oci://ghcr.io/acme/greet:1", Way::Exec)).is_ok());
        let denied = why(&policy, &subject("oci://ghcr.io/other/greet", Way::Exec));
        assert!(denied.contains("sources: oci://ghcr.io/other/greet is not listed"), "{denied}");
        let denied = why(&policy, &subject("local:/opt/x", Way::Native));
        assert!(denied.contains("ways: native is not listed"), "{denied}");
        assert_eq!(policy.reasons(&subject("local:/opt/x", Way::Exec)).len(), 2);
        // What a file does not say, it does not decide.
        let server =
            PolicySubject { backend: Some("https://e.example".to_owned()), ..PolicySubject::default() };
        assert!(policy.check(&server).is_ok());
    }

    #[test]
    fn a_policy_that_cannot_be_used_is_an_error() {
        for (text, why) in [
            ("sources: 1", "sources"),
            ("surprise: []", "surprise"),
            ("ways: [telepathy]", "`telepathy` is none of"),
            ("signers: [{name: x, key: none.pub}]", "none.pub"),
            ("signers: [{name: x}]", "either `key`, or `identity`"),
            ("signers: [{name: x, key: none.pub, identity: y, issuer: z, trustedRoot: r}]", "either `key`"),
            ("signers: [{name: x, identity: y, issuer: z, trustedRoot: none.json}]", "none.json"),
            ("signers: [{name: x, identity: '*', issuer: z, trustedRoot: none.json}]", "anybody"),
            ("[", ""),
        ] {
            let error = policy(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(PluginPolicy::read(&[PathBuf::from("/nowhere/policy.yaml")]).unwrap().is_empty());
    }

    #[test]
    fn an_unsigned_package_is_denied_where_signers_are_listed() {
        let policy = policy("signers: []").unwrap();
        let package = PolicySubject { is_package: true, ..subject("oci://h/x", Way::Exec) };
        assert!(why(&policy, &package).contains("not signed"));
        assert!(policy.check(&subject("local:/x", Way::Exec)).is_ok());
    }

    proptest! {
        #[test]
        fn a_star_is_any_text(before in "[a-z/:]{0,8}", inside in "[a-z/:]{0,8}", after in "[a-z/:]{0,8}") {
            let value = format!("{before}{inside}{after}");
            let pattern = format!("{before}*{after}");
            let twice = format!("{before}*{inside}*{after}");
            let longer = format!("{value}!");
            prop_assert!(text_matches(&value, &pattern));
            prop_assert!(text_matches(&value, "*") && text_matches(&value, &value) && text_matches(&value, &twice));
            prop_assert!(!text_matches(&longer, &twice) || after.is_empty());
            prop_assert!(!text_matches(&value, &longer));
        }
    }
}
