//! Where settings come from, and who gets a password: without a server, without the process's environment.

use std::path::Path;
use std::time::Duration;

use pgwright::database::settings::{Endpoint, RootCertificates, SslMode};
use pgwright::database::{ConnectionSettings, Environment, Source, Sources, resolve};

fn workspace(url: &str, environment: &Environment) -> ConnectionSettings {
    let sources = Sources { config_url: Some(url.to_owned()), ..Sources::default() };
    resolve(&sources, environment).unwrap().unwrap()
}

fn from(
    cli: Option<&str>,
    client: Option<&str>,
    config: Option<&str>,
    variables: &[(&str, &str)],
) -> Option<ConnectionSettings> {
    let owned = |url: Option<&str>| url.map(str::to_owned);
    let sources = Sources { cli_url: owned(cli), client_url: owned(client), config_url: owned(config) };
    resolve(&sources, &Environment::of(variables)).unwrap()
}

/// Host, port, user, database and password of the first server, as text.
fn summary(settings: &ConnectionSettings) -> String {
    let target = &settings.targets[0];
    let password = if target.password.is_some() { "with" } else { "without" };
    format!("{}@{}/{} {password} password", settings.user, target.endpoint, settings.database)
}

#[test]
fn the_nearest_source_names_the_database() {
    let url = |host: &str| format!("postgresql://me@{host}/d");
    let (a, b, c, d) = (url("a"), url("b"), url("c"), url("d"));
    let variables = [("DATABASE_URL", d.as_str()), ("PGHOST", "e"), ("PGUSER", "me")];
    let source = |cli, client, config, variables| {
        let settings = from(cli, client, config, variables).unwrap();
        let Endpoint::Tcp { host, .. } = settings.targets[0].endpoint.clone() else { panic!("not a socket") };
        (settings.source, host)
    };
    assert_eq!(source(Some(&a), Some(&b), Some(&c), &variables), (Source::CommandLine, "a".into()));
    assert_eq!(source(None, Some(&b), Some(&c), &variables), (Source::Client, "b".into()));
    assert_eq!(source(None, Some(" "), Some(&c), &variables), (Source::Workspace, "c".into()));
    assert_eq!(source(None, None, None, &variables), (Source::DatabaseUrl, "d".into()));
    assert_eq!(source(None, None, None, &variables[1..]), (Source::Environment, "e".into()));
}

#[test]
fn nothing_names_a_database() {
    assert_eq!(from(None, None, None, &[]), None);
    // A user and a password alone are no database, nor is another kind of one.
    assert_eq!(from(None, None, None, &[("PGUSER", "me"), ("PGPASSWORD", "x"), ("PGPORT", "1")]), None);
    assert_eq!(from(None, None, None, &[("DATABASE_URL", "mysql://root@db/shop")]), None);
    assert_eq!(from(None, None, None, &[("DATABASE_URL", "file:./dev.db")]), None);
    for name in ["PGHOST", "PGHOSTADDR", "PGDATABASE"] {
        assert!(from(None, None, None, &[(name, "127.0.0.1"), ("PGUSER", "me")]).is_some(), "{name}");
    }
}

#[test]
fn what_a_url_leaves_open_is_filled_in() {
    let variables = [
        ("PGUSER", "env"),
        ("PGPORT", "6000"),
        ("PGPASSWORD", "x"),
        ("PGSSLMODE", "require"),
        ("PGCONNECT_TIMEOUT", "9"),
    ];
    let settings = from(Some("postgresql://db/shop"), None, None, &variables).unwrap();
    assert_eq!(summary(&settings), "env@db:6000/shop with password");
    assert_eq!((settings.tls.mode, settings.connect_timeout), (SslMode::Require, Duration::from_secs(9)));
    let settings = from(Some("postgresql://me:y@db:1/shop?sslmode=disable"), None, None, &variables).unwrap();
    assert_eq!(summary(&settings), "me@db:1/shop with password");
    assert_eq!(settings.tls.mode, SslMode::Disable);
    // The user's name is the database's by default, and the account's name the user's.
    let mut environment = Environment::of(&[("PGHOST", "db")]);
    environment.account = Some("ann".into());
    let settings = resolve(&Sources::default(), &environment).unwrap().unwrap();
    assert_eq!(summary(&settings), "ann@db:5432/ann without password");
}

