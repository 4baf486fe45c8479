//! Whether a new index would add anything to the ones that are there.

use crate::catalog::Name;
use crate::catalog::model::{Index, IndexTarget, Relation};
use crate::syntax::ast::{Node, NodeEnum};
use crate::syntax::grammar::{self, ParseMode};
use crate::syntax::walk;

use super::condition::{Condition, Test};
use super::key::Key;

/// Whether equality on a unique index's columns leaves one row already.
pub(super) fn narrows_to_one(relation: &Relation, fixed: &[Condition], key: &Key) -> bool {
    let equal: Vec<&Name> = (key.columns.iter().take(key.equal).map(|column| &column.name))
        .chain(fixed.iter().filter(|c| matches!(c.test, Test::Compare("=", _))).map(|c| &c.column))
        .collect();
    relation.indexes.iter().any(|index| {
        index.unique
            && index.valid
            && (index.predicate.is_none() || implied(index, fixed))
            && index.keys.iter().all(|key| match &key.target {
                IndexTarget::Column(column) => equal.contains(&column),
                IndexTarget::Expression(_) => false,
            })
    })
}

/// Whether an index with no condition, or with one that the query's conditions include, has the key: the columns asked
/// by equality first, in any order and with fixed ones among them, then the rest in order.
pub(super) fn covered(relation: &Relation, fixed: &[Condition], key: &Key) -> bool {
    relation.indexes.iter().any(|index| {
        &*index.method == "btree"
            && index.valid
            && (index.predicate.is_none() || implied(index, fixed))
            && serves(index, fixed, key)
    })
}

fn serves(index: &Index, fixed: &[Condition], key: &Key) -> bool {
    let is_fixed =
        |name: &Name| fixed.iter().any(|condition| condition.fixes_value() && condition.column == *name);
    let (equal, rest) = key.columns.split_at(key.equal);
    let mut open: Vec<&Name> = equal.iter().map(|column| &column.name).collect();
    let mut columns = index.keys.iter().map_while(|key| match &key.target {
        IndexTarget::Column(name) => Some((name, key.descending, key.nulls_first)),
        IndexTarget::Expression(_) => None,
    });
    let mut next = columns.next();
    while let Some((name, ..)) = next {
        if let Some(at) = open.iter().position(|wanted| *wanted == name) {
            open.remove(at);
        } else if !is_fixed(name) {
            break;
        }
        next = columns.next();
    }
    if !open.is_empty() {
        return false;
    }
    // An index can be read in both directions, but all of it in one.
    let mut reversed = None;
    for wanted in rest {
        let Some((name, descending, nulls_first)) = next else { return false };
        let backward = descending != wanted.descending;
        let same_nulls = (nulls_first != wanted.nulls_first) == backward;
        if *name != wanted.name || !same_nulls || reversed.is_some_and(|reversed| reversed != backward) {
            return false;
        }
        reversed = Some(backward);
        next = columns.next();
    }
    true
}

/// Whether every part of the index's condition is one of the query's, written in whatever way.
fn implied(index: &Index, fixed: &[Condition]) -> bool {
    let Some(predicate) = &index.predicate else { return true };
    let Some(stated) = condition_of(predicate) else { return false };
    let ours: Vec<String> = (fixed.iter())
        .filter_map(|condition| condition_of(&condition.sql()))
        .map(|node| shape(&node))
        .collect();
    let mut open = vec![&stated];
    while let Some(node) = open.pop() {
        match node.node.as_ref() {
            Some(NodeEnum::BoolExpr(and))
                if and.boolop == crate::syntax::ast::BoolExprType::AndExpr as i32 =>
            {
                open.extend(&and.args);
            }
            _ if ours.contains(&shape(node)) => {}
            _ => return false,
        }
    }
    true
}

fn condition_of(text: &str) -> Option<Node> {
    let tree = grammar::parse(&format!("SELECT WHERE {text}"), ParseMode::Statements).ok()?;
    match tree.stmts.into_iter().next()?.stmt?.node? {
        NodeEnum::SelectStmt(select) => select.where_clause.map(|node| *node),
        _ => None,
    }
}

/// A condition without the casts and array forms that PostgreSQL adds when it prints one.
fn shape(node: &Node) -> String {
    let mut text = String::new();
    write_shape(node, &mut text);
    text
}

fn write_shape(node: &Node, out: &mut String) {
    use crate::syntax::ast::a_const::Val;
    let Some(node) = node.node.as_ref() else { return };
    match node {
        NodeEnum::TypeCast(cast) => {
            if let Some(arg) = &cast.arg {
                write_shape(arg, out);
            }
            return;
        }
        NodeEnum::ColumnRef(reference) => {
            let name = reference.fields.last().and_then(super::scope::string).unwrap_or("*");
            out.push_str(&format!("[{name}]"));
        }
        NodeEnum::AConst(constant) => match &constant.val {
            Some(Val::Ival(value)) => out.push_str(&format!("'{}'", value.ival)),
            Some(Val::Fval(value)) => out.push_str(&format!("'{}'", value.fval)),
            Some(Val::Sval(value)) => out.push_str(&format!("'{}'", value.sval)),
            Some(Val::Boolval(value)) => out.push_str(&format!("'{}'", value.boolval)),
            _ => out.push('?'),
        },
        NodeEnum::AExpr(e) => {
            let name = e.name.last().and_then(super::scope::string).unwrap_or("");
            // `= ANY (ARRAY[…])` is what IN is printed as, `<> ALL (…)` what NOT IN is.
            out.push_str(name);
        }
        NodeEnum::BoolExpr(e) => out.push_str(&format!("bool{}", e.boolop)),
        NodeEnum::NullTest(test) => out.push_str(&format!("null{}", test.nulltesttype)),
        NodeEnum::BooleanTest(test) => out.push_str(&format!("test{}", test.booltesttype)),
        NodeEnum::List(_) | NodeEnum::AArrayExpr(_) => {}
        other => out.push_str(&format!("{:?}", std::mem::discriminant(other))),
    }
    out.push('(');
    for part in walk::parts(node) {
        write_shape(part, out);
    }
    out.push(')');
}
