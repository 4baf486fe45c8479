//! Expressions (parse_expr.c): what each kind of node is, and what is below it.

use super::collate::Collation;
use super::statement::{Analyzer, strings};
use super::typed::{Form, Typed, leftmost};
use super::{RecordShape, Slot};
use crate::catalog::builtin;
use crate::catalog::model::Volatility;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Call, Class, Context, NoFunction};
use crate::syntax::ast::{
    AArrayExpr, AIndirection, CaseExpr, ColumnRef, MinMaxOp, Node, NodeEnum, SqlValueFunctionOp, SubLink,
    SubLinkType, TypeCast, TypeName, a_const,
};
use crate::syntax::children::children;
use crate::syntax::params::Parameter;

impl Analyzer<'_> {
    pub(super) fn exprs(&mut self, nodes: &[Node]) {
        for node in nodes {
            self.expr(node);
        }
    }

    pub(super) fn expr_option(&mut self, node: &Option<Box<Node>>) -> Option<Typed> {
        node.as_ref().map(|node| self.expr(node))
    }

    pub(super) fn expr(&mut self, node: &Node) -> Typed {
        let Some(inner) = &node.node else { return Typed::unknown(-1) };
        if !matches!(inner, NodeEnum::SelectStmt(_)) {
            self.note_version(inner);
        }
        match inner {
            NodeEnum::ColumnRef(column) => self.column_ref(column),
            // A literal may stand in the place of a client's placeholder.
            NodeEnum::AConst(constant) if self.placeholder_at(constant.location).is_some() => {
                Typed { form: Form::Parameter(0), ..Typed::builtin("unknown", constant.location) }
            }
            NodeEnum::AConst(constant) => literal(constant),
            NodeEnum::ParamRef(parameter) => {
                let number = parameter.number;
                let known = self.parameter_type(number, parameter.location);
                if let Some(variables) = self.variables
                    && let Some(id) = usize::try_from(number).ok().and_then(|n| variables.numbered(n))
                {
                    variables.read(id);
                }
                match known {
                    Some(ty) => Typed::new(ty, parameter.location),
                    None if self.arguments.is_body()
                        || self.is_stored && self.is_postgresqls(parameter.location) =>
                    {
                        self.report_at(
                            parameter.location,
                            "42P02",
                            format!("there is no parameter ${number}"),
                        );
                        Typed::unknown(parameter.location)
                    }
                    None => Typed {
                        form: Form::Parameter(number),
                        ..Typed::builtin("unknown", parameter.location)
                    },
                }
            }
            NodeEnum::SelectStmt(_) => {
                self.query(node);
                Typed::unknown(-1)
            }
            NodeEnum::FuncCall(call) => self.func_call(call),
            NodeEnum::AExpr(e) => self.a_expr(e),
            NodeEnum::BoolExpr(e) => {
                let word = match e.boolop() {
                    crate::syntax::ast::BoolExprType::OrExpr => "OR",
                    crate::syntax::ast::BoolExprType::NotExpr => "NOT",
                    _ => "AND",
                };
                let mut at = e.location;
                for arg in &e.args {
                    let arg = self.expr(arg);
                    self.be_boolean(&arg, word);
                    at = leftmost(arg.location, at);
                }
                Typed::builtin("bool", at)
            }
            NodeEnum::TypeCast(cast) => self.type_cast(cast),
            NodeEnum::CollateClause(collate) => {
                let Some(arg) = self.expr_option(&collate.arg) else {
                    return Typed::unknown(collate.location);
                };
                // A literal has still no type, and whether it is read as one is told nowhere but when it runs.
                if !arg.is_untyped() {
                    self.check_collatable(&arg.ty, collate.location);
                }
                // The name is looked up when the type is right.
                let name = self.collation_name(&collate.collname, collate.location);
                let collation = match name {
                    Some(name) => Collation::Explicit { name, at: collate.location },
                    None => Collation::Unknown,
                };
                Typed::new(arg.ty, leftmost(arg.location, collate.location)).with(collation)
            }
            NodeEnum::NullTest(test) => {
                let at = self.expr_option(&test.arg).map_or(test.location, |arg| arg.location);
                Typed::builtin("bool", leftmost(at, test.location))
            }
            NodeEnum::BooleanTest(test) => {
                let words = match test.booltesttype() {
                    crate::syntax::ast::BoolTestType::IsTrue => "IS TRUE",
                    crate::syntax::ast::BoolTestType::IsNotTrue => "IS NOT TRUE",
                    crate::syntax::ast::BoolTestType::IsFalse => "IS FALSE",
                    crate::syntax::ast::BoolTestType::IsNotFalse => "IS NOT FALSE",
                    crate::syntax::ast::BoolTestType::IsUnknown => "IS UNKNOWN",
                    _ => "IS NOT UNKNOWN",
                };
                let mut at = test.location;
                if let Some(arg) = self.expr_option(&test.arg) {
                    self.be_boolean(&arg, words);
                    at = leftmost(arg.location, at);
                }
                Typed::builtin("bool", at)
            }
            NodeEnum::CaseExpr(case) => self.case(case),
            NodeEnum::CoalesceExpr(e) => {
                let args: Vec<Typed> = e.args.iter().map(|arg| self.expr(arg)).collect();
                self.one_of(&args, "COALESCE", e.location)
            }
            NodeEnum::MinMaxExpr(e) => {
                let args: Vec<Typed> = e.args.iter().map(|arg| self.expr(arg)).collect();
                let construct = if e.op() == MinMaxOp::IsGreatest { "GREATEST" } else { "LEAST" };
                self.one_of(&args, construct, e.location)
            }
            NodeEnum::AArrayExpr(array) => self.array(array, None),
            NodeEnum::RowExpr(row) => {
                let form = self.row_fields(&row.args).map_or(Form::Other, Form::Row);
                Typed { form, ..Typed::builtin("record", row.location) }
            }
            NodeEnum::AIndirection(access) => self.indirection(access),
            NodeEnum::SubLink(link) => self.sub_link(link),
            NodeEnum::SqlvalueFunction(function) => {
                self.takes(Volatility::Stable);
                self.note_mutable(function.location);
                let ty = TypeRef::builtin(value_type(function.op())).with_modifier(function.typmod);
                self.collated(ty, function.location, Collation::None)
            }
            // Where it may stand, it is no expression (`Analyzer::value_to_set`).
            NodeEnum::SetToDefault(default) => {
                self.report_at(default.location, "42601", "DEFAULT is not allowed in this context");
                Typed::unknown(default.location)
            }
            NodeEnum::GroupingFunc(grouping) => {
                let outer = self.enter_arguments();
                self.below(inner);
                let arguments = self.leave_arguments(outer);
                self.grouping(grouping.location, arguments);
                Typed::builtin("int4", grouping.location)
            }
            NodeEnum::MergeSupportFunc(function) => {
                if self.merges == 0 {
                    let message = "MERGE_ACTION() can only be used in the RETURNING list of a MERGE command";
                    self.report_at(function.location, "42601", message);
                }
                Typed::builtin("text", function.location)
            }
            NodeEnum::CurrentOfExpr(_) => Typed::builtin("bool", -1),
            NodeEnum::XmlExpr(e) => self.xml_expr(e),
            NodeEnum::XmlSerialize(e) => self.xml_serialize(e),
            _ => match self.json_expr(inner) {
                Some(made) => made,
                None => {
                    self.below(inner);
                    Typed::unknown(-1)
                }
            },
        }
    }

    /// The type of `$n` where it has been given one, by a declaration or by what it was first used as. Other
    /// placeholders of one number may each be put in for themselves.
    fn parameter_type(&self, number: i32, location: i32) -> Option<TypeRef> {
        let at = usize::try_from(number - 1).ok()?;
        if let Some(given) = self.given.get(at) {
            return Some(given.clone());
        }
        let used = self.out.parameters.get(at).filter(|ty| **ty != TypeRef::Unknown)?;
        (!self.arguments.is_body() && self.is_numbered(location)).then(|| used.clone())
    }

    /// The placeholder that stands at a place.
    fn placeholder_at(&self, location: i32) -> Option<&Parameter> {
        let at = usize::try_from(location).ok()?;
        self.parse.parameters.iter().find(|parameter| parameter.span.start == at)
    }

    /// Whether it is a parameter as PostgreSQL writes it.
    fn is_numbered(&self, location: i32) -> bool {
        self.placeholder_at(location).is_none_or(|parameter| parameter.text.starts_with('$'))
    }

    /// Whether it is a parameter of PostgreSQL's own, `$1`, and no name that another tool puts a text in for.
    fn is_postgresqls(&self, location: i32) -> bool {
        let is_own =
            |text: &str| text.strip_prefix('$').is_some_and(|n| n.bytes().all(|c| c.is_ascii_digit()));
        self.placeholder_at(location).is_none_or(|parameter| is_own(&parameter.text))
    }

    /// Whether a bound of a slice may be a placeholder (`a[:n]`), and what looks like a slice an element.
    fn may_be_element(&self, bound: Option<&Node>) -> bool {
        match bound.and_then(|bound| bound.node.as_ref()) {
            Some(NodeEnum::ColumnRef(column)) => {
                self.token_span(column.location).is_some_and(|span| self.parse.may_be_placeholder(span))
            }
            _ => false,
        }
    }

    pub(super) fn below(&mut self, node: &NodeEnum) {
        let mut below = Vec::new();
        children(node, &mut |child| below.push(child));
        for child in below {
            self.expr(child);
        }
    }

    /// Where PostgreSQL points for an expression that is not analyzed.
    pub(super) fn first_location(&self, node: &Node) -> i32 {
        match &node.node {
            Some(NodeEnum::ColumnRef(column)) => column.location,
            Some(NodeEnum::AConst(constant)) => constant.location,
            Some(NodeEnum::FuncCall(call)) => call.location,
            Some(NodeEnum::ParamRef(parameter)) => parameter.location,
            Some(NodeEnum::TypeCast(cast)) => {
                let arg = cast.arg.as_deref().map_or(-1, |arg| self.first_location(arg));
                leftmost(arg, cast.location)
            }
            Some(NodeEnum::AExpr(e)) => {
                let left = e.lexpr.as_deref().map_or(-1, |left| self.first_location(left));
                leftmost(left, e.location)
            }
            _ => -1,
        }
    }

    /// Whether a bare name is that of an output column.
    pub(super) fn is_output(&self, column: &ColumnRef) -> bool {
        let names = strings(&column.fields);
        let [name] = &names[..] else { return false };
        column.fields.len() == 1 && self.scope().outputs.contains(name)
    }

    /// A type that a definition names: what is wrong with it is said where the definition is made.
    pub(super) fn defined_type(&mut self, name: Option<&TypeName>) {
        let names = name.map(|name| strings(&name.names)).unwrap_or_default();
        if names.last().is_some_and(|name| self.is_marker(name)) {
            self.mark(Slot::Type);
        }
    }

    /// A column's type, which may be one of those that make a sequence, too.
    pub(super) fn column_type(&mut self, name: Option<&TypeName>) -> TypeRef {
        match name.and_then(crate::catalog::apply::serial_type) {
            Some(ty) => ty,
            None => self.type_name(name),
        }
    }

    /// A type by its name; reports where there is none.
    pub(super) fn type_name(&mut self, name: Option<&TypeName>) -> TypeRef {
        let Some(name) = name else { return TypeRef::Unknown };
        if strings(&name.names).last().is_some_and(|name| self.is_marker(name)) {
            self.mark(Slot::Type);
            return TypeRef::Unknown;
        }
        match crate::catalog::apply::type_name::defined(self.catalog, name) {
            Ok(ty) => {
                // It may be one of PostgreSQL's that this version has not yet.
                let element = ty.element().unwrap_or_else(|| ty.clone());
                let all = crate::catalog::typing::builtin_name(&element)
                    .map(|name| builtin::facts().types.named_in_any(name))
                    .unwrap_or_default();
                if let Some(hint) = self.other_versions(all.iter().map(|ty| ty.versions)) {
                    let written = strings(&name.names).join(".");
                    let message = format!("type \"{written}\" does not exist");
                    self.report_hinting(name.location, "42704", message, Some(&hint));
                    return TypeRef::Unknown;
                }
                ty
            }
            Err(None) => TypeRef::Unknown,
            Err(Some(missing)) => {
                let names = strings(&name.names);
                let all =
                    names.last().map(|name| builtin::facts().types.named_in_any(name)).unwrap_or_default();
                let hint = self.other_versions(all.iter().map(|ty| ty.versions));
                self.report_hinting(name.location, missing.sqlstate, missing.message, hint.as_deref());
                TypeRef::Unknown
            }
        }
    }

    fn type_cast(&mut self, cast: &TypeCast) -> Typed {
        let target = self.type_name(cast.type_name.as_ref());
        let arg = match cast.arg.as_deref() {
            Some(Node { node: Some(NodeEnum::AArrayExpr(array)) }) if target.element().is_some() => {
                self.array(array, Some(&target))
            }
            Some(arg) => self.expr(arg),
            None => return Typed::unknown(cast.location),
        };
        let at = leftmost(arg.location, cast.location);
        if target == TypeRef::Unknown {
            return Typed::unknown(at);
        }
        let is_row = matches!(arg.form, Form::Row(_));
        if crate::catalog::typing::same(&arg.ty, &target) && target == target.without_modifier() {
            self.idle_casts.insert(cast.location);
        }
        if self.becomes(&arg, &target, Context::Explicit) == Answer::No {
            let types = self.types;
            let (from, to) = (types.print(&arg.ty), types.print(&target));
            let at = if cast.location >= 0 {
                cast.location
            } else {
                cast.type_name.as_ref().map_or(-1, |name| name.location)
            };
            let message = format!("cannot cast type {from} to {to}");
            // A row is told what is wrong with its fields, in other words.
            if !is_row || !self.types.is_complex(&target) {
                self.report_at(at, "42846", message);
            } else {
                self.report_at(arg.location, "42846", message);
            }
        }
        let collation = self.coerced(&arg, &target);
        Typed::new(target, at).with(collation)
    }

    fn case(&mut self, case: &CaseExpr) -> Typed {
        let arg = self.expr_option(&case.arg).map(|arg| self.resolved(arg));
        let mut results = Vec::new();
        for node in &case.args {
            let Some(NodeEnum::CaseWhen(when)) = &node.node else { continue };
            let Some(condition) = self.expr_option(&when.expr) else { continue };
            let condition = match &arg {
                Some(arg) => self.operator((None, "="), Some(arg), &condition, when.location),
                None => condition,
            };
            self.be_boolean(&condition, "CASE/WHEN");
            results.extend(self.expr_option(&when.result));
        }
        let default = match &case.defresult {
            Some(default) => self.expr(default),
            None => Typed { form: Form::Literal(None), ..Typed::builtin("unknown", -1) },
        };
        results.insert(0, default);
        // What ELSE gives decides first what type it is, and comes last otherwise.
        let ty = self.common(&results, "CASE");
        results.rotate_left(1);
        let merged = self.merged_as(&results, &ty);
        self.collated(ty, case.location, merged)
    }

    /// `ARRAY[…]`, which a cast behind it may have given a type.
    fn array(&mut self, array: &AArrayExpr, target: Option<&TypeRef>) -> Typed {
        let mut items = Vec::new();
        let mut is_nested = false;
        for node in &array.elements {
            let item = match &node.node {
                Some(NodeEnum::AArrayExpr(inner)) => {
                    is_nested = true;
                    self.array(inner, target)
                }
                _ => self.expr(node),
            };
            items.push(item);
        }
        if let Some(target) = target {
            let element = target.element().unwrap_or(TypeRef::Unknown);
            for item in items.iter().filter(|_| !is_nested) {
                // An array of arrays may have these as columns, too.
                if item.ty.element().is_some() {
                    continue;
                }
                if self.becomes(item, &element, Context::Explicit) == Answer::No {
                    let (from, to) = (self.types.print(&item.ty), self.types.print(&element));
                    self.report_at(item.location, "42846", format!("cannot cast type {from} to {to}"));
                }
            }
            let merged = self.merged_as(&items, &if is_nested { target.clone() } else { element });
            return self.collated(target.without_modifier(), array.location, merged);
        }
        if items.is_empty() {
            let hint = "Explicitly cast to the desired type, for example ARRAY[]::integer[].";
            self.report_hinting(array.location, "42P18", "cannot determine type of empty array", Some(hint));
            return Typed::unknown(array.location);
        }
        let ty = self.common(&items, "ARRAY");
        let merged = self.merged_as(&items, &ty);
        let ty = match ty {
            TypeRef::Unknown => TypeRef::Unknown,
            ty if ty.element().is_some() => ty,
            ty => ty.array_of(),
        };
        self.collated(ty, array.location, merged)
    }

    fn indirection(&mut self, access: &AIndirection) -> Typed {
        let Some(mut expr) = self.expr_option(&access.arg) else { return Typed::unknown(-1) };
        let at = expr.location;
        let mut parts = access.indirection.iter().peekable();
        while let Some(part) = parts.next() {
            match &part.node {
                Some(NodeEnum::AIndices(first)) => {
                    let mut is_slice = first.is_slice;
                    let mut indices = vec![first];
                    while let Some(Some(NodeEnum::AIndices(next))) = parts.peek().map(|part| &part.node) {
                        is_slice |= next.is_slice;
                        indices.push(next);
                        parts.next();
                    }
                    let bounds: Vec<Typed> = indices
                        .iter()
                        .flat_map(|index| [&index.lidx, &index.uidx])
                        .filter_map(|bound| self.expr_option(bound))
                        .collect();
                    let is_unsure = indices.iter().any(|index| {
                        index.is_slice && self.may_be_element(index.uidx.as_deref().or(index.lidx.as_deref()))
                    });
                    expr = match is_unsure {
                        true => Typed::unknown(at),
                        false => self.subscript(&expr, &bounds, is_slice),
                    };
                }
                Some(NodeEnum::String(field)) => {
                    if self.is_marker(&field.sval) {
                        self.mark(Slot::Expression { qualifier: Vec::new() });
                    }
                    expr = self.field(&expr, &field.sval);
                }
                // What is made of a row's columns is the target list's matter.
                Some(NodeEnum::AStar(_)) => {}
                _ => expr = Typed::unknown(at),
            }
        }
        expr
    }

    fn subscript(&mut self, expr: &Typed, bounds: &[Typed], is_slice: bool) -> Typed {
        let types = self.types;
        let at = expr.location;
        // An array's modifier is its elements'.
        let whole = types.base(&expr.ty);
        let base = whole.without_modifier();
        if base == TypeRef::Unknown || types.is_opaque(&base) || expr.is_parameter() {
            return Typed::unknown(at);
        }
        if base.is_builtin("jsonb") && types.major >= 14 {
            if is_slice {
                let at = bounds.first().map_or(at, |bound| bound.location);
                self.report_at(at, "42804", "jsonb subscript does not support slices");
            } else {
                bounds.iter().for_each(|bound| self.be_jsonb_subscript(bound));
            }
            return Typed::new(base, at);
        }
        let fixed = crate::catalog::typing::builtin_name(&base)
            .and_then(|name| crate::catalog::builtin::facts().ty(name))
            .filter(|fact| fact.kind == 'b')
            .and_then(|fact| fact.of)
            .map(crate::catalog::builtin::type_by_name);
        let Some(element) = whole.element().or_else(|| types.element(&base)).or(fixed) else {
            self.cannot_be_subscripted(&base, at);
            return Typed::unknown(at);
        };
        let int4 = TypeRef::builtin("int4");
        for bound in bounds {
            if self.becomes(bound, &int4, Context::Assignment) == Answer::No {
                self.report_at(bound.location, "42804", "array subscript must have type integer");
            }
        }
        let merged = self.collation_of(expr);
        self.collated(if is_slice { whole } else { element }, at, merged)
    }

    pub(super) fn cannot_be_subscripted(&mut self, base: &TypeRef, at: i32) {
        let types = self.types;
        // A type that was made may have a function for it, as hstore has.
        if crate::catalog::typing::builtin_name(base).is_some() || types.class(base) != Class::Base {
            let is = types.print(base);
            let why = match types.major {
                ..14 => "is not an array",
                _ => "does not support subscripting",
            };
            self.report_at(at, "42804", format!("cannot subscript type {is} because it {why}"));
        }
    }

    /// `jsonb_subscript_transform`: an element's number, or the key of a value.
    fn be_jsonb_subscript(&mut self, bound: &Typed) {
        let mut becomes = |name: &str| self.becomes(bound, &TypeRef::builtin(name), Context::Implicit);
        if bound.is_untyped() || bound.is_parameter() || becomes("text") != Answer::No {
            return;
        }
        if becomes("int4") == Answer::No {
            let is = self.types.print(&bound.ty);
            self.report_at(bound.location, "42804", format!("subscript type {is} is not supported"));
        }
    }

    fn field(&mut self, expr: &Typed, field: &str) -> Typed {
        let types = self.types;
        let at = expr.location;
        if expr.ty == TypeRef::Unknown || types.is_opaque(&expr.ty) {
            return Typed::unknown(at);
        }
        if types.is_complex(&expr.ty) {
            if let Some(ty) = types.field(&expr.ty, field) {
                self.reads_fields(&expr.ty, |name| name == field);
                return Typed::new(ty, at);
            }
            if !self.is_call(field, &expr.ty) {
                let is = types.print(&expr.ty);
                let row = self.vars.get(&at).filter(|var| &*var.column == "*");
                let message = match row {
                    Some(row) => format!("column {}.{field} does not exist", row.item),
                    None => format!("column \"{field}\" not found in data type {is}"),
                };
                self.report_at(at, "42703", message);
            }
            return Typed::unknown(at);
        }
        match self.record_shape(expr) {
            RecordShape::Columns(columns) => {
                let mut named = columns.iter().filter(|(name, _)| **name == *field);
                return match (named.next(), named.next()) {
                    (Some((_, ty)), None) => Typed::new(ty.clone(), at),
                    (None, _) if !self.is_call(field, &expr.ty) => {
                        let message = format!("could not identify column \"{field}\" in record data type");
                        self.report_at(at, "42703", message);
                        Typed::unknown(at)
                    }
                    _ => Typed::unknown(at),
                };
            }
            RecordShape::AtRunTime(_) => {
                if !self.is_call(field, &expr.ty) {
                    self.report_at(at, "42809", "record type has not been registered");
                }
                return Typed::unknown(at);
            }
            RecordShape::Unknown => {}
        }
        let is_plain = !expr.ty.is_builtin("record") && !expr.is_parameter();
        if is_plain && !self.is_call(field, &expr.ty) {
            let is = types.print(&expr.ty);
            let message =
                format!("column notation .{field} applied to type {is}, which is not a composite type");
            self.report_at(at, "42809", message);
        }
        Typed::unknown(at)
    }

    /// Whether `x.f` can be `f(x)`, or that cannot be told.
    fn is_call(&self, name: &str, ty: &TypeRef) -> bool {
        let call = Call { types: vec![ty.clone()], ..Call::default() };
        self.types.function(None, name, &call).err() != Some(NoFunction::Missing)
    }

    fn sub_link(&mut self, link: &SubLink) -> Typed {
        let at = link.location;
        let test: Option<Vec<Typed>> = link.testexpr.as_deref().map(|test| match &test.node {
            Some(NodeEnum::RowExpr(row)) => row.args.iter().map(|arg| self.expr(arg)).collect(),
            _ => vec![self.expr(test)],
        });
        match link.sub_link_type() {
            SubLinkType::ExprSublink | SubLinkType::ArraySublink => {
                let is_array = link.sub_link_type() == SubLinkType::ArraySublink;
                let outputs = link.subselect.as_deref().map(|query| self.query(query)).unwrap_or_default();
                if outputs.unknown {
                    return Typed::unknown(at);
                }
                let [only] = &outputs.columns[..] else {
                    self.report_at(at, "42601", "subquery must return only one column");
                    return Typed::unknown(at);
                };
                let ty = only.ty.clone();
                let place = outputs.exprs.first().map_or(at, |expr| expr.location);
                let collation = match only.collation.read_at(place) {
                    Collation::None => Collation::Unknown,
                    other => other,
                };
                Typed::new(if is_array && ty.element().is_none() { ty.array_of() } else { ty }, at)
                    .with(collation)
            }
            SubLinkType::AnySublink | SubLinkType::AllSublink => {
                let names = match link.oper_name.is_empty() {
                    true => vec!["=".into()],
                    false => strings(&link.oper_name),
                };
                let test = test.unwrap_or_default();
                let is_known_row = test.len() != 1 || !test[0].ty.is_builtin("record");
                if is_known_row {
                    self.row_comparison_with_query(&names, &test, link, at);
                } else if let Some(query) = link.subselect.as_deref() {
                    self.query(query);
                }
                Typed::builtin("bool", test.first().map_or(at, |test| leftmost(test.location, at)))
            }
            _ => {
                if let Some(query) = link.subselect.as_deref() {
                    self.query(query);
                }
                match link.sub_link_type() {
                    SubLinkType::ExistsSublink => Typed::builtin("bool", at),
                    _ => Typed::unknown(at),
                }
            }
        }
    }
}

