//! The options that say who has to have signed what is installed: the owner of a key, or an identity of a trusted root. The words
//! are those of cosign.

use crate::install::signer::{RequiredIdentity, RequiredSigner};
use clap::ValueHint;
use std::path::PathBuf;

/// Who has to have signed.
#[derive(Clone, Debug, Default, clap::Args)]
pub(super) struct SignerArgs {
    /// Refuse what this public key has not signed (cosign); also `EVERESTCTL_COSIGN_KEY`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "certificate_identity")]
    key: Option<PathBuf>,
    /// Refuse what this identity has not signed without a key: an email address or URI, `*` is any text
    #[arg(long, value_name = "IDENTITY", requires_all = ["certificate_oidc_issuer", "trusted_root"])]
    certificate_identity: Option<String>,
    /// OpenID provider that the identity signed in with
    #[arg(long, value_name = "URL", requires = "certificate_identity", value_hint = ValueHint::Url)]
    certificate_oidc_issuer: Option<String>,
    /// File with the authorities and logs that are trusted (`trusted_root.json` of Sigstore)
    #[arg(long, value_name = "FILE", requires = "certificate_identity", value_hint = ValueHint::FilePath)]
    trusted_root: Option<PathBuf>,
}

impl SignerArgs {
    /// The first of these options that was typed.
    pub(super) fn typed(&self) -> Option<&'static str> {
        match self {
            Self { key: Some(_), .. } => Some("--key"),
            Self { certificate_identity: Some(_), .. } => Some("--certificate-identity"),
            _ => None,
        }
    }

    /// Who has to have signed, if that was typed. A path is kept, so it is made absolute.
    pub(super) fn required(&self) -> Option<RequiredSigner> {
        match self.clone() {
            Self { key: Some(key), .. } => Some(RequiredSigner::Key(key)),
            Self {
                certificate_identity: Some(identity),
                certificate_oidc_issuer: Some(issuer),
                trusted_root: Some(root),
                ..
            } => {
                let trusted_root = std::path::absolute(&root).unwrap_or(root);
                Some(RequiredSigner::Identity(RequiredIdentity { identity, issuer, trusted_root }))
            }
            _ => None,
        }
    }
}
