//! What the tokens of a statement really are, found without what is being tested: a name is replaced by another one,
//! and libpg_query's tree tells where that landed.

use pgwright::syntax::automaton::{self, Terminal, automaton};
use pgwright::syntax::cst::Tree;
use pgwright::syntax::expect::{self, Expectation, Kind};
use pgwright::syntax::grammar::{self, ParseMode};

/// The name that is put in a token's place.
const MARKER: &str = "zqx_marker";

/// A value of a tree, read from what `{:?}` prints.
enum Value {
    Struct(String, Vec<(String, Value)>),
    List(Vec<Value>),
    Text(String),
    Word(String),
}

impl Value {
    fn read(text: &str) -> Value {
        Reader { text: text.as_bytes(), at: 0 }.value()
    }

    /// The field's word, or the first text below it.
    fn field(&self, name: &str) -> Option<&Value> {
        let Value::Struct(_, fields) = self else { return None };
        fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
    }

    fn word(&self, name: &str) -> &str {
        match self.field(name) {
            Some(Value::Word(word) | Value::Text(word)) => word,
            _ => "",
        }
    }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn peek(&mut self) -> u8 {
        while self.text.get(self.at).is_some_and(|c| c.is_ascii_whitespace() || *c == b',') {
            self.at += 1;
        }
        self.text.get(self.at).copied().unwrap_or(0)
    }

    fn word(&mut self) -> String {
        let start = self.at;
        while self.text.get(self.at).is_some_and(|c| c.is_ascii_alphanumeric() || b"_.-+#".contains(c)) {
            self.at += 1;
        }
        String::from_utf8_lossy(&self.text[start..self.at]).into_owned()
    }

    fn value(&mut self) -> Value {
        match self.peek() {
            b'"' => {
                let start = self.at + 1;
                self.at = start;
                while self.text[self.at] != b'"' {
                    self.at += if self.text[self.at] == b'\\' { 2 } else { 1 };
                }
                self.at += 1;
                Value::Text(String::from_utf8_lossy(&self.text[start..self.at - 1]).into_owned())
            }
            b'[' => Value::List(self.list(b']')),
            _ => {
                let word = self.word();
                assert!(!word.is_empty(), "{}", String::from_utf8_lossy(&self.text[self.at..]));
                match self.text.get(self.at) {
                    // `Some(x)`, and a node with its variant.
                    Some(b'(') => {
                        let mut held = self.list(b')');
                        if held.len() == 1 { held.remove(0) } else { Value::List(held) }
                    }
                    _ if self.text[self.at..].starts_with(b" {") => {
                        self.at += 2;
                        let mut fields = Vec::new();
                        while self.peek() != b'}' {
                            let name = self.word();
                            assert_eq!(self.text[self.at], b':');
                            self.at += 1;
                            fields.push((name, self.value()));
                        }
                        self.at += 1;
                        Value::Struct(word, fields)
                    }
                    _ => Value::Word(word),
                }
            }
        }
    }

    fn list(&mut self, end: u8) -> Vec<Value> {
        self.at += 1;
        let mut values = Vec::new();
        while self.peek() != end {
            values.push(self.value());
        }
        self.at += 1;
        values
    }
}

/// A step from the root down to the marker: the struct, its field, and the place in the list that the field is.
struct Step<'a> {
    value: &'a Value,
    name: &'a str,
    field: &'a str,
    /// Of how many the marker is which.
    place: Option<(usize, usize)>,
}

fn find<'a>(value: &'a Value, path: &mut Vec<Step<'a>>) -> bool {
    match value {
        Value::Text(text) => text.contains(MARKER),
        Value::Word(_) => false,
        Value::List(values) => values.iter().enumerate().any(|(n, value)| {
            // The place counts in the field that holds the list.
            let before = path.last_mut().and_then(|step| step.place.replace((n, values.len())));
            let found = find(value, path);
            if !found && let Some(step) = path.last_mut() {
                step.place = before;
            }
            found
        }),
        Value::Struct(name, fields) => fields.iter().any(|(field, inner)| {
            let is_wrapper = matches!(name.as_str(), "Node" | "String" | "List" | "ParseResult" | "RawStmt");
            if !is_wrapper {
                path.push(Step { value, name, field, place: None });
            }
            let found = find(inner, path);
            if !found && !is_wrapper {
                path.pop();
            }
            found
        }),
    }
}

