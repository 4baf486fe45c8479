//! A statement's trees as text, for the curious: what libpg_query made of it, and the productions of the grammar.

use super::written::Written;
use crate::syntax::cst::Element;
use crate::syntax::params;
use crate::syntax::{Parse, Script, StatementKind};
use crate::text::clip;

/// The most bytes that are shown of one tree.
const MOST: usize = 400_000;
/// How deep a tree is shown.
const DEPTH: usize = 400;

/// The trees of the statement at `offset`, or of all statements.
pub fn syntax_tree(script: &Script, offset: Option<usize>) -> String {
    let placed: Vec<_> = match offset {
        Some(offset) => script.at(offset).into_iter().collect(),
        None => script.statements().collect(),
    };
    let mut out = String::new();
    for placed in placed {
        if out.len() > MOST {
            out.push_str("…\n");
            break;
        }
        let written = Written::new(script, &placed);
        match written.kind {
            StatementKind::Blank => continue,
            StatementKind::Psql => {
                out.push_str(&format!("psql command: {}\n\n", written.slice(written.code).trim_end()));
            }
            StatementKind::Sql => statement(&written, &mut out),
        }
    }
    if out.is_empty() { "no statement\n".into() } else { out }
}

fn statement(written: &Written, out: &mut String) {
    out.push_str(written.slice(written.code).trim());
    out.push_str("\n\n");
    let concrete = concrete(written);
    out.push_str("-- libpg_query's tree\n");
    match concrete {
        Some(_) => {
            let dialect = params::told(&written.text[..written.code.start]);
            let parse = Parse::new(written.slice(written.code), dialect);
            for error in &parse.errors {
                out.push_str(&format!(
                    "{} at byte {}: {}\n",
                    error.sqlstate, error.span.start, error.message
                ));
            }
            for node in parse.nodes() {
                out.push_str(clip(&format!("{node:#?}"), MOST));
                out.push('\n');
            }
        }
        None => out.push_str("too deep to show\n"),
    }
    out.push_str("\n-- the productions of the grammar, with bytes\n");
    out.push_str(clip(concrete.as_deref().unwrap_or("too deep to show\n"), MOST));
    out.push('\n');
}

/// The concrete tree, a node a line; `None` where it is too deep.
fn concrete(written: &Written) -> Option<String> {
    let tree = &written.tree;
    let start = written.code.start;
    let mut out = String::new();
    let mut waiting: Vec<(Element, usize)> = tree.roots().iter().rev().map(|root| (*root, 0)).collect();
    while let Some((element, depth)) = waiting.pop() {
        if depth > DEPTH {
            return None;
        }
        let span = tree.span(element);
        let (from, to) = (span.start.saturating_sub(start), span.end.saturating_sub(start));
        let indent = "  ".repeat(depth);
        match element {
            Element::Node(node) => {
                out.push_str(&format!("{indent}{} {from}..{to}\n", tree.name(node)));
                waiting.extend(tree.children(node).iter().rev().map(|child| (*child, depth + 1)));
            }
            Element::Terminal(_) if span.is_empty() => out.push_str(&format!("{indent}(missing) {from}\n")),
            Element::Terminal(_) => {
                out.push_str(&format!("{indent}{:?} {from}..{to}\n", written.slice(span)))
            }
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_trees_are_shown() {
        let script = Script::from("select 1;\nselect é from t where");
        let first = syntax_tree(&script, Some(0));
        assert!(first.contains("SelectStmt(") && first.contains("simple_select 0..8\n"), "{first}");
        assert!(!first.contains("from_clause 9"));
        let all = syntax_tree(&script, None);
        assert!(
            all.contains("42601 at byte") && all.contains("(missing)") && all.contains("\"é\" 7..9"),
            "{all}"
        );
        assert_eq!(syntax_tree(&Script::from("-- x"), None), "no statement\n");
        let deep = format!("select {}1{}", "(".repeat(20_000), ")".repeat(20_000));
        assert!(syntax_tree(&Script::from(deep.as_str()), None).contains("too deep"));
    }
}
