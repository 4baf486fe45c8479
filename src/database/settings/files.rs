//! The user's files of libpq: passwords in `~/.pgpass`, named services in `~/.pg_service.conf`.

use std::path::{Path, PathBuf};

use super::Environment;
use super::text::Parameters;

/// The file with passwords: the one a setting names, or the user's own.
pub(super) fn passfile(named: Option<&str>, environment: &Environment) -> Option<PathBuf> {
    match named {
        Some(path) => Some(environment.path(path)),
        None => match environment.get("PGPASSFILE") {
            Some(path) => Some(environment.path(path)),
            None if cfg!(windows) => {
                environment.get("APPDATA").map(|folder| Path::new(folder).join("postgresql/pgpass.conf"))
            }
            None => environment.in_home(".pgpass"),
        },
    }
}

/// The text of the password file, or nothing and why: a file that others can read is not used, as in libpq.
pub(super) fn read_passfile(path: &Path, warnings: &mut Vec<String>) -> Option<String> {
    let metadata = std::fs::metadata(path).ok()?;
    if !metadata.is_file() {
        warnings.push(format!("the password file {} is not a plain file and is not used", path.display()));
        return None;
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if metadata.permissions().mode() & 0o077 != 0 {
            warnings.push(format!(
                "the password file {0} is not used, as others can read it; run: chmod 0600 {0}",
                path.display()
            ));
            return None;
        }
    }
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => {
            warnings.push(format!("the password file {} cannot be read: {error}", path.display()));
            None
        }
    }
}

/// The password of the first line that matches; `*` matches all, a backslash keeps a colon or a backslash.
pub(super) fn find_password(text: &str, host: &str, port: u16, database: &str, user: &str) -> Option<String> {
    let port = port.to_string();
    let wanted = [host, port.as_str(), database, user];
    text.lines().filter(|line| !line.starts_with('#')).find_map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let mut rest = line;
        for wanted in wanted {
            let (field, after) = passfile_field(rest)?;
            // A lone star is a wildcard; an escaped one is not.
            if rest[..rest.len() - after.len() - 1] != *"*" && field != wanted {
                return None;
            }
            rest = after;
        }
        let mut password = String::new();
        let mut chars = rest.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => password.extend(chars.next()),
                ':' => break,
                _ => password.push(c),
            }
        }
        Some(password)
    })
}

/// The field before the next colon, without its backslashes, and what follows the colon.
fn passfile_field(text: &str) -> Option<(String, &str)> {
    let mut field = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            ':' => return Some((field, &text[at + 1..])),
            '\\' => field.extend(chars.next().map(|(_, c)| c)),
            _ => field.push(c),
        }
    }
    None
}

/// The parameters of a service: from the user's file, or from the system's.
pub(super) fn service(
    name: &str,
    file: Option<&str>,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<Parameters, String> {
    let named = file.or_else(|| environment.get("PGSERVICEFILE")).map(|path| environment.path(path));
    let user = match named {
        Some(path) => Some(path),
        None if cfg!(windows) => {
            environment.get("APPDATA").map(|folder| Path::new(folder).join("postgresql/.pg_service.conf"))
        }
        None => environment.in_home(".pg_service.conf"),
    };
    let system = environment.get("PGSYSCONFDIR").map(PathBuf::from).or_else(|| {
        // Where Debian and Red Hat build libpq to look.
        ["/etc/postgresql-common", "/etc/sysconfig/pgsql"]
            .iter()
            .map(PathBuf::from)
            .find(|path| path.is_dir())
    });
    let system = system.map(|folder| folder.join("pg_service.conf"));
    let mut searched = Vec::new();
    for path in user.into_iter().chain(system) {
        if let Ok(text) = std::fs::read_to_string(&path)
            && let Some(parameters) = find_service(&text, name, &path, warnings)
        {
            return Ok(parameters);
        }
        searched.push(path.display().to_string());
    }
    Err(format!("the service \"{name}\" is not defined in {}", searched.join(" or ")))
}

fn find_service(text: &str, name: &str, path: &Path, warnings: &mut Vec<String>) -> Option<Parameters> {
    let mut found: Option<Parameters> = None;
    for (number, line) in text.lines().map(str::trim).enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            if found.is_some() {
                break;
            }
            if section == name {
                found = Some(Parameters::new());
            }
            continue;
        }
        let Some(parameters) = &mut found else { continue };
        match line.split_once('=') {
            // A service within a service is not allowed, and the first value of a key counts.
            Some((key, value)) if key.trim() != "service" => {
                parameters.entry(key.trim().to_owned()).or_insert_with(|| value.trim().to_owned());
            }
            _ => warnings.push(format!("{}:{}: not a setting: left out", path.display(), number + 1)),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matching_line_counts() {
        let text = "# db:*:*:*:comment\n\
                    db:5432:shop:me:first\n\
                    db:*:*:me:second:rest\n\
                    *:5433:*:*:third\\:colon\\\\\n\
                    we\\:ird:*:*:*:fourth\n\
                    \\*:*:*:x:fifth\r\n\
                    db:5432:shop\n";
        let find = |host, port, database, user| find_password(text, host, port, database, user);
        assert_eq!(find("db", 5432, "shop", "me").as_deref(), Some("first"));
        assert_eq!(find("db", 5432, "other", "me").as_deref(), Some("second"));
        assert_eq!(find("any", 5433, "other", "you").as_deref(), Some("third:colon\\"));
        assert_eq!(find("we:ird", 1, "d", "u").as_deref(), Some("fourth"));
        assert_eq!(find("*", 1, "d", "x").as_deref(), Some("fifth"));
        assert_eq!(find("db", 5432, "shop", "x"), None);
    }

    #[test]
    fn a_service_is_one_section() {
        let text = "[a]\nhost=x\n\n# comment\n[ b ]\n[b]\nhost = y\nport=7\nport=8\nnonsense\n[c]\nhost=z\n";
        let mut warnings = Vec::new();
        let found = find_service(text, "b", Path::new("f"), &mut warnings).unwrap();
        assert_eq!(
            found.into_iter().collect::<Vec<_>>(),
            [("host".to_owned(), "y".to_owned()), ("port".to_owned(), "7".to_owned())]
        );
        assert_eq!(warnings, ["f:10: not a setting: left out"]);
        assert_eq!(find_service(text, "d", Path::new("f"), &mut warnings), None);
    }
}
