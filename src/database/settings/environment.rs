//! What the settings take from outside: variables and the user's home, as a value, so that tests set their own.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Environment variables, the home directory and the account's name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Environment {
    pub variables: BTreeMap<String, String>,
    pub home: Option<PathBuf>,
    /// The operating system's user, who is the database's by default.
    pub account: Option<String>,
}

impl Environment {
    /// The process's own. A variable that is not Unicode is left out.
    pub fn of_process() -> Environment {
        let variables: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        Environment { home: std::env::home_dir(), account: account(&variables), variables }
    }

    /// One without files, of these variables.
    pub fn of(variables: &[(&str, &str)]) -> Environment {
        let variables =
            variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Environment { variables, home: None, account: None }
    }

    /// A variable's value; an empty one counts as not set, as in libpq.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    pub(super) fn in_home(&self, path: &str) -> Option<PathBuf> {
        self.home.as_deref().map(|home| home.join(path))
    }

    /// A file named by the user, where `~/` is their home.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match (text.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => Path::new(text).to_owned(),
        }
    }
}

/// libpq asks the system for the name of the effective user; `USER` is wrong under `su` and unset in containers.
fn account(variables: &BTreeMap<String, String>) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let name = std::fs::metadata("/proc/self").ok().and_then(|process| {
            let uid = process.uid().to_string();
            let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
            accounts.lines().find_map(|line| {
                let mut fields = line.split(':');
                let name = fields.next()?;
                (fields.nth(1)? == uid).then(|| name.to_owned())
            })
        });
        if name.is_some() {
            return name;
        }
    }
    ["USER", "LOGNAME", "USERNAME"].iter().find_map(|name| variables.get(*name).cloned())
}
