//! SQL/JSON's constructors and functions (the like of parse_expr.c: transformJsonFuncExpr and its neighbours).

use super::place::Place;
use super::statement::Analyzer;
use super::typed::{Form, Typed};
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Answer, Class, Context, Pathway};
use crate::syntax::ast::{
    AExprKind, JsonAggConstructor, JsonBehavior, JsonBehaviorType, JsonEncoding, JsonExprOp, JsonFormat,
    JsonFormatType, JsonFuncExpr, JsonIsPredicate, JsonOutput, JsonQuotes, JsonValueExpr, JsonWrapper, Node,
    NodeEnum,
};
use crate::syntax::jsonpath::{self, Zone};

use JsonBehaviorType::*;

/// What a behaviour may be in words, for one function.
const FOR_QUERY: [JsonBehaviorType; 6] = [
    JsonBehaviorError,
    JsonBehaviorNull,
    JsonBehaviorEmpty,
    JsonBehaviorEmptyArray,
    JsonBehaviorEmptyObject,
    JsonBehaviorDefault,
];
const FOR_EXISTS: [JsonBehaviorType; 4] =
    [JsonBehaviorError, JsonBehaviorTrue, JsonBehaviorFalse, JsonBehaviorUnknown];
const FOR_VALUE: [JsonBehaviorType; 3] = [JsonBehaviorError, JsonBehaviorNull, JsonBehaviorDefault];

/// How a value that is to be JSON is taken.
pub(super) struct Taken<'t> {
    /// The function, as messages have it.
    pub construct: &'t str,
    /// What it is formatted as where it says nothing.
    pub format: JsonFormatType,
    pub target: Option<&'t str>,
    /// PASSING's values are taken as they are.
    pub is_argument: bool,
}

fn format_type(format: Option<&JsonFormat>) -> JsonFormatType {
    format.map_or(JsonFormatType::JsFormatDefault, |format| match format.format_type() {
        JsonFormatType::Undefined => JsonFormatType::JsFormatDefault,
        other => other,
    })
}

fn has_encoding(format: Option<&JsonFormat>) -> bool {
    format.is_some_and(|format| {
        !matches!(format.encoding(), JsonEncoding::Undefined | JsonEncoding::JsEncDefault)
    })
}

fn location_of(format: Option<&JsonFormat>) -> i32 {
    format.map_or(-1, |format| format.location)
}

