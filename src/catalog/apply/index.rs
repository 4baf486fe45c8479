//! CREATE INDEX, the indexes of constraints, and their text as `pg_get_indexdef` prints it.

use crate::syntax::ast::{IndexElem, IndexStmt, Node, NodeEnum, SortByDir, SortByNulls};

use super::super::model::*;
use super::super::{builtin, deparse, quote};
use super::property::tablespace;
use super::{Fold, Result, Stop, names, offset, split_name, string, strings};

/// A key of an index that is being made.
pub(super) enum Key<'n> {
    Column(&'n str),
    Element(&'n IndexElem),
}

/// An index to be made.
pub(super) struct Plan<'n> {
    pub name: Option<Name>,
    pub unique: bool,
    pub method: &'n str,
    pub keys: Vec<Key<'n>>,
    pub include: Vec<Name>,
    pub nulls_not_distinct: bool,
    pub predicate: Option<&'n Node>,
    pub options: &'n [Node],
    pub tablespace: Option<Name>,
    /// The kind of the constraint that it is for.
    pub serves: Option<ConstraintKind>,
}

impl Fold<'_> {
    pub(super) fn create_index(&mut self, s: &IndexStmt) -> Result {
        let Some(range) = &s.relation else { return Ok(()) };
        let table = self.find_table(range)?;
        // It was another name of gist once.
        if !s.access_method.is_empty() && s.access_method != "rtree" {
            self.has_access_method(&s.access_method)?;
        }
        let elements = s.index_params.iter().filter_map(|node| match &node.node {
            Some(NodeEnum::IndexElem(element)) => Some(element.as_ref()),
            _ => None,
        });
        let keys: Vec<Key> = elements.map(Key::Element).collect();
        let include: Vec<Name> = (s.index_including_params.iter())
            .filter_map(|node| match &node.node {
                // An expression there is an error of its own.
                Some(NodeEnum::IndexElem(element)) if element.expr.is_none() => {
                    Some(element.name.as_str().into())
                }
                _ => None,
            })
            .collect();
        let relation = self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?;
        let named = keys.iter().filter_map(|key| match key {
            Key::Element(element) if element.expr.is_none() => Some(element.name.as_str()),
            _ => None,
        });
        for column in named.chain(include.iter().map(|name| &**name)) {
            if relation.column(column).is_none()
                && !relation.unknown_columns
                && !deparse::is_system_column(column)
            {
                let at = self.token_after(column, range.location);
                return self.fail("42703", format!("column \"{column}\" does not exist"), at);
            }
        }
        for key in &keys {
            if let Key::Element(element) = key {
                self.has_collation(
                    &element.collation,
                    element.collation.last().and_then(|name| self.token(string(name))),
                )?;
            }
        }
        self.has_no_virtual_key(relation, s)?;
        if relation.persistence != Persistence::Temporary {
            self.can_be_kept_in(&s.table_space, relation.kind == RelationKind::PartitionedTable)?;
        }
        self.check_index_storage(&s.access_method, &s.options)?;
        if s.unique {
            let columns = keys.iter().filter_map(|key| match key {
                Key::Element(element) if element.expr.is_none() => Some(Name::from(element.name.as_str())),
                _ => None,
            });
            let columns: Vec<Name> = columns.collect();
            self.has_partition_columns(&table, "UNIQUE", &columns, offset(range.location))?;
            self.has_no_foreign_partition(&table, false)?;
        }
        // That there is one of its name is seen when all is known of the index.
        if !s.idxname.is_empty() {
            let at = self.token(&s.idxname);
            if self.taken(&table.schema, &s.idxname, s.if_not_exists, at)? {
                return Ok(());
            }
        }
        let plan = Plan {
            name: (!s.idxname.is_empty()).then(|| s.idxname.as_str().into()),
            unique: s.unique,
            method: if s.access_method.is_empty() { "btree" } else { &s.access_method },
            keys,
            include,
            nulls_not_distinct: s.nulls_not_distinct,
            predicate: s.where_clause.as_deref(),
            options: &s.options,
            serves: None,
            tablespace: tablespace(&s.table_space),
        };
        self.make_index_on(&table, &plan, &|_| None, range.inh)
    }

    /// Makes an index with its constraint, on a table and its partitions.
    pub(super) fn make_index(
        &mut self,
        table: &QualifiedName,
        plan: &Plan,
        recurse: bool,
        constraint: &dyn Fn(&Index) -> Constraint,
    ) -> Result {
        self.has_access_method(plan.method)?;
        self.make_index_on(table, plan, &|index| Some(constraint(index)), recurse)
    }

    fn make_index_on(
        &mut self,
        table: &QualifiedName,
        plan: &Plan,
        constraint: &dyn Fn(&Index) -> Option<Constraint>,
        recurse: bool,
    ) -> Result {
        let top = table.clone();
        let mut todo = vec![(table.clone(), plan.name.clone())];
        while let Some((table, name)) = todo.pop() {
            let relation =
                self.catalog.relation(Some(&table.schema), &table.name).ok_or(Stop::Unsure)?.clone();
            let mut index = self.index(&relation, plan, name);
            if top != table && self.has_index_for(&relation, &index) {
                continue;
            }
            // With ONLY it waits for the partitions' indexes to be attached.
            let partitioned = relation.kind == RelationKind::PartitionedTable;
            index.valid = recurse || !partitioned || self.children(&table).is_empty();
            if let Some(made) = constraint(&index) {
                self.relation(&table)?.put_constraint(made);
            }
            self.schema(&table.schema)?.put_index(&table.name, index);
            // Children of plain inheritance have indexes of their own; partitions have their parent's.
            if partitioned && recurse {
                todo.extend(self.children(&table).into_iter().map(|child| (child, None)));
            }
        }
        Ok(())
    }

    fn index(&self, relation: &Relation, plan: &Plan, name: Option<Name>) -> Index {
        let mut column_names = Vec::new();
        let mut key_texts = Vec::new();
        let mut keys = Vec::new();
        for key in &plan.keys {
            let (key, text, column_name) = self.key(relation, plan.method, key);
            keys.push(key);
            key_texts.push(text);
            column_names.push(column_name);
        }
        column_names.extend(plan.include.iter().map(|name| name.to_string()));
        let predicate = plan.predicate.map(|node| {
            let printed = deparse::expression(
                &self.catalog,
                &relation.columns,
                node,
                Some(&super::super::types::TypeRef::builtin("bool")),
            );
            Name::from(printed.text)
        });
        let name = name.unwrap_or_else(|| {
            let part = names::columns_part(&names::index_columns(&column_names));
            let (second, label) = match plan.serves {
                Some(ConstraintKind::PrimaryKey) => (None, "pkey"),
                Some(ConstraintKind::Exclusion) => (Some(part.as_str()), "excl"),
                Some(_) => (Some(part.as_str()), "key"),
                None => (Some(part.as_str()), "idx"),
            };
            names::relation_name(
                &self.catalog,
                &relation.schema,
                &relation.name,
                second,
                label,
                plan.serves.is_some(),
            )
        });
        let mut rest = format!("{} ({})", quote::identifier(plan.method), key_texts.join(", "));
        if !plan.include.is_empty() {
            let include: Vec<String> = plan.include.iter().map(|name| quote::identifier(name)).collect();
            rest += &format!(" INCLUDE ({})", include.join(", "));
        }
        if plan.nulls_not_distinct {
            rest += " NULLS NOT DISTINCT";
        }
        rest += &storage_options(plan.options);
        if let Some(predicate) = &predicate {
            rest += &format!(" WHERE {predicate}");
        }
        let mut index = Index {
            name,
            method: plan.method.into(),
            keys,
            include: plan.include.clone(),
            unique: plan.unique,
            nulls_not_distinct: plan.nulls_not_distinct,
            predicate,
            valid: true,
            is_constraint: plan.serves.is_some(),
            clustered: false,
            tablespace: plan.tablespace.clone(),
            definition: "".into(),
            comment: None,
        };
        index.definition = definition(&index, relation, &rest).into();
        index
    }

    /// A key with its text and the name that PostgreSQL gives its column.
    fn key(&self, relation: &Relation, method: &str, key: &Key) -> (IndexKey, String, String) {
        let element = match key {
            Key::Column(column) => {
                let target = IndexTarget::Column((*column).into());
                let key = IndexKey { target, opclass: None, descending: false, nulls_first: false };
                return (key, quote::identifier(column), (*column).to_owned());
            }
            Key::Element(element) => element,
        };
        // A collation in parentheses is the same as one behind the key.
        let (node, inner_collation) = match element.expr.as_deref().map(|node| (node, node.node.as_ref())) {
            Some((_, Some(NodeEnum::CollateClause(collate)))) => {
                (collate.arg.as_deref(), collate.collname.last().map(string))
            }
            Some((node, _)) => (Some(node), None),
            None => (None, None),
        };
        let plain = match node.and_then(|node| node.node.as_ref()) {
            Some(NodeEnum::ColumnRef(column)) if column.fields.len() == 1 => Some(string(&column.fields[0])),
            Some(_) => None,
            None => Some(element.name.as_str()),
        };
        let (target, mut text, column_name) = match (plain, node) {
            (Some(name), _) => (IndexTarget::Column(name.into()), quote::identifier(name), name.to_owned()),
            (None, None) => (IndexTarget::Expression("".into()), String::new(), "expr".into()),
            (None, Some(node)) => {
                let printed = deparse::expression(&self.catalog, &relation.columns, node, None);
                let column_name = names::expression_name(node).unwrap_or_else(|| "expr".into());
                let text = printed.in_parentheses_unless_function();
                (IndexTarget::Expression(text.as_str().into()), text, column_name)
            }
        };
        if let Some(collation) = element.collation.last().map(string).or(inner_collation) {
            let own = match &target {
                IndexTarget::Column(column) => {
                    relation.column(column).and_then(|column| column.collation.clone())
                }
                IndexTarget::Expression(_) => None,
            };
            if own.as_deref() != Some(collation) && collation != "default" {
                text += &format!(" COLLATE {}", quote::identifier(collation));
            }
        }
        let class = strings(&element.opclass);
        let (_, class_name) = split_name(&class);
        let options = storage_options(&element.opclassopts);
        let mut opclass = None;
        if !(class.is_empty() || builtin::facts().is_default_class(method, class_name) && options.is_empty())
        {
            text += &format!(" {}", quote::identifier(class_name));
            opclass = Some(Name::from(class_name));
        }
        if let Some(options) = options.strip_prefix(" WITH ") {
            text += &format!(" {options}");
        }
        let descending = element.ordering() == SortByDir::SortbyDesc;
        let nulls_first = match element.nulls_ordering() {
            SortByNulls::SortbyNullsFirst => true,
            SortByNulls::SortbyNullsLast => false,
            _ => descending,
        };
        text += match (descending, nulls_first) {
            (true, true) => " DESC",
            (true, false) => " DESC NULLS LAST",
            (false, true) => " NULLS FIRST",
            (false, false) => "",
        };
        (IndexKey { target, opclass, descending, nulls_first }, text, column_name)
    }

    /// Whether a partition has an index of its own for each of its parents' that are like `index`: such a one is
    /// attached instead of a new one made.
    fn has_index_for(&self, relation: &Relation, index: &Index) -> bool {
        let needed = relation.parents.iter().map(|parent| {
            let parent = self.catalog.relation(Some(&parent.schema), &parent.name);
            parent.map_or(0, |parent| parent.indexes.iter().filter(|theirs| index.serves_as(theirs)).count())
        });
        let own = relation.indexes.iter().filter(|own| own.serves_as(index)).count();
        own > 0 && own >= needed.sum::<usize>().max(1)
    }

    /// Makes a partition's, or LIKE's, copies of another table's indexes, named anew.
    pub(super) fn copy_indexes(&mut self, from: &Relation, to: &QualifiedName) -> Result {
        // PostgreSQL goes through them in the order of their creation, the primary key first; names seldom depend on it.
        let mut indexes = from.indexes.clone();
        let primary = from.primary_key().map(|key| key.name.clone());
        indexes.sort_by_key(|index| Some(&index.name) != primary.as_ref());
        for index in &indexes {
            let relation = self.catalog.relation(Some(&to.schema), &to.name).ok_or(Stop::Unsure)?.clone();
            let served = from.constraint(&index.name).filter(|_| index.is_constraint).cloned();
            let mut copy = Index::clone(index);
            let mut columns: Vec<String> = index.keys.iter().map(key_column_name).collect();
            columns.extend(index.include.iter().map(|name| name.to_string()));
            let part = names::columns_part(&names::index_columns(&columns));
            let (second, label) = match served.as_ref().map(|constraint| constraint.kind) {
                Some(ConstraintKind::PrimaryKey) => (None, "pkey"),
                Some(ConstraintKind::Exclusion) => (Some(part.as_str()), "excl"),
                Some(_) => (Some(part.as_str()), "key"),
                None => (Some(part.as_str()), "idx"),
            };
            copy.name =
                names::relation_name(&self.catalog, &to.schema, &to.name, second, label, served.is_some());
            if !relation.parents.is_empty() && self.has_index_for(&relation, index) {
                continue;
            }
            let is_primary = served.as_ref().is_some_and(|own| own.kind == ConstraintKind::PrimaryKey);
            if is_primary && let Some(key) = relation.primary_key() {
                // One that it had is attached.
                let is_like = served.as_ref().is_some_and(|served| served.columns == key.columns);
                if is_like && !relation.parents.is_empty() {
                    continue;
                }
                let message =
                    format!("multiple primary keys for table \"{}\" are not allowed", relation.name);
                return self.fail("42P16", message, self.token(&relation.name));
            }
            let rest = after_using(&index.definition).to_owned();
            copy.definition = definition(&copy, &relation, &rest).into();
            if let Some(served) = served {
                let mut constraint = Constraint::clone(&served);
                constraint.name = copy.name.clone();
                if constraint.kind == ConstraintKind::PrimaryKey {
                    for column in &constraint.columns {
                        self.set_not_null_of_key(to, column)?;
                    }
                }
                self.relation(to)?.put_constraint(constraint);
            }
            self.schema(&to.schema)?.put_index(&to.name, copy);
        }
        Ok(())
    }
}

