//! Whether what a path gives may depend on settings (jspIsMutable): times with a zone compared with those without.

use super::{Chain, Item, Path};

/// What is known of a value that may be a date or a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    NoTime,
    Unknown,
    Without,
    With,
}

struct Walk<'w> {
    variables: &'w dyn Fn(&str) -> Zone,
    current: Zone,
    is_lax: bool,
    is_mutable: bool,
}

/// `variables` tells what a variable's value is.
pub fn is_mutable(path: &Path, variables: &dyn Fn(&str) -> Zone) -> bool {
    let mut walk = Walk { variables, current: Zone::NoTime, is_lax: !path.is_strict, is_mutable: false };
    walk.chain(&path.chain);
    walk.is_mutable
}

impl Walk<'_> {
    fn chain(&mut self, chain: &Chain) -> Zone {
        let mut zone = Zone::NoTime;
        for item in chain {
            match item {
                Item::Root | Item::Literal | Item::String(_) => {}
                Item::Current => zone = self.current,
                Item::Variable(name) => zone = (self.variables)(name),
                Item::Filter(inner) => {
                    let around = std::mem::replace(&mut self.current, zone);
                    self.chain(inner);
                    self.current = around;
                }
                Item::Unary(inner) => {
                    self.chain(inner);
                }
                Item::Binary(left, right) => {
                    self.chain(left);
                    self.chain(right);
                }
                Item::Comparison(left, right) => {
                    let (left, right) = (self.chain(left), self.chain(right));
                    let are_times = left != Zone::NoTime && right != Zone::NoTime;
                    if are_times && (left == Zone::Unknown || right == Zone::Unknown || left != right) {
                        self.is_mutable = true;
                    }
                }
                Item::Subscripts(subscripts) => {
                    for (from, to) in subscripts {
                        to.iter().for_each(|to| {
                            self.chain(to);
                        });
                        self.chain(from);
                    }
                    if !self.is_lax {
                        zone = Zone::NoTime;
                    }
                }
                Item::AnyElement => {
                    if !self.is_lax {
                        zone = Zone::NoTime;
                    }
                }
                Item::Any { with_itself } => {
                    if !with_itself {
                        zone = Zone::NoTime;
                    }
                }
                Item::Method(name, template) => match (&**name, template) {
                    ("datetime", None) => zone = Zone::Unknown,
                    ("datetime", Some(template)) => {
                        let template = template.to_ascii_uppercase();
                        let has_zone = template.contains("TZ") || template.contains("OF");
                        zone = if has_zone { Zone::With } else { Zone::Without };
                    }
                    ("date" | "time" | "time_tz" | "timestamp" | "timestamp_tz", _) => {
                        zone = Zone::Without;
                        self.is_mutable = true;
                    }
                    _ => zone = Zone::NoTime,
                },
                Item::Key(_) | Item::AnyKey | Item::Last => zone = Zone::NoTime,
            }
        }
        zone
    }
}
