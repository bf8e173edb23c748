//! A kubeconfig, alone and merged with itself.
#![no_main]

use everestctl::client::kubernetes::KubeconfigAccess;
use everestctl::sys::Environment;
use libfuzzer_sys::fuzz_target;
use std::path::PathBuf;

fuzz_target!(|data: &[u8]| {
    let file = || (PathBuf::from("/home/dana/.kube/config"), data.to_vec().into());
    for files in [vec![file()], vec![file(), file()]] {
        if let Ok(Some(access)) = KubeconfigAccess::from_contents(files, &Environment::default()) {
            let _ = (access.context().len(), access.needs_helper(), access.needs_renewal(), access.server());
        }
    }
});
