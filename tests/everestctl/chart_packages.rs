//! The charts of server plugins as packages: packed, signed, pushed, and installed in a real kube-apiserver, without a catalog.

use crate::plugin_pack::key_pair;
use crate::server_plugins::World;
use crate::support::helm::helm;
use crate::support::registry::Registry;
use crate::support::{InTime as _, Sandbox};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

/// Makes a server plugin from a template, with its chart; gives its folder.
fn made(sandbox: &Sandbox, name: &str, template: &str) -> String {
    let folder = sandbox.path(name).display().to_string();
    sandbox.run(&format!("plugin new {name} -t {template} --chart --dir {folder}")).succeeded();
    folder
}

/// The path of a file of the sandbox.
fn place(sandbox: &Sandbox, file: &str) -> String {
    sandbox.path(file).display().to_string()
}

#[test]
fn a_chart_is_packed_to_the_same_bytes_and_helm_takes_it() {
    let sandbox = Sandbox::new();
    let folder = made(&sandbox, "memo", "go");
    let (one, two) = (place(&sandbox, "one.tgz"), place(&sandbox, "two.tgz"));
    let packed = sandbox.run(&format!("plugin pack {folder} -f {one} -o json")).json();
    let files = json!([
        ".helmignore",
        "Chart.yaml",
        "templates/_names.tpl",
        "templates/deployment.yaml",
        "templates/plugin-cr.yaml",
        "templates/service.yaml",
        "templates/serviceaccount.yaml",
        "values.yaml"
    ]);
    assert_eq!(
        (&packed["kind"], &packed["name"], &packed["files"]),
        (&json!("chart"), &json!("memo"), &files)
    );
    assert!(packed["notChecked"].as_str().unwrap().contains("`helm` was not found on PATH"), "{packed}");
    // Another umask, other times, another folder, and what was packed there before.
    let line = format!(
        "umask 077; cp -r {folder}/chart other; cd other; touch -d 2001-01-01 values.yaml; chmod 700 Chart.yaml; \
         echo x > memo-0.0.9.tgz; echo x > notes.swp; everestctl plugin pack; everestctl plugin pack -f {two}"
    );
    let elsewhere = sandbox.shell(&line);
    assert_eq!(elsewhere.code, Some(0), "{elsewhere:?}");
    assert!(elsewhere.stderr.contains("left out: notes.swp (as .helmignore says)"), "{elsewhere:?}");
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    let listed = Command::new("tar").args(["-tvzf", &one]).output_in_time();
    let listed = String::from_utf8(listed.stdout).unwrap();
    assert!(
        listed.lines().all(|line| line.starts_with("-rw-r--r-- 0/0") && line.contains(" memo/")),
        "{listed}"
    );
    assert!(listed.contains("1970-01-01"), "{listed}");
    let Some(program) = helm("chart_packages::a_chart_is_packed_to_the_same_bytes_and_helm_takes_it") else {
        return;
    };
    symlink(program, sandbox.path("bin/helm")).unwrap();
    // With helm it is looked at what the chart makes, and the bytes are the same.
    let checked = sandbox.run(&format!("plugin pack {folder} -f {one}"));
    assert_eq!(checked.stderr, "unchanged: `memo` 0.1.0 (8 files)\n");
    let shown = sandbox
        .shell(&format!("helm show chart {one} && helm template memo {one} && helm lint --strict {one}"));
    assert_eq!(shown.code, Some(0), "{shown:?}");
    assert!(shown.stdout.contains("name: memo\n") && shown.stdout.contains("kind: Plugin\n"), "{shown:?}");
    let judged = sandbox.run(&format!("plugin lint {one}"));
    assert_eq!((judged.stdout.as_str(), judged.stderr.as_str()), ("", "0 errors, 0 warnings in 1 file\n"));
    // What would not be installed is not packed.
    let values = fs::read_to_string(sandbox.path("memo/chart/values.yaml")).unwrap();
    sandbox.write("memo/chart/values.yaml", values.replace("port: 8080", "port: 0"));
    let refused = sandbox.run(&format!("plugin pack {folder} -f {one} --force")).stderr_failed(1);
    assert_eq!(
        refused,
        "error: the chart `memo` cannot be installed: its Plugin has the port 0: expected 1 to 65535\n"
    );
    // One that needs values is packed all the same, and it is said that nobody has looked.
    sandbox.write("memo/chart/values.yaml", values);
    sandbox.write("memo/chart/templates/needs.yaml", "{{ required \"set site\" .Values.site }}\n");
    let packed = sandbox.run(&format!("plugin pack {folder} -f {one} --force")).stderr_failed(0);
    assert!(
        packed.contains("\nwarning: could not check what the chart makes: helm could not render"),
        "{packed}"
    );
    assert!(packed.contains("set site"), "{packed}");
}

