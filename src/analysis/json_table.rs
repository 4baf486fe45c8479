//! JSON_TABLE (parse_jsontable.c): its columns with their types, and its paths.

use super::from_clause::table_function;
use super::place::Place;
use super::relation::derived;
use super::scope::{RangeItem, ScopeColumn};
use super::statement::Analyzer;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::Class;
use crate::syntax::ast::{
    JsonBehaviorType, JsonExprOp, JsonFuncExpr, JsonOutput, JsonReturning, JsonTable, JsonTableColumn,
    JsonTableColumnType, Node, NodeEnum,
};

impl Analyzer<'_> {
    pub(super) fn json_table(&mut self, table: &JsonTable) -> RangeItem {
        use JsonBehaviorType::{JsonBehaviorEmpty, JsonBehaviorEmptyArray, JsonBehaviorError};
        if let Some(behavior) = table.on_error.as_deref()
            && !matches!(behavior.btype(), JsonBehaviorError | JsonBehaviorEmpty | JsonBehaviorEmptyArray)
        {
            self.report_at(behavior.location, "42601", "invalid ON ERROR behavior");
        }
        let path = table.pathspec.as_deref();
        let mut names: Vec<String> = path.iter().map(|path| path.name.clone()).collect();
        names.retain(|name| !name.is_empty());
        self.check_path_names(&table.columns, &mut names);
        let before = self.enter_place(Place::FROM_FUNCTION);
        let whole = JsonFuncExpr {
            op: JsonExprOp::JsonTableOp as i32,
            pathspec: path.and_then(|path| path.string.clone()),
            passing: table.passing.clone(),
            location: table.location,
            ..JsonFuncExpr::default()
        };
        self.json_function(&whole, table.context_item.as_deref(), None);
        let mut columns = Vec::new();
        self.json_columns(&table.columns, &table.passing, &mut columns);
        self.leave_place(before);
        self.check_alias_list(
            table.alias.as_ref(),
            "JSON_TABLE function",
            "json_table",
            columns.len(),
            table.location,
        );
        table_function(table.alias.as_ref(), "json_table", columns, false)
    }

    /// Columns and paths have names of their own, whatever they are nested in.
    fn check_path_names(&mut self, columns: &[Node], names: &mut Vec<String>) {
        for node in columns {
            let Some(NodeEnum::JsonTableColumn(column)) = &node.node else { continue };
            let is_nested = column.coltype() == JsonTableColumnType::JtcNested;
            let path = column.pathspec.as_deref();
            let (name, at) = match (is_nested, path) {
                (true, Some(path)) => (&path.name, path.name_location),
                _ => (&column.name, column.location),
            };
            if !name.is_empty() {
                if names.contains(name) {
                    let message = format!("duplicate JSON_TABLE column or path name: {name}");
                    self.report_at(at, "42712", message);
                }
                names.push(name.clone());
            }
            if is_nested {
                self.check_path_names(&column.columns, names);
            }
        }
    }

    /// The columns of one level, those of its own before those of what is nested in it.
    fn json_columns(&mut self, nodes: &[Node], passing: &[Node], columns: &mut Vec<ScopeColumn>) {
        let of = |node: &Node| match &node.node {
            Some(NodeEnum::JsonTableColumn(column)) => Some(column.clone()),
            _ => None,
        };
        let all: Vec<Box<JsonTableColumn>> = nodes.iter().filter_map(of).collect();
        let mut has_ordinality = false;
        for column in &all {
            let ty = match column.coltype() {
                JsonTableColumnType::JtcNested => continue,
                JsonTableColumnType::JtcForOrdinality => {
                    if std::mem::replace(&mut has_ordinality, true) {
                        let message = "only one FOR ORDINALITY column is allowed";
                        self.report_at(column.location, "42601", message);
                    }
                    TypeRef::builtin("int4")
                }
                _ => self.json_column(column, passing),
            };
            columns.push(derived(column.name.as_str().into(), ty));
        }
        for column in all.iter().filter(|column| column.coltype() == JsonTableColumnType::JtcNested) {
            if let Some(path) = column.pathspec.as_deref().and_then(|path| path.string.as_deref()) {
                let path = self.expr(path);
                self.becomes(&path, &TypeRef::builtin("jsonpath"), crate::catalog::typing::Context::Explicit);
            }
            self.json_columns(&column.columns, passing, columns);
        }
    }

    /// A column as the function that gives its value.
    fn json_column(&mut self, column: &JsonTableColumn, passing: &[Node]) -> TypeRef {
        let ty = self.quietly(|this| this.type_name(column.type_name.as_ref()));
        let op = match column.coltype() {
            JsonTableColumnType::JtcExists => JsonExprOp::JsonExistsOp,
            JsonTableColumnType::JtcRegular if !self.is_document(&ty) => JsonExprOp::JsonValueOp,
            _ => JsonExprOp::JsonQueryOp,
        };
        let returning = JsonReturning { format: column.format, ..JsonReturning::default() };
        let function = JsonFuncExpr {
            op: op as i32,
            pathspec: column.pathspec.as_deref().and_then(|path| path.string.clone()),
            passing: passing.to_vec(),
            output: Some(JsonOutput { type_name: column.type_name.clone(), returning: Some(returning) }),
            on_empty: column.on_empty.clone(),
            on_error: column.on_error.clone(),
            wrapper: column.wrapper,
            quotes: column.quotes,
            location: column.location,
            ..JsonFuncExpr::default()
        };
        self.json_function(&function, None, Some(&column.name)).0
    }

    /// Whether a value of the type is made of JSON as a whole (isCompositeType).
    fn is_document(&self, ty: &TypeRef) -> bool {
        let base = self.types.base(ty);
        ["json", "jsonb", "record"].into_iter().any(|name| base.is_builtin(name))
            || base.element().is_some()
            || self.types.class(&base) == Class::Composite
    }
}
