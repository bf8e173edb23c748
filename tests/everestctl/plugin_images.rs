//! The images of the first-party plugins, by the Dockerfiles that are delivered, with a real podman. Where nothing can be pulled, what
//! stands for their base image and for the stage that compiles is of this machine (`Podman::build`).

use crate::containers::{serving, user};
use crate::support::host::Host;
use crate::support::podman::Podman;
use crate::support::{Sandbox, client, skip};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

fn workspace(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The program of a plugin, which `cargo test --workspace` builds.
fn program(name: &str, test: &str) -> Option<PathBuf> {
    let program = Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name(format!("plugin-{name}"));
    if program.exists() {
        return Some(program);
    }
    let component = if name == "compliance" { name.to_owned() } else { format!("{name}-backend") };
    skip(&component, test, "the plugin is not built (cargo build --workspace)");
    None
}

#[test]
fn the_image_of_compliance_is_a_command_of_the_cluster() {
    let test = "plugin_images::the_image_of_compliance_is_a_command_of_the_cluster";
    let Some(program) = program("compliance", test) else { return };
    let Some(podman) = Podman::start(test) else { return };
    // The resource as it is delivered names the image.
    let manifest = std::fs::read_to_string(workspace("plugins/compliance/manifest.yaml")).unwrap();
    let resource: serde_json::Value = serde_yaml::from_str(&manifest).unwrap();
    let image = resource["spec"]["cli"]["image"].as_str().unwrap();
    podman.build(&workspace("plugins/compliance/Dockerfile"), &program, image);
    let cluster = serving(resource.to_string());
    let place = Sandbox::new();
    place.write("instances.yaml", "instances:\n- {name: shop, host: 127.0.0.1, port: 1}\n");
    let host = Host::start(&place, &format!("--instances {}", place.path("instances.yaml").display()));
    let user = user(&cluster)
        .with("EVEREST_HOST", format!("http://{}", host.address))
        .with("EVEREST_TOKEN", host.sign_in().access);
    let user = podman.variables().into_iter().fold(user, |user, (name, value)| user.with(name, value));
    user.run("plugin refresh --source cluster").succeeded();
    assert!(user.run("compliance rules -o name").success_silent().starts_with("pg-tls-off\n"));
    // It asks the server with the user's token.
    let scan = user.run("compliance scan --all --profile tags --fail-on low -o json");
    assert_eq!((scan.code, &scan.json()["instances"][0]), (Some(1), &"everest/shop".into()), "{scan:?}");
    // It sees files only where the user says so, and never as root.
    user.write("home/values.yaml", "password: hunter2-and-more\naws: AKIAIOSFODNN7EXAMPLQ\n");
    let files = "scan --files . --profile credentials --fail-on never -o json";
    let alone = user.run(&format!("compliance {files}"));
    assert!(!alone.stdout.contains("values.yaml"), "{alone:?}");
    let mounted = user.run(&format!("plugin run --mount-cwd compliance -- {files}"));
    assert_eq!(mounted.code, Some(0), "{mounted:?}");
    assert!(mounted.stdout.contains("values.yaml"), "{mounted:?}");
    assert_eq!(podman.all(), "");
}

/// A container that runs.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_images_of_server_plugins_serve_what_the_charts_probe() {
    let test = "plugin_images::the_images_of_server_plugins_serve_what_the_charts_probe";
    let names = ["metrics", "sql"];
    let Some(programs) = names.iter().map(|name| program(name, test)).collect::<Option<Vec<_>>>() else {
        return;
    };
    let Some(podman) = Podman::start(test) else { return };
    for (name, program) in names.iter().zip(programs) {
        podman.build(&workspace(&format!("plugins/{name}/Dockerfile")), &program, name);
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        // As the deployment of its chart has it.
        let port = format!("PORT={}", address.port());
        let words = ["--read-only", "--cap-drop=all", "--env", &port, name];
        let child = podman.run(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let _running = Running(child);
        let address = address.to_string();
        crate::support::sandbox::eventually("it listens", || std::net::TcpStream::connect(&address).is_ok());
        for (path, expected) in
            [("GET /healthz", "ok"), ("GET /openapi.json", "openapi"), ("GET /main.js", "registerExtension")]
        {
            let answer = client::ask(&address, path, &[], b"");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(answer.status == 200 && text.contains(expected), "{name} {path}: {}", answer.status);
        }
        let stopped = podman.stop_all();
        assert!(stopped, "{name}");
    }
}