impl Index {
    /// Whether this one does all that `other`, of the parent, does.
    pub(super) fn serves_as(&self, other: &Index) -> bool {
        self.method == other.method
            && self.keys == other.keys
            && self.include == other.include
            && self.unique == other.unique
            && self.predicate == other.predicate
            && (self.is_constraint || !other.is_constraint)
    }
}

fn key_column_name(key: &IndexKey) -> String {
    match &key.target {
        IndexTarget::Column(column) => column.to_string(),
        IndexTarget::Expression(text) => {
            let sql = format!("SELECT {text}");
            let parsed = crate::syntax::grammar::parse(&sql, crate::syntax::grammar::ParseMode::Statements);
            let name = parsed.ok().and_then(|tree| {
                let statement = tree.stmts.first()?.stmt.as_ref()?;
                let Some(NodeEnum::SelectStmt(select)) = &statement.node else { return None };
                let Some(NodeEnum::ResTarget(target)) = &select.target_list.first()?.node else {
                    return None;
                };
                names::expression_name(target.val.as_ref()?)
            });
            name.unwrap_or_else(|| "expr".into())
        }
    }
}

/// The text of an index, in front of what `rest` says from the access method on.
pub(super) fn definition(index: &Index, relation: &Relation, rest: &str) -> String {
    let unique = if index.unique { "UNIQUE " } else { "" };
    let only = if relation.kind == RelationKind::PartitionedTable { "ONLY " } else { "" };
    let name = quote::identifier(&index.name);
    let table = quote::qualified(&relation.schema, &relation.name);
    format!("CREATE {unique}INDEX {name} ON {only}{table} USING {rest}")
}

