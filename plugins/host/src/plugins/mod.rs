//! The plugins that the host knows: manifests from folders, or live from Kubernetes.
//!
//! * `manifest`: reading one, with the rules of the real API server and those that it lacks;
//! * `folder`: `DIR/NAME/manifest.yaml`, read again when something changes;
//! * `host_file`: the `host.yaml` beside it;
//! * `frontend_files`: the built frontend of a plugin, where the host serves it itself;
//! * `cluster`: `Plugin` resources, watched;
//! * `declared`: what the permissions of a manifest mean;
//! * [`Registry`]: what came of it.

mod cluster;
mod declared;
mod folder;
mod frontend_files;
mod host_file;
mod manifest;
mod registry;

pub use cluster::watch_cluster;
pub(crate) use declared::covers;
pub use folder::ManifestFolders;
pub use frontend_files::{FrontendFile, FrontendFiles};
pub use host_file::HostFile;
pub use manifest::{Manifest, read};
pub use registry::{ProxyTarget, Registry, ServedPlugin};
