//! The walls of the house: who may import whom, what a module may be called, that each has a page.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with its layer, and what it may import beside the layers below and itself.
/// Modules of one layer do not import each other.
const LAYERS: &[(&str, u8)] = &[
    ("model", 0),
    ("error", 0),
    ("sys", 1),
    ("yaml", 1),
    ("client", 2),
    ("config", 2),
    ("openapi", 2),
    ("jq", 2),
    ("term", 2),
    ("author", 3),
    ("chart", 3),
    ("discovery", 3),
    ("index", 3),
    ("install", 3),
    ("resolve", 3),
    ("runner", 3),
    ("session", 3),
    ("app", 4),
    ("ops", 4),
    ("cli", 5),
];

/// What the table of layers does not say: a neighbour that is allowed, and an upper one that is not.
const ALLOWED: &[(&str, &str)] = &[
    // What a run knows is below what it does.
    ("ops", "app"),
    // What an author has made is judged by those who read it later.
    ("author", "chart"),
    ("author", "discovery"),
    ("author", "install"),
];
const FORBIDDEN: &[(&str, &str)] = &[
    // Only the command line prints.
    ("app", "term"),
    ("author", "term"),
    ("author", "config"),
    ("chart", "term"),
    ("chart", "config"),
    ("ops", "term"),
    ("discovery", "term"),
    ("index", "term"),
    ("resolve", "term"),
    ("runner", "term"),
    ("session", "term"),
    // A command only translates: what runs it sends the requests, what finds it knows the sources.
    ("cli", "client"),
    ("cli", "discovery"),
    // What one run knows is passed on to whoever runs a command.
    ("runner", "config"),
    // What a document means needs no file and no clock.
    ("openapi", "sys"),
    ("jq", "sys"),
    ("yaml", "sys"),
    // The resolver is pure.
    ("resolve", "sys"),
    ("resolve", "client"),
    ("resolve", "config"),
    ("index", "client"),
    ("index", "config"),
    ("term", "config"),
    ("term", "client"),
];

/// Crates that only one module may use.
const OWN: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("kube", &["client"]),
    ("hyper", &["client"]),
    ("hyper_rustls", &["client"]),
    ("hyper_timeout", &["client"]),
    ("hyper_util", &["client"]),
    ("percent_encoding", &["client"]),
    ("rustls", &["client"]),
    ("tower", &["client"]),
    ("http_auth", &["client"]),
    ("sigstore_verify", &["client"]),
    ("reqwest", &["client"]),
    ("tokio", &["client"]),
    ("flate2", &["client", "sys"]),
    ("tar", &["install", "sys"]),
    ("zip", &["sys"]),
    ("aws_lc_rs", &["client"]),
    ("poly1305", &["client"]),
    ("salsa20", &["client"]),
    ("scrypt", &["client"]),
    ("backon", &["client", "runner"]),
    ("dejavu", &["term"]),
    ("everestctl_rows", &["cli", "openapi", "term"]),
    ("png", &["term"]),
    ("tabled", &["term"]),
    ("ttf_parser", &["term"]),
    ("zeno", &["term"]),
    ("indicatif", &["term"]),
    ("rustix", &["sys"]),
    ("include_dir", &["author"]),
    ("libloading", &["runner"]),
    ("minijinja", &["author"]),
    // `fork` is unsafe, which `sys` is not, and so is what the entry of the program does.
    ("nix", &["main", "runner", "sys"]),
    ("command_fds", &["sys"]),
    ("close_fds", &["sys"]),
    ("pulldown_cmark", &["openapi"]),
    ("jaq_core", &["jq"]),
    ("jaq_std", &["jq"]),
    ("jaq_json", &["jq"]),
    ("rkyv", &["index"]),
    ("yaml_edit", &["yaml"]),
    ("signal_hook", &["sys"]),
    ("dialoguer", &["term"]),
    ("reedline", &["term"]),
    ("serde_yaml", &["yaml", "cli", "openapi"]),
];

/// The layers of the development host; every other module of it is the engine.
const HOST_LAYERS: &[(&str, u8)] = &[("sys", 1), (ENGINE, 2), ("ops", 3), ("cli", 4)];
const ENGINE: &str = "engine";

