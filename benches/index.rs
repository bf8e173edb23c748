//! What help, completion, suggestions and dispatch do inside one process: `cargo bench`. The whole program
//! is measured by `compare.sh`; `README.md` has the figures of both.
//!
//! The load is the one of the budgets: 50 local commands and 1,000 of a server.
#![expect(clippy::disallowed_methods, reason = "the files to be measured are not everestctl's own")]

use criterion::Criterion;
use everestctl::config::ClientConfig;
use everestctl::discovery::local::{self, LocalFolders};
use everestctl::index::{Names, Section, format};
use everestctl::model::{CleanText, FileIdentity, Origin, OriginPlace, Source, Validators, Way};
use everestctl::resolve::suggest;
use everestctl::sys::clock::UnixTime;
use rkyv::util::AlignedVec;
use std::hint::black_box;
use std::path::Path;
use std::{fs, io};
use tempfile::TempDir;

const LOCAL: usize = 50;
const REMOTE: usize = 1_000;
/// The names files are told apart by a number; any will do.
const KEY: u64 = 1;

const CONFIG: &str = "\
apiVersion: config.openeverest.io/v1alpha1
kind: ClientConfig
currentContext: dana@everest.example.net
contexts:
  - name: dana@everest.example.net
    context:
      server: everest.example.net
      user: dana@everest.example.net
servers:
  - name: everest.example.net
    server:
      url: https://everest.example.net
users:
  - name: dana@everest.example.net
    user:
      accessToken: eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJkYW5hIn0.c2lnbmF0dXJl
      refreshToken: everest_rt_0123456789abcdef
      expiresAt: 2026-10-01T09:15:00.123456789Z
";

fn main() -> io::Result<()> {
    let mut criterion = Criterion::default().configure_from_args();
    index(&mut criterion);
    suggestions(&mut criterion);
    let folder = TempDir::new()?;
    config(&mut criterion, folder.path())?;
    scan(&mut criterion, folder.path())?;
    criterion.final_summary();
    Ok(())
}

/// Making and reading a names file that holds all commands.
fn index(criterion: &mut Criterion) {
    let names = names();
    let mut content = AlignedVec::new();
    content.extend_from_slice(&format::encode(&names, KEY).unwrap_or_default());
    let mut group = criterion.benchmark_group("index");
    group.bench_function("encode", |bencher| bencher.iter(|| format::encode(black_box(&names), KEY)));
    group.bench_function("decode", |bencher| bencher.iter(|| format::decode(black_box(&content), KEY)));
    group.bench_function("for_each_entry", |bencher| {
        bencher.iter(|| {
            let mut letters = 0;
            format::for_each_entry(black_box(&content), KEY, |entry| letters += entry.name.len())
                .map(|()| letters)
        });
    });
    group.finish();
}

/// Looking for what the user may have meant among all commands.
fn suggestions(criterion: &mut Criterion) {
    let names: Vec<String> = (0..LOCAL + REMOTE).map(name).collect();
    let mut group = criterion.benchmark_group("suggestion");
    for (case, typed) in [("near", "bnech-query"), ("far", "xyzzy"), ("beginning", "backup")] {
        group.bench_function(case, |bencher| {
            bencher.iter(|| suggest::closest(black_box(&[typed]), names.iter().map(String::as_str)));
        });
    }
    group.finish();
}

/// Reading the config file, which every dispatch does.
fn config(criterion: &mut Criterion, folder: &Path) -> io::Result<()> {
    let path = folder.join("config.yaml");
    fs::write(&path, CONFIG)?;
    criterion.bench_function("config/read", |bencher| bencher.iter(|| ClientConfig::read(black_box(&path))));
    Ok(())
}

/// Listing a folder of plugins with their sidecars.
fn scan(criterion: &mut Criterion, folder: &Path) -> io::Result<()> {
    let plugins = folder.join("plugins");
    fs::create_dir(&plugins)?;
    for number in 0..LOCAL {
        let file = plugins.join(format!("everestctl-{}", name(number)));
        fs::write(&file, "#!/bin/sh\n")?;
        make_executable(&file)?;
        let sidecar = format!("summary: {}\nversion: 1.{number}.0\nvendor: Example\n", description(number));
        fs::write(local::sidecar::path_for(&file), sidecar)?;
    }
    let folders = LocalFolders { plugins: Some(plugins), installed: None, path: Vec::new() };
    criterion.bench_function("local/scan", |bencher| bencher.iter(|| local::scan(black_box(&folders))));
    Ok(())
}

#[cfg(unix)]
fn make_executable(file: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(file, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &Path) -> io::Result<()> {
    Ok(())
}

fn names() -> Names {
    let local = (0..LOCAL).map(|number| {
        let path = format!("/home/dana/.local/share/everestctl/plugins/everestctl-{}", name(number));
        Origin {
            path: Some(path.into()),
            ..origin(number, Source::Local, Way::Exec, OriginPlace::PluginFolder)
        }
    });
    let remote = (LOCAL..LOCAL + REMOTE)
        .map(|number| origin(number, Source::Server, Way::Proxy, OriginPlace::PluginList));
    let watched = local.clone().filter_map(|origin| Some((origin.path?, Some(FileIdentity::default()))));
    let files = Validators { watched: watched.collect(), ..Validators::default() };
    let list = Validators { etag: Some("\"0123456789abcdef\"".to_owned()), ..Validators::default() };
    let sections =
        [(Source::Local, section(local.collect(), files)), (Source::Server, section(remote.collect(), list))];
    Names { sections: sections.into(), ..Names::default() }
}

fn section(origins: Vec<Origin>, validators: Validators) -> Section {
    Section {
        answered: Some(UnixTime(1_790_000_000_000)),
        failed: None,
        failure: None,
        approved: true,
        validators,
        origins,
    }
}

fn origin(number: usize, source: Source, way: Way, place: OriginPlace) -> Origin {
    Origin {
        display_name: Some(CleanText::new(&name(number))),
        description: Some(CleanText::new(&description(number))),
        version: Some(CleanText::new(&format!("1.{number}.0"))),
        vendor: Some(CleanText::new("Example")),
        ..Origin::new(CleanText::new(&name(number)), source, Some(way), place)
    }
}

/// A name such as plugins have; no two numbers have the same.
fn name(number: usize) -> String {
    const FIRST: [&str; 10] =
        ["backup", "bench", "audit", "cost", "query", "replica", "schema", "secret", "slow", "sql"];
    const SECOND: [&str; 8] =
        ["advisor", "browser", "explorer", "gate", "metrics", "planner", "query", "report"];
    let rest = number / FIRST.len();
    match (SECOND[rest % SECOND.len()], rest / SECOND.len()) {
        (second, 0) => format!("{}-{second}", FIRST[number % FIRST.len()]),
        (second, series) => format!("{}-{second}-{series}", FIRST[number % FIRST.len()]),
    }
}

fn description(number: usize) -> String {
    format!("Shows what {} finds in the databases of a namespace, and what to do about it", name(number))
}
