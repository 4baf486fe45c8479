//! Subscriptions, whose options depend on each other and on what is done.

use crate::syntax::ast::{
    AlterSubscriptionStmt, AlterSubscriptionType as Alter, CreateSubscriptionStmt, DefElem, Node,
};

use super::super::entity::{Entity, EntityKind, Value};
use super::super::model::*;
use super::operator::name_node;
use super::{Fold, Result, offset, option, string};

/// What an option's value is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Truth,
    /// A truth value, or `parallel` from 16 on.
    Streaming,
    SlotName,
    /// `any` or `none`.
    Origin,
    Lsn,
    Other,
}

/// Each option with the version that has it first.
const OPTIONS: [(&str, u32, Kind); 16] = [
    ("connect", 10, Kind::Truth),
    ("enabled", 10, Kind::Truth),
    ("create_slot", 10, Kind::Truth),
    ("slot_name", 10, Kind::SlotName),
    ("copy_data", 10, Kind::Truth),
    ("synchronous_commit", 10, Kind::Other),
    ("refresh", 10, Kind::Truth),
    ("binary", 14, Kind::Truth),
    ("streaming", 14, Kind::Streaming),
    ("two_phase", 15, Kind::Truth),
    ("disable_on_error", 15, Kind::Truth),
    ("password_required", 16, Kind::Truth),
    ("run_as_owner", 16, Kind::Truth),
    ("origin", 16, Kind::Origin),
    ("failover", 17, Kind::Truth),
    ("lsn", 15, Kind::Lsn),
];

/// The options that were given, as far as others depend on them.
#[derive(Default)]
struct Given<'n> {
    elements: Vec<&'n DefElem>,
}

impl Given<'_> {
    /// A truth value that was given.
    fn truth(&self, name: &str) -> Option<bool> {
        let element = self.elements.iter().find(|element| element.defname == name)?;
        option::boolean(element)
    }

    fn has(&self, name: &str) -> bool {
        self.elements.iter().any(|element| element.defname == name)
    }

    fn has_no_slot(&self) -> bool {
        let slot = self.elements.iter().find(|element| element.defname == "slot_name");
        slot.is_some_and(|element| option::text(element) == "none")
    }
}