impl Analyzer<'_> {
    /// One of SQL/JSON's expressions; `None` of anything else.
    pub(super) fn json_expr(&mut self, node: &NodeEnum) -> Option<Typed> {
        let (ty, at) = match node {
            NodeEnum::JsonObjectConstructor(e) => {
                let mut has_jsonb = false;
                for pair in &e.exprs {
                    let Some(NodeEnum::JsonKeyValue(pair)) = &pair.node else { continue };
                    has_jsonb |= self.json_pair(pair, "JSON_OBJECT()");
                }
                (self.constructed(e.output.as_ref(), has_jsonb, e.location), e.location)
            }
            NodeEnum::JsonArrayConstructor(e) => {
                let mut has_jsonb = false;
                for value in &e.exprs {
                    let Some(NodeEnum::JsonValueExpr(value)) = &value.node else { continue };
                    has_jsonb |= self.json_part(value, "JSON_ARRAY()").ty.is_builtin("jsonb");
                }
                (self.constructed(e.output.as_ref(), has_jsonb, e.location), e.location)
            }
            NodeEnum::JsonArrayQueryConstructor(e) => {
                let outputs = e.query.as_deref().map(|query| self.query(query)).unwrap_or_default();
                if !outputs.unknown && outputs.columns.len() != 1 {
                    self.report_at(e.location, "42601", "subquery must return only one column");
                    return Some(Typed::unknown(e.location));
                }
                let is_jsonb = outputs.columns.first().is_none_or(|column| column.ty.is_builtin("jsonb"));
                let ty = match outputs.unknown && e.output.is_none() {
                    true => TypeRef::Unknown,
                    false => self.constructed(e.output.as_ref(), is_jsonb, e.location),
                };
                (ty, e.location)
            }
            NodeEnum::JsonObjectAgg(e) => {
                let constructor = e.constructor.as_deref()?;
                let outer = self.enter_arguments();
                let has_jsonb = e.arg.as_deref().is_some_and(|pair| self.json_pair(pair, "JSON_OBJECTAGG()"));
                (self.json_aggregate(constructor, has_jsonb, outer), constructor.location)
            }
            NodeEnum::JsonArrayAgg(e) => {
                let constructor = e.constructor.as_deref()?;
                let outer = self.enter_arguments();
                let has_jsonb = e
                    .arg
                    .as_deref()
                    .is_some_and(|value| self.json_part(value, "JSON_ARRAYAGG()").ty.is_builtin("jsonb"));
                (self.json_aggregate(constructor, has_jsonb, outer), constructor.location)
            }
            NodeEnum::JsonParseExpr(e) => {
                let ty = self.json_returning(e.output.as_ref(), "JSON()", e.location);
                let value = e.expr.as_deref()?;
                if e.unique_keys {
                    let given = value.raw_expr.as_deref().map(|raw| self.expr(raw))?;
                    let is = self.parsed_json(&given, value.format.as_ref());
                    if is != TypeRef::Unknown && !is.is_builtin("text") {
                        let message = "cannot use non-string types with WITH UNIQUE KEYS clause";
                        self.report_at(e.location, "42804", message);
                    }
                } else {
                    let target = if ty.is_builtin("jsonb") { "jsonb" } else { "json" };
                    let format = JsonFormatType::JsFormatJson;
                    let taken =
                        Taken { construct: "JSON()", format, target: Some(target), is_argument: false };
                    self.json_value(value, &taken);
                }
                (ty, e.location)
            }
            NodeEnum::JsonScalarExpr(e) => {
                let given = self.expr_option(&e.expr)?;
                if given.is_untyped() {
                    self.be_of_type(&given, "text", "JSON_SCALAR");
                }
                (self.json_returning(e.output.as_ref(), "JSON_SCALAR()", e.location), e.location)
            }
            NodeEnum::JsonSerializeExpr(e) => {
                let format = JsonFormatType::JsFormatJson;
                let taken = Taken { construct: "JSON_SERIALIZE()", format, target: None, is_argument: false };
                self.json_value(e.expr.as_deref()?, &taken);
                let ty = self.json_output(e.output.as_ref(), true, e.location);
                if let Some(ty) = &ty
                    && !ty.is_builtin("bytea")
                    && !matches!(self.types.category(ty), Some('S') | None)
                {
                    self.not_returned(
                        ty,
                        "JSON_SERIALIZE()",
                        "Try returning a string type or bytea.",
                        e.location,
                    );
                }
                (ty.unwrap_or_else(|| TypeRef::builtin("text")), e.location)
            }
            NodeEnum::JsonIsPredicate(e) => {
                self.json_predicate(e);
                (TypeRef::builtin("bool"), e.location)
            }
            NodeEnum::JsonFuncExpr(e) => {
                let value = e.context_item.as_deref()?;
                let (ty, _) = self.json_function(e, Some(value), None);
                (ty, e.location)
            }
            _ => return None,
        };
        Some(Typed::new(ty, at))
    }

    /// A key and its value; whether either is jsonb.
    fn json_pair(&mut self, pair: &crate::syntax::ast::JsonKeyValue, construct: &str) -> bool {
        let key = self.expr_option(&pair.key);
        let value = pair.value.as_deref().map(|value| self.json_part(value, construct));
        key.into_iter().chain(value).any(|part| part.ty.is_builtin("jsonb"))
    }

    fn json_part(&mut self, value: &JsonValueExpr, construct: &str) -> Typed {
        let format = JsonFormatType::JsFormatDefault;
        self.json_value(value, &Taken { construct, format, target: None, is_argument: false })
    }

    /// `transformJsonValueExpr`
    fn json_value(&mut self, value: &JsonValueExpr, taken: &Taken) -> Typed {
        let Some(expr) = value.raw_expr.as_deref().map(|raw| self.expr(raw)) else {
            return Typed::unknown(-1);
        };
        let format = value.format.as_ref();
        let expr = match expr.is_untyped() {
            true => {
                self.be_of_type(&expr, "text", taken.construct);
                Typed::new(TypeRef::builtin("text"), expr.location)
            }
            false => expr,
        };
        let (ty, at) = (expr.ty.clone(), expr.location);
        if ty == TypeRef::Unknown {
            return match taken.target {
                Some(target) => Typed::builtin(target, at),
                None => expr,
            };
        }
        let is_json = ty.is_builtin("json") || ty.is_builtin("jsonb");
        let is_said = format_type(format) != JsonFormatType::JsFormatDefault;
        let as_format = if is_said {
            if has_encoding(format) && !ty.is_builtin("bytea") {
                let message = "JSON ENCODING clause is only allowed for bytea input type";
                self.report_at(location_of(format), "42804", message);
                return Typed::unknown(at);
            }
            if is_json { JsonFormatType::JsFormatDefault } else { format_type(format) }
        } else if is_json && !taken.is_argument {
            JsonFormatType::JsFormatDefault
        } else {
            taken.format
        };
        if taken.is_argument {
            return expr;
        }
        let differs = taken.target.is_some_and(|target| !ty.is_builtin(target));
        if as_format == JsonFormatType::JsFormatDefault && !differs {
            return expr;
        }
        let is_text = ty.is_builtin("bytea") || matches!(self.types.category(&ty), Some('S') | None);
        if taken.target.is_none() && !is_text {
            let how = if is_said { "explicit" } else { "implicit" };
            let message = format!("cannot use non-string types with {how} FORMAT JSON clause");
            let place = if location_of(format) >= 0 { location_of(format) } else { at };
            self.report_at(place, "42804", message);
            return Typed::unknown(at);
        }
        let target = taken.target.unwrap_or(match as_format {
            JsonFormatType::JsFormatJsonb => "jsonb",
            _ => "json",
        });
        let target = TypeRef::builtin(target);
        let from = match as_format == JsonFormatType::JsFormatJson && ty.is_builtin("bytea") {
            true => Typed::builtin("text", at),
            false => expr,
        };
        if self.becomes(&from, &target, Context::Explicit) == Answer::No && taken.target.is_some() {
            let (is, wanted) = (self.types.print(&from.ty), self.types.print(&target));
            self.report_at(at, "42846", format!("cannot cast type {is} to {wanted}"));
        }
        Typed::new(target, at)
    }

    /// `transformJsonParseArg`: what a document is taken for that is looked at as a text.
    fn parsed_json(&mut self, given: &Typed, format: Option<&JsonFormat>) -> TypeRef {
        if given.ty.is_builtin("bytea") {
            return TypeRef::builtin("text");
        }
        let is_text = given.is_untyped() || self.types.category(&given.ty) == Some('S');
        if given.ty != TypeRef::Unknown && has_encoding(format) {
            let message = "cannot use JSON FORMAT ENCODING clause for non-bytea input types";
            self.report_at(location_of(format), "42804", message);
            return TypeRef::Unknown;
        }
        if is_text {
            let text = TypeRef::builtin("text");
            self.becomes(given, &text, Context::Implicit);
            return text;
        }
        if self.types.is_opaque(&given.ty) { TypeRef::Unknown } else { given.ty.without_modifier() }
    }

    fn json_predicate(&mut self, e: &JsonIsPredicate) {
        let Some(given) = self.expr_option(&e.expr) else { return };
        let is = self.parsed_json(&given, e.format.as_ref());
        let is_document = ["text", "json", "jsonb"].into_iter().any(|name| is.is_builtin(name));
        if is != TypeRef::Unknown && !is_document {
            let message = format!("cannot use type {} in IS JSON predicate", self.types.print(&is));
            self.report_at(e.location, "42804", message);
        }
    }

    /// `transformJsonOutput`: RETURNING's type, where there is one.
    fn json_output(&mut self, output: Option<&JsonOutput>, allows_format: bool, at: i32) -> Option<TypeRef> {
        let output = output?;
        let name = output.type_name.as_ref()?;
        let ty = self.type_name(Some(name));
        if name.setof {
            let message = "returning SETOF types is not supported in SQL/JSON functions";
            self.report_at(at, "0A000", message);
            return Some(TypeRef::Unknown);
        }
        if self.types.class(&ty) == Class::Pseudo {
            let message = "returning pseudo-types is not supported in SQL/JSON functions";
            self.report_at(at, "0A000", message);
            return Some(TypeRef::Unknown);
        }
        let format = output.returning.as_ref().and_then(|returning| returning.format.as_ref());
        if ty != TypeRef::Unknown && format_type(format) != JsonFormatType::JsFormatDefault {
            let place = location_of(format);
            let is_json = ["bytea", "json", "jsonb"].into_iter().any(|name| ty.is_builtin(name));
            if !allows_format && !is_json && !matches!(self.types.category(&ty), Some('S') | None) {
                self.report_at(place, "0A000", "cannot use JSON format with non-string output types");
            } else if has_encoding(format) && !ty.is_builtin("bytea") {
                self.report_at(place, "0A000", "cannot set JSON encoding for non-bytea output types");
            } else if format.is_some_and(|format| {
                matches!(format.encoding(), JsonEncoding::JsEncUtf16 | JsonEncoding::JsEncUtf32)
            }) {
                let hint = "Only UTF8 JSON encoding is supported.";
                self.report_hinting(place, "0A000", "unsupported JSON encoding", Some(hint));
            }
        }
        Some(ty)
    }

    fn not_returned(&mut self, ty: &TypeRef, function: &str, hint: &str, at: i32) {
        let is = self.types.print(ty);
        let message = format!("cannot use type {is} in RETURNING clause of {function}");
        self.report_hinting(at, "42804", message, Some(hint));
    }

    /// RETURNING of what gives JSON and nothing else.
    fn json_returning(&mut self, output: Option<&JsonOutput>, function: &str, at: i32) -> TypeRef {
        let Some(ty) = self.json_output(output, false, at) else { return TypeRef::builtin("json") };
        if ty != TypeRef::Unknown && !ty.is_builtin("json") && !ty.is_builtin("jsonb") {
            let place = output.and_then(|output| output.type_name.as_ref()).map_or(at, |name| name.location);
            self.not_returned(&ty, function, "Try returning json or jsonb.", place);
            return TypeRef::Unknown;
        }
        ty
    }

    /// What a constructor gives: json, unless something in it is jsonb or RETURNING says otherwise.
    fn constructed(&mut self, output: Option<&JsonOutput>, has_jsonb: bool, at: i32) -> TypeRef {
        let own = if has_jsonb && output.is_none() { "jsonb" } else { "json" };
        let Some(ty) = self.json_output(output, true, at) else { return TypeRef::builtin(own) };
        if ty == TypeRef::Unknown || ty.is_builtin("bytea") {
            return ty;
        }
        let made = Typed::builtin(if ty.is_builtin("jsonb") { "jsonb" } else { "json" }, at);
        if self.becomes(&made, &ty, Context::Assignment) == Answer::No {
            let (is, wanted) = (self.types.print(&made.ty), self.types.print(&ty));
            self.report_at(at, "42846", format!("cannot cast type {is} to {wanted}"));
        }
        ty
    }

    /// `JSON_ARRAYAGG` and `JSON_OBJECTAGG`, whose arguments have been analyzed.
    fn json_aggregate(
        &mut self,
        constructor: &JsonAggConstructor,
        has_jsonb: bool,
        outer: super::place::Inner,
    ) -> TypeRef {
        let at = constructor.location;
        for node in &constructor.agg_order {
            let Some(NodeEnum::SortBy(sort)) = &node.node else { continue };
            self.expr_option(&sort.node);
        }
        let inner = self.leave_arguments(outer);
        if let Some(filter) = &constructor.agg_filter {
            let before = self.enter_place(Place::plain("FILTER"));
            let filter = self.expr(filter);
            self.be_boolean(&filter, "FILTER");
            self.leave_place(before);
        }
        match &constructor.over {
            None => self.aggregate(at, inner),
            Some(over) => {
                self.window_function(at);
                self.over(over);
            }
        }
        self.constructed(constructor.output.as_ref(), has_jsonb, at)
    }

    /// `JSON_EXISTS`, `JSON_VALUE`, `JSON_QUERY`, or a column of `JSON_TABLE` (`column` is its name then, and it has no
    /// value of its own); the type of what it gives, and its path.
    pub(super) fn json_function(
        &mut self,
        e: &JsonFuncExpr,
        value: Option<&JsonValueExpr>,
        column: Option<&str>,
    ) -> (TypeRef, Typed) {
        use JsonFormatType::{JsFormatDefault, JsFormatJsonb};
        let (name, format) = match e.op() {
            JsonExprOp::JsonExistsOp => ("JSON_EXISTS", JsFormatDefault),
            JsonExprOp::JsonValueOp => ("JSON_VALUE", JsFormatDefault),
            JsonExprOp::JsonTableOp => ("JSON_TABLE", JsFormatJsonb),
            _ => ("JSON_QUERY", JsFormatJsonb),
        };
        let unknown = (TypeRef::Unknown, Typed::unknown(e.location));
        if let Some(output) = &e.output
            && e.op() != JsonExprOp::JsonQueryOp
        {
            let given = output.returning.as_ref().and_then(|returning| returning.format.as_ref());
            if format_type(given) != JsFormatDefault || has_encoding(given) {
                let message = format!("cannot specify FORMAT JSON in RETURNING clause of {name}()");
                self.report_at(location_of(given), "42601", message);
                return unknown;
            }
        }
        if !self.check_behaviors(e, column) {
            return unknown;
        }
        if let Some(value) = value {
            let taken = Taken { construct: name, format, target: Some("jsonb"), is_argument: false };
            self.json_value(value, &taken);
        }
        let path = self.expr_option(&e.pathspec).unwrap_or_else(|| Typed::unknown(-1));
        if self.becomes(&path, &TypeRef::builtin("jsonpath"), Context::Explicit) == Answer::No {
            let is = self.types.print(&path.ty);
            let message = format!("JSON path expression must be of type jsonpath, not of type {is}");
            self.report_at(path.location, "42804", message);
        }
        let mut passed: Vec<(String, TypeRef)> = Vec::new();
        for node in &e.passing {
            let Some(NodeEnum::JsonArgument(argument)) = &node.node else { continue };
            let Some(value) = argument.val.as_deref() else { continue };
            let taken = Taken { construct: name, format: JsFormatJsonb, target: None, is_argument: true };
            let expr = self.json_value(value, &taken);
            passed.push((argument.name.clone(), expr.ty));
        }
        self.note_path(&path, &passed, e.location);
        self.has_path_variable(e, &path, passed.iter().map(|(name, _)| name.as_str()));
        let default = match e.op() {
            JsonExprOp::JsonExistsOp => "bool",
            JsonExprOp::JsonValueOp => "text",
            _ => "jsonb",
        };
        let ty = self.json_output(e.output.as_ref(), false, e.location);
        let ty = ty.unwrap_or_else(|| TypeRef::builtin(default));
        let behaviors = match e.op() {
            JsonExprOp::JsonQueryOp | JsonExprOp::JsonValueOp => [&e.on_empty, &e.on_error],
            _ => [&None, &e.on_error],
        };
        for behavior in behaviors.into_iter().flatten() {
            self.json_behavior(behavior, &ty);
        }
        (ty, path)
    }

    /// What may stand in ON EMPTY and ON ERROR; false where something was said.
    fn check_behaviors(&mut self, e: &JsonFuncExpr, column: Option<&str>) -> bool {
        let op = e.op();
        if op == JsonExprOp::JsonQueryOp
            && e.quotes() == JsonQuotes::JsQuotesOmit
            && matches!(e.wrapper(), JsonWrapper::JswConditional | JsonWrapper::JswUnconditional)
        {
            let message = "SQL/JSON QUOTES behavior must not be specified when WITH WRAPPER is used";
            self.report_at(e.location, "42601", message);
            return false;
        }
        let allowed: &[JsonBehaviorType] = match op {
            JsonExprOp::JsonQueryOp => &FOR_QUERY,
            JsonExprOp::JsonExistsOp => &FOR_EXISTS,
            JsonExprOp::JsonValueOp => &FOR_VALUE,
            _ => return true,
        };
        let on_empty = e.on_empty.as_deref().filter(|_| op != JsonExprOp::JsonExistsOp);
        for (behavior, words) in [(on_empty, "ON EMPTY"), (e.on_error.as_deref(), "ON ERROR")] {
            let Some(behavior) = behavior else { continue };
            if !allowed.contains(&behavior.btype()) {
                let of = column.map_or(String::new(), |column| format!(" for column \"{column}\""));
                self.report_at(behavior.location, "42601", format!("invalid {words} behavior{of}"));
                return false;
            }
        }
        true
    }

    /// `transformJsonBehavior`: what is given in the place of a value becomes one of the type that is returned.
    fn json_behavior(&mut self, behavior: &JsonBehavior, returning: &TypeRef) {
        let value = match behavior.btype() {
            JsonBehaviorDefault => {
                let Some(node) = behavior.expr.as_deref() else { return };
                let outer = self.enter_arguments();
                let value = self.expr(node);
                let inner = self.leave_arguments(outer);
                let message = if self.may_be_default(node) == Some(false) {
                    "can only specify a constant, non-aggregate function, or operator expression for DEFAULT"
                } else if inner.reads(self.scopes.len().saturating_sub(1)) {
                    "DEFAULT expression must not contain column references"
                } else if inner.returns_set() {
                    "DEFAULT expression must not return a set"
                } else {
                    ""
                };
                if !message.is_empty() {
                    self.report_at(value.location, "42804", message);
                    return;
                }
                self.default_collation(node, &value, returning);
                value
            }
            JsonBehaviorTrue | JsonBehaviorFalse => Typed::builtin("bool", behavior.location),
            // What is NULL or JSON is made to fit when it runs.
            _ => return,
        };
        let is_null = matches!(value.form, Form::Literal(None));
        let is_truth = value.ty.is_builtin("bool") && !self.types.base(returning).is_builtin("int4");
        let is_same = crate::catalog::typing::same(&value.ty, returning);
        if is_null || is_same || value.ty.is_builtin("jsonb") || is_truth {
            return;
        }
        let context = match self.types.category(returning) {
            Some('S' | 'V') => Context::Assignment,
            _ => Context::Explicit,
        };
        if self.becomes(&value, returning, context) == Answer::No {
            let (is, wanted) = (self.types.print(&value.ty), self.types.print(returning));
            let message = format!("cannot cast behavior expression of type {is} to {wanted}");
            let hint = format!("You will need to explicitly cast the expression to type {wanted}.");
            self.report_hinting(value.location, "42846", message, Some(&hint));
        }
    }

    /// Whether DEFAULT may have an expression of this kind (ValidJsonBehaviorDefaultExpr), which has been analyzed; `None`
    /// where that cannot be told.
    fn may_be_default(&mut self, node: &Node) -> Option<bool> {
        match node.node.as_ref()? {
            NodeEnum::AConst(_) => Some(true),
            NodeEnum::FuncCall(call) => {
                let is_aggregate = self.scopes.iter().any(|scope| scope.aggregates.contains(&call.location));
                let is_function = self.called.contains_key(&call.location);
                match call.over.is_some() || is_aggregate {
                    true => Some(false),
                    false => is_function.then_some(true),
                }
            }
            NodeEnum::AExpr(e) => match e.kind() {
                AExprKind::AexprOp
                | AExprKind::AexprLike
                | AExprKind::AexprIlike
                | AExprKind::AexprSimilar => Some(true),
                _ => Some(false),
            },
            NodeEnum::CollateClause(collate) => self.may_be_default(collate.arg.as_deref()?),
            NodeEnum::TypeCast(cast) => {
                let arg = cast.arg.as_deref()?;
                if self.may_be_default(arg)? {
                    return Some(true);
                }
                let (from, to) =
                    self.quietly(|this| (this.expr(arg).ty, this.type_name(cast.type_name.as_ref())));
                // A function that makes a length fit stands above.
                if to != to.without_modifier() {
                    return None;
                }
                if self.types.is_complex(&from) && self.types.is_complex(&to) {
                    return Some(false);
                }
                match self.types.pathway(&from, &to, Context::Explicit) {
                    Pathway::Function => Some(true),
                    Pathway::Relabel | Pathway::Text | Pathway::Elements => Some(false),
                    Pathway::None | Pathway::Unknown => None,
                }
            }
            NodeEnum::ColumnRef(column) => self.vars.contains_key(&column.location).then_some(false),
            NodeEnum::SubLink(_)
            | NodeEnum::CaseExpr(_)
            | NodeEnum::CoalesceExpr(_)
            | NodeEnum::MinMaxExpr(_)
            | NodeEnum::BoolExpr(_)
            | NodeEnum::NullTest(_)
            | NodeEnum::BooleanTest(_) => Some(false),
            _ => None,
        }
    }

    /// Notes a path that may give something else for the same, by the settings.
    fn note_path(&mut self, path: &Typed, passed: &[(String, TypeRef)], at: i32) {
        let Form::Literal(Some(text)) = &path.form else { return };
        let Ok(path) = jsonpath::parse(text, self.types.major) else { return };
        let variables = |name: &str| {
            let found = passed.iter().find(|(own, _)| own == name).map(|(_, ty)| ty);
            match found.and_then(crate::catalog::typing::builtin_name) {
                Some("date" | "time" | "timestamp") => Zone::Without,
                Some("timetz" | "timestamptz") => Zone::With,
                _ => Zone::NoTime,
            }
        };
        if jsonpath::is_mutable(&path, &variables) {
            self.note_mutable(at);
        }
    }
}
