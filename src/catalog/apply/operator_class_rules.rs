//! What an access method asks of the members of its operator families (`assignProcTypes`).

use super::super::types::TypeRef;
use super::super::typing::same;
use super::exact::ExactFunction;
use super::{Fold, Result};

/// What an access method of PostgreSQL's has for its operator families (`IndexAmRoutine`).
pub(super) struct Method {
    /// The highest number that an operator may have, and a function.
    pub operators: i32,
    pub functions: i32,
    /// The number of the function that reads a class's options.
    options: i32,
    pub orders_by_operators: bool,
    /// Whether STORAGE may name another type than the class is for.
    stores_others: bool,
}

/// An access method of PostgreSQL's as a version has it.
pub(super) fn method(name: &str, version: u32) -> Option<Method> {
    // One that says nothing of its operators' numbers takes all that the catalog can hold.
    let any = i32::from(i16::MAX);
    let (operators, functions, options, orders_by_operators, stores_others) = match name {
        "btree" => (5, if version < 18 { 5 } else { 6 }, 5, false, false),
        "hash" => (1, 3, 3, false, false),
        "gist" => {
            let functions = match version {
                ..14 => 10,
                14..18 => 11,
                18.. => 12,
            };
            (any, functions, 10, true, true)
        }
        "gin" => (any, 7, 7, false, true),
        "spgist" => (any, 7, 7, true, version >= 14),
        "brin" => (any, 15, 5, false, true),
        _ => return None,
    };
    Some(Method { operators, functions, options, orders_by_operators, stores_others })
}

impl Fold<'_> {
    pub(super) fn stores_other_types(&self, name: &str, method: &Method) -> Result {
        if method.stores_others {
            return Ok(());
        }
        let message = format!("storage type cannot be different from data type for access method \"{name}\"");
        self.fail("42P17", message, self.token("storage"))
    }

    /// PostgreSQL's error for a function that cannot have that number. Types that are not said are taken from it where
    /// it tells them.
    pub(super) fn serves(
        &self,
        name: &str,
        method: &Method,
        number: i32,
        function: &ExactFunction,
        types: &mut Option<[TypeRef; 2]>,
        class: Option<&TypeRef>,
        at: Option<usize>,
    ) -> Result {
        let wrong = |message: &str| self.fail("42P17", message.to_owned(), at);
        let is_cross_type = types.as_ref().is_some_and(|[left, right]| !same(left, right));
        let input = |n: usize| function.inputs.get(n).cloned().unwrap_or(TypeRef::Unknown);
        if number == method.options {
            if let (Some(types), Some(class)) = (&types, class)
                && !types.iter().all(|ty| same(ty, class))
            {
                let message = "associated data types for operator class options parsing functions must match opclass input type";
                return wrong(message);
            }
            if is_cross_type {
                let message = "left and right associated data types for operator class options parsing functions must match";
                return wrong(message);
            }
            if !function.takes_only_internal() || !function.returns("void") {
                return wrong("invalid operator class options parsing function");
            }
            return Ok(());
        }
        let counts = [
            "no arguments",
            "one argument",
            "two arguments",
            "three arguments",
            "four arguments",
            "five arguments",
        ];
        // What a function must take and return, and what it is called.
        let (what, takes, returns) = match (name, number) {
            ("btree", 1) => ("comparison functions", Some(2), "int4"),
            ("btree", 2) => ("sort support functions", None, "void"),
            ("btree", 3) => ("in_range functions", Some(5), "bool"),
            ("btree", 4) => ("equal image functions", Some(1), "bool"),
            ("btree", 6) => ("skip support functions", None, "void"),
            ("hash", 1) => ("hash function 1", Some(1), "int4"),
            ("hash", 2) => ("hash function 2", Some(2), "int8"),
            _ => return Ok(()),
        };
        let what = match name {
            "hash" => what.to_owned(),
            // Since 18 it is told of all access methods that keep an order, but for what only B-trees have.
            _ if self.version() >= 18 && number != 6 => format!("ordering {what}"),
            _ => format!("btree {what}"),
        };
        match takes {
            Some(count) if function.inputs.len() != count => {
                return wrong(&format!("{what} must have {}", counts[count]));
            }
            None if !function.takes_only_internal() => {
                return wrong(&format!("{what} must accept type \"internal\""));
            }
            _ => {}
        }
        if !function.returns(returns) {
            return wrong(&format!("{what} must return {}", TypeRef::builtin(returns)));
        }
        if matches!((name, number), ("btree", 4 | 6)) && is_cross_type {
            return wrong(&format!("{what} must not be cross-type"));
        }
        let told = match (name, number) {
            ("btree", 1) => Some([input(0), input(1)]),
            ("btree", 3) => Some([input(0), input(2)]),
            ("hash", _) => Some([input(0), input(0)]),
            _ => None,
        };
        *types = types.take().or(told);
        Ok(())
    }
}