impl Fold<'_> {
    pub(super) fn create_subscription(&mut self, s: &CreateSubscriptionStmt) -> Result {
        let supported = |name: &str| !matches!(name, "refresh" | "lsn");
        let given = self.subscription_options(&s.options, supported)?;
        let connects = given.truth("connect").unwrap_or(true);
        self.options_agree(&given, connects)?;
        self.is_taken_in_database(EntityKind::Subscription, &s.subname, false)?;
        self.check_connection(&s.conninfo)?;
        self.are_different(&s.publication)?;
        let publications = s.publication.iter().map(|node| string(node).into()).collect();
        let mut subscription = self
            .new_entity(EntityKind::Subscription, None, &s.subname)
            .with("publications", Value::Texts(publications));
        // The connection may hold a password and is not kept.
        subscription.set("no slot", given.has_no_slot().then_some(Value::Flag));
        let enabled = given.truth("enabled").unwrap_or(connects);
        subscription.set("enabled", enabled.then_some(Value::Flag));
        self.put_entity(subscription);
        Ok(())
    }

    /// What does not go together (`parse_subscription_options`).
    fn options_agree(&self, given: &Given, connects: bool) -> Result {
        let exclusive = |one: &str, other: &str| {
            self.refuse("42601", format!("{one} and {other} are mutually exclusive options"), None)
        };
        if !connects {
            for name in ["enabled", "create_slot", "copy_data"] {
                if given.truth(name) == Some(true) {
                    return exclusive("connect = false", &format!("{name} = true"));
                }
            }
        }
        if given.has_no_slot() {
            for name in ["enabled", "create_slot"] {
                match given.truth(name) {
                    Some(true) => return exclusive("slot_name = NONE", &format!("{name} = true")),
                    None if connects => {
                        let message =
                            format!("subscription with slot_name = NONE must also set {name} = false");
                        return self.refuse("42601", message, None);
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// Reads options, of which `supported` says whether a command has them.
    fn subscription_options<'n>(
        &self,
        options: &'n [Node],
        supported: impl Fn(&str) -> bool,
    ) -> Result<Given<'n>> {
        let mut given = Given::default();
        let mut names = Vec::new();
        for element in option::elements(options) {
            let name = element.defname.as_str();
            let at = offset(element.location);
            let known = OPTIONS.iter().find(|(known, since, _)| *known == name && *since <= self.version());
            let Some((_, _, kind)) = known.filter(|_| supported(name)) else {
                return self.refuse("42601", format!("unrecognized subscription parameter: \"{name}\""), at);
            };
            self.is_given_once(&mut names, element)?;
            match kind {
                Kind::Truth => {
                    self.truth_of(element)?;
                }
                Kind::Streaming => self.check_streaming(element)?,
                Kind::SlotName => {
                    let text = self.text_of(element)?;
                    if text != "none" {
                        self.check_slot_name(&text, at)?;
                    }
                }
                Kind::Origin => {
                    let text = option::text(element);
                    if !matches!(text.to_ascii_lowercase().as_str(), "any" | "none") {
                        return self.refuse("22023", format!("unrecognized origin value: \"{text}\""), at);
                    }
                }
                Kind::Lsn | Kind::Other => {}
            }
            given.elements.push(element);
        }
        Ok(given)
    }

    fn check_streaming(&self, element: &DefElem) -> Result {
        if self.version() < 16 {
            return self.truth_of(element).map(|_| ());
        }
        if option::boolean(element).is_none() && !option::text(element).eq_ignore_ascii_case("parallel") {
            let message = "streaming requires a Boolean value or \"parallel\"";
            return self.refuse("42601", message.into(), offset(element.location));
        }
        Ok(())
    }

    /// `ReplicationSlotValidateName`
    fn check_slot_name(&self, name: &str, at: Option<usize>) -> Result {
        const LONGEST: usize = 63;
        if name.is_empty() {
            return self.refuse("42602", format!("replication slot name \"{name}\" is too short"), at);
        }
        if name.len() > LONGEST {
            return self.refuse("42622", format!("replication slot name \"{name}\" is too long"), at);
        }
        let is_valid = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if !name.bytes().all(is_valid) {
            let message = format!("replication slot name \"{name}\" contains invalid character");
            return self.refuse("42602", message, at);
        }
        Ok(())
    }

    /// What is no connection string, as far as it can be told without libpq: `key = value` pairs, or else a URI.
    fn check_connection(&self, text: &str) -> Result {
        if text.starts_with("postgresql://") || text.starts_with("postgres://") {
            return Ok(());
        }
        match pairs(text) {
            Ok(()) => Ok(()),
            Err(reason) => self.refuse(
                "42601",
                format!("invalid connection string syntax: {reason}"),
                self.string_token(text),
            ),
        }
    }

    fn are_different(&self, publications: &[Node]) -> Result {
        for (n, node) in publications.iter().enumerate() {
            let name = string(node);
            if publications[..n].iter().any(|other| string(other) == name) {
                let message = format!("publication name \"{name}\" used more than once");
                let sqlstate = if self.version() < 14 { "42601" } else { "42710" };
                return self.fail(sqlstate, message, self.token(name));
            }
        }
        Ok(())
    }

    pub(super) fn alter_subscription(&mut self, s: &AlterSubscriptionStmt) -> Result {
        let Some(found) = self.find_entity(EntityKind::Subscription, &name_node(&s.subname), false)? else {
            return Ok(());
        };
        let mut subscription = Entity::clone(&found);
        let given = self.subscription_options(&s.options, |name| match s.kind() {
            Alter::AlterSubscriptionOptions => {
                !matches!(name, "connect" | "enabled" | "create_slot" | "copy_data" | "refresh" | "lsn")
                    && (name != "two_phase" || self.version() >= 18)
            }
            Alter::AlterSubscriptionRefresh => name == "copy_data",
            Alter::AlterSubscriptionDropPublication => {
                name == "refresh" || name == "copy_data" && self.version() < 15
            }
            Alter::AlterSubscriptionSetPublication | Alter::AlterSubscriptionAddPublication => {
                matches!(name, "refresh" | "copy_data")
            }
            Alter::AlterSubscriptionSkip => name == "lsn",
            _ => true,
        })?;
        if s.kind() == Alter::AlterSubscriptionOptions && given.has("slot_name") {
            subscription.set("no slot", given.has_no_slot().then_some(Value::Flag));
        }
        let named: Vec<Name> = s.publication.iter().map(|node| string(node).into()).collect();
        let mut publications = match subscription.get("publications") {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        };
        self.are_different(&s.publication)?;
        match s.kind() {
            Alter::AlterSubscriptionConnection => self.check_connection(&s.conninfo)?,
            Alter::AlterSubscriptionSetPublication => publications = named,
            Alter::AlterSubscriptionAddPublication => {
                if let Some(name) = named.iter().find(|name| publications.contains(name)) {
                    let message =
                        format!("publication \"{name}\" is already in subscription \"{}\"", s.subname);
                    return self.fail("42710", message, self.token(name));
                }
                publications.extend(named);
            }
            Alter::AlterSubscriptionDropPublication => {
                if let Some(name) = named.iter().find(|name| !publications.contains(name)) {
                    let message = format!("publication \"{name}\" is not in subscription \"{}\"", s.subname);
                    return self.fail("42P17", message, self.token(name));
                }
                publications.retain(|name| !named.contains(name));
                if publications.is_empty() {
                    let message = "cannot drop all the publications from a subscription";
                    return self.fail("42P17", message.into(), None);
                }
            }
            Alter::AlterSubscriptionEnabled => {
                let enabled = option::option(&s.options, "enabled").is_none_or(option::truth);
                subscription.set("enabled", enabled.then_some(Value::Flag));
            }
            _ => {}
        }
        subscription.set("publications", Some(Value::Texts(publications)));
        self.put_entity(subscription);
        Ok(())
    }
}

/// Whether a text is `key = value` pairs (`conninfo_parse`); which keys there are, libpq's version says.
fn pairs(text: &str) -> std::result::Result<(), String> {
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
        let key = &rest[..end];
        rest = rest[end..].trim_start();
        let Some(value) = rest.strip_prefix('=') else {
            return Err(format!("missing \"=\" after \"{key}\" in connection info string"));
        };
        let value = value.trim_start();
        let quoted = value.starts_with('\'');
        let mut characters = value.char_indices().skip(usize::from(quoted));
        let end = loop {
            match characters.next() {
                Some((_, '\\')) => {
                    characters.next();
                }
                Some((at, '\'')) if quoted => break at + 1,
                Some((at, c)) if !quoted && c.is_whitespace() => break at,
                Some(_) => {}
                None if quoted => {
                    return Err("unterminated quoted string in connection info string".to_owned());
                }
                None => break value.len(),
            }
        };
        rest = value[end..].trim_start();
    }
    Ok(())
}
