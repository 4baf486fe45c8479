//! An analysed expression as text, by the rules of ruleutils.c without pretty-printing.

use super::super::quote;
use super::super::types::TypeRef;
use super::{Expr, Kind, Piece};

pub(super) fn print(expr: &Expr) -> String {
    let mut printer = Printer { out: String::new(), level: 0 };
    printer.expr(expr, false);
    printer.out
}

/// A constant without its type.
pub(super) fn bound(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Const(Some(text)) => match &expr.ty {
            ty if ty.is_builtin("bool") => text.clone(),
            ty if is_number(ty) && plain_number(text) => format!("'{text}'").trim_matches('\'').to_owned(),
            _ => quoted(text),
        },
        Kind::Cast { arg, implicit: true } => bound(arg),
        _ => print(expr),
    }
}

fn is_number(ty: &TypeRef) -> bool {
    ty.is_builtin("int4") || ty.is_builtin("numeric")
}

fn plain_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(['e', 'E', '+', '-'])
}

/// A literal by `simple_quote_literal`, in which backslashes are nothing special.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

struct Printer {
    out: String,
    level: usize,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn list(&mut self, args: &[Expr]) {
        for (n, arg) in args.iter().enumerate() {
            if n > 0 {
                self.push(", ");
            }
            self.expr(arg, true);
        }
    }

    /// On a line of its own: CASE is the one thing that PostgreSQL breaks lines for.
    fn line(&mut self, text: &str) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.out.push_str(&" ".repeat(self.level));
        self.out.push_str(text);
    }

    fn expr(&mut self, expr: &Expr, show_implicit: bool) {
        match &expr.kind {
            Kind::Column(text) | Kind::Keyword(text) | Kind::Raw(text) => self.push(text),
            Kind::Const(value) => self.constant(value.as_deref(), &expr.ty, true),
            Kind::Call { name, args, variadic } => {
                self.push(name);
                self.push("(");
                for (n, arg) in args.iter().enumerate() {
                    if n > 0 {
                        self.push(", ");
                    }
                    if *variadic && n + 1 == args.len() {
                        self.push("VARIADIC ");
                    }
                    self.expr(arg, true);
                }
                self.push(")");
            }
            Kind::Syntax(pieces) => {
                for piece in pieces {
                    match piece {
                        Piece::Text(text) => self.push(text),
                        Piece::Arg(arg) => self.expr(arg, true),
                    }
                }
            }
            Kind::Cast { arg, implicit: true } if !show_implicit => self.expr(arg, false),
            Kind::Cast { arg, .. } => self.cast(arg, &expr.ty),
            Kind::Op { name, left, right } => {
                self.push("(");
                if let Some(left) = left {
                    self.expr(left, true);
                    self.push(" ");
                }
                self.push(name);
                self.push(" ");
                self.expr(right, true);
                self.push(")");
            }
            Kind::And(args) | Kind::Or(args) => {
                let word = if matches!(expr.kind, Kind::And(_)) { " AND " } else { " OR " };
                self.push("(");
                for (n, arg) in args.iter().enumerate() {
                    if n > 0 {
                        self.push(word);
                    }
                    self.expr(arg, false);
                }
                self.push(")");
            }
            Kind::Not(arg) => {
                self.push("(NOT ");
                self.expr(arg, false);
                self.push(")");
            }
            Kind::Test { arg, test } => {
                self.push("(");
                self.expr(
                    arg,
                    !test.contains("TRUE") && !test.contains("FALSE") && !test.contains("UNKNOWN"),
                );
                self.push(" ");
                self.push(test);
                self.push(")");
            }
            Kind::AnyOp { left, op, all, right } => {
                self.push("(");
                self.expr(left, true);
                self.push(&format!(" {op} {} (", if *all { "ALL" } else { "ANY" }));
                self.expr(right, true);
                self.push("))");
            }
            Kind::Array(elements) => {
                self.push("ARRAY[");
                self.list(elements);
                self.push("]");
                // Without elements, nothing else would tell the type.
                if elements.is_empty() && expr.ty != TypeRef::Unknown {
                    self.push(&format!("::{}", expr.ty.without_modifier()));
                }
            }
            Kind::Case { arg, whens, default } => self.case(arg.as_deref(), whens, default),
            Kind::List { head, args } => {
                self.push(head);
                self.push("(");
                self.list(args);
                self.push(")");
            }
            Kind::Distinct { left, right } => {
                self.push("(");
                self.expr(left, true);
                self.push(" IS DISTINCT FROM ");
                self.expr(right, true);
                self.push(")");
            }
            Kind::Collate { arg, name } => {
                self.push("(");
                self.expr(arg, show_implicit);
                self.push(&format!(" COLLATE {name})"));
            }
            Kind::Subscript { arg, subscripts } => {
                let bare = matches!(arg.kind, Kind::Column(_) | Kind::Subscript { .. } | Kind::Field { .. });
                self.push(if bare { "" } else { "(" });
                self.expr(arg, show_implicit);
                self.push(if bare { "" } else { ")" });
                for (lower, upper, slice) in subscripts {
                    self.push("[");
                    if let Some(lower) = lower {
                        self.expr(lower, false);
                    }
                    self.push(if *slice { ":" } else { "" });
                    if let Some(upper) = upper {
                        self.expr(upper, false);
                    }
                    self.push("]");
                }
            }
            Kind::Field { arg, name } => {
                self.push("(");
                self.expr(arg, true);
                self.push(&format!(").{}", quote::identifier(name)));
            }
        }
    }

    fn cast(&mut self, arg: &Expr, ty: &TypeRef) {
        match &arg.kind {
            // A constant of that very type, which only gets a modifier.
            Kind::Const(value) if arg.ty == ty.without_modifier() && arg.ty.typmod() == -1 => {
                self.constant(value.as_deref(), &arg.ty, false);
            }
            _ => {
                self.push("(");
                self.expr(arg, false);
                self.push(")");
            }
        }
        self.push(&format!("::{ty}"));
    }

    /// get_const_expr: the type is left out where the text alone would be read as it.
    fn constant(&mut self, value: Option<&str>, ty: &TypeRef, label: bool) {
        let Some(text) = value else {
            self.push("NULL");
            if label && !ty.is_builtin("unknown") {
                self.push(&format!("::{ty}"));
            }
            return;
        };
        let needed;
        if ty.is_builtin("bool") {
            self.push(text);
            needed = false;
        } else if is_number(ty) && plain_number(text) {
            self.push(text);
            needed = ty.typmod() >= 0;
        } else {
            self.push(&quoted(text));
            needed = !ty.is_builtin("unknown");
        }
        if label && needed && *ty != TypeRef::Unknown {
            self.push(&format!("::{ty}"));
        }
    }

    fn case(&mut self, arg: Option<&Expr>, whens: &[(Expr, Expr)], default: &Expr) {
        self.line("CASE");
        self.level += 4;
        if let Some(arg) = arg {
            self.push(" ");
            self.expr(arg, true);
        }
        for (when, then) in whens {
            self.line("WHEN ");
            self.expr(when, false);
            self.push(" THEN ");
            self.expr(then, true);
        }
        self.line("ELSE ");
        self.expr(default, true);
        self.level -= 4;
        self.line("END");
    }
}