/// What a name in a statement is: any of these kinds, and whether it is made up there.
pub type Truth = (Vec<Kind>, bool);

/// What the name at a token is in the statement's tree. `None` where the statement does not parse with another name
/// there, or where the tree does not tell.
pub fn of_name(sql: &str, terminal: &Terminal) -> Result<Truth, String> {
    let span = terminal.span;
    let changed = format!("{}{MARKER}{}", &sql[..span.start], &sql[span.end..]);
    let tree = grammar::parse(&changed, ParseMode::Statements).map_err(|_| String::new())?;
    let value = Value::read(&format!("{tree:?}"));
    let mut path = Vec::new();
    if !find(&value, &mut path) {
        return Err("not in the tree".into());
    }
    judge(&path).ok_or_else(|| {
        path.iter()
            .rev()
            .take(3)
            .map(|step| format!("{}.{}", step.name, step.field))
            .collect::<Vec<_>>()
            .join(" < ")
    })
}

/// The kind that PostgreSQL's object types stand for.
fn object(ty: &str) -> Option<Kind> {
    Some(match ty {
        "ObjectTable" => Kind::Table,
        "ObjectForeignTable" => Kind::ForeignTable,
        "ObjectView" => Kind::View,
        "ObjectMatview" => Kind::MaterializedView,
        "ObjectIndex" => Kind::Index,
        "ObjectSequence" => Kind::Sequence,
        "ObjectType" => Kind::Type,
        "ObjectDomain" => Kind::Domain,
        "ObjectSchema" => Kind::Schema,
        "ObjectRole" => Kind::Role,
        "ObjectDatabase" => Kind::Database,
        "ObjectTablespace" => Kind::Tablespace,
        "ObjectExtension" => Kind::Extension,
        "ObjectLanguage" => Kind::Language,
        "ObjectCollation" => Kind::Collation,
        "ObjectConversion" => Kind::Conversion,
        "ObjectStatisticExt" => Kind::Statistics,
        "ObjectTsparser" => Kind::TextSearchParser,
        "ObjectTsdictionary" => Kind::TextSearchDictionary,
        "ObjectTstemplate" => Kind::TextSearchTemplate,
        "ObjectTsconfiguration" => Kind::TextSearchConfiguration,
        "ObjectAccessMethod" => Kind::AccessMethod,
        "ObjectOpclass" => Kind::OperatorClass,
        "ObjectOpfamily" => Kind::OperatorFamily,
        "ObjectFdw" => Kind::ForeignDataWrapper,
        "ObjectForeignServer" => Kind::Server,
        "ObjectPublication" => Kind::Publication,
        "ObjectSubscription" => Kind::Subscription,
        "ObjectEventTrigger" => Kind::EventTrigger,
        "ObjectTrigger" => Kind::Trigger,
        "ObjectRule" => Kind::Rule,
        "ObjectPolicy" => Kind::Policy,
        "ObjectTabconstraint" | "ObjectDomconstraint" => Kind::Constraint,
        "ObjectFunction" => Kind::Function,
        "ObjectProcedure" => Kind::Procedure,
        "ObjectRoutine" => Kind::Routine,
        "ObjectAggregate" => Kind::Aggregate,
        "ObjectColumn" | "ObjectAttribute" => Kind::TargetColumn,
        "ObjectParameterAcl" => Kind::Setting,
        _ => return None,
    })
}

