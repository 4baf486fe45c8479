//! SQL/XML: its functions (parse_expr.c: transformXmlExpr) and XMLTABLE (parse_clause.c: transformRangeTableFunc).

use super::from_clause::table_function;
use super::place::Place;
use super::relation::derived;
use super::scope::RangeItem;
use super::statement::Analyzer;
use super::target::figure_name;
use super::typed::Typed;
use crate::catalog::model::Name;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Context};
use crate::syntax::ast::{NodeEnum, RangeTableFunc, XmlExpr, XmlExprOp, XmlSerialize};

impl Analyzer<'_> {
    pub(super) fn xml_expr(&mut self, e: &XmlExpr) -> Typed {
        let is_element = e.op() == XmlExprOp::IsXmlelement;
        let mut names: Vec<Name> = Vec::new();
        for node in &e.named_args {
            let Some(NodeEnum::ResTarget(target)) = &node.node else { continue };
            let Some(value) = target.val.as_deref() else { continue };
            self.expr(value);
            let name: Name = match (target.name.as_str(), &value.node) {
                ("", Some(NodeEnum::ColumnRef(_))) => figure_name(value).unwrap_or_default(),
                ("", _) => {
                    let what = if is_element { "attribute" } else { "element" };
                    let message = format!("unnamed XML {what} value must be a column reference");
                    self.report_at(target.location, "42601", message);
                    continue;
                }
                (name, _) => name.into(),
            };
            if is_element && names.contains(&name) {
                let message = format!("XML attribute name \"{name}\" appears more than once");
                self.report_at(target.location, "42601", message);
            }
            names.push(name);
        }
        for (n, node) in e.args.iter().enumerate() {
            let value = self.expr(node);
            let (ty, construct) = match (e.op(), n) {
                (XmlExprOp::IsXmlconcat, _) => ("xml", "XMLCONCAT"),
                (XmlExprOp::IsXmlforest, _) => ("xml", "XMLFOREST"),
                (XmlExprOp::IsXmlparse, 0) => ("text", "XMLPARSE"),
                (XmlExprOp::IsXmlparse, _) => ("bool", "XMLPARSE"),
                (XmlExprOp::IsXmlpi, _) => ("text", "XMLPI"),
                (XmlExprOp::IsXmlroot, 0) => ("xml", "XMLROOT"),
                (XmlExprOp::IsXmlroot, 1) => ("text", "XMLROOT"),
                (XmlExprOp::IsXmlroot, _) => ("int4", "XMLROOT"),
                (XmlExprOp::IsDocument, _) => ("xml", "IS DOCUMENT"),
                _ => continue,
            };
            self.be_of_type(&value, ty, construct);
        }
        let is_test = e.op() == XmlExprOp::IsDocument;
        Typed::builtin(if is_test { "bool" } else { "xml" }, e.location)
    }

    pub(super) fn xml_serialize(&mut self, e: &XmlSerialize) -> Typed {
        if let Some(value) = self.expr_option(&e.expr) {
            self.be_of_type(&value, "xml", "XMLSERIALIZE");
        }
        let ty = self.type_name(e.type_name.as_ref());
        let text = Typed::builtin("text", e.location);
        if self.becomes(&text, &ty, Context::Implicit) == Answer::No {
            let message = format!("cannot cast XMLSERIALIZE result to {}", self.types.print(&ty));
            self.report_at(e.location, "42846", message);
        }
        Typed::new(ty, e.location)
    }

    pub(super) fn xml_table(&mut self, table: &RangeTableFunc) -> RangeItem {
        const CONSTRUCT: &str = "XMLTABLE";
        let before = self.enter_place(Place::FROM_FUNCTION);
        for (node, ty) in [(&table.rowexpr, "text"), (&table.docexpr, "xml")] {
            if let Some(value) = self.expr_option(node) {
                self.be_of_type(&value, ty, CONSTRUCT);
            }
        }
        let mut columns = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        let mut has_ordinality = false;
        for node in &table.columns {
            let Some(NodeEnum::RangeTableFuncCol(column)) = &node.node else { continue };
            let ty = if column.for_ordinality {
                if std::mem::replace(&mut has_ordinality, true) {
                    let message = "only one FOR ORDINALITY column is allowed";
                    self.report_at(column.location, "42601", message);
                }
                TypeRef::builtin("int4")
            } else {
                if column.type_name.as_ref().is_some_and(|name| name.setof) {
                    let message = format!("column \"{}\" cannot be declared SETOF", column.colname);
                    self.report_at(column.location, "42P16", message);
                }
                self.type_name(column.type_name.as_ref())
            };
            if let Some(path) = self.expr_option(&column.colexpr) {
                self.be_of_type(&path, "text", CONSTRUCT);
            }
            if let Some(default) = self.expr_option(&column.coldefexpr)
                && self.becomes(&default, &ty, Context::Assignment) == Answer::No
            {
                let (wanted, is) = (self.types.print(&ty), self.types.print(&default.ty));
                let message = format!("argument of {CONSTRUCT} must be type {wanted}, not type {is}");
                self.report_at(default.location, "42804", message);
            }
            if names.contains(&column.colname.as_str()) {
                let message = format!("column name \"{}\" is not unique", column.colname);
                self.report_at(column.location, "42601", message);
            }
            names.push(&column.colname);
            columns.push(derived(column.colname.as_str().into(), ty));
        }
        let mut spaces: Vec<&str> = Vec::new();
        for node in &table.namespaces {
            let Some(NodeEnum::ResTarget(space)) = &node.node else { continue };
            if let Some(value) = self.expr_option(&space.val) {
                self.be_of_type(&value, "text", CONSTRUCT);
            }
            if spaces.contains(&space.name.as_str()) {
                let message = match space.name.as_str() {
                    "" => "only one default namespace is allowed".to_owned(),
                    name => format!("namespace name \"{name}\" is not unique"),
                };
                self.report_at(space.location, "42601", message);
            }
            spaces.push(&space.name);
        }
        self.leave_place(before);
        let count = columns.len();
        self.check_alias_list(table.alias.as_ref(), "XMLTABLE function", "xmltable", count, table.location);
        table_function(table.alias.as_ref(), "xmltable", columns, false)
    }
}
