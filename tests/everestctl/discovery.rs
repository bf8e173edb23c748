//! The discovery plugin, `plugins/discovery`: run by everestctl, against an emulator of AWS, real databases and hosts that mean harm.

use crate::support::host::Host;
use crate::support::http::{Reply, Server, response};
use crate::support::mariadb::MariaDb;
use crate::support::moto::{ACCOUNT, Moto, with_keys};
use crate::support::packages::first_party;
use crate::support::postgres::{PASSWORD, Postgres};
use crate::support::sandbox::{Output, eventually};
use crate::support::sql::{backend, delivered};
use crate::support::{InTime as _, Sandbox, skip};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The plugin, which `cargo test --workspace` builds.
fn program() -> PathBuf {
    Path::new(env!("CARGO_BIN_EXE_everestctl")).with_file_name("plugin-discovery")
}

/// A user with the plugin in the plugin folder, and what it says of itself beside it.
fn installed(test: &str) -> Option<Sandbox> {
    if !program().exists() {
        skip("discovery", test, "the plugin is not built (cargo test --workspace)");
        return None;
    }
    let user = Sandbox::new();
    std::fs::copy(program(), user.path("plugins/everestctl-discovery")).unwrap();
    let sidecar = Command::new(program()).arg("--everestctl-metadata").stdin(Stdio::null()).output_in_time();
    user.write("plugins/everestctl-discovery.yaml", sidecar.stdout);
    Some(user.with("CI", "1"))
}

fn discovery(user: &Sandbox, line: &str) -> Output {
    user.run(&format!("discovery {line}"))
}

/// The databases of `-o json`, by a property.
#[track_caller]
fn by<'l>(list: &'l Value, key: &str, value: &str) -> &'l Value {
    let found = list.as_array().unwrap().iter().find(|one| one[key] == value);
    found.unwrap_or_else(|| panic!("nothing has {key} = {value}: {list:#}"))
}

/// Some databases in two regions: 130 in one of them, a cluster with a member in the other.
fn filled(moto: &Moto) {
    for number in 0..129 {
        moto.rds(
            "eu-west-1",
            &format!("Action=CreateDBInstance&DBInstanceIdentifier=db{number:03}&Engine=mysql&EngineVersion=8.0.40&DBInstanceClass=db.t3.micro&AllocatedStorage=20&MasterUsername=root&MasterUserPassword=hunter2hunter2"),
        );
    }
    moto.rds(
        "eu-west-1",
        "Action=CreateDBInstance&DBInstanceIdentifier=shop&Engine=postgres&EngineVersion=14.9&DBInstanceClass=db.m5.large&AllocatedStorage=100&MasterUsername=dana&MasterUserPassword=hunter2hunter2&DBName=sales&Port=5433&PubliclyAccessible=true&BackupRetentionPeriod=7&StorageEncrypted=true&Tags.Tag.1.Key=owner&Tags.Tag.1.Value=dana&Tags.Tag.2.Key=note&Tags.Tag.2.Value=a%E2%80%AEb",
    );
    moto.rds(
        "us-east-1",
        "Action=CreateDBCluster&DBClusterIdentifier=orders&Engine=aurora-postgresql&EngineVersion=15.4&MasterUsername=admin1&MasterUserPassword=hunter2hunter2&DatabaseName=orders",
    );
    moto.rds(
        "us-east-1",
        "Action=CreateDBInstance&DBInstanceIdentifier=orders-1&DBClusterIdentifier=orders&Engine=aurora-postgresql&EngineVersion=15.4&DBInstanceClass=db.r5.large",
    );
}