/// `t.*`, which stands for several columns in a row.
pub(super) fn is_star(node: &Node) -> bool {
    match &node.node {
        Some(NodeEnum::ColumnRef(column)) => {
            matches!(column.fields.last().map(|field| &field.node), Some(Some(NodeEnum::AStar(_))))
        }
        Some(NodeEnum::AIndirection(access)) => {
            matches!(access.indirection.last().map(|part| &part.node), Some(Some(NodeEnum::AStar(_))))
        }
        _ => false,
    }
}

/// A constant (make_const).
fn literal(constant: &crate::syntax::ast::AConst) -> Typed {
    let at = constant.location;
    match &constant.val {
        Some(a_const::Val::Ival(_)) => Typed::builtin("int4", at),
        Some(a_const::Val::Fval(number)) => Typed::builtin(number_type(&number.fval), at),
        Some(a_const::Val::Boolval(_)) => Typed::builtin("bool", at),
        Some(a_const::Val::Bsval(_)) => Typed::builtin("bit", at),
        Some(a_const::Val::Sval(text)) => {
            Typed { form: Form::Literal(Some(text.sval.as_str().into())), ..Typed::builtin("unknown", at) }
        }
        None => Typed { form: Form::Literal(None), ..Typed::builtin("unknown", at) },
    }
}

/// What a number is that is too large for an integer, or has a point: the parser takes what fits for a bigint.
fn number_type(text: &str) -> &'static str {
    // A minus before it is part of it by then.
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let value = crate::syntax::literal::unsigned(digits).flatten();
    match value.map(|value| if is_negative { -value } else { value }) {
        Some(value) if i32::try_from(value).is_ok() => "int4",
        Some(value) if i64::try_from(value).is_ok() => "int8",
        _ => "numeric",
    }
}

fn value_type(op: SqlValueFunctionOp) -> &'static str {
    use SqlValueFunctionOp::*;
    match op {
        SvfopCurrentDate => "date",
        SvfopCurrentTime | SvfopCurrentTimeN => "timetz",
        SvfopCurrentTimestamp | SvfopCurrentTimestampN => "timestamptz",
        SvfopLocaltime | SvfopLocaltimeN => "time",
        SvfopLocaltimestamp | SvfopLocaltimestampN => "timestamp",
        _ => "name",
    }
}