/// The modules of everestctl that each of them may use: what must not exist twice, and no more.
const HOST_USES: &[(&str, &[&str])] = &[
    ("sys", &["sys"]),
    (ENGINE, &["client", "error", "model", "sys", "yaml"]),
    ("ops", &["app", "client", "config", "error", "model", "session", "sys"]),
    ("cli", &["app", "cli", "error", "model", "sys", "term"]),
];

/// Crates that only one layer of the host may use, or only one module of its engine.
const HOST_OWN: &[(&str, &[&str])] = &[
    ("clap", &["cli"]),
    ("rustix", &["sys"]),
    ("kube", &["watch"]),
    ("notify", &["plugins"]),
    ("casbin", &["rbac"]),
    ("argon2", &["accounts"]),
    ("jsonwebtoken", &["accounts"]),
    ("aws_lc_rs", &["accounts"]),
];

const NAMELESS: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc", "manager"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The module that a file of `src` belongs to.
fn module(path: &Path) -> Option<String> {
    let first = path.strip_prefix(root().join("src")).unwrap().components().next()?;
    let name = first.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    LAYERS.iter().any(|(module, _)| *module == name).then_some(name)
}

/// The text without comments.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}

/// The text before its unit tests, which may look around.
fn code_without_tests(path: &Path) -> String {
    code(path).split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned()
}

fn layer(module: &str) -> Option<u8> {
    LAYERS.iter().find(|(name, _)| *name == module).map(|(_, layer)| *layer)
}

fn may_import(from: &str, to: &str) -> bool {
    if from == to || ALLOWED.contains(&(from, to)) {
        return true;
    }
    let below = layer(to) < layer(from) || (layer(from) == Some(0) && layer(to) == Some(0));
    below && !FORBIDDEN.contains(&(from, to))
}

/// The modules that a text names after `crate::`, one by one and in braces.
fn imports(text: &str) -> Vec<String> {
    imports_of("crate::", text)
}

