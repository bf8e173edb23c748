//! A kubeconfig.
#![no_main]

use everestctl::client::cluster::Access;
use libfuzzer_sys::fuzz_target;
use std::path::Path;

fuzz_target!(|data: &[u8]| {
    if let Ok(Some(access)) = Access::from_text(data, Path::new("/home/dana/.kube/config")) {
        let _ = (access.context().len(), access.needs_helper(), access.server());
    }
});
