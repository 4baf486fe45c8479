//! Connection strings: URLs and `key=value` text, read as libpq reads them.

use std::collections::BTreeMap;

/// libpq's parameters by their names.
pub(super) type Parameters = BTreeMap<String, String>;

/// What a connection string may say, beyond what a connection needs; known, so that they are not warned about.
const KNOWN: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "service",
    "servicefile",
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "sslnegotiation",
    "channel_binding",
    "connect_timeout",
    "options",
    "application_name",
    "fallback_application_name",
    "client_encoding",
    "target_session_attrs",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "gssdelegation",
    "gsslib",
    "krbsrvname",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "sslcertmode",
    "sslpassword",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "requirepeer",
    "require_auth",
    "load_balance_hosts",
    "min_protocol_version",
    "max_protocol_version",
];

/// The URL schemes that name a PostgreSQL database. Python's libraries add their driver: `postgresql+asyncpg`.
fn url_rest(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.split_once('+').map_or(scheme, |(scheme, _)| scheme);
    ["postgresql", "postgres"].iter().any(|known| scheme.eq_ignore_ascii_case(known)).then_some(rest)
}

/// Whether `text` can only be meant for PostgreSQL: `DATABASE_URL` may as well name another kind of database.
pub(super) fn is_for_postgresql(text: &str) -> bool {
    let text = text.trim();
    url_rest(text).is_some() || (!text.contains("://") && !text.contains(':') && text.contains('='))
}

/// The parameters that `text` sets, and warnings about those that nobody knows. Neither ever shows a password.
pub(super) fn parse(text: &str) -> Result<(Parameters, Vec<String>), String> {
    let text = text.trim();
    let parameters = match url_rest(text) {
        Some(rest) => parse_url(rest)?,
        None if text.contains("://") => {
            let scheme = text.split("://").next().unwrap_or_default();
            return Err(format!("a URL for PostgreSQL begins with postgresql://, not {scheme}://"));
        }
        None if text.contains('=') => parse_pairs(text)?,
        None => return Err("expected postgresql://user@host/database or host=… dbname=… user=…".to_owned()),
    };
    // Libraries put settings of their own into the URL (Prisma's schema and connection_limit): not a reason to fail.
    let warnings = parameters
        .keys()
        .filter(|key| !KNOWN.contains(&key.as_str()))
        .map(|key| format!("\"{key}\" is not a setting of PostgreSQL connections and is left out"))
        .collect();
    Ok((parameters, warnings))
}

/// `user:password@host:port,host:port/database?key=value`, after the scheme.
fn parse_url(rest: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut rest = rest;
    // Credentials are there only when an @ comes before the first slash.
    if let Some(at) = rest.find(['@', '/']).filter(|at| rest.as_bytes()[*at] == b'@') {
        let (user, password) = match rest[..at].split_once(':') {
            Some((user, password)) => (user, Some(password)),
            None => (&rest[..at], None),
        };
        put(&mut parameters, "user", decode(user)?);
        put(&mut parameters, "password", decode(password.unwrap_or_default())?);
        rest = &rest[at + 1..];
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (hosts, ports) = parse_hosts(&rest[..end])?;
    put(&mut parameters, "host", hosts);
    put(&mut parameters, "port", ports);
    rest = &rest[end..];
    let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
    put(&mut parameters, "dbname", decode(path.strip_prefix('/').unwrap_or_default())?);
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(format!("the URL's parameter \"{pair}\" has no value: write {pair}=…"));
        };
        let (key, value) = (decode(key)?, decode(value)?);
        // JDBC's way to say it, which libpq understands too.
        if key == "ssl" && value == "true" {
            parameters.insert("sslmode".into(), "require".into());
        } else {
            put(&mut parameters, &key, value);
        }
    }
    Ok(parameters)
}

/// The hosts and the ports of `a:1,[::1]:2,c` as lists of equal length.
fn parse_hosts(text: &str) -> Result<(String, String), String> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    let mut rest = text;
    loop {
        let host;
        if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').ok_or("the URL's [ has no matching ] around the IPv6 address")?;
            host = &inner[..end];
            rest = &inner[end + 1..];
        } else {
            let end = rest.find([':', ',']).unwrap_or(rest.len());
            host = &rest[..end];
            rest = &rest[end..];
        }
        let mut port = "";
        if let Some(after) = rest.strip_prefix(':') {
            let end = after.find(',').unwrap_or(after.len());
            port = &after[..end];
            rest = &after[end..];
        }
        hosts.push(decode(host)?);
        ports.push(decode(port)?);
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None if rest.is_empty() => break,
            None => return Err("unexpected text after the URL's ]; expected :, / or nothing".to_owned()),
        }
    }
    let all_empty = ports.iter().all(String::is_empty);
    Ok((hosts.join(","), if all_empty { String::new() } else { ports.join(",") }))
}