#[test]
fn several_hosts_have_their_ports() {
    let endpoints = |url: &str| {
        let settings = from(Some(url), None, None, &[("PGUSER", "me")]).unwrap();
        settings.targets.iter().map(|target| target.endpoint.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(endpoints("postgresql://a:1,b,[::1]:3/d"), ["a:1", "b:5432", "[::1]:3"]);
    assert_eq!(endpoints("host=a,b port=7"), ["a:7", "b:7"]);
    assert_eq!(endpoints("postgresql://%2Ftmp%2Fx:7/d"), ["/tmp/x/.s.PGSQL.7"]);
    assert_eq!(endpoints("postgresql:///d?host=/tmp/x,b&port=7,8"), ["/tmp/x/.s.PGSQL.7", "b:8"]);
    assert_eq!(endpoints("dbname=d"), ["/var/run/postgresql/.s.PGSQL.5432", "/tmp/.s.PGSQL.5432"]);
    assert_eq!(endpoints("host=a hostaddr=10.0.0.1"), ["a:5432"]);
}

#[test]
fn errors_say_what_is_wrong_and_where() {
    let error = |url: &str| {
        let sources = Sources { client_url: Some(url.to_owned()), ..Sources::default() };
        resolve(&sources, &Environment::of(&[("PGUSER", "me")])).unwrap_err().to_string()
    };
    assert_eq!(
        error("mysql://h/d"),
        "the editor's settings: a URL for PostgreSQL begins with postgresql://, not mysql://"
    );
    assert_eq!(error("postgresql://h:99999/d"), "the editor's settings: \"99999\" is not a port");
    assert_eq!(error("host=a,b port=1,2,3"), "the editor's settings: 3 ports do not go with 2 hosts");
    assert_eq!(error("host=a hostaddr=b"), "the editor's settings: hostaddr \"b\" is not an IP address");
    assert!(
        error("postgresql://h/d?sslmode=on").contains("sslmode \"on\" does not exist; it is one of disable,")
    );
    assert!(
        error("postgresql://h/d?sslrootcert=system&sslmode=require").contains("needs sslmode=verify-full")
    );
    assert!(error("service=nowhere").contains("the service \"nowhere\" is not defined in"));
}

#[test]
fn no_password_is_ever_printed() {
    let settings = from(Some("postgresql://me:s3cret@db/shop"), None, None, &[]).unwrap();
    assert!(!format!("{settings:?}").contains("s3cret"));
    assert_eq!(settings.describe(), "shop on db:5432");
}

/// A home with a password file and a service file.
fn home(passwords: &str, services: &str, mode: u32) -> (tempfile::TempDir, Environment) {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let passfile = home.path().join(".pgpass");
    std::fs::write(&passfile, passwords).unwrap();
    std::fs::set_permissions(&passfile, std::fs::Permissions::from_mode(mode)).unwrap();
    std::fs::write(home.path().join(".pg_service.conf"), services).unwrap();
    let environment = Environment {
        home: Some(home.path().to_owned()),
        account: Some("me".into()),
        ..Environment::default()
    };
    (home, environment)
}

fn with(environment: &Environment, variables: &[(&str, &str)]) -> Environment {
    let mut environment = environment.clone();
    environment.variables = Environment::of(variables).variables;
    environment
}

fn cli(url: &str, environment: &Environment) -> ConnectionSettings {
    crate::settings_in(url, environment)
}

#[test]
fn the_password_file_is_read_as_libpq_does() {
    let (_home, environment) = home("a:5432:d:me:pa\nlocalhost:*:*:*:local\n/sock:*:*:*:so\n", "", 0o600);
    assert_eq!(summary(&cli("postgresql://a/d", &environment)), "me@a:5432/d with password");
    assert_eq!(summary(&cli("postgresql://a/other", &environment)), "me@a:5432/other without password");
    assert_eq!(summary(&cli("postgresql://you@a/d", &environment)), "you@a:5432/d without password");
    // A default socket directory is localhost there, another one stands for itself.
    assert!(cli("dbname=d", &environment).targets.iter().all(|target| target.password.is_some()));
    assert!(cli("host=/sock dbname=d", &environment).targets[0].password.is_some());
    assert!(cli("host=/other dbname=d", &environment).targets[0].password.is_none());
    // Each of several hosts has its own.
    let two = cli("postgresql://b,a/d", &environment);
    assert_eq!(two.targets.iter().map(|target| target.password.is_some()).collect::<Vec<_>>(), [false, true]);
    let elsewhere = with(&environment, &[("PGPASSFILE", "/nonexistent")]);
    assert!(cli("postgresql://a/d", &elsewhere).targets[0].password.is_none());
}

#[test]
fn a_password_file_that_others_can_read_is_not_used() {
    for mode in [0o644, 0o640, 0o604] {
        let (_home, environment) = home("*:*:*:*:x\n", "", mode);
        let settings = cli("postgresql://a/d", &environment);
        assert!(settings.targets[0].password.is_none());
        assert!(settings.warnings[0].contains("chmod 0600"), "{:?}", settings.warnings);
    }
}

#[test]
fn services_fill_in_before_variables() {
    let (home, environment) = home("", "[shop]\nhost=db\nport=7\ndbname=shop\nuser=svc\npassword=x\n", 0o600);
    let variables = with(&environment, &[("PGSERVICE", "shop"), ("PGPORT", "9"), ("PGUSER", "env")]);
    let settings = resolve(&Sources::default(), &variables).unwrap().unwrap();
    assert_eq!(summary(&settings), "svc@db:7/shop with password");
    assert_eq!(
        summary(&cli("postgresql://?service=shop&dbname=x", &environment)),
        "svc@db:7/x with password"
    );
    // The system's file comes after the user's.
    let system = home.path().join("etc");
    std::fs::create_dir(&system).unwrap();
    std::fs::write(system.join("pg_service.conf"), "[shop]\nhost=wrong\n[all]\nhost=sys\n").unwrap();
    let variables = with(&environment, &[("PGSYSCONFDIR", system.to_str().unwrap())]);
    assert_eq!(summary(&cli("service=all", &variables)), "me@sys:5432/me without password");
    assert_eq!(summary(&cli("service=shop", &variables)), "svc@db:7/shop with password");
    let file = home.path().join("other.conf");
    std::fs::write(&file, "[x]\nhost=named\n").unwrap();
    let variables = with(&environment, &[("PGSERVICEFILE", file.to_str().unwrap())]);
    assert_eq!(summary(&cli("service=x", &variables)), "me@named:5432/me without password");
}

#[test]
fn a_host_that_only_the_workspace_names_gets_no_password() {
    let (_home, environment) =
        home("*:*:*:*:everybody\nevil:5432:*:*:evil\n", "[prod]\nhost=prod\npassword=x\n", 0o600);
    let evil = "postgresql://me@evil/d";
    for variables in [
        &[("PGPASSWORD", "x")][..],
        &[],
        &[("DATABASE_URL", "postgresql://me:x@prod/d")],
        &[("DATABASE_URL", "postgresql://me:x@evil:6000/d")],
        &[("PGHOST", "prod"), ("PGPASSWORD", "x")],
        &[("PGHOST", "evil"), ("PGPORT", "6000"), ("PGPASSWORD", "x")],
        &[("PGSERVICE", "prod")],
    ] {
        let url = if variables.iter().any(|(name, _)| *name == "PGPORT") {
            "postgresql://me@evil:5432/d"
        } else {
            evil
        };
        let settings = workspace(url, &with(&environment, variables));
        assert_eq!(summary(&settings), "me@evil:5432/d without password", "{variables:?}");
        assert!(settings.targets[0].password_withheld, "{variables:?}");
    }
    // Every way of writing a host in the file is the file's.
    for url in [
        "host=evil dbname=d",
        "postgresql:///d?host=evil",
        "host=evil service=prod",
        "host=evil passfile=~/.pgpass",
        "host=prod hostaddr=6.6.6.6",
        "host=localhost hostaddr=6.6.6.6",
    ] {
        let settings = workspace(url, &with(&environment, &[("PGHOST", "prod"), ("PGPASSWORD", "x")]));
        assert!(settings.targets[0].password.is_none(), "{url}");
    }
    // Of several hosts each counts by itself.
    let settings = workspace(
        "postgresql://evil,prod/d",
        &with(&environment, &[("PGHOST", "prod"), ("PGPASSWORD", "x")]),
    );
    assert_eq!(
        settings.targets.iter().map(|target| target.password.is_some()).collect::<Vec<_>>(),
        [false, true]
    );
    // The file's own password is its own affair.
    assert_eq!(
        summary(&workspace("postgresql://me:own@evil/d", &environment)),
        "me@evil:5432/d with password"
    );
    // What the user writes, in the editor or on the command line, is theirs.
    assert_eq!(summary(&cli(evil, &environment)), "me@evil:5432/d with password");
}

#[test]
fn a_host_that_the_user_names_too_gets_one() {
    let (_home, environment) = home("", "[prod]\nhost=prod\nport=7\nuser=me\npassword=x\n", 0o600);
    for (url, variables) in [
        ("postgresql://me@prod/d", &[("PGHOST", "prod"), ("PGPASSWORD", "x")][..]),
        ("postgresql://me@PROD/d", &[("PGHOST", "other,prod"), ("PGPASSWORD", "x")]),
        ("postgresql://me@prod/d", &[("DATABASE_URL", "postgresql://me:x@prod/other")]),
        ("postgresql://me@10.0.0.1/d", &[("PGHOSTADDR", "10.0.0.1"), ("PGPASSWORD", "x")]),
        ("postgresql://me@prod:7/d", &[("PGSERVICE", "prod")]),
        ("postgresql://?service=prod", &[]),
        ("dbname=d", &[("PGHOST", "prod"), ("PGPASSWORD", "x")]),
        // This machine.
        ("postgresql://me@localhost/d", &[("PGPASSWORD", "x")]),
        ("postgresql://me@127.0.0.1/d", &[("PGPASSWORD", "x")]),
        ("postgresql://me@[::1]/d", &[("PGPASSWORD", "x")]),
        ("postgresql://me@/d?host=/tmp", &[("PGPASSWORD", "x")]),
    ] {
        let settings = workspace(url, &with(&environment, variables));
        assert!(settings.targets[0].password.is_some(), "{url} {variables:?}");
    }
    // The password of DATABASE_URL is its user's.
    let variables = with(&environment, &[("DATABASE_URL", "postgresql://me:x@prod/other")]);
    assert!(workspace("postgresql://you@prod/d", &variables).targets[0].password.is_none());
}

#[test]
fn a_workspace_cannot_weaken_the_users_tls() {
    let variables = [
        ("PGHOST", "prod"),
        ("PGPASSWORD", "x"),
        ("PGSSLMODE", "verify-full"),
        ("PGSSLROOTCERT", "/mine.crt"),
    ];
    let environment = Environment::of(&variables);
    let settings = workspace("postgresql://me@prod/d?sslmode=disable&sslrootcert=theirs.crt", &environment);
    assert_eq!(settings.tls.mode, SslMode::VerifyFull);
    assert_eq!(settings.tls.roots, RootCertificates::File(Path::new("/mine.crt").to_owned()));
    // It may ask for more, and for what it likes where no password of the user's goes.
    let weak = Environment::of(&[("PGHOST", "prod"), ("PGPASSWORD", "x"), ("PGSSLMODE", "prefer")]);
    assert_eq!(workspace("postgresql://me@prod/d?sslmode=require", &weak).tls.mode, SslMode::Require);
    assert_eq!(workspace("postgresql://me@other/d?sslmode=disable", &environment).tls.mode, SslMode::Disable);
}