fn judge(path: &[Step]) -> Option<Truth> {
    let mut steps = path.iter().rev();
    let step = steps.next()?;
    let up = steps.next();
    let (up_name, up_field) = up.map_or(("", ""), |up| (up.name, up.field));
    let is = |kind: Kind| Some((vec![kind], false));
    let any = |kinds: &[Kind]| Some((kinds.to_vec(), false));
    let new = |kind: Kind| Some((vec![kind], true));
    // The last part of a qualified name, or one of its qualifiers.
    let last = |kind: Kind| match step.place {
        Some((n, len)) if n + 1 < len => is(Kind::Schema),
        _ => is(kind),
    };
    let made = |kind: Kind| match step.place {
        Some((n, len)) if n + 1 < len => is(Kind::Schema),
        _ => new(kind),
    };
    // A relation's parts and something that belongs to it.
    let within = |kind: Kind, owner: Kind| match step.place {
        Some((n, len)) if n + 2 < len => is(Kind::Schema),
        Some((n, len)) if n + 2 == len => is(owner),
        _ => is(kind),
    };
    let of_object = |ty: &str| match ty {
        // These have no schema: a list of them is not one's parts.
        "ObjectExtension"
        | "ObjectSchema"
        | "ObjectLanguage"
        | "ObjectAccessMethod"
        | "ObjectFdw"
        | "ObjectForeignServer"
        | "ObjectPublication"
        | "ObjectSubscription"
        | "ObjectEventTrigger"
        | "ObjectRole"
        | "ObjectDatabase"
        | "ObjectTablespace"
        | "ObjectParameterAcl" => is(object(ty)?),
        "ObjectTrigger" | "ObjectRule" | "ObjectPolicy" | "ObjectTabconstraint" => {
            within(object(ty)?, Kind::Relation)
        }
        "ObjectDomconstraint" => within(Kind::Constraint, Kind::Domain),
        "ObjectColumn" => match step.place {
            Some((n, len)) if n + 1 < len => any(&[Kind::Relation, Kind::Schema]),
            _ => is(Kind::QualifiedColumn),
        },
        // Their lists begin with the access method.
        "ObjectOpclass" | "ObjectOpfamily" if step.place.is_some_and(|(n, _)| n == 0) => {
            is(Kind::AccessMethod)
        }
        "ObjectTransform" => is(Kind::Language),
        _ => last(object(ty)?),
    };
    match (step.name, step.field) {
        ("RangeVar", "schemaname" | "catalogname") => is(Kind::Schema),
        ("RangeVar", "relname") => {
            let up = up?;
            let by = |field: &str| object(up.value.word(field));
            match (up_name, up_field) {
                ("SelectStmt" | "UpdateStmt", "from_clause")
                | ("DeleteStmt", "using_clause")
                | ("JoinExpr", _)
                | ("RangeTableSample", _)
                | ("MergeStmt", "source_relation")
                | ("TableLikeClause", _)
                | ("IndexStmt" | "VacuumRelation" | "CopyStmt" | "LockStmt", _)
                | ("CreateTrigStmt" | "RuleStmt", _)
                | ("CreateStatsStmt", "relations")
                | ("CreatePolicyStmt" | "AlterPolicyStmt", _) => is(Kind::Relation),
                ("InsertStmt" | "UpdateStmt" | "DeleteStmt" | "MergeStmt", "relation") => is(Kind::Target),
                ("CreateStmt", "relation")
                    if path.iter().any(|step| step.name == "CreateForeignTableStmt") =>
                {
                    new(Kind::ForeignTable)
                }
                ("CreateStmt", "relation") => new(Kind::Table),
                ("CreateStmt", _) | ("Constraint", "pktable") => is(Kind::Table),
                ("TruncateStmt", _) | ("AlterTableCmd", _) | ("PublicationTable", _) => is(Kind::Table),
                ("ImportForeignSchemaStmt", _) => is(Kind::Table),
                ("ClusterStmt", _) => is(Kind::Table),
                ("PartitionCmd", _) => {
                    let of = path.iter().find(|step| step.name == "AlterTableStmt")?.value.word("objtype");
                    is(object(of)?)
                }
                ("AlterTableStmt", _) => is(by("objtype")?),
                ("AlterObjectSchemaStmt" | "AlterObjectDependsStmt", _) => {
                    let kind = by("object_type")?;
                    is(if kind == Kind::Trigger { Kind::Relation } else { kind })
                }
                ("RenameStmt", _) => match up.value.word("rename_type") {
                    "ObjectTrigger" | "ObjectRule" | "ObjectPolicy" => is(Kind::Relation),
                    "ObjectTabconstraint" => is(Kind::Table),
                    "ObjectAttribute" => is(Kind::Type),
                    "ObjectColumn" => is(by("relation_type")?),
                    _ => is(by("rename_type")?),
                },
                ("GrantStmt", _) => is(by("objtype")?),
                ("ViewStmt", _) => new(Kind::View),
                ("CreateSeqStmt", _) => new(Kind::Sequence),
                ("AlterSeqStmt", _) => is(Kind::Sequence),
                ("IntoClause", _) => match path.iter().find(|step| step.name == "CreateTableAsStmt") {
                    Some(create) => new(object(create.value.word("objtype"))?),
                    None => new(Kind::Table),
                },
                ("RefreshMatViewStmt", _) => is(Kind::MaterializedView),
                ("ReindexStmt", _) => {
                    let index = up.value.word("kind") == "ReindexObjectIndex";
                    is(if index { Kind::Index } else { Kind::Table })
                }
                ("ConstraintsSetStmt", _) => is(Kind::Constraint),
                ("LockingClause", _) => is(Kind::Range),
                ("CompositeTypeStmt", _) => new(Kind::Type),
                _ => None,
            }
        }
        ("ColumnRef", "fields") => match step.place {
            Some((n, len)) if n + 1 < len => any(&[Kind::Range, Kind::Schema, Kind::Column]),
            _ if up_name == "DefElem" => is(Kind::OptionValue),
            _ => is(Kind::Column),
        },
        ("TypeName", "names") => {
            if up.is_some_and(|up| up.name == "DefElem") {
                let option = up?.value.word("defname");
                return match option {
                    "as" => last(Kind::Type),
                    _ => any(&[Kind::OptionValue, Kind::Type]),
                };
            }
            let is_domain = path.iter().any(|step| {
                ["objtype", "remove_type", "rename_type", "object_type"]
                    .iter()
                    .any(|field| matches!(step.value.word(field), "ObjectDomain" | "ObjectDomconstraint"))
            });
            match up_name {
                _ if step.value.word("pct_type") == "true" => match step.place {
                    Some((n, len)) if n + 1 < len => any(&[Kind::Relation, Kind::Schema]),
                    _ => is(Kind::QualifiedColumn),
                },
                _ if is_domain => last(Kind::Domain),
                _ => last(Kind::Type),
            }
        }
        ("FuncCall", "funcname") if up_name == "CallStmt" => last(Kind::Procedure),
        ("FuncCall", "funcname") if up_name == "RangeTableSample" => last(Kind::SamplingMethod),
        ("FuncCall", "funcname") => last(Kind::Function),
        ("RangeTableSample", "method") => last(Kind::SamplingMethod),
        ("RoleSpec", "rolename") if up_name == "CreateRoleStmt" => new(Kind::Role),
        ("RoleSpec", _) => is(Kind::Role),
        ("CreateRoleStmt", "role") => new(Kind::Role),
        ("ResTarget", "name") => match (up_name, up_field) {
            ("InsertStmt", "cols")
            | ("UpdateStmt" | "MergeWhenClause" | "OnConflictClause", "target_list") => {
                is(Kind::TargetColumn)
            }
            ("SelectStmt" | "PlassignStmt", _)
            | (_, "returning_list" | "exprs" | "named_args" | "args" | "namespaces") => new(Kind::Label),
            _ => None,
        },
        ("ResTarget" | "AIndirection", "indirection") => is(Kind::Field),
        ("XmlExpr", "name") => new(Kind::Label),
        ("Alias", "aliasname") => new(Kind::Alias),
        ("Alias", "colnames") => new(Kind::Column),
        ("ReturningOption", "value") => new(Kind::Alias),
        ("ColumnDef", "colname") => {
            let typed = path.iter().any(|step| {
                step.name == "CreateStmt"
                    && (matches!(step.value.field("of_typename"), Some(Value::Struct(..)))
                        || matches!(step.value.field("partbound"), Some(Value::Struct(..))))
            });
            if typed { is(Kind::TargetColumn) } else { new(Kind::Column) }
        }
        ("ColumnDef", "storage_name" | "compression") => is(Kind::OptionValue),
        ("CollateClause", "collname") => last(Kind::Collation),
        ("Constraint", "conname") => new(Kind::Constraint),
        ("Constraint", "keys" | "fk_attrs" | "pk_attrs" | "including" | "fk_del_set_cols") => {
            is(Kind::TargetColumn)
        }
        ("Constraint", "indexname") => is(Kind::Index),
        ("Constraint" | "IndexStmt", "indexspace" | "table_space") => is(Kind::Tablespace),
        ("Constraint" | "IndexStmt" | "CreateStmt" | "IntoClause", "access_method") => is(Kind::AccessMethod),
        ("CreateStmt" | "IntoClause", "tablespacename" | "table_space_name") => is(Kind::Tablespace),
        ("IndexElem", "name") => is(Kind::TargetColumn),
        ("IndexElem" | "PartitionElem", "opclass") => last(Kind::OperatorClass),
        ("IndexElem" | "PartitionElem", "collation") => last(Kind::Collation),
        ("PartitionElem", "name") => is(Kind::TargetColumn),
        ("IndexStmt", "idxname") => new(Kind::Index),
        ("DefElem", "defname") => match up_name {
            // A setting of a function or of a role is a node of its own.
            "GrantStmt" => is(Kind::Setting),
            _ => is(Kind::Option),
        },
        ("DefElem", "defnamespace") => is(Kind::Option),
        ("DefElem", "arg") => match (up_name, step.value.word("defname")) {
            ("CreateExtensionStmt", "schema") => is(Kind::Schema),
            ("CreateFunctionStmt" | "DoStmt", "language") => is(Kind::Language),
            ("CreateFunctionStmt" | "AlterFunctionStmt", "support") => last(Kind::Function),
            (_, "owned_by") => match step.place {
                Some((n, len)) if n + 1 < len => any(&[Kind::Relation, Kind::Schema]),
                _ => is(Kind::QualifiedColumn),
            },
            ("CreateFdwStmt" | "AlterFdwStmt", "handler" | "validator") => last(Kind::Function),
            ("CopyStmt", "force_quote" | "force_not_null" | "force_null") => {
                any(&[Kind::TargetColumn, Kind::OptionValue])
            }
            ("AlterDefaultPrivilegesStmt", "schemas") => is(Kind::Schema),
            ("AlterDatabaseStmt", "tablespace") => is(Kind::Tablespace),
            ("DefineStmt", "from") => last(Kind::Collation),
            // An operator's schema.
            ("DefineStmt", _) if step.place.is_some_and(|(n, len)| n + 1 < len) => is(Kind::Schema),
            _ => is(Kind::OptionValue),
        },
        ("VariableSetStmt" | "VariableShowStmt", "name") => is(Kind::Setting),
        ("AConst", _) if up_name == "VariableSetStmt" => match up?.value.word("name") {
            "role" | "session_authorization" => is(Kind::Role),
            _ => is(Kind::SettingValue),
        },
        ("AConst", _) if up_name == "FuncCall" => is(Kind::Field),
        ("DropStmt", "objects") => of_object(step.value.word("remove_type")),
        ("CommentStmt" | "SecLabelStmt", "object") => of_object(step.value.word("objtype")),
        ("SecLabelStmt", "provider") => is(Kind::OptionValue),
        ("AlterExtensionContentsStmt", "object") => of_object(step.value.word("objtype")),
        ("AlterExtensionContentsStmt" | "AlterExtensionStmt", "extname") => is(Kind::Extension),
        ("AlterOwnerStmt" | "AlterObjectSchemaStmt", "object") => of_object(step.value.word("object_type")),
        ("AlterObjectSchemaStmt", "newschema") => is(Kind::Schema),
        ("AlterObjectDependsStmt", "extname") => is(Kind::Extension),
        ("AlterObjectDependsStmt", "object") => is(object(step.value.word("object_type"))?),
        ("RenameStmt", "object") => match step.value.word("rename_type") {
            "ObjectDomconstraint" => last(Kind::Domain),
            ty => of_object(ty),
        },
        ("RenameStmt", "subname") => is(object(step.value.word("rename_type"))?),
        ("RenameStmt", "newname") => new(object(step.value.word("rename_type"))?),
        ("ObjectWithArgs", "objname") => {
            let ty = ["objtype", "remove_type", "rename_type", "object_type"]
                .iter()
                .map(|field| up.map_or("", |up| up.value.word(field)))
                .find(|word| !word.is_empty());
            match (up_name, ty) {
                ("CreateCastStmt" | "CreateTransformStmt" | "CreateOpClassItem", _) => last(Kind::Function),
                ("AlterFunctionStmt", Some(ty)) => last(object(ty)?),
                (_, Some("ObjectOperator")) => is(Kind::Schema),
                (_, Some(ty)) => last(object(ty)?),
                _ => None,
            }
        }
        ("AlterTableCmd", "name") => {
            let subtype = step.value.word("subtype");
            if subtype.contains("Constraint") {
                is(Kind::Constraint)
            } else if subtype.contains("Trig") {
                is(Kind::Trigger)
            } else if subtype.contains("Rule") {
                is(Kind::Rule)
            } else if subtype == "AtClusterOn" {
                is(Kind::Index)
            } else if subtype == "AtSetTableSpace" {
                is(Kind::Tablespace)
            } else if subtype == "AtSetAccessMethod" {
                is(Kind::AccessMethod)
            } else {
                is(Kind::TargetColumn)
            }
        }
        ("AtAlterConstraint" | "InferClause", "conname") => is(Kind::Constraint),
        ("AlterTableCmd", "def") => is(Kind::OptionValue),
        ("ReplicaIdentityStmt", "name") => is(Kind::Index),
        ("CommonTableExpr", "ctename") => new(Kind::Cte),
        ("CommonTableExpr", "aliascolnames") => new(Kind::Column),
        ("CteSearchClause", "search_col_list") | ("CteCycleClause", "cycle_col_list") => is(Kind::Column),
        ("CteSearchClause" | "CteCycleClause", _) => new(Kind::Column),
        ("JoinExpr", "using_clause") => is(Kind::JoinColumn),
        ("WindowDef", "refname") => is(Kind::Window),
        ("WindowDef", "name") if up_name == "FuncCall" => is(Kind::Window),
        ("WindowDef", "name") => new(Kind::Window),
        ("NamedArgExpr", "name") => is(Kind::Argument),
        ("FunctionParameter", "name") => new(Kind::Argument),
        ("CreateFunctionStmt", "funcname") if step.value.word("is_procedure") == "true" => {
            made(Kind::Procedure)
        }
        ("CreateFunctionStmt", "funcname") => made(Kind::Function),
        ("AExpr", "name") => is(Kind::Schema),
        ("ColumnRef" | "AArrayExpr", _) => None,
        ("PartitionSpec", "strategy") => is(Kind::PartitionStrategy),
        ("IntoClause", "col_names") => new(Kind::Column),
        ("ViewStmt", "aliases") => new(Kind::Column),
        ("CreateSchemaStmt", "schemaname") => new(Kind::Schema),
        ("CreateDomainStmt", "domainname") => made(Kind::Domain),
        ("AlterDomainStmt", "type_name") => last(Kind::Domain),
        ("AlterDomainStmt", "name") => is(Kind::Constraint),
        ("CreateEnumStmt" | "CreateRangeStmt", "type_name") => made(Kind::Type),
        ("AlterEnumStmt" | "AlterTypeStmt", "type_name") => last(Kind::Type),
        ("DefineStmt", "defnames") if step.value.word("kind") == "ObjectOperator" => is(Kind::Schema),
        ("DefineStmt", "defnames") => made(object(step.value.word("kind"))?),
        ("DefineStmt", "definition") => last(Kind::Collation),
        ("CreateOpClassStmt", "opclassname") => made(Kind::OperatorClass),
        ("CreateOpClassStmt", "opfamilyname") => last(Kind::OperatorFamily),
        ("CreateOpFamilyStmt", "opfamilyname") => made(Kind::OperatorFamily),
        ("AlterOpFamilyStmt", "opfamilyname") => last(Kind::OperatorFamily),
        ("CreateOpClassStmt" | "CreateOpFamilyStmt" | "AlterOpFamilyStmt", "amname") => {
            is(Kind::AccessMethod)
        }
        ("CreateOpClassItem", "order_family") => last(Kind::OperatorFamily),
        ("CreateTrigStmt", "trigname") => new(Kind::Trigger),
        ("CreateTrigStmt" | "CreateEventTrigStmt", "funcname") => last(Kind::Function),
        ("CreateTrigStmt", "columns") => is(Kind::TargetColumn),
        ("CreateTrigStmt", "args") => new(Kind::Label),
        ("TriggerTransition", _) => new(Kind::TransitionTable),
        ("CreateEventTrigStmt", "trigname") => new(Kind::EventTrigger),
        ("CreateEventTrigStmt", "eventname") => is(Kind::Event),
        ("AlterEventTrigStmt", _) => is(Kind::EventTrigger),
        ("RuleStmt", "rulename") => new(Kind::Rule),
        ("CreatePolicyStmt", "policy_name") => new(Kind::Policy),
        ("AlterPolicyStmt", "policy_name") => is(Kind::Policy),
        ("AccessPriv", "priv_name") => any(&[Kind::Privilege, Kind::Role]),
        ("AccessPriv", "cols") => is(Kind::TargetColumn),
        ("GrantStmt", "objects") => match step.value.word("targtype") {
            "AclTargetAllInSchema" => is(Kind::Schema),
            _ => of_object(step.value.word("objtype")),
        },
        ("CreateUserMappingStmt" | "AlterUserMappingStmt" | "DropUserMappingStmt", "servername") => {
            is(Kind::Server)
        }
        ("AlterRoleSetStmt", "database") => is(Kind::Database),
        ("CreatedbStmt", "dbname") => new(Kind::Database),
        (_, "dbname") => is(Kind::Database),
        ("CreateTableSpaceStmt", "tablespacename") => new(Kind::Tablespace),
        (_, "tablespacename" | "new_tablespacename" | "orig_tablespacename") => is(Kind::Tablespace),
        ("CreateExtensionStmt", "extname") => is(Kind::Extension),
        ("CreatePLangStmt", "plname") => new(Kind::Language),
        ("CreatePLangStmt", _) => last(Kind::Function),
        ("CreateAmStmt", "amname") => new(Kind::AccessMethod),
        ("CreateAmStmt", _) => last(Kind::Function),
        ("CreateFdwStmt", "fdwname") => new(Kind::ForeignDataWrapper),
        (_, "fdwname") => is(Kind::ForeignDataWrapper),
        ("CreateForeignServerStmt", "servername") => new(Kind::Server),
        ("AlterForeignServerStmt" | "CreateForeignTableStmt", "servername") => is(Kind::Server),
        ("ImportForeignSchemaStmt", "server_name") => is(Kind::Server),
        ("ImportForeignSchemaStmt", "remote_schema" | "local_schema") => is(Kind::Schema),
        ("CreatePublicationStmt", "pubname") => new(Kind::Publication),
        ("AlterPublicationStmt", "pubname") => is(Kind::Publication),
        ("PublicationTable", "columns") => is(Kind::TargetColumn),
        ("PublicationObjSpec", "name") => is(Kind::Schema),
        ("CreateSubscriptionStmt", "subname") => new(Kind::Subscription),
        ("CreateSubscriptionStmt" | "AlterSubscriptionStmt", "publication") => is(Kind::Publication),
        (_, "subname") => is(Kind::Subscription),
        ("AlterCollationStmt", _) => last(Kind::Collation),
        ("CreateConversionStmt", "conversion_name") => made(Kind::Conversion),
        ("CreateConversionStmt", _) => last(Kind::Function),
        ("CreateStatsStmt", "defnames") => made(Kind::Statistics),
        ("CreateStatsStmt", "stat_types") => is(Kind::OptionValue),
        ("StatsElem", _) => is(Kind::Column),
        ("AlterStatsStmt", _) => last(Kind::Statistics),
        ("AlterTsConfigurationStmt", "cfgname") => last(Kind::TextSearchConfiguration),
        ("AlterTsConfigurationStmt", "tokentype") => is(Kind::TokenType),
        ("AlterTsConfigurationStmt", "dicts") => last(Kind::TextSearchDictionary),
        ("AlterTsDictionaryStmt", _) => last(Kind::TextSearchDictionary),
        ("TransactionStmt", "savepoint_name") if step.value.word("kind") == "TransStmtSavepoint" => {
            new(Kind::Savepoint)
        }
        ("TransactionStmt", "savepoint_name") => is(Kind::Savepoint),
        ("PrepareStmt", "name") => new(Kind::PreparedStatement),
        ("ExecuteStmt" | "DeallocateStmt", "name") => is(Kind::PreparedStatement),
        ("DeclareCursorStmt", _) => new(Kind::Cursor),
        ("FetchStmt" | "ClosePortalStmt", _) | ("CurrentOfExpr", _) => is(Kind::Cursor),
        ("ListenStmt" | "UnlistenStmt" | "NotifyStmt", _) => is(Kind::Channel),
        ("VacuumRelation", "va_cols") => is(Kind::TargetColumn),
        ("ClusterStmt", "indexname") => is(Kind::Index),
        ("ReindexStmt", "name") if step.value.word("kind") == "ReindexObjectSchema" => is(Kind::Schema),
        ("ReindexStmt", "name") => is(Kind::Database),
        ("CopyStmt", "attlist") => is(Kind::TargetColumn),
        ("CreateTransformStmt" | "DropTransformStmt", "lang") => is(Kind::Language),
        ("JsonTablePathSpec" | "JsonTable" | "JsonTableColumn", "name")
            if up_name != "JsonTable" || step.name != "JsonTableColumn" =>
        {
            new(if step.name == "JsonTableColumn" { Kind::Column } else { Kind::Label })
        }
        ("JsonTableColumn", "name") => new(Kind::Column),
        ("JsonArgument", "name") => new(Kind::Label),
        ("RangeTableFuncCol", "colname") => new(Kind::Column),
        ("JsonFormat", _) => is(Kind::OptionValue),
        _ => None,
    }
}

