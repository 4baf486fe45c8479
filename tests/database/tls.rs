//! Every sslmode against servers with and without TLS, right and wrong authorities, right and wrong names.

use std::sync::OnceLock;

use pgwright::database::{Environment, connect};

use crate::postgres::{self, Postgres};
use crate::settings_in;

const OTHER_CA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls/other-ca.crt");
const CLIENT_CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls/client.crt");
const CLIENT_KEY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/tls/client.key");

/// A server with TLS, and roles that its `pg_hba.conf` lets in one way only.
fn with_tls() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = Postgres::options(15)
            .tcp()
            .ssl()
            // In the data directory, as the harness puts it there.
            .setting("ssl_ca_file", "other-ca.crt")
            .hba("hostssl all plain all reject")
            .hba("hostnossl all secure all reject")
            .hba("hostssl all certified all cert")
            .start();
        server.execute("CREATE ROLE plain LOGIN; CREATE ROLE secure LOGIN; CREATE ROLE certified LOGIN");
        server
    })
}

fn without_tls() -> &'static Postgres {
    static SERVER: OnceLock<Postgres> = OnceLock::new();
    SERVER.get_or_init(|| Postgres::options(18).tcp().start())
}

/// `tls` or `plain`, or why there is no connection.
async fn outcome(url: &str, environment: &Environment) -> String {
    match connect(&settings_in(url, environment)).await {
        Ok(connection) => {
            let sql = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
            let rows = connection.client.query_typed(sql, &[]).await.unwrap();
            if rows[0].get(0) { "tls".to_owned() } else { "plain".to_owned() }
        }
        Err(error) => error.message,
    }
}

const NAME: &str = "another host name";
const SIGNER: &str = "not signed by the authority";
const NO_TLS: &str = "has no TLS, which sslmode asks for";
const NO_ROOT: &str = "does not exist: provide it";

#[tokio::test]
async fn every_mode_does_what_it_says() {
    let (tls, plain) = (with_tls(), without_tls());
    let (right, wrong) = (Some(postgres::CA_CERTIFICATE), Some(OTHER_CA));
    // The server's certificate is for localhost, not for 127.0.0.1.
    #[rustfmt::skip]
    let cases = [
        // mode,         authority, server with TLS at localhost, the same at 127.0.0.1, server without TLS
        ("disable",      None,      "plain",                      "plain",               "plain"),
        ("disable",      wrong,     "plain",                      "plain",               "plain"),
        ("allow",        None,      "plain",                      "plain",               "plain"),
        ("prefer",       None,      "tls",                        "tls",                 "plain"),
        ("prefer",       right,     "tls",                        "tls",                 "plain"),
        ("require",      None,      "tls",                        "tls",                 NO_TLS),
        ("require",      right,     "tls",                        "tls",                 NO_TLS),
        ("require",      wrong,     SIGNER,                       SIGNER,                NO_TLS),
        ("verify-ca",    None,      NO_ROOT,                      NO_ROOT,               NO_TLS),
        ("verify-ca",    right,     "tls",                        "tls",                 NO_TLS),
        ("verify-ca",    wrong,     SIGNER,                       SIGNER,                NO_TLS),
        ("verify-full",  None,      NO_ROOT,                      NO_ROOT,               NO_TLS),
        ("verify-full",  right,     "tls",                        NAME,                  NO_TLS),
        ("verify-full",  wrong,     SIGNER,                       SIGNER,                NO_TLS),
    ];
    let environment = Environment::of(&[]);
    for (mode, authority, at_localhost, at_address, without) in cases {
        let query = authority.map(|file| format!("&sslrootcert={file}")).unwrap_or_default();
        for (server, host, expected) in
            [(tls, "localhost", at_localhost), (tls, "127.0.0.1", at_address), (plain, "127.0.0.1", without)]
        {
            let url = format!("{}?sslmode={mode}{query}", server.tcp_url(host, "postgres"));
            let outcome = outcome(&url, &environment).await;
            let right = if expected.len() < 6 { outcome == expected } else { outcome.contains(expected) };
            assert!(right, "{url}: {outcome}; expected {expected}");
        }
    }
}

#[tokio::test]
async fn allow_and_prefer_do_what_the_server_wants() {
    let server = with_tls();
    let url = |user: &str, mode: &str| {
        format!(
            "{}?sslmode={mode}",
            server.tcp_url("localhost", "postgres").replace("postgres@", &format!("{user}@"))
        )
    };
    let environment = Environment::of(&[]);
    for (user, mode, expected) in [
        ("plain", "allow", "plain"),
        ("plain", "prefer", "plain"),
        ("secure", "allow", "tls"),
        ("secure", "prefer", "tls"),
    ] {
        assert_eq!(outcome(&url(user, mode), &environment).await, expected, "{user} {mode}");
    }
    for (user, mode) in [("plain", "require"), ("secure", "disable")] {
        let outcome = outcome(&url(user, mode), &environment).await;
        assert!(
            outcome.contains("refuses the login: pg_hba.conf rejects connection"),
            "{user} {mode}: {outcome}"
        );
    }
}

#[tokio::test]
async fn the_users_own_certificates_are_found() {
    let server = with_tls();
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join(".postgresql");
    std::fs::create_dir(&folder).unwrap();
    let environment = Environment { home: Some(home.path().to_owned()), ..Environment::default() };
    let url = |mode: &str| format!("{}?sslmode={mode}", server.tcp_url("localhost", "postgres"));
    assert!(outcome(&url("verify-full"), &environment).await.contains(NO_ROOT));
    // With an authority in the usual place `require` means `verify-ca`.
    std::fs::copy(OTHER_CA, folder.join("root.crt")).unwrap();
    assert!(outcome(&url("require"), &environment).await.contains(SIGNER));
    std::fs::copy(postgres::CA_CERTIFICATE, folder.join("root.crt")).unwrap();
    assert_eq!(outcome(&url("require"), &environment).await, "tls");
    assert_eq!(outcome(&url("verify-full"), &environment).await, "tls");

    let url = url("require").replace("postgres@", "certified@");
    let without = outcome(&url, &environment).await;
    assert!(
        without.contains("refuses the login: connection requires a valid client certificate"),
        "{without}"
    );
    let with = format!("{url}&sslcert={CLIENT_CERTIFICATE}&sslkey={CLIENT_KEY}");
    assert_eq!(outcome(&with, &environment).await, "tls");
    std::fs::copy(CLIENT_CERTIFICATE, folder.join("postgresql.crt")).unwrap();
    std::fs::copy(CLIENT_KEY, folder.join("postgresql.key")).unwrap();
    assert_eq!(outcome(&url, &environment).await, "tls");
    let broken = format!("{url}&sslcert={CLIENT_CERTIFICATE}&sslkey=/nonexistent");
    assert!(outcome(&broken, &environment).await.contains("the key /nonexistent cannot be read"));
}

#[tokio::test]
async fn the_systems_authorities_do_not_know_a_self_made_one() {
    let url = format!("{}?sslrootcert=system", with_tls().tcp_url("localhost", "postgres"));
    let outcome = outcome(&url, &Environment::of(&[])).await;
    assert!(outcome.contains(SIGNER) || outcome.contains("no root certificate can be used"), "{outcome}");
}
