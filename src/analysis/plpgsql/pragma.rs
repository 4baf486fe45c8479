//! The pragmas of plpgsql_check: `PERFORM plpgsql_check_pragma('disable:check')` and its kin.

use super::super::statement::strings;
use super::Checker;
use super::format::literal;
use super::variables::Shape;
use crate::syntax::ast::{NodeEnum, RangeVar};
use crate::syntax::plpgsql::ast::Sql;

impl Checker<'_> {
    /// Whether a statement is a pragma, which is followed.
    pub(super) fn pragma(&mut self, sql: &Sql) -> bool {
        let code = sql.code(self.text).into_owned();
        let Some(parse) = self.parsed(&code) else { return false };
        let Some(NodeEnum::SelectStmt(select)) = parse.nodes().next() else { return false };
        let [target] = &select.target_list[..] else { return false };
        let Some(NodeEnum::ResTarget(target)) = &target.node else { return false };
        let Some(NodeEnum::FuncCall(call)) = target.val.as_deref().and_then(|node| node.node.as_ref()) else {
            return false;
        };
        if strings(&call.funcname).last().is_none_or(|name| &**name != "plpgsql_check_pragma") {
            return false;
        }
        for argument in &call.args {
            if let Some(text) = literal(argument) {
                self.follow(text);
            }
        }
        true
    }

    fn follow(&mut self, text: &str) {
        let Some((word, rest)) = text.split_once(':') else { return };
        match (word.trim().to_ascii_lowercase().as_str(), rest.trim()) {
            ("disable", "check") => self.is_off = true,
            ("enable", "check") => self.is_off = false,
            ("table", definition) => {
                let text = format!("CREATE TABLE {definition}");
                let Some(parse) = self.parsed(&text) else { return };
                if let Some(NodeEnum::CreateStmt(create)) = parse.nodes().next() {
                    let name = create.relation.as_ref().map(|RangeVar { relname, .. }| relname.as_str());
                    self.made.extend(name.map(Into::into));
                }
            }
            // `r (id int)` or `r: t`: the record has a shape that only the pragma knows.
            ("type", definition) => {
                let name = definition.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
                if let Some((id, _)) = self.variables.find(self.types, &[name.to_lowercase().as_str().into()])
                {
                    let shape = self.pragma_shape(definition[name.len()..].trim());
                    self.variables.change(id, |variable| {
                        variable.shape = shape;
                        // What is assigned to it later has that shape, too.
                        variable.is_record = false;
                    });
                }
            }
            _ => {}
        }
    }

    fn pragma_shape(&self, definition: &str) -> Shape {
        let Some(parse) = self.parsed(&format!("CREATE TABLE x {definition}")) else { return Shape::Unknown };
        let Some(NodeEnum::CreateStmt(create)) = parse.nodes().next() else { return Shape::Unknown };
        let mut fields = Vec::new();
        for node in &create.table_elts {
            let Some(NodeEnum::ColumnDef(column)) = &node.node else { return Shape::Unknown };
            let ty = column
                .type_name
                .as_ref()
                .map(|name| crate::catalog::apply::type_name::resolve(self.catalog, name));
            fields.push((
                column.colname.as_str().into(),
                ty.unwrap_or(crate::catalog::types::TypeRef::Unknown),
            ));
        }
        Shape::Fields(fields)
    }
}
