//! Passwords against real servers and a dishonest one: who gets them, and in what form.

use std::time::Duration;

use pgwright::database::guard::{CleartextRefused, Guard};
use pgwright::database::{Environment, connect};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_postgres::{Config, NoTls};

use crate::postgres::Postgres;
use crate::{settings, settings_in};

fn server(major: u32) -> Postgres {
    let server = Postgres::options(major)
        .tcp()
        .ssl()
        .hba("host all clear all password")
        .hba("host all hashed all md5")
        .hba("host all salted all scram-sha-256")
        .start();
    server.execute(
        "SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN PASSWORD 's3cret'; \
         SET password_encryption = 'scram-sha-256'; CREATE ROLE salted LOGIN PASSWORD 's3cret'; \
         CREATE ROLE clear LOGIN PASSWORD 's3cret'",
    );
    server
}

#[tokio::test]
async fn every_kind_of_login_works_on_this_machine() {
    let server = server(15);
    for user in ["clear", "hashed", "salted"] {
        for mode in ["disable", "require"] {
            let base = server.tcp_url("127.0.0.1", "postgres");
            let url = |password: &str| {
                format!("{}?sslmode={mode}", base.replace("postgres@", &format!("{user}{password}@")))
            };
            connect(&settings(&url(":s3cret")))
                .await
                .unwrap_or_else(|error| panic!("{user} {mode}: {error}"));
            let wrong = connect(&settings(&url(":wrong"))).await.err().expect("the password is wrong");
            assert!(wrong.message.contains(&format!("the password of user \"{user}\"")), "{wrong}");
            assert!(!wrong.message.contains("wrong@") && wrong.sqlstate.as_deref() == Some("28P01"));
            let none = connect(&settings(&url(""))).await.err().expect("there is no password");
            assert!(none.message.contains("asks for a password of user"), "{none}");
            let environment = Environment::of(&[("PGPASSWORD", "s3cret")]);
            assert!(connect(&settings_in(&url(""), &environment)).await.is_ok());
        }
    }
}

/// The guard on a connection to a server elsewhere, which is this one for the test.
#[tokio::test]
async fn a_server_elsewhere_gets_no_password_in_clear() {
    let server = server(18);
    for (user, open, gets_in) in
        [("clear", true, true), ("clear", false, false), ("hashed", false, true), ("salted", false, true)]
    {
        let stream = TcpStream::connect(("127.0.0.1", server.port())).await.unwrap();
        let mut config = Config::new();
        config
            .user(user)
            .dbname("postgres")
            .password("s3cret")
            .ssl_mode(tokio_postgres::config::SslMode::Disable);
        let outcome = config.connect_raw(Guard::new(stream, open), NoTls).await;
        assert_eq!(outcome.is_ok(), gets_in, "{user}");
        if let Err(error) = outcome {
            let source =
                std::error::Error::source(&error).and_then(|source| source.downcast_ref::<std::io::Error>());
            assert!(
                source.and_then(std::io::Error::get_ref).is_some_and(|inner| inner.is::<CleartextRefused>())
            );
        }
    }
}

#[tokio::test]
async fn a_dishonest_server_hears_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![0; 1024];
        let first = stream.read(&mut heard).await.unwrap();
        // In two pieces, with a notice before.
        stream.write_all(b"N\0\0\0\x05\0R\0\0").await.unwrap();
        stream.flush().await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
        let _ = stream.write_all(&[0, 8, 0, 0, 0, 3]).await;
        heard.truncate(first);
        let _ = stream.read_to_end(&mut heard).await;
        heard
    });
    let stream = TcpStream::connect(address).await.unwrap();
    let mut config = Config::new();
    config.user("me").password("s3cret").ssl_mode(tokio_postgres::config::SslMode::Disable);
    assert!(config.connect_raw(Guard::new(stream, false), NoTls).await.is_err());
    let heard = heard.await.unwrap();
    assert!(heard.windows(2).any(|bytes| bytes == b"me"), "the login began");
    assert!(!heard.windows(6).any(|bytes| bytes == b"s3cret"));
}

#[tokio::test]
async fn the_message_says_that_a_password_was_kept_back() {
    use pgwright::database::{Sources, resolve};
    let server = server(18);
    // As if this machine were another: the host is named by its address, which only the workspace has.
    let url = server.tcp_url("127.0.0.1", "postgres").replace("postgres@", "salted@");
    let sources = Sources { config_url: Some(url), ..Sources::default() };
    let environment = Environment::of(&[("PGPASSWORD", "s3cret")]);
    let mut settings = resolve(&sources, &environment).unwrap().unwrap();
    assert!(connect(&settings).await.is_ok(), "this machine gets it");
    settings.targets[0].password = None;
    settings.targets[0].password_withheld = true;
    let error = connect(&settings).await.err().unwrap();
    assert!(error.message.contains("only the workspace's pgwright.toml names this host"), "{error}");
}

/// A pooler that knows the start parameters that pgbouncer knows, before a real server.
#[tokio::test]
async fn a_pooler_that_refuses_options_is_used_without_them() {
    let server = server(18);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let behind = server.port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut start = vec![0; 4096];
            let length = client.read(&mut start).await.unwrap();
            start.truncate(length);
            if start.windows(8).any(|bytes| bytes == b"options\0") {
                let body = b"SFATAL\0C08P01\0Munsupported startup parameter: options\0\0";
                client.write_u8(b'E').await.unwrap();
                client.write_u32(body.len() as u32 + 4).await.unwrap();
                client.write_all(body).await.unwrap();
                continue;
            }
            let mut real = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
            real.write_all(&start).await.unwrap();
            tokio::spawn(async move { tokio::io::copy_bidirectional(&mut client, &mut real).await });
        }
    });
    let url = format!("postgresql://postgres@127.0.0.1:{port}/postgres?sslmode=disable");
    let connection = connect(&settings(&url)).await.unwrap();
    let (catalog, _) = pgwright::database::introspect(&connection, |_| ()).await.unwrap();
    assert!(catalog.schema("public").is_some());
}