#[test]
fn every_page_of_every_region_is_found_listed_shown_and_compared() {
    let test = "every_page_of_every_region_is_found_listed_shown_and_compared";
    let Some(user) = installed(test) else { return };
    let Some(moto) = Moto::start(test) else { return };
    filled(&moto);
    let user = moto.used_by(user);
    let first = discovery(&user, "scan aws-rds --region eu-west-1 -o json");
    assert_eq!((first.code, first.stderr.as_str()), (Some(0), "found 130 databases in 1 region\n"));
    let shop = by(&first.json(), "name", "shop").clone();
    for (key, expected) in [
        ("id", json!(format!("aws-rds/{ACCOUNT}/eu-west-1/instance/shop"))),
        ("engine", json!("postgres")),
        ("version", json!("14.9")),
        ("class", json!("db.m5.large")),
        ("storageGib", json!(100)),
        ("port", json!(5433)),
        ("encrypted", json!(true)),
        ("public", json!(true)),
        ("backupDays", json!(7)),
        ("username", json!("dana")),
        ("database", json!("sales")),
        // Without what would turn the direction of writing.
        ("tags", json!({"note": "a b", "owner": "dana"})),
    ] {
        assert_eq!(shop[key], expected, "{key}: {shop:#}");
    }
    assert!(shop["endOfSupport"].is_string(), "{shop:#}");
    assert!(!format!("{first:?}").contains("hunter2"));

    let all = discovery(&user, "scan aws-rds --all-regions");
    assert_eq!(all.code, Some(0), "{all:?}");
    assert!(all.stdout.starts_with("NAME      ENGINE"), "{}", all.stdout);
    let list = discovery(&user, "list -o json").json();
    assert_eq!(list.as_array().unwrap().len(), 132);
    let cluster = by(&list, "kind", "cluster");
    assert_eq!(cluster["members"], json!(["orders-1"]));
    assert_eq!(by(&list, "name", "orders-1")["cluster"], "orders");
    let names =
        discovery(&user, "list --engine aurora-postgresql --region us-east-1 -o name").success_silent();
    assert_eq!(names, "orders\norders-1\n");
    let shown = discovery(&user, "show shop").success_silent();
    assert!(
        shown.contains("engine:              postgres\n") && shown.contains("backup days:         7\n"),
        "{shown}"
    );
    assert_eq!(discovery(&user, "show shop -o json").json()["id"], shop["id"]);
    let csv = discovery(&user, "export --format csv").success_silent();
    assert!(csv.starts_with("NAME,ENGINE,VERSION,") && csv.lines().count() == 133, "{csv}");

    // The regions that the first scan has not looked at are new; in the one that it has, nothing is.
    assert!(!discovery(&user, "diff").stdout.contains("shop"));
    moto.rds(
        "eu-west-1",
        "Action=ModifyDBInstance&DBInstanceIdentifier=shop&AllocatedStorage=200&ApplyImmediately=true",
    );
    moto.rds("eu-west-1", "Action=DeleteDBInstance&DBInstanceIdentifier=db000&SkipFinalSnapshot=true");
    moto.rds(
        "eu-west-1",
        "Action=CreateDBInstance&DBInstanceIdentifier=new&Engine=postgres&DBInstanceClass=db.t3.micro&AllocatedStorage=20&MasterUsername=root&MasterUserPassword=hunter2hunter2",
    );
    assert_eq!(discovery(&user, "scan aws-rds --region eu-west-1 -o name").code, Some(0));
    let diff = discovery(&user, "diff").success_silent();
    let place = format!("aws-rds/{ACCOUNT}/eu-west-1/instance");
    assert_eq!(
        diff,
        format!(
            "- {place}/db000 (mysql)\n+ {place}/new (postgres)\n~ {place}/shop (postgres)\n    storage gib: 100 -> 200\n"
        )
    );
    let told = discovery(&user, "diff aws-rds --exit-code -o json");
    assert_eq!((told.code, &told.json()["changes"][2]["fields"][0]["after"]), (Some(1), &json!(200)));
    // Only the user reads what is kept.
    let kept = user.path("home/.local/share/everestctl/plugin-data/discovery/scans");
    for file in std::fs::read_dir(&kept).unwrap().flatten() {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    assert_eq!(kept.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_password_in_secrets_manager_goes_into_a_file_and_nowhere_else() {
    let test = "a_password_in_secrets_manager_goes_into_a_file_and_nowhere_else";
    let Some(user) = installed(test) else { return };
    let Some(moto) = Moto::start(test) else { return };
    moto.rds(
        "eu-west-1",
        "Action=CreateDBInstance&DBInstanceIdentifier=Shop&Engine=postgres&DBInstanceClass=db.t3.micro&AllocatedStorage=20&MasterUsername=dana&MasterUserPassword=hunter2hunter2",
    );
    let arn = moto.secret("eu-west-1", "shop", r#"{"username": "reader", "password": "tr0ub4dor&3"}"#);
    let user = moto.used_by(user);
    discovery(&user, "scan aws-rds --region eu-west-1").succeeded();
    let without = discovery(&user, "export");
    assert!(without.stderr.contains("1 of 1 have no password: use --password-env"), "{without:?}");
    assert!(
        without.stdout.contains("username: dana\n") && !without.stdout.contains("assword"),
        "{without:?}"
    );
    let none = discovery(&user, "export --secrets-to passwords").stderr_failed(1);
    assert!(none.contains("hint: name them: --secret DATABASE=ARN"), "{none}");
    let name = by(&discovery(&user, "list -o json").json(), "engine", "postgres")["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let exported = discovery(&user, &format!("export --secrets-to passwords --secret {name}={arn}"));
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert!(exported.stdout.contains("username: reader\n"), "{exported:?}");
    assert!(exported.stdout.contains("passwordFile: [ROOT]/home/passwords/shop.password\n"), "{exported:?}");
    assert!(!format!("{exported:?}").contains("tr0ub4dor"), "{exported:?}");
    let file = user.path("home/passwords/shop.password");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "tr0ub4dor&3");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let missing =
        discovery(&user, &format!("export --secrets-to passwords --secret {name}=none")).stderr_failed(1);
    assert!(missing.starts_with("error: could not read the secret none\n"), "{missing}");
}

/// AWS as it is on a bad day: one region is busy twice and then answers, one refuses, one has forgotten the credentials.
fn bad_day() -> Server {
    let busy = std::sync::atomic::AtomicU32::new(0);
    let busy = std::sync::Arc::new(busy);
    Server::start(move |request| {
        let scope = request
            .head
            .lines()
            .find_map(|line| line.split_once("Credential="))
            .map(|(_, scope)| scope.to_owned());
        let region = scope.unwrap_or_default().split('/').nth(2).unwrap_or_default().to_owned();
        let head = request.head.clone();
        let busy = std::sync::Arc::clone(&busy);
        Reply::Connection(Box::new(move |mut stream| {
            let length = crate::support::client::header(&head, "content-length");
            let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
            if stream.read_exact(&mut body).is_err() {
                return;
            }
            let form = String::from_utf8_lossy(&body).into_owned();
            let failed = |status: &str, code: &str| {
                let body = format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>a\u{202e}b message</Message></Error></ErrorResponse>"
                );
                response(status, "text/xml", body.as_bytes())
            };
            let action = form.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or_default();
            let answer = match (action, region.as_str()) {
                ("GetCallerIdentity", "ap-south-1") => failed("403 Forbidden", "ExpiredToken"),
                ("GetCallerIdentity", _) => response(
                    "200 OK",
                    "text/xml",
                    b"<GetCallerIdentityResponse><GetCallerIdentityResult><Account>1</Account></GetCallerIdentityResult></GetCallerIdentityResponse>",
                ),
                (_, "eu-west-1") if busy.fetch_add(1, std::sync::atomic::Ordering::SeqCst) < 2 => {
                    failed("400 Bad Request", "Throttling")
                }
                (_, "eu-west-2") => failed("403 Forbidden", "AccessDenied"),
                (_, "eu-west-3") => failed("403 Forbidden", "InvalidClientTokenId"),
                ("DescribeDBInstances", _) => response(
                    "200 OK",
                    "text/xml",
                    b"<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>shop</DBInstanceIdentifier><Engine>postgres</Engine></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>",
                ),
                (action, _) => response("200 OK", "text/xml", format!("<{action}Response><{action}Result/></{action}Response>").as_bytes()),
            };
            let _ = stream.write_all(&answer);
        }))
    })
}

#[test]
fn a_region_that_fails_is_told_and_loses_no_other() {
    let Some(user) = installed("a_region_that_fails_is_told_and_loses_no_other") else { return };
    let server = bad_day();
    let user = with_keys(user, &server.url());
    let output = discovery(&user, "scan aws-rds --region eu-west-1,eu-west-2 --region eu-west-3 -o name");
    assert_eq!((output.code, output.stdout.as_str()), (Some(1), "shop\n"), "{output:?}");
    for text in [
        "warning: eu-west-2: not allowed: a b message\n",
        "warning: eu-west-3: AWS does not know these credentials here\n",
        "found 1 database in 1 region\n",
        "error: 2 of 3 regions could not be looked into\n",
        "hint: a policy has to allow rds:DescribeDBInstances",
    ] {
        assert!(output.stderr.contains(text), "{text}: {}", output.stderr);
    }
    // What was found is kept.
    assert_eq!(discovery(&user, "list -o name").success_silent(), "shop\n");
    let expired = discovery(&user, "scan aws-rds --region ap-south-1").stderr_failed(4);
    assert_eq!(
        expired,
        "error: AWS did not say who you are\n  caused by: the AWS credentials have expired\n\
         hint: `aws sso login`, or set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew\n"
    );
    assert!(!format!("{output:?}{expired}").contains("hunter2"));
}

#[test]
fn who_has_no_credentials_learns_how_to_get_some() {
    let Some(user) = installed("who_has_no_credentials_learns_how_to_get_some") else { return };
    let user = user.with("AWS_EC2_METADATA_DISABLED", "true");
    let none = discovery(&user, "scan aws-rds --region eu-west-1").stderr_failed(4);
    assert!(none.starts_with("error: there are no AWS credentials\n"), "{none}");
    assert!(none.contains("hint: aws configure, aws sso login, or use --profile NAME\n"), "{none}");
    let profile = discovery(&user, "scan aws-rds --region eu-west-1 --profile prod").stderr_failed(4);
    assert!(profile.contains("--profile prod"), "{profile}");
    let keys = with_keys(user, &crate::support::http::nobody());
    let region = discovery(&keys, "scan aws-rds").stderr_failed(2);
    assert_eq!(
        region,
        "error: no region is known\nhint: use --region REGION, --all-regions, or set AWS_REGION\n"
    );
    let offline = keys.run("--offline discovery scan aws-rds --region eu-west-1").stderr_failed(1);
    assert!(offline.starts_with("error: nothing can be scanned offline\n"), "{offline}");
}

#[test]
fn a_postgresql_is_found_exported_and_queried_through_the_sql_explorer() {
    let test = "a_postgresql_is_found_exported_and_queried_through_the_sql_explorer";
    let Some(user) = installed(test) else { return };
    let Some(postgres) = Postgres::start_encrypted(test) else { return };
    user.write("home/hosts", format!("# ours\n127.0.0.1:{}\n", postgres.port()));
    let found = discovery(&user, "scan postgres --hosts hosts -o json");
    assert_eq!(
        found.stderr,
        "found 1 database; looked at 1 host: 1 answered, 0 spoke something else, 0 were silent\n"
    );
    let one = &found.json()[0];
    assert_eq!(
        (&one["engine"], &one["tls"], &one["authentication"]),
        (&json!("postgresql"), &json!("offered"), &json!("scram-sha-256"))
    );
    // Its version is for users.
    assert_eq!(one["version"], Value::Null);
    let known = user.with("PGPASSWORD", PASSWORD);
    let scan = "scan postgres --hosts hosts --user admin -o json";
    let version = postgres.psql("postgres", "show server_version");
    assert_eq!(discovery(&known, scan).json()[0]["version"], version.trim());
    known.write("home/secret", format!("{PASSWORD}\n"));
    let known = known.with("PGPASSWORD", "wrong");
    let wrong = discovery(&known, scan).json();
    assert!(wrong[0]["note"].as_str().unwrap().contains("28P01"), "{wrong:#}");
    let from_file = discovery(&known, &format!("{scan} --password-file secret"));
    assert_eq!(from_file.json()[0]["version"], version.trim());
    assert!(!format!("{from_file:?}").contains("hunter2"));

    if !backend().exists() {
        return skip("sql-backend", test, "the backend is not built (cargo build --workspace)");
    }
    let exported = discovery(&known, "export --password-env PASSWORD_OF_SHOP").success_silent();
    assert!(
        exported.contains("passwordEnv: PASSWORD_OF_SHOP\n") && !exported.contains("hunter2"),
        "{exported}"
    );
    let place = delivered(&postgres);
    place.write("instances.yaml", exported);
    let name = format!("127-0-0-1-{}", postgres.port());
    let file = |name: &str| place.path(name).display().to_string();
    let arguments = format!("--plugins {} --instances {}", file("plugins"), file("instances.yaml"));
    let place = place.with("PASSWORD_OF_SHOP", PASSWORD);
    let host = Host::start(&place, &arguments);
    host.eventually_says("sql: ready at ");
    let user = Sandbox::new()
        .with("EVEREST_HOST", format!("http://{}", host.address))
        .with("EVEREST_TOKEN", host.sign_in().access)
        .with("CI", "1");
    let answer =
        user.run_with(["sql", "query", "select 6 * 7 as answer", "--instance", &name]).success_silent();
    assert_eq!(answer, "answer\n    42\n");
    assert!(!host.lines().join("\n").contains("hunter2"));
}

#[test]
fn a_mariadb_says_its_version_to_everybody() {
    let test = "a_mariadb_says_its_version_to_everybody";
    let Some(user) = installed(test) else { return };
    let Some(mariadb) = MariaDb::start(test) else { return };
    let found = discovery(&user, &format!("scan mysql --hosts 127.0.0.1/32 --port {} -o json", mariadb.port));
    let one = &found.json()[0];
    assert_eq!((found.code, &one["engine"]), (Some(0), &json!("mariadb")));
    let version = one["version"].as_str().unwrap();
    assert_eq!(version.split('-').next(), MariaDb::version().split('-').next(), "{version}");
    let instances = discovery(&user, "export --password-env X --username dana").success_silent();
    assert!(
        instances.contains("type: mysql\n") && instances.contains("provider: mysql-mysql\n"),
        "{instances}"
    );
}

/// A host that does this with each connection; gives its port.
fn hostile(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = std::sync::Arc::new(serve);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = std::sync::Arc::clone(&serve);
            std::thread::spawn(move || serve(stream));
        }
    });
    port
}