/// A definition from the access method on.
pub(super) fn after_using(definition: &str) -> &str {
    let (tokens, _) = crate::syntax::grammar::scan(definition);
    let using = tokens.iter().find(|token| token.kind == crate::syntax::ast::Token::Using);
    using.map_or("", |token| definition[token.span.end..].trim_start())
}

/// Gives an index another name.
pub(super) fn rename(index: &mut Index, name: &Name) {
    let old = format!("INDEX {} ON ", quote::identifier(&index.name));
    let new = format!("INDEX {} ON ", quote::identifier(name));
    index.definition = index.definition.replacen(&old, &new, 1).into();
    index.name = name.clone();
}

/// An exclusion constraint's text.
pub(super) fn exclusion(index: &Index, operators: &[String]) -> String {
    let rest = after_using(&index.definition);
    // The keys stand in the first parentheses; their operators go behind each.
    let open = rest.find('(').unwrap_or(0);
    let mut depth = 0;
    let mut text = rest[..open].to_owned();
    let mut key = 0;
    let mut quoted = false;
    let mut end = rest.len();
    for (at, c) in rest[open..].char_indices() {
        match c {
            '\'' | '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
        if !quoted && (depth == 1 && c == ',' || depth == 0) {
            text += &format!(" WITH {}", operators.get(key).map_or("", String::as_str));
            key += 1;
        }
        text.push(c);
        if depth == 0 {
            end = open + at + 1;
            break;
        }
    }
    text += &rest[end..end + rest[end..].find(" WHERE ").unwrap_or(rest.len() - end)];
    if let Some(predicate) = &index.predicate {
        text += &format!(" WHERE ({predicate})");
    }
    format!("EXCLUDE USING {text}")
}

/// ` WITH (fillfactor='70')`
fn storage_options(options: &[Node]) -> String {
    let options: Vec<String> = options
        .iter()
        .filter_map(|node| match &node.node {
            Some(NodeEnum::DefElem(element)) => Some(element),
            _ => None,
        })
        .map(|element| {
            let value = element.arg.as_deref().map_or("true".into(), option_value);
            let safe = quote::identifier(&value) == value;
            let value = if safe { value } else { format!("'{}'", value.replace('\'', "''")) };
            format!("{}={value}", quote::identifier(&element.defname))
        })
        .collect();
    if options.is_empty() { String::new() } else { format!(" WITH ({})", options.join(", ")) }
}

fn option_value(node: &Node) -> String {
    match &node.node {
        Some(NodeEnum::String(text)) => text.sval.clone(),
        Some(NodeEnum::Integer(number)) => number.ival.to_string(),
        Some(NodeEnum::Float(number)) => number.fval.clone(),
        Some(NodeEnum::Boolean(value)) => value.boolval.to_string(),
        Some(NodeEnum::TypeName(name)) => {
            strings(&name.names).last().map_or(String::new(), |n| (*n).to_owned())
        }
        _ => String::new(),
    }
}