#[test]
fn a_folder_that_is_two_things_is_refused_and_so_is_one_that_is_none() {
    let sandbox = Sandbox::new();
    let folder = made(&sandbox, "memo", "go");
    sandbox.write(
        "memo/everestctl-plugin.yaml",
        "name: memo\nversion: 0.1.0\nplatforms: {any: {file: run.sh}}\n",
    );
    sandbox.script("memo/run.sh", "echo memo");
    let both = "error: [ROOT]/memo has both a package and a chart\n\
                hint: pass [ROOT]/memo/everestctl-plugin.yaml for the package\n\
                hint: pass [ROOT]/memo/chart/Chart.yaml for the chart\n";
    assert_eq!(sandbox.run(&format!("plugin pack {folder}")).stderr_failed(2), both);
    assert_eq!(sandbox.run(&format!("plugin install --yes {folder}")).stderr_failed(2), both);
    let (chart, package) = (place(&sandbox, "chart.tgz"), place(&sandbox, "package.tar.gz"));
    let packed = sandbox.run(&format!("plugin pack {folder}/chart/Chart.yaml -f {chart} -o json")).json();
    assert_eq!(packed["kind"], "chart");
    let packed =
        sandbox.run(&format!("plugin pack {folder}/everestctl-plugin.yaml -f {package} -o json")).json();
    assert_eq!(packed["kind"], "package");
    sandbox.run(&format!("plugin install --yes {folder}/everestctl-plugin.yaml")).succeeded();
    assert_eq!(sandbox.run("memo").success_silent(), "memo\n");
    // An archive of somebody else may be both, too.
    fs::rename(sandbox.path("memo/chart/Chart.yaml"), sandbox.path("memo/Chart.yaml")).unwrap();
    let made = Command::new("tar")
        .args(["-czf", "both.tgz", "memo"])
        .current_dir(sandbox.path("."))
        .status_in_time();
    assert!(made.success());
    let line = format!("plugin install --yes {}", place(&sandbox, "both.tgz"));
    let refused = sandbox.run(&line).stderr_failed(1);
    assert!(
        refused.starts_with("error: `[ROOT]/both.tgz` has both everestctl-plugin.yaml and Chart.yaml\n"),
        "{refused}"
    );
    // A server plugin without a chart.
    let bare = place(&sandbox, "bare");
    sandbox.run(&format!("plugin new bare -t go --dir {bare}")).succeeded();
    let refused = sandbox.run(&format!("plugin pack {bare}")).stderr_failed(2);
    assert!(refused.starts_with("error: [ROOT]/bare is a server plugin without a chart\n"), "{refused}");
    assert!(refused.contains("pass the folder with Chart.yaml"), "{refused}");
    sandbox.write("empty/notes.txt", "x");
    let refused = sandbox.run(&format!("plugin pack {}", place(&sandbox, "empty"))).stderr_failed(1);
    assert!(refused.contains("has no everestctl-plugin.yaml") && refused.contains("Chart.yaml"), "{refused}");
}

#[test]
fn what_is_wrong_with_a_chart_is_said() {
    let sandbox = Sandbox::new();
    let folder = made(&sandbox, "memo", "go");
    let description = fs::read_to_string(sandbox.path("memo/chart/Chart.yaml")).unwrap();
    for (from, to, why) in [
        ("version: 0.1.0\napp", "version: soon\napp", "version: expected a semantic version"),
        ("name: memo", "name: ../memo", "name: expected letters"),
        ("apiVersion: v2", "apiVersion: v9", "apiVersion: expected v1 or v2"),
    ] {
        sandbox.write("memo/chart/Chart.yaml", description.replace(from, to));
        let refused = sandbox.run(&format!("plugin pack {folder}")).stderr_failed(1);
        assert!(
            refused.contains("Chart.yaml in `[ROOT]/memo/chart` is invalid: ") && refused.contains(why),
            "{refused}"
        );
    }
    sandbox.write("memo/chart/Chart.yaml", &description);
    sandbox.write("memo/chart/.helmignore", "a\n**/b\n");
    let refused = sandbox.run(&format!("plugin pack {folder}")).stderr_failed(1);
    assert!(refused.contains("line 2: `**/b` has `**`, which helm does not support"), "{refused}");
    sandbox.write("memo/chart/.helmignore", "");
    symlink("/etc/passwd", sandbox.path("memo/chart/templates/passwd.yaml")).unwrap();
    let refused = sandbox.run(&format!("plugin pack {folder}")).stderr_failed(1);
    assert!(refused.contains("passwd.yaml is neither a file nor a folder"), "{refused}");
}

