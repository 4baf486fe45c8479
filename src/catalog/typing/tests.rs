//! Choices that PostgreSQL makes, as its manual and a server have them.

use super::*;

fn ty(name: &str) -> TypeRef {
    builtin::type_by_name(name)
}

fn call(types: &[&str]) -> Call {
    Call { types: types.iter().map(|name| ty(name)).collect(), ..Call::default() }
}

#[test]
fn operators_are_chosen_as_postgresql_chooses_them() {
    let catalog = Catalog::default();
    let types = Types::new(&catalog);
    let result =
        |name: &str, left: &str, right: &str| match types.operator(None, name, Some(&ty(left)), &ty(right)) {
            Ok(found) => {
                let inputs: Vec<String> = found.inputs().iter().map(|ty| types.print(ty)).collect();
                format!("{} → {}", inputs.join(", "), types.print(&found.result))
            }
            Err(why) => format!("{why:?}"),
        };
    assert_eq!(result("+", "int4", "int8"), "integer, bigint → bigint");
    assert_eq!(result("+", "int2", "numeric"), "numeric, numeric → numeric");
    assert_eq!(result("||", "text", "int4"), "text, anynonarray → text");
    assert_eq!(result("||", "unknown", "unknown"), "text, text → text");
    assert_eq!(result("=", "varchar", "unknown"), "text, text → boolean");
    assert_eq!(result("=", "int4", "text"), "Missing");
    assert_eq!(result("+", "unknown", "unknown"), "Ambiguous");
    assert_eq!(result("=", "_int4", "_int4"), "anyarray, anyarray → boolean");
    assert_eq!(result("->>", "jsonb", "unknown"), "jsonb, text → text");
    assert_eq!(
        result("-", "timestamptz", "unknown"),
        "timestamp with time zone, timestamp with time zone → interval"
    );
}

#[test]
fn functions_are_chosen_as_postgresql_chooses_them() {
    let catalog = Catalog::default();
    let types = Types::new(&catalog);
    let result = |name: &str, arguments: &[&str]| {
        let call = call(arguments);
        match types.function(None, name, &call) {
            Ok(found) => match types.concrete(&call.types, &found.inputs(), &found.result) {
                Ok(concrete) => {
                    format!("({}) → {}", types.print_list(&concrete.arguments), types.print(&concrete.result))
                }
                Err(wrong) => format!("{wrong:?}"),
            },
            Err(why) => format!("{why:?}"),
        }
    };
    assert_eq!(result("lower", &["varchar"]), "(text) → text");
    assert_eq!(result("abs", &["unknown"]), "(double precision) → double precision");
    assert_eq!(result("concat", &["int4", "text"]), "(\"any\", \"any\") → text");
    assert_eq!(result("array_append", &["_int4", "int8"]), "(bigint[], bigint) → bigint[]");
    assert_eq!(result("make_interval", &["int4"]), "(integer) → interval");
    assert_eq!(
        result("text", &["int4"]),
        "Cast(Named { schema: \"pg_catalog\", name: \"text\", typmod: -1, array: false })"
    );
    assert_eq!(result("lower", &["int4"]), "Missing");
    assert_eq!(result("no_such", &[]), "Missing");
    assert_eq!(result("unnest", &["_text"]), "(text[]) → text");
    assert_eq!(result("lower", &["int4range"]), "(int4range) → integer");
}