/// What was found at the tokens of statements.
#[derive(Default)]
pub struct Count {
    pub keywords: usize,
    pub names: usize,
    pub constants: usize,
    /// Names of which the tree does not tell what they are.
    pub unjudged: usize,
    pub missed: Vec<String>,
    pub unknown: Vec<String>,
}

impl Count {
    pub fn tokens(&self) -> usize {
        self.keywords + self.names + self.constants
    }

    pub fn share(&self) -> f64 {
        1.0 - self.missed.len() as f64 / self.tokens().max(1) as f64
    }
}

/// Asks what may stand at each token of a statement, with nothing behind the cursor, with the rest behind it, and with
/// one letter of the token written, and counts where what really stands there is not among it. Operators and
/// punctuation are not asked for: `expect` offers none.
pub fn compare(sql: &str, count: &mut Count) {
    let (terminals, _) = automaton::terminals(sql);
    let tree = Tree::new(terminals.clone(), ParseMode::Statements);
    let automaton = automaton();
    for (n, terminal) in terminals.iter().enumerate() {
        let symbol = automaton.name(terminal.symbol);
        let taken_by = tree.owner(n as u32).map_or("", |node| tree.name(node));
        let as_name = symbol == "IDENT"
            || matches!(
                taken_by,
                "unreserved_keyword"
                    | "col_name_keyword"
                    | "type_func_name_keyword"
                    | "reserved_keyword"
                    | "bare_label_keyword"
            );
        let keyword = automaton.keyword(terminal.symbol);
        let constant = match symbol {
            "SCONST" => Some(Kind::String),
            "ICONST" | "FCONST" => Some(Kind::Number),
            "PARAM" => Some(Kind::Parameter),
            _ => None,
        };
        let judge: Box<dyn Fn(&Expectation) -> bool> = if as_name {
            match of_name(sql, terminal) {
                Ok((kinds, new)) => {
                    count.names += 1;
                    Box::new(move |found| {
                        kinds
                            .iter()
                            .any(|kind| found.slots.iter().any(|slot| slot.kind == *kind && slot.new == new))
                    })
                }
                Err(reason) => {
                    count.unjudged += 1;
                    if !reason.is_empty() {
                        count.unknown.push(format!(
                            "{reason}: {} | {}",
                            &sql[..terminal.span.start],
                            &sql[terminal.span.start..]
                        ));
                    }
                    continue;
                }
            }
        } else if let Some(keyword) = keyword {
            count.keywords += 1;
            Box::new(move |found| found.has_keyword(keyword.text))
        } else if let Some(kind) = constant {
            count.constants += 1;
            Box::new(move |found| found.slots.iter().any(|slot| slot.kind == kind))
        } else {
            continue;
        };
        let start = terminal.span.start;
        let alone = expect::expect(&sql[..start], start);
        let among = expect::expect(sql, start);
        let first = sql[start..].chars().next().map_or(0, char::len_utf8);
        // In a constant or a quoted name there is nothing to be completed.
        let written = &sql[start..];
        let is_quoted_name = written.starts_with('"')
            || written.get(..2).is_some_and(|prefix| prefix.eq_ignore_ascii_case("u&"));
        let within = (constant.is_none() && !is_quoted_name).then(|| expect::expect(sql, start + first));
        if !judge(&alone) || !judge(&among) || within.is_some_and(|within| !judge(&within)) {
            let slots: Vec<_> = alone.slots.iter().map(|slot| (slot.kind, slot.new)).collect();
            count.missed.push(format!("{} | {}   {slots:?}", &sql[..start], &sql[start..]));
        }
    }
}