#[test]
fn the_chart_of_each_template_is_installed_from_its_package() {
    let test = "chart_packages::the_chart_of_each_template_is_installed_from_its_package";
    let Some(world) = World::start(test) else { return };
    let user = world.user();
    for template in ["fastapi", "node", "axum", "go"] {
        let name = format!("my-{template}");
        let folder = made(user, &name, template);
        let archive = place(user, &format!("{name}-0.1.0.tgz"));
        let packed = user.run(&format!("plugin pack {folder} -f {archive}")).stderr_failed(0);
        assert!(!packed.contains("warning"), "{packed}");
        // What it brings is shown before anything happens.
        let asked = world.run(&format!("plugin install {archive}"));
        assert_eq!(asked.code, Some(2), "{asked:?}");
        for line in [
            format!("{name} 0.1.0\n"),
            format!("from: [ROOT]/{name}-0.1.0.tgz\n"),
            "digest: sha256:".to_owned(),
            format!("release: {name} in namespace everest-system\n"),
            format!("images:\n    registry.example.com/{name}:0.1.0\n"),
            format!("as: helm upgrade --install {name} [ROOT]/{name}-0.1.0.tgz --namespace everest-system"),
        ] {
            assert!(asked.stdout.contains(&line), "{line}: {}", asked.stdout);
        }
        let install = format!("plugin install {archive} --yes --timeout 60s");
        let installed = world.with_controller(&name, || world.run(&install)).success_stderr();
        assert!(installed.contains(&format!("installed `{name}` 0.1.0 (release `{name}`)\n")), "{installed}");
        assert!(world.run("plugin list -o name").success_silent().lines().any(|line| line == name));
        world.run(&format!("plugin remove {name} --yes")).succeeded();
    }
    // The folder itself does as well, and it is what was packed.
    let (folder, archive) = (place(user, "my-go"), place(user, "my-go-0.1.0.tgz"));
    let dry = |source: &str| world.run(&format!("plugin install {source} --dry-run -o json")).json();
    let [of_folder, of_archive] = [&folder, &archive].map(|source| dry(source));
    assert_eq!(
        (&of_folder["digest"], &of_folder["manifest"]),
        (&of_archive["digest"], &of_archive["manifest"])
    );
    assert_eq!(of_folder.get("catalog"), None);
}

#[test]
fn a_package_of_a_chart_is_upgraded_from_where_it_comes_and_refused_where_it_is_not_wanted() {
    let test = "chart_packages::a_package_of_a_chart_is_upgraded_from_where_it_comes_and_refused_where_it_is_not_wanted";
    let Some(world) = World::start(test) else { return };
    let user = world.user();
    let folder = made(user, "memo", "go");
    let archive = place(user, "memo-0.1.0.tgz");
    user.run(&format!("plugin pack {folder} -f {archive}")).succeeded();
    let install = format!("plugin install {archive} --yes --no-wait");
    // What is not wanted.
    let other = "0".repeat(64);
    let refused = world.run(&format!("{install} --sha256 {other}")).stderr_failed(1);
    assert!(refused.contains("has another checksum"), "{refused}");
    for (flag, why) in [
        ("--pin", "--pin applies to local plugins only"),
        ("--channel beta", "--channel applies to charts of a catalog only"),
        ("--version 1.0.0", "this has one version"),
    ] {
        let refused = world.run(&format!("{install} {flag}"));
        assert!(refused.code != Some(0) && refused.stderr.contains(why), "{flag}: {refused:?}");
    }
    if key_pair(user, test) {
        let key = format!("--key {}", place(user, "ours.pub"));
        for source in [&archive, &folder] {
            let refused =
                world.run(&format!("plugin install {source} --yes --no-wait {key}")).stderr_failed(1);
            assert!(refused.contains("there is no signature"), "{refused}");
        }
        user.run(&format!("plugin sign {archive} --key {}", place(user, "ours.key"))).succeeded();
        let signed = world.run(&format!("plugin install {archive} --dry-run {key}")).stderr_failed(0);
        assert!(signed.contains("  signed by: sha256:"), "{signed}");
    }
    user.write("other-policy.yaml", "sources: ['oci://ghcr.io/acme/*']\n");
    let policy = place(user, "other-policy.yaml");
    let denied = user.command(install.split(' ')).env("EVERESTCTL_POLICY", &policy).output_in_time();
    let denied = String::from_utf8(denied.stderr).unwrap();
    assert!(denied.contains("memo-0.1.0.tgz is not listed"), "{denied}");
    assert_eq!(world.kubectl("get plugins.extensions.openeverest.io memo --ignore-not-found"), "");
    // Installed, and upgraded by the chart, since no catalog has it.
    world.run(&format!("{install} --set plugin.displayName=Mine")).succeeded();
    let again = world.run(&install).stderr_failed(2);
    assert!(again.contains("hint: everestctl plugin upgrade [ROOT]/memo-0.1.0.tgz\n"), "{again}");
    let same = world.run(&format!("plugin upgrade {archive}")).success_stderr();
    assert_eq!(same, "`[ROOT]/memo-0.1.0.tgz` is up to date\n");
    let description = fs::read_to_string(user.path("memo/chart/Chart.yaml")).unwrap();
    user.write("memo/chart/Chart.yaml", description.replace("0.1.0", "0.2.0"));
    let upgraded = world.run(&format!("plugin upgrade {folder} --yes --no-wait")).success_stderr();
    assert!(upgraded.contains("upgraded `memo` 0.2.0 (release `memo`)\n"), "{upgraded}");
    let read = "get plugins.extensions.openeverest.io memo -o jsonpath={.spec.version}/{.spec.displayName}";
    assert_eq!(world.kubectl(read), "0.2.0/Mine");
    let package = crate::support::packages::source(user, "greet");
    crate::support::packages::package(user, "greet", "1.0", "hello");
    let refused = world.run(&format!("plugin upgrade {package}")).stderr_failed(2);
    assert!(refused.contains("is a package of a local plugin"), "{refused}");
}

