//! Utility statements: the queries in them, and the relations that they name.

use super::relation::Opened;
use super::statement::Analyzer;
use super::{Purpose, Slot};
use crate::catalog::model::{Name, Persistence, RelationKind, TypeKind};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::same;
use crate::syntax::ast::{
    AlterTableStmt, AlterTableType, CreateTableAsStmt, Node, NodeEnum, ObjectType, RangeVar, ViewCheckOption,
    ViewStmt,
};

impl Analyzer<'_> {
    pub(super) fn utility(&mut self, node: &NodeEnum) {
        match node {
            NodeEnum::VariableShowStmt(show) => self.show(show),
            NodeEnum::ExplainStmt(explain) => {
                self.explain_options(&explain.options);
                if let Some(NodeEnum::SelectStmt(select)) =
                    explain.query.as_ref().and_then(|node| node.node.as_ref())
                {
                    self.note_what_is_planned(select);
                }
                self.inner(explain.query.as_deref());
                self.explains_no_relation(explain.query.as_deref());
            }
            NodeEnum::CreateTableAsStmt(create) => {
                let names = create.into.as_ref().map_or(&[][..], |into| &into.col_names);
                let message = "too many column names were specified";
                let has_rows = create.into.as_ref().is_some_and(|into| !into.skip_data);
                if let Some(NodeEnum::SelectStmt(select)) =
                    create.query.as_ref().and_then(|node| node.node.as_ref())
                    && has_rows
                    && !create.if_not_exists
                    && !self.is_made(create)
                {
                    self.note_what_runs(select);
                }
                let reported = self.out.diagnostics.len();
                self.named_outputs(create.query.as_deref(), names, message, false);
                if create.objtype() == ObjectType::ObjectMatview && self.out.diagnostics.len() == reported {
                    self.materialized_view_is_well_made(create);
                }
            }
            NodeEnum::ViewStmt(view) => {
                let message = "CREATE VIEW specifies more column names than columns";
                let reported = self.out.diagnostics.len();
                let query = view.query.as_ref().and_then(|query| query.node.as_ref());
                if matches!(query, Some(NodeEnum::SelectStmt(select)) if select.into_clause.is_some()) {
                    let at = view.view.as_ref().map_or(-1, |range| range.location);
                    return self.report_at(at, "0A000", "views must not contain SELECT INTO");
                }
                let is_known = self.named_outputs(view.query.as_deref(), &view.aliases, message, true);
                if self.out.diagnostics.len() == reported {
                    self.view_is_well_made(view);
                }
                if is_known && view.replace && self.out.diagnostics.len() == reported {
                    self.keeps_columns(view);
                }
            }
            NodeEnum::DeclareCursorStmt(cursor) => self.declare_cursor(cursor),
            NodeEnum::FetchStmt(fetch) => self.fetch(fetch),
            NodeEnum::ClosePortalStmt(close) => self.be_open(&close.portalname),
            NodeEnum::PrepareStmt(prepare) => self.prepare(prepare),
            NodeEnum::ExecuteStmt(execute) => self.execute(execute),
            NodeEnum::CopyStmt(copy) => self.copy_command(copy),
            NodeEnum::TruncateStmt(truncate) => {
                for node in &truncate.relations {
                    if let Some(NodeEnum::RangeVar(range)) = &node.node {
                        self.named(Some(range), Purpose::Write);
                        self.truncated(range);
                    }
                }
                self.truncated_keys(truncate);
            }
            NodeEnum::LockStmt(lock) => {
                for node in &lock.relations {
                    if let Some(NodeEnum::RangeVar(range)) = &node.node {
                        self.named(Some(range), Purpose::Write);
                        self.locked(range);
                    }
                }
            }
            NodeEnum::VacuumStmt(vacuum) => self.vacuum(vacuum),
            NodeEnum::IndexStmt(index) => {
                self.named(index.relation.as_ref(), Purpose::Define);
                self.index_columns(index);
            }
            NodeEnum::CreateTrigStmt(trigger) => {
                self.named(trigger.relation.as_ref(), Purpose::Define);
                self.trigger(trigger);
            }
            NodeEnum::RuleStmt(rule) => self.rule(rule),
            NodeEnum::CreatePolicyStmt(policy) => {
                self.named(policy.table.as_ref(), Purpose::Define);
                self.policy(policy.table.as_ref(), policy.qual.as_deref(), policy.with_check.as_deref());
            }
            NodeEnum::AlterPolicyStmt(policy) => {
                self.policy(policy.table.as_ref(), policy.qual.as_deref(), policy.with_check.as_deref());
            }
            NodeEnum::CreateFunctionStmt(create) => self.create_function(create),
            NodeEnum::DoStmt(_) => self.declarations(),
            NodeEnum::CreatePublicationStmt(create) => self.publication(&create.pubobjects),
            NodeEnum::AlterPublicationStmt(alter) => self.publication(&alter.pubobjects),
            NodeEnum::CallStmt(call) => {
                if let Some(call) = &call.funccall {
                    self.call_statement(call);
                }
            }
            NodeEnum::CreateDomainStmt(domain) => {
                self.defined_type(domain.type_name.as_ref());
                let ty = self.type_ref(domain.type_name.as_ref());
                let at = domain.type_name.as_ref().map_or(-1, |name| name.location);
                if let Some(clause) = &domain.coll_clause
                    && self.collation_name(&clause.collname, clause.location).is_some()
                {
                    self.check_collatable(&ty, at);
                }
                let names = super::statement::strings(&domain.domainname);
                self.domain(ty, &domain.constraints, names.last().map_or("", |name| name));
            }
            NodeEnum::CreateStatsStmt(create) => self.statistics(create),
            NodeEnum::AlterDomainStmt(alter) if matches!(alter.subtype.as_str(), "T" | "C") => {
                let parts = super::statement::strings(&alter.type_name);
                let (schema, name) = match &parts[..] {
                    [name] => (None, name),
                    [schema, name] => (Some(&**schema), name),
                    _ => return,
                };
                let base = self.catalog.user_type(schema, name).and_then(|ty| match &ty.kind {
                    TypeKind::Domain { base, .. } => Some(base.clone()),
                    _ => None,
                });
                match (alter.def.as_deref(), base) {
                    (Some(constraint), Some(base)) if alter.subtype == "C" => {
                        self.domain(base, std::slice::from_ref(constraint), name);
                    }
                    (Some(raw), Some(base)) => self.default(raw, name, &base),
                    _ => {}
                }
            }
            NodeEnum::CompositeTypeStmt(composite) => {
                for node in &composite.coldeflist {
                    let Some(NodeEnum::ColumnDef(column)) = &node.node else { continue };
                    if let Some(name) = column.type_name.as_ref().filter(|name| name.setof) {
                        let message = format!("column \"{}\" cannot be declared SETOF", column.colname);
                        return self.report_at(name.location, "42P16", message);
                    }
                    let ty = self.type_ref(column.type_name.as_ref());
                    self.collate_clause(column.coll_clause.as_deref(), &ty);
                }
            }
            NodeEnum::RefreshMatViewStmt(refresh) => self.named(refresh.relation.as_ref(), Purpose::Define),
            NodeEnum::ClusterStmt(cluster) => self.named(cluster.relation.as_ref(), Purpose::Define),
            NodeEnum::AlterTableStmt(alter) => {
                if !alter.missing_ok {
                    self.altered(alter.relation.as_ref());
                }
                self.columns_of_alter(alter);
                self.alter_table(alter);
                self.alters_check_option(alter);
            }
            NodeEnum::CreateStmt(create) => {
                for node in &create.table_elts {
                    if let Some(NodeEnum::ColumnDef(column)) = &node.node {
                        self.defined_type(column.type_name.as_ref());
                        self.references(&column.constraints);
                    }
                    self.references(std::slice::from_ref(node));
                }
                self.create_table(create);
                // That its own schema is missing is said where it is made, and first.
                let own = create.relation.as_ref().map_or("", |range| &range.schemaname);
                let is_placed = own.is_empty() || self.catalog.schema(own).is_some();
                // A partitioned table has no parents: that too is said first.
                let is_placed = is_placed && (create.partspec.is_none() || create.partbound.is_some());
                for node in create.inh_relations.iter().filter(|_| is_placed) {
                    if let Some(NodeEnum::RangeVar(range)) = &node.node {
                        self.named(Some(range), Purpose::Define);
                    }
                }
            }
            _ => {}
        }
    }

    /// What CREATE TABLE AS would make is there already, which EXPLAIN tells too (CreateTableAsRelExists).
    fn explains_no_relation(&mut self, query: Option<&Node>) {
        let Some(NodeEnum::CreateTableAsStmt(create)) = query.and_then(|query| query.node.as_ref()) else {
            return;
        };
        let Some(range) = create.into.as_ref().and_then(|into| into.rel.as_ref()) else { return };
        if self.is_made(create) && !create.if_not_exists {
            let message = format!("relation \"{}\" already exists", range.relname);
            self.report_at(range.location, "42P07", message);
        }
    }

    /// Whether PostgreSQL finds what CREATE TABLE AS would make, and does so before it looks at the query.
    fn is_made(&self, create: &CreateTableAsStmt) -> bool {
        let Some(range) = create.into.as_ref().and_then(|into| into.rel.as_ref()) else { return false };
        let schema = self.schema_of_new(range).and_then(|schema| self.catalog.schema(&schema));
        self.types.major >= 14
            && range.relpersistence != "t"
            && schema.is_some_and(|schema| schema.has_relation_name(&range.relname))
    }

    /// Where a relation that is made is put, if it is not temporary.
    pub(super) fn schema_of_new(&self, range: &RangeVar) -> Option<Name> {
        match range.schemaname.as_str() {
            "" => self.catalog.creation_schema(),
            given => Some(given.into()),
        }
    }

    pub(super) fn inner(&mut self, query: Option<&Node>) {
        if let Some(node) = query.and_then(|query| query.node.as_ref()) {
            self.statement(node);
        }
    }

    /// A query whose columns are given names, of which there may not be more.
    fn named_outputs(&mut self, query: Option<&Node>, names: &[Node], message: &str, is_view: bool) -> bool {
        let is_query = query.is_some_and(|query| matches!(query.node, Some(NodeEnum::SelectStmt(_))));
        if !is_query {
            self.inner(query);
            return false;
        }
        let Some(query) = query else { return false };
        let outputs = self.query(query);
        let first_too_many = names.get(outputs.columns.len()).filter(|_| !outputs.unknown);
        if let Some(NodeEnum::String(name)) = first_too_many.and_then(|name| name.node.as_ref())
            && let Some(span) = self.tokens.find_name(self.sql, 0, &name.sval)
        {
            self.report(super::Diagnostic::new(span, "42601", message));
        }
        self.outputs_are_collated(&outputs, names, is_view);
        self.out.outputs = outputs.columns;
        self.out.has_all_outputs = !outputs.unknown;
        self.out.has_all_outputs
    }

    /// What no view may be (DefineView).
    fn view_is_well_made(&mut self, view: &ViewStmt) {
        let Some(NodeEnum::SelectStmt(select)) = view.query.as_ref().and_then(|query| query.node.as_ref())
        else {
            return;
        };
        let at = view.view.as_ref().map_or(-1, |range| range.location);
        if super::cte::changes_data(select.with_clause.as_ref()) {
            let message = "views must not contain data-modifying statements in WITH";
            return self.report_at(at, "0A000", message);
        }
        let is_checked = !matches!(
            view.with_check_option(),
            ViewCheckOption::NoCheckOption | ViewCheckOption::Undefined
        ) || view.options.iter().any(
            |node| matches!(&node.node, Some(NodeEnum::DefElem(option)) if option.defname == "check_option"),
        );
        if is_checked && self.gives_rows_of_one(select) == Some(false) {
            let message = "WITH CHECK OPTION is supported only on automatically updatable views";
            return self.report_at(at, "0A000", message);
        }
        if view.view.as_ref().is_some_and(|range| range.relpersistence == "u") {
            let message = "views cannot be unlogged because they do not have storage";
            self.report_at(at, "42601", message);
        }
    }

    /// ALTER VIEW SET gives no check to what nothing can be changed through.
    fn alters_check_option(&mut self, alter: &AlterTableStmt) {
        let Some(range) = &alter.relation else { return };
        let is_checked = alter.cmds.iter().any(|node| {
            let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { return false };
            let Some(NodeEnum::List(list)) = command.def.as_ref().and_then(|def| def.node.as_ref()) else {
                return false;
            };
            command.subtype() == AlterTableType::AtSetRelOptions
                && list.items.iter().any(|node| {
                    matches!(&node.node, Some(NodeEnum::DefElem(option)) if option.defname == "check_option")
                })
        });
        if !is_checked {
            return;
        }
        if let Opened::Relation(view) = self.quietly(|this| this.open(range, Purpose::Define))
            && view.kind == RelationKind::View
            && self.is_certainly_fixed(&view)
        {
            let message = "WITH CHECK OPTION is supported only on automatically updatable views";
            self.report_at(range.location, "0A000", message);
        }
    }

    /// What no materialized view may be (transformCreateTableAsStmt).
    fn materialized_view_is_well_made(&mut self, create: &CreateTableAsStmt) {
        let Some(range) = create.into.as_ref().and_then(|into| into.rel.as_ref()) else { return };
        let is_temporary = |reference: &super::Reference| {
            matches!(&reference.symbol, super::Symbol::Relation(relation)
                if relation.persistence == Persistence::Temporary)
        };
        let message = match create.query.as_ref().and_then(|query| query.node.as_ref()) {
            Some(NodeEnum::SelectStmt(select)) if super::cte::changes_data(select.with_clause.as_ref()) => {
                "materialized views must not use data-modifying statements in WITH"
            }
            Some(NodeEnum::SelectStmt(_)) if self.out.references.iter().any(is_temporary) => {
                "materialized views must not use temporary tables or views"
            }
            Some(NodeEnum::SelectStmt(_)) if range.relpersistence == "u" => {
                "materialized views cannot be unlogged"
            }
            _ => return,
        };
        self.report_at(range.location, "0A000", message);
    }

    /// CREATE OR REPLACE VIEW keeps the columns that there are (checkViewColumns).
    fn keeps_columns(&mut self, view: &ViewStmt) {
        let Some(range) = view.view.as_ref().filter(|range| range.relpersistence != "t") else { return };
        let known =
            self.schema_of_new(range).and_then(|schema| self.catalog.relation(Some(&schema), &range.relname));
        let Some(known) = known.filter(|known| known.kind == RelationKind::View && !known.unknown_columns)
        else {
            return;
        };
        let new = self.out.outputs.clone();
        if new.len() < known.columns.len() {
            return self.report_at(range.location, "42P16", "cannot drop columns from view");
        }
        let aliases = super::statement::strings(&view.aliases);
        for (n, (old, new)) in known.columns.clone().iter().zip(&new).enumerate() {
            let name = aliases.get(n).unwrap_or(&new.name);
            if *name != old.name {
                let message = format!("cannot change name of view column \"{}\" to \"{name}\"", old.name);
                let hint = "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.";
                return self.report_hinting(range.location, "42P16", message, Some(hint));
            }
            if old.ty == TypeRef::Unknown || new.ty == TypeRef::Unknown {
                return;
            }
            let (one, two) = (old.ty.typmod(), new.ty.typmod());
            // A modifier may not be known of what an expression gives.
            if same(&old.ty, &new.ty) && (one == two || one < 0 || two < 0) {
                continue;
            }
            let (from, to) =
                (self.types.print_with_modifier(&old.ty), self.types.print_with_modifier(&new.ty));
            let message = format!("cannot change data type of view column \"{name}\" from {from} to {to}");
            return self.report_at(range.location, "42P16", message);
        }
    }

    pub(super) fn named(&mut self, range: Option<&RangeVar>, purpose: Purpose) {
        let Some(range) = range else { return };
        let reported = self.out.diagnostics.len();
        if !matches!(self.open(range, purpose), Opened::Missing) || range.schemaname.is_empty() {
            return;
        }
        // Utility statements look up the schema first, queries do not.
        let parts = 2 + usize::from(!range.catalogname.is_empty());
        if self.catalog.schema(&range.schemaname).is_none()
            && let Some(span) = self.tokens.name(range.location, parts)
        {
            self.out.diagnostics.truncate(reported);
            let message = format!("schema \"{}\" does not exist", range.schemaname);
            self.report(super::Diagnostic::new(span, "3F000", message));
        }
    }

    /// ALTER TABLE also takes views, indexes and sequences; folding it reports what does not exist.
    fn altered(&mut self, range: Option<&RangeVar>) {
        let Some(range) = range else { return };
        if self.is_marker(&range.relname) {
            let schema = (!range.schemaname.is_empty()).then(|| range.schemaname.as_str().into());
            self.mark(Slot::Relation { schema, purpose: Purpose::Define });
            return;
        }
        let reported = self.out.diagnostics.len();
        self.open(range, Purpose::Define);
        self.out.diagnostics.truncate(reported);
    }

    /// The tables that foreign keys name.
    fn references(&mut self, nodes: &[Node]) {
        for node in nodes {
            if let Some(NodeEnum::Constraint(constraint)) = &node.node
                && let Some(range) = &constraint.pktable
            {
                let reported = self.out.diagnostics.len();
                self.open(range, Purpose::Define);
                // A table may refer to itself, which does not exist before it.
                self.out.diagnostics.truncate(reported);
            }
        }
    }

    fn index_columns(&mut self, index: &crate::syntax::ast::IndexStmt) {
        let Some(range) = &index.relation else { return };
        let Some(relation) = self.quietly(|this| this.relation_item(range, Purpose::Define)) else { return };
        let item = super::relation::item(self.types, &relation, None);
        self.scopes.push(super::Scope::of(vec![std::sync::Arc::new(item)]));
        for node in index.index_params.iter().chain(&index.index_including_params) {
            let Some(NodeEnum::IndexElem(element)) = &node.node else { continue };
            if self.is_marker(&element.name) {
                self.mark(Slot::TargetColumn { relation: Some(relation.clone()) });
            } else if !element.name.is_empty() {
                self.index_column(&element.name, range, &relation);
            }
        }
        self.scopes.pop();
        self.index(index, &relation);
    }

    /// A column that an index names; the tree does not say where.
    fn index_column(
        &mut self,
        name: &str,
        range: &RangeVar,
        relation: &std::sync::Arc<crate::catalog::Relation>,
    ) {
        let Some(span) = self.tokens.find_name(self.sql, range.location.max(0) as usize + 1, name) else {
            return;
        };
        if let Some(column) = relation.column(name) {
            let symbol = super::Symbol::Column { relation: relation.clone(), column: column.clone() };
            self.out.references.push(super::Reference { span, symbol });
        } else if !relation.unknown_columns && super::scope::system_column(name).is_none() {
            let near = super::closest(name, relation.columns.iter().map(|column| &*column.name));
            let suggestions = near.iter().map(|name| crate::catalog::quote::identifier(name));
            let message = format!("column \"{name}\" does not exist");
            self.report(super::Diagnostic::new(span, "42703", message).suggesting(suggestions));
        }
    }

    /// Where the marker stands in ALTER TABLE's commands: the name of a column of the table.
    fn columns_of_alter(&mut self, alter: &crate::syntax::ast::AlterTableStmt) {
        let Some(range) = &alter.relation else { return };
        for node in &alter.cmds {
            let Some(NodeEnum::AlterTableCmd(command)) = &node.node else { continue };
            if self.is_marker(&command.name) {
                let relation = self.quietly(|this| this.relation_item(range, Purpose::Define));
                self.mark(Slot::TargetColumn { relation });
            }
            match command.def.as_ref().and_then(|def| def.node.as_ref()) {
                Some(NodeEnum::ColumnDef(column)) => {
                    if self.is_marker(&column.colname) {
                        self.mark(Slot::NewName);
                    }
                    self.defined_type(column.type_name.as_ref());
                    self.references(&column.constraints);
                }
                Some(NodeEnum::Constraint(_)) => {
                    if let Some(def) = command.def.as_deref() {
                        self.references(std::slice::from_ref(def));
                    }
                }
                _ => {}
            }
        }
    }
}