fn imports_of(package: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (position, _) in text.match_indices(package) {
        let rest = &text[position + package.len()..];
        let names = rest.strip_prefix('{').map_or_else(
            || vec![rest],
            |list| list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
        );
        for name in names {
            let name: String = name.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            found.push(name);
        }
    }
    found
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let Some(from) = module(&file) else { continue };
        for to in imports(&code_without_tests(&file)) {
            if layer(&to).is_some() && !may_import(&from, &to) {
                wrong.push(format!("{}: {from} imports {to}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_table_would_notice() {
    assert_eq!(imports("use crate::{cli, ops::row};\nlet x = crate::term::y();"), ["cli", "ops", "term"]);
    assert!(!may_import("ops", "cli"));
    assert!(!may_import("discovery", "index"));
    assert!(!may_import("resolve", "sys"));
    assert!(may_import("cli", "model"));
}

#[test]
fn every_module_of_the_library_is_in_the_table_and_on_the_map() {
    let map = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    let declared: Vec<&str> =
        map.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';')).collect();
    assert_eq!(declared.len(), LAYERS.len());
    for (module, layer) in LAYERS {
        assert!(declared.contains(module), "{module}");
        assert!(map.contains(&format!("//! | L{layer} | [`{module}`] |")), "{module} is not on the map");
    }
}

#[test]
fn a_crate_with_an_owner_is_used_by_its_owner_only() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let from = module(&file).unwrap_or_else(|| "main".to_owned());
        let text = code_without_tests(&file);
        for (name, owners) in OWN {
            let used = text.contains(&format!("use {name}::")) || text.contains(&format!(" {name}::"));
            if used && !owners.contains(&from.as_str()) {
                wrong.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The module of the host that a file belongs to; none for the roots of the package.
fn module_of_host(path: &Path) -> Option<String> {
    let first = path.strip_prefix(root().join(HOST)).unwrap().components().next()?;
    let name = first.as_os_str().to_str()?.trim_end_matches(".rs").to_owned();
    (!["main", "lib"].contains(&name.as_str())).then_some(name)
}

const HOST: &str = "plugins/host/src";

fn layer_of_host(module: &str) -> (&'static str, u8) {
    let of = |name| HOST_LAYERS.iter().find(|(layer, _)| *layer == name).copied();
    of(module).or_else(|| of(ENGINE)).unwrap()
}

#[test]
fn the_host_keeps_its_own_layers_and_uses_few_modules_of_the_client() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join(HOST)) {
        let Some(module) = module_of_host(&file) else { continue };
        let (layer, level) = layer_of_host(&module);
        let text = code_without_tests(&file);
        let own = imports(&text).into_iter().filter(|to| to.starts_with(char::is_lowercase));
        for to in
            own.filter(|to| layer_of_host(to).1 > level || (layer == "sys" && layer_of_host(to).0 != layer))
        {
            wrong.push(format!("{}: {module} imports {to}", file.display()));
        }
        let allowed = HOST_USES.iter().find(|(of, _)| *of == layer).unwrap().1;
        for to in imports_of("everestctl::", &text).into_iter().filter(|to| !allowed.contains(&to.as_str())) {
            wrong.push(format!("{}: {module} uses everestctl::{to}", file.display()));
        }
        for (name, owners) in HOST_OWN {
            let used = text.contains(&format!("use {name}::")) || text.contains(&format!(" {name}::"));
            if used && !owners.contains(&module.as_str()) {
                wrong.push(format!("{}: {name}", file.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_client_and_the_host_meet_in_one_direction() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(!manifest.contains("everestctl-host"));
    for file in rust_files(&root().join("src")) {
        assert!(!code(&file).contains("everestctl_host"), "{}", file.display());
    }
}

/// The engines, each of whose failures is a type of its own with its sentence, exit code and hints.
const TYPED: &[&str] = &[
    "src/app",
    "src/author",
    "src/chart",
    "src/client",
    "src/config",
    "src/discovery",
    "src/index",
    "src/ops",
    "src/resolve",
    "src/runner/container",
    "src/runner/exec",
    "src/runner/proxy",
    "src/session",
];

#[test]
fn no_engine_makes_a_failure_of_a_sentence() {
    let files = TYPED.iter().flat_map(|folder| rust_files(&root().join(folder)));
    let made: Vec<_> = files.filter(|file| code_without_tests(file).contains("Failure::new(")).collect();
    assert!(made.is_empty(), "use a thiserror enum that implements Explain: {made:#?}");
}

/// Where a way is made, as a source finds a command or a user asks for one, and the type itself.
const WAYS_ARE_MADE: &[&str] = &[
    "src/model/source.rs",
    // By a source.
    "src/discovery/local/bundled.rs",
    "src/discovery/local/finder.rs",
    "src/discovery/local/scan.rs",
    "src/discovery/native.rs",
    "src/discovery/manifest.rs",
    // By a package that is installed.
    "src/install/package.rs",
    // By `plugin api`, which asks for the plugin of a server whatever else has its name.
    "src/ops/plugin_run.rs",
    // A question, not a decision: which plugins publish a document.
    "src/app/descriptors.rs",
];

#[test]
fn only_the_runner_decides_by_the_way() {
    let mut wrong = Vec::new();
    for file in rust_files(&root().join("src")) {
        let name = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
        let text = code_without_tests(&file);
        let is_allowed = name == "src/runner/mod.rs" || WAYS_ARE_MADE.contains(&name.as_str());
        let is_other = name == "src/resolve/layouts.rs";
        for way in ["Way::Exec", "Way::Proxy", "Way::Native", "Way::Container"] {
            if text.contains(way) && !is_allowed && !is_other {
                wrong.push(format!("{name}: {way}"));
            }
            let decides =
                |line: &&str| line.trim_start().starts_with(way) || line.contains(&format!("Some({way}) =>"));
            if name != "src/runner/mod.rs" {
                wrong.extend(text.lines().filter(decides).map(|line| format!("{name}: {line}")));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// The files of one folder that a file imports: `super::neighbour`, `self::below`.
fn neighbours(path: &Path) -> Vec<PathBuf> {
    let is_page = path.file_name().is_some_and(|name| name == "mod.rs");
    let folder = path.parent().unwrap();
    // A page imports what is below it by its bare name, and its neighbours are those of its folder.
    let beside = if is_page { folder.parent().unwrap() } else { folder };
    let named = |folder: &Path, name: &str| {
        let file = folder.join(format!("{name}.rs"));
        let page = folder.join(name).join("mod.rs");
        [file, page].into_iter().find(|path| path.exists())
    };
    let text = code_without_tests(path);
    let mut found = Vec::new();
    for (position, _) in text.match_indices("super::") {
        if text[..position].ends_with("super::") {
            continue;
        }
        let rest = &text[position + "super::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or_default().split(',').map(str::trim).collect(),
            None => vec![rest],
        };
        for name in names {
            let name: String = name.chars().take_while(|it| it.is_alphanumeric() || *it == '_').collect();
            found.extend(named(beside, &name).filter(|other| other != path));
        }
    }
    found
}

/// The circle that is known: a file's facts, its owner and whether it can be trusted.
const CIRCLES: &[&str] = &["src/sys/files.rs", "src/sys/owners.rs", "src/sys/trust.rs"];

#[test]
fn neighbours_do_not_import_each_other_in_circles() {
    let files = rust_files(&root().join("src"));
    let edges: Vec<(PathBuf, Vec<PathBuf>)> =
        files.into_iter().map(|file| (file.clone(), neighbours(&file))).collect();
    let below = |file: &Path| edges.iter().find(|(from, _)| from == file).map_or(&[][..], |(_, to)| to);
    let mut circles = Vec::new();
    for (start, _) in &edges {
        let (mut seen, mut next) = (Vec::new(), below(start).to_vec());
        while let Some(file) = next.pop() {
            if !seen.contains(&file) {
                next.extend_from_slice(below(&file));
                seen.push(file);
            }
        }
        let name = start.strip_prefix(root()).unwrap().to_str().unwrap();
        if seen.contains(start) && !CIRCLES.iter().any(|known| name.starts_with(known)) {
            circles.push(name.to_owned());
        }
    }
    assert!(circles.is_empty(), "{circles:#?}");
}

#[test]
fn children_are_made_in_one_place() {
    // What clap and the resolver call by that name are not processes.
    let files = ["src/sys", HOST].map(|folder| rust_files(&root().join(folder))).concat();
    let made = files.iter().filter(|file| code_without_tests(file).contains("Command::new("));
    let made: Vec<&str> = made.map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    assert!(made.iter().all(|name| *name == "program.rs"), "{made:?}");
}

#[test]
fn every_file_has_a_page_and_a_telling_name() {
    let mut files = rust_files(&root().join("src"));
    files.extend(rust_files(&root().join("plugins")));
    files.extend(rust_files(&root().join("tests")));
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} has no //! page", file.display());
        for part in &file.strip_prefix(root()).unwrap().components().collect::<Vec<_>>() {
            let name = part.as_os_str().to_str().unwrap().trim_end_matches(".rs");
            assert!(!NAMELESS.contains(&name), "{}", file.display());
        }
    }
}

#[test]
fn a_type_name_stands_for_one_thing() {
    let plugins =
        fs::read_dir(root().join("plugins")).unwrap().flatten().map(|folder| folder.path().join("src"));
    for package in std::iter::once(root().join("src")).chain(plugins).filter(|folder| folder.is_dir()) {
        let mut declared: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
        for file in rust_files(&package) {
            for name in types_of(&code_without_tests(&file)) {
                let files = declared.entry(name).or_default();
                if !files.contains(&file) {
                    files.push(file.clone());
                }
            }
        }
        declared.retain(|_, files| files.len() > 1);
        assert!(declared.is_empty(), "{declared:#?}");
    }
}

/// The types that a file declares for others or for itself, outside of every block.
fn types_of(code: &str) -> Vec<String> {
    let declaration = |line: &str| {
        let line = match line.strip_prefix("pub") {
            Some(rest) if rest.starts_with('(') => rest.split_once(") ")?.1,
            Some(rest) => rest.trim_start(),
            None => line,
        };
        let (kind, rest) = line.split_once(' ')?;
        let name: String = rest.chars().take_while(|letter| letter.is_alphanumeric()).collect();
        ["struct", "enum", "trait", "type", "union"].contains(&kind).then_some(name)
    };
    code.lines().filter_map(declaration).collect()
}

#[test]
fn unsafe_code_is_where_c_is_on_the_other_side() {
    let files = ["src", "plugins"].map(|folder| rust_files(&root().join(folder))).concat();
    for file in files {
        let is_allowed = UNSAFE.iter().any(|place| file.starts_with(root().join(place)));
        assert!(is_allowed || !code(&file).contains("unsafe "), "{}", file.display());
    }
}

/// Where libc starts the program, and where libraries are loaded and made.
const UNSAFE: &[&str] = &[
    "src/main.rs",
    "src/runner/native/library.rs",
    "src/runner/native/host.rs",
    "src/runner/native/fork.rs",
    "plugins/protocol/src/native.rs",
    "plugins/sdk/src/library.rs",
];