#[test]
fn a_chart_goes_through_a_registry_as_helm_has_it() {
    let test = "chart_packages::a_chart_goes_through_a_registry_as_helm_has_it";
    let Some(world) = World::start(test) else { return };
    let user = world.user();
    let Some(registry) = Registry::start(user, "registry", test) else { return };
    let folder = made(user, "memo", "go");
    let archive = place(user, "memo-0.1.0.tgz");
    user.run(&format!("plugin pack {folder} -f {archive}")).succeeded();
    let charts = format!("oci://{}/charts", registry.address);
    let refused = user.run(&format!("plugin push {archive} {charts}")).stderr_failed(2);
    assert!(refused.contains(&format!("hint: push it to {charts}/memo\n")), "{refused}");
    let pushed = user.run(&format!("plugin push {archive} {charts}/memo -o json")).json();
    assert_eq!(pushed["reference"], format!("{charts}/memo:0.1.0"));
    let again = user.run(&format!("plugin push {archive} {charts}/memo"));
    assert_eq!(again.stdout.trim(), pushed["exact"].as_str().unwrap());
    // helm pulls what was packed.
    let pulled = user.shell(&format!(
        "helm pull {charts}/memo --version 0.1.0 && cmp memo-0.1.0.tgz {archive} && helm show chart {charts}/memo --version 0.1.0"
    ));
    assert!(pulled.code == Some(0) && pulled.stdout.contains("name: memo\n"), "{pulled:?}");
    // What helm has pushed is installed, too; each by its digest.
    let description = fs::read_to_string(user.path("memo/chart/Chart.yaml")).unwrap();
    user.write("memo/chart/Chart.yaml", description.replace("0.1.0", "0.2.0"));
    let of_helm = user.shell(&format!("helm package {folder}/chart && helm push memo-0.2.0.tgz {charts}"));
    assert_eq!(of_helm.code, Some(0), "{of_helm:?}");
    let asked = world.run(&format!("plugin install {charts}/memo:0.1.0"));
    let line =
        format!("as: helm upgrade --install memo {charts}/memo@{} ", pushed["digest"].as_str().unwrap());
    assert!(asked.stdout.contains(&line), "{asked:?}");
    let installed =
        world.run(&format!("plugin install {charts}/memo --version 0.1.0 --yes --no-wait")).success_stderr();
    assert!(installed.contains("installed `memo` 0.1.0"), "{installed}");
    let upgraded = world.run(&format!("plugin upgrade {charts}/memo --yes --no-wait")).success_stderr();
    assert!(upgraded.contains("upgraded `memo` 0.2.0"), "{upgraded}");
    // A signature of a key is verified there.
    if key_pair(user, test) {
        let (key, public) = (place(user, "ours.key"), place(user, "ours.pub"));
        world.run("plugin remove memo --yes").succeeded();
        let line = format!("plugin install {charts}/memo --version 0.1.0 --yes --no-wait --key {public}");
        assert!(world.run(&line).stderr_failed(1).contains("there is no signature"));
        user.run(&format!("plugin sign {charts}/memo:0.1.0 --key {key}")).succeeded();
        world.run(&line).succeeded();
    }
}