fn put(parameters: &mut Parameters, key: &str, value: String) {
    if !value.is_empty() {
        parameters.insert(key.to_owned(), value);
    }
}

/// Percent decoding. A plus sign is a plus sign.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let code = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let code = code.filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
        let code = code.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match code {
            Some(0) => return Err("the URL contains %00, which nothing in it can hold".to_owned()),
            Some(code) => bytes.push(code),
            None => {
                return Err("the URL contains a % without two hexadecimal digits; write %25 for %".to_owned());
            }
        }
        rest = &after[2..];
    }
    String::from_utf8(bytes).map_err(|_| "the URL's percent codes are not UTF-8".to_owned())
}

/// `host=db port=5432 password='it''s'`, with backslash escapes.
fn parse_pairs(text: &str) -> Result<Parameters, String> {
    let mut parameters = Parameters::new();
    let mut chars = text.chars().peekable();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.peek().is_none() {
            return Ok(parameters);
        }
        let mut key = String::new();
        while let Some(c) = chars.next_if(|c| *c != '=' && !c.is_whitespace()) {
            key.push(c);
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        // What stands here may be part of a password with a space in it: it is not repeated.
        if chars.next() != Some('=') || key.is_empty() {
            return Err(
                "a word without = in the connection string; a value with spaces needs quotes".to_owned()
            );
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let quoted = chars.next_if_eq(&'\'').is_some();
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.extend(chars.next()),
                Some('\'') if quoted => break,
                Some(c) if !quoted && c.is_whitespace() => break,
                Some(c) => value.push(c),
                None if quoted => return Err(format!("the value of {key} has no closing quote")),
                None => break,
            }
        }
        put(&mut parameters, &key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match parse(text) {
            Ok((parameters, _)) => {
                let pairs: Vec<_> = parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
                pairs.join(" ")
            }
            Err(error) => format!("error: {error}"),
        }
    }

    #[test]
    fn urls_are_read_as_libpq_does() {
        assert_eq!(read("postgresql://"), "");
        assert_eq!(read("postgres://localhost"), "host=localhost");
        assert_eq!(
            read("postgresql://me:p%40ss%2Fw@db.example:5433/shop?sslmode=require&connect_timeout=3"),
            "connect_timeout=3 dbname=shop host=db.example password=p@ss/w port=5433 sslmode=require user=me"
        );
        assert_eq!(read("postgresql://a:1,b,[::1]:3/d"), "dbname=d host=a,b,::1 port=1,,3");
        assert_eq!(read("postgresql://%2Fvar%2Frun:7/d"), "dbname=d host=/var/run port=7");
        assert_eq!(read("postgresql:///d?host=/tmp&user=x+y"), "dbname=d host=/tmp user=x+y");
        assert_eq!(
            read("postgresql://me@/d?host=localhost&port=5433"),
            "dbname=d host=localhost port=5433 user=me"
        );
        assert_eq!(read("postgresql+asyncpg://h/d?ssl=true"), "dbname=d host=h sslmode=require");
        assert_eq!(read("postgresql://h?dbname=x"), "dbname=x host=h");
        assert!(read("postgresql://h/%zz").starts_with("error: the URL contains a %"));
        assert!(read("postgresql://h/%+1").starts_with("error: the URL contains a %"));
        assert!(read("postgresql://[::1/d").starts_with("error: the URL's [ has no"));
        assert!(read("postgresql://h/d?x").contains("write x=…"));
        assert!(read("mysql://h/d").contains("not mysql://"));
        assert!(read("shop").starts_with("error: expected postgresql://"));
    }

    #[test]
    fn pairs_are_read_as_libpq_does() {
        assert_eq!(read("host=db  port = 5433 password='a \\'b\\\\'"), "host=db password=a 'b\\ port=5433");
        assert_eq!(read("user=a\\ b dbname=''"), "user=a b");
        assert!(read("password=top secret").contains("needs quotes"), "and the password is not shown");
        assert!(read("host='x").contains("no closing quote"));
    }

    #[test]
    fn what_libraries_add_is_a_warning() {
        let (_, warnings) = parse("postgresql://h/d?schema=public&connection_limit=5").unwrap();
        assert_eq!(warnings.len(), 2);
        assert!(warnings[1].contains("\"schema\""), "{warnings:?}");
    }

    #[test]
    fn other_databases_are_told_apart() {
        assert!(is_for_postgresql("postgresql://h/d") && is_for_postgresql("host=h dbname=d"));
        for other in ["mysql://h/d", "sqlite:dev.db", "file:./dev.db?mode=memory", "prisma+postgres://x", "d"]
        {
            assert!(!is_for_postgresql(other), "{other}");
        }
    }
}
