//! Whether a default must be computed for every row: volatile functions in an expression.

use crate::catalog::model::Volatility;
use crate::catalog::{Catalog, builtin};
use crate::syntax::ast::{Node, NodeEnum};

use super::builder::name_parts;
use crate::syntax::walk;

/// What is known of an expression that is evaluated once, or for each row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Evaluated {
    Once,
    PerRow,
    /// It calls something that is not known, or that the planner may see through.
    Unknown(String),
}

/// Of an expression, whether it has volatile functions (contain_volatile_functions).
pub(crate) fn evaluated(expression: &Node, catalog: &Catalog) -> Evaluated {
    let mut worst = Evaluated::Once;
    walk::visit(expression, &mut |node| {
        if let NodeEnum::FuncCall(call) = node
            && let Some((schema, name)) = name_parts(&call.funcname)
        {
            match function(schema, name, call.args.len(), catalog) {
                Evaluated::PerRow => worst = Evaluated::PerRow,
                unknown @ Evaluated::Unknown(_) if worst == Evaluated::Once => worst = unknown,
                _ => {}
            }
        }
        worst != Evaluated::PerRow
    });
    worst
}

fn function(schema: Option<&str>, name: &str, arguments: usize, catalog: &Catalog) -> Evaluated {
    let user = catalog.routines(schema, name);
    if !user.is_empty() {
        let volatile = |routine: &crate::catalog::model::Routine| routine.volatility == Volatility::Volatile;
        if !user.iter().any(|routine| volatile(routine)) {
            return Evaluated::Once;
        }
        // The planner puts a simple SQL function's body in the place of the call; what counts is the body then.
        let opaque = user.iter().all(|routine| volatile(routine) && &*routine.language != "sql");
        return if opaque {
            Evaluated::PerRow
        } else {
            Evaluated::Unknown(format!("unless `{name}()` proves not to be volatile"))
        };
    }
    if schema.is_none_or(|schema| schema == "pg_catalog")
        && let overloads @ [_, ..] = builtin::facts().functions.named(name)
    {
        let fits = |function: &&builtin::BuiltinFunction| {
            function.variadic
                || (function.arguments.len().saturating_sub(function.defaults)..=function.arguments.len())
                    .contains(&arguments)
        };
        let fitting: Vec<_> = overloads.iter().filter(fits).collect();
        let volatile = fitting.iter().filter(|function| function.volatility == 'v').count();
        return match volatile {
            0 => Evaluated::Once,
            n if n == fitting.len() => Evaluated::PerRow,
            _ => Evaluated::Unknown(format!("unless `{name}()` proves not to be volatile")),
        };
    }
    // What the best known extension offers as a default for keys is volatile in every version of it.
    if name.starts_with("uuid_generate_v1") || name == "uuid_generate_v4" {
        return Evaluated::PerRow;
    }
    Evaluated::Unknown(format!("unless `{name}()` proves not to be volatile"))
}