/// What comes next.
fn heard(stream: &mut TcpStream) -> Vec<u8> {
    let mut piece = [0; 512];
    let length = stream.read(&mut piece).unwrap_or_default();
    piece[..length].to_vec()
}

/// Answers the question about encryption with `N`, and hears how the client begins.
fn begin_plain(stream: &mut TcpStream) {
    let mut request = [0; 8];
    if stream.read_exact(&mut request).is_ok() && stream.write_all(b"N").is_ok() {
        heard(stream);
    }
}

/// One that begins in plain text, and says this.
fn after_startup(bytes: &'static [u8]) -> u16 {
    hostile(move |mut stream| {
        begin_plain(&mut stream);
        let _ = stream.write_all(bytes);
        heard(&mut stream);
    })
}

#[test]
fn hosts_that_mean_harm_are_told_apart_in_time() {
    let Some(user) = installed("hosts_that_mean_harm_are_told_apart_in_time") else { return };
    let silent = hostile(|stream| {
        std::thread::sleep(Duration::from_mins(1));
        drop(stream);
    });
    let trickle = hostile(|mut stream| {
        // A greeting that never ends.
        for byte in b"\x4a\0\0\0\x0a8.4.3\0".iter().chain(std::iter::repeat(&b'x')) {
            if stream.write_all(&[*byte]).is_err() {
                return;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
    });
    let garbage = hostile(|mut stream| {
        let noise: Vec<u8> =
            (0..64 * 1024_u32).map(|number| number.wrapping_mul(7919).to_le_bytes()[1]).collect();
        while stream.write_all(&noise).is_ok() {}
    });
    let huge = hostile(|mut stream| {
        let _ = stream.write_all(b"\xff\xff\xff\0");
        while stream.write_all(&[0; 4096]).is_ok() {}
    });
    let closing = hostile(drop);
    let evil = hostile(|mut stream| {
        let mut packet = vec![0xff, 0x10, 0x04];
        packet.extend("#08004Too many \u{1b}[31mconnections\u{202e}".as_bytes());
        let head = [u8::try_from(packet.len()).unwrap(), 0, 0, 0];
        let _ = stream.write_all(&[&head[..], &packet].concat());
        std::thread::sleep(Duration::from_secs(1));
    });
    let hosts: Vec<String> = [silent, trickle, garbage, huge, closing, evil]
        .iter()
        .map(|port| format!("127.0.0.1:{port}"))
        .collect();
    user.write("home/hosts", hosts.join("\n"));
    let start = Instant::now();
    let mysql = discovery(&user, "scan mysql --hosts hosts --timeout 2 -o json");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!((mysql.code, mysql.json().as_array().unwrap().len()), (Some(0), 1), "{mysql:?}");
    assert_eq!(mysql.json()[0]["note"], "it said: Too many  [31mconnections");
    assert!(
        mysql.stderr.contains("looked at 6 hosts: 1 answered, 3 spoke something else, 2 were silent\n"),
        "{}",
        mysql.stderr
    );
    assert!(
        mysql.stderr.contains(&format!("warning: 127.0.0.1:{silent}: it did not answer in time\n")),
        "{}",
        mysql.stderr
    );

    // PostgreSQL: lengths, rounds of hashing, somebody who wants the password itself.
    let greedy = after_startup(b"R\xff\xff\xff\xff\0\0\0\x0a");
    let rounds = hostile(|mut stream| {
        begin_plain(&mut stream);
        let _ = stream.write_all(b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0");
        let said = String::from_utf8_lossy(&heard(&mut stream)).into_owned();
        let nonce = said.split("r=").nth(1).unwrap_or_default();
        let challenge = format!("r={nonce}x,s=c2FsdA==,i=4294967295");
        let size = u32::try_from(challenge.len() + 8).unwrap().to_be_bytes();
        let _ = stream.write_all(&[b"R", &size[..], &[0, 0, 0, 11], challenge.as_bytes()].concat());
        heard(&mut stream);
    });
    let (seen, got) = std::sync::mpsc::channel();
    let thief = hostile(move |mut stream| {
        begin_plain(&mut stream);
        let _ = stream.write_all(b"R\0\0\0\x08\0\0\0\x03");
        let _ = seen.send(heard(&mut stream));
    });
    let ports = [silent, trickle, garbage, huge, closing, greedy, rounds, thief];
    let hosts: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
    user.write("home/hosts", hosts.join("\n"));
    let user = user.with("PGPASSWORD", "tr0ub4dor&3");
    let start = Instant::now();
    let found = discovery(&user, "scan postgres --user dana --hosts hosts --timeout 2 -o json");
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    let list = found.json();
    assert_eq!(list.as_array().unwrap().len(), 1, "{found:?}");
    assert_eq!((&list[0]["port"], &list[0]["authentication"]), (&json!(thief), &json!("password")));
    assert!(list[0]["note"].as_str().unwrap().contains("got nothing"), "{list:#}");
    assert_eq!(got.recv_timeout(Duration::from_secs(5)).unwrap(), b"", "it got the password");
    assert!(!format!("{found:?}").contains("tr0ub4dor"));
}

#[test]
fn only_hosts_that_are_named_are_asked() {
    let Some(user) = installed("only_hosts_that_are_named_are_asked") else { return };
    let (seen, asked) = std::sync::mpsc::channel();
    let named = hostile(|_| {});
    let other = hostile(move |_| {
        let _ = seen.send(());
    });
    let fed = user.fed("discovery scan mysql --hosts - --timeout 2", &format!("127.0.0.1:{named}\n"));
    assert!(fed.status.success(), "{fed:?}");
    assert!(asked.try_recv().is_err(), "port {other} was asked, too");
    let large = discovery(&user, "scan mysql --hosts 10.0.0.0/16").stderr_failed(2);
    assert_eq!(
        large,
        "error: these are more than 4096 hosts\nhint: if all of them are yours: --max-hosts 65536, or another number\n"
    );
    assert!(discovery(&user, "scan mysql --hosts db.example.com").stderr_failed(1).contains("--hosts -"));
}

#[test]
fn a_host_that_is_gone_is_a_difference() {
    let Some(user) = installed("a_host_that_is_gone_is_a_difference") else { return };
    let is_up = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    let switch = std::sync::Arc::clone(&is_up);
    let port = hostile(move |mut stream| {
        if switch.load(std::sync::atomic::Ordering::SeqCst) {
            let greeting = b"\x4a\0\0\0\x0a8.4.3\0\x07\0\0\0abcdefgh\0\xff\xff\xff\x02\0\xff\xc1\x15\0\0\0\0\0\0\0\0\0\0ijklmnopqrst\0caching_sha2_password\0";
            let mut packet = greeting.to_vec();
            packet[0] = u8::try_from(packet.len() - 4).unwrap();
            let _ = stream.write_all(&packet);
            std::thread::sleep(Duration::from_millis(300));
        }
    });
    let scan = format!("scan mysql --hosts 127.0.0.1/32 --port {port} --timeout 2 -o name");
    assert_eq!(discovery(&user, &scan).stdout, format!("127.0.0.1:{port}\n"));
    assert!(
        discovery(&user, "diff").stderr_failed(1).starts_with("error: there is no earlier scan to compare")
    );
    assert_eq!(discovery(&user, &scan).code, Some(0));
    let same = discovery(&user, "diff --exit-code");
    assert_eq!((same.code, same.stderr.as_str()), (Some(0), "no differences\n"));
    is_up.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(discovery(&user, &scan).code, Some(0));
    let gone = discovery(&user, "diff mysql --exit-code");
    assert_eq!((gone.code, gone.stdout), (Some(1), format!("- mysql/127.0.0.1:{port} (mysql)\n")));
    assert_eq!(discovery(&user, "list").success_stderr(), "no such database has been found\n");
}

#[test]
fn the_package_is_clean_and_installed() {
    let test = "the_package_is_clean_and_installed";
    if installed(test).is_none() {
        return;
    }
    let user = Sandbox::new().with("CI", "1");
    first_party(&user, "discovery", &program(), &[]);
    assert_eq!(user.run("discovery list").code, Some(0));
    assert!(
        user.run("plugin info discovery").success_silent().contains("Find databases outside the cluster")
    );
    // The program answers TAB itself; on a busy machine not always within the time that it has.
    for (words, starts) in [
        (&["scan", "aws-rds", "--region", "eu-central"][..], "eu-central-1"),
        (&["list", "--engine", "aurora"], "aurora-mysql"),
        (&["scan", "aw"], "aws-rds"),
    ] {
        let words = [&["__complete", "discovery"], words].concat();
        eventually(starts, || user.run_with(&words).stdout.starts_with(starts));
    }
}
