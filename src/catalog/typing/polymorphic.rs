//! Polymorphic types: whether arguments go together, and what they make of the declared types (parse_coerce.c:
//! check_generic_type_consistency, enforce_generic_type_consistency).

use super::casts::Context;
use super::common::Common;
use super::{Answer, Class, Types, is_unknown_literal, polymorphic_name, same};
use crate::catalog::types::TypeRef;

/// A call's types once its arguments have told what polymorphic ones stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concrete {
    pub arguments: Vec<TypeRef>,
    pub result: TypeRef,
}

/// Why arguments do not go together, in PostgreSQL's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    pub sqlstate: &'static str,
    pub message: String,
    pub detail: Option<String>,
}

impl Mismatch {
    fn new(message: String) -> Mismatch {
        Mismatch { sqlstate: "42804", message, detail: None }
    }

    /// There are no arrays of arrays.
    fn no_array_of(element: &str) -> Mismatch {
        let message = format!("could not find array type for data type {element}");
        Mismatch { sqlstate: "42704", ..Mismatch::new(message) }
    }
}

/// What is known of the two families, `anyelement` and `anycompatible`.
#[derive(Default)]
struct Found {
    element: Option<TypeRef>,
    array: Option<TypeRef>,
    range: Option<TypeRef>,
    multirange: Option<TypeRef>,
    is_nonarray: bool,
    is_enum: bool,
    has_element_family: bool,
    compatible: Vec<TypeRef>,
    compatible_range: Option<TypeRef>,
    compatible_multirange: Option<TypeRef>,
    compatible_nonarray: bool,
    has_compatible_family: bool,
    has_unknown: bool,
}

/// `None` where something cannot be known.
type Checked<T> = Result<T, Option<Mismatch>>;

fn wrong<T>(message: String) -> Checked<T> {
    Err(Some(Mismatch::new(message)))
}

impl Types<'_> {
    /// Whether arguments of these types go together for a declaration.
    pub(super) fn is_consistent(self, actual: &[TypeRef], declared: &[TypeRef]) -> Answer {
        let found = self.collect(actual, declared).and_then(|mut found| {
            self.settle(&mut found)?;
            Ok(found)
        });
        match found {
            Ok(_) => Answer::Yes,
            Err(None) => Answer::Unknown,
            Err(Some(_)) => Answer::No,
        }
    }

    /// The types that a call has once polymorphic ones are replaced, or why they cannot be. `Err(None)`: not known.
    pub fn concrete(self, actual: &[TypeRef], declared: &[TypeRef], result: &TypeRef) -> Checked<Concrete> {
        if !declared.iter().any(|ty| polymorphic_name(ty).is_some()) {
            // Nothing tells what an input function of a polymorphic type gives.
            let result = if polymorphic_name(result).is_some() { TypeRef::Unknown } else { result.clone() };
            return Ok(Concrete { arguments: declared.to_vec(), result });
        }
        let mut found = self.collect(actual, declared)?;
        if found.array.as_ref().is_some_and(|array| array.is_builtin("anyarray")) {
            return Self::of_any_array(declared, result);
        }
        let common = self.settle(&mut found)?;
        if found.has_element_family && found.element.is_none() {
            let message = "could not determine polymorphic type because input has type unknown";
            return wrong(message.into());
        }
        let common = match common {
            None if found.has_compatible_family => Some(TypeRef::builtin("text")),
            other => other,
        };
        let arguments =
            declared.iter().map(|ty| self.replace(ty, &found, common.as_ref())).collect::<Checked<_>>()?;
        let result = self.replace(result, &found, common.as_ref())?;
        Ok(Concrete { arguments, result })
    }

    /// Of pg_statistic's columns only a row tells the type: they go where nothing depends on it.
    fn of_any_array(declared: &[TypeRef], result: &TypeRef) -> Checked<Concrete> {
        let is_of_elements =
            |ty: &TypeRef| polymorphic_name(ty).is_some_and(|name| !name.starts_with("anycompatible"));
        if declared.iter().filter(|ty| is_of_elements(ty)).count() != 1
            || is_of_elements(result) && !result.is_builtin("anyarray")
        {
            return wrong("cannot determine element type of \"anyarray\" argument".into());
        }
        Ok(Concrete { arguments: declared.to_vec(), result: result.clone() })
    }

    fn collect(self, actual: &[TypeRef], declared: &[TypeRef]) -> Checked<Found> {
        let mut found = Found::default();
        let set = |slot: &mut Option<TypeRef>, ty: &TypeRef, name: &str| match slot {
            Some(own) if !same(own, ty) => Err(Some(Mismatch {
                sqlstate: "42804",
                message: format!("arguments declared \"{name}\" are not all alike"),
                detail: Some(format!("{} versus {}", self.print(own), self.print(ty))),
            })),
            _ => {
                *slot = Some(ty.clone());
                Ok(())
            }
        };
        for (actual, declared) in actual.iter().zip(declared) {
            let Some(name) = polymorphic_name(declared) else { continue };
            let is_compatible = name.starts_with("anycompatible");
            found.has_compatible_family |= is_compatible;
            found.has_element_family |= !is_compatible;
            found.is_nonarray |= name == "anynonarray";
            found.is_enum |= name == "anyenum";
            found.compatible_nonarray |= name == "anycompatiblenonarray";
            if is_unknown_literal(actual) {
                found.has_unknown = true;
                continue;
            }
            if self.is_opaque(actual) {
                return Err(None);
            }
            match name {
                "anyelement" | "anynonarray" | "anyenum" => {
                    set(&mut found.element, &actual.without_modifier(), "anyelement")?;
                }
                "anyarray" => set(&mut found.array, &self.base(actual).without_modifier(), "anyarray")?,
                "anyrange" => set(&mut found.range, &self.base(actual).without_modifier(), "anyrange")?,
                "anymultirange" => {
                    set(&mut found.multirange, &self.base(actual).without_modifier(), "anymultirange")?;
                }
                "anycompatible" | "anycompatiblenonarray" => found.compatible.push(actual.without_modifier()),
                "anycompatiblearray" => match self.element(&self.base(actual)) {
                    Some(element) => found.compatible.push(element),
                    None => {
                        return wrong(format!(
                            "argument declared {name} is not an array but type {}",
                            self.print(&self.base(actual))
                        ));
                    }
                },
                "anycompatiblerange" => {
                    let range = self.base(actual).without_modifier();
                    let Some(subtype) = self.range_subtype(&range) else {
                        return wrong(format!(
                            "argument declared {name} is not a range type but type {}",
                            self.print(&range)
                        ));
                    };
                    set(&mut found.compatible_range, &range, name)?;
                    found.compatible.push(subtype);
                }
                "anycompatiblemultirange" => {
                    let multirange = self.base(actual).without_modifier();
                    let range = self.range_of_multirange(&multirange);
                    let Some(subtype) = range.as_ref().and_then(|range| self.range_subtype(range)) else {
                        return wrong(format!(
                            "argument declared {name} is not a multirange type but type {}",
                            self.print(&multirange)
                        ));
                    };
                    set(&mut found.compatible_multirange, &multirange, name)?;
                    found.compatible.push(subtype);
                }
                _ => return Err(None),
            }
        }
        Ok(found)
    }

    /// Draws what follows from one another; the common type of the `anycompatible` family.
    fn settle(self, found: &mut Found) -> Checked<Option<TypeRef>> {
        if let Some(array) = found.array.clone() {
            if array.is_builtin("anyarray") {
                // pg_statistic's columns, of which only a row tells the type.
                return Err(None);
            }
            let Some(element) = self.element(&array) else {
                return wrong(format!(
                    "argument declared anyarray is not an array but type {}",
                    self.print(&array)
                ));
            };
            self.agree(&mut found.element, element, "anyarray", "anyelement", &array)?;
        }
        if let Some(multirange) = found.multirange.clone() {
            let Some(range) = self.range_of_multirange(&multirange) else {
                return wrong(format!(
                    "argument declared anymultirange is not a multirange type but type {}",
                    self.print(&multirange)
                ));
            };
            self.agree(&mut found.range, range, "anymultirange", "anyrange", &multirange)?;
        }
        if let Some(range) = found.range.clone() {
            let Some(subtype) = self.range_subtype(&range) else {
                return wrong(format!(
                    "argument declared anyrange is not a range type but type {}",
                    self.print(&range)
                ));
            };
            self.agree(&mut found.element, subtype, "anyrange", "anyelement", &range)?;
        }
        if let Some(element) = &found.element {
            if found.is_nonarray && self.element(&self.base(element)).is_some() {
                return wrong(format!(
                    "type matched to anynonarray is an array type: {}",
                    self.print(element)
                ));
            }
            if found.is_enum && self.class(element) != Class::Enum {
                return wrong(format!(
                    "type matched to anyenum is not an enum type: {}",
                    self.print(element)
                ));
            }
        } else if found.is_enum {
            return wrong("could not determine polymorphic type because input has type unknown".into());
        }
        if found.compatible.is_empty() {
            return Ok(None);
        }
        let common = match self.common(&found.compatible) {
            Common::Type(ty) => ty,
            Common::Unknown => return Err(None),
            Common::Conflict { chosen, at } => {
                return wrong(format!(
                    "arguments of anycompatible family cannot be cast to a common type: {} and {}",
                    self.print(&chosen),
                    self.print(&found.compatible[at])
                ));
            }
        };
        for ty in &found.compatible {
            match self.can_coerce_one(ty, &common, Context::Implicit) {
                Answer::Yes => {}
                Answer::Unknown => return Err(None),
                Answer::No => {
                    let message = "arguments of anycompatible family cannot be cast to a common type";
                    return wrong(message.into());
                }
            }
        }
        if let Some(multirange) = &found.compatible_multirange
            && let Some(range) = self.range_of_multirange(multirange)
        {
            let of_multirange = range.clone();
            self.agree(
                &mut found.compatible_range,
                range,
                "anycompatiblemultirange",
                "anycompatiblerange",
                &of_multirange,
            )?;
        }
        if let Some(range) = &found.compatible_range
            && self.range_subtype(range).is_some_and(|subtype| !same(&subtype, &common))
        {
            return wrong(format!(
                "anycompatiblerange type {} does not match anycompatible type {}",
                self.print(range),
                self.print(&common)
            ));
        }
        if found.compatible_nonarray && self.element(&self.base(&common)).is_some() {
            return wrong(format!(
                "type matched to anycompatiblenonarray is an array type: {}",
                self.print(&common)
            ));
        }
        Ok(Some(common))
    }

    fn agree(
        self,
        slot: &mut Option<TypeRef>,
        follows: TypeRef,
        from: &str,
        to: &str,
        whole: &TypeRef,
    ) -> Checked<()> {
        match slot {
            None => *slot = Some(follows),
            Some(own) if same(own, &follows) => {}
            Some(own) => {
                return Err(Some(Mismatch {
                    sqlstate: "42804",
                    message: format!(
                        "argument declared {from} is not consistent with argument declared {to}"
                    ),
                    detail: Some(format!("{} versus {}", self.print(whole), self.print(own))),
                }));
            }
        }
        Ok(())
    }

    fn replace(self, ty: &TypeRef, found: &Found, common: Option<&TypeRef>) -> Checked<TypeRef> {
        let Some(name) = polymorphic_name(ty) else { return Ok(ty.clone()) };
        let missing = || Some(Mismatch::new(format!("could not determine polymorphic type {name}")));
        let element = || found.element.clone().ok_or_else(missing);
        let common_type = || common.cloned().ok_or_else(missing);
        let unknown = |family: &str| {
            Some(Mismatch::new(format!(
                "could not determine polymorphic type {family} because input has type unknown"
            )))
        };
        Ok(match name {
            "anyelement" | "anynonarray" | "anyenum" => element()?,
            "anyarray" => match &found.array {
                Some(array) => array.clone(),
                None => {
                    let element = element()?;
                    if element.element().is_some() {
                        return Err(Some(Mismatch::no_array_of(&self.print(&element))));
                    }
                    element.array_of()
                }
            },
            "anyrange" => found.range.clone().ok_or_else(|| unknown("anyrange"))?,
            "anymultirange" => match (&found.multirange, &found.range) {
                (Some(multirange), _) => multirange.clone(),
                (None, Some(range)) => self.multirange_of(range).ok_or(None)?,
                (None, None) => return Err(unknown("anymultirange")),
            },
            "anycompatible" | "anycompatiblenonarray" => common_type()?,
            "anycompatiblearray" => {
                let element = common_type()?;
                if element.element().is_some() {
                    return Err(Some(Mismatch::no_array_of(&self.print(&element))));
                }
                element.array_of()
            }
            "anycompatiblerange" => found.compatible_range.clone().ok_or_else(|| unknown(name))?,
            "anycompatiblemultirange" => match (&found.compatible_multirange, &found.compatible_range) {
                (Some(multirange), _) => multirange.clone(),
                (None, Some(range)) => self.multirange_of(range).ok_or(None)?,
                (None, None) => return Err(unknown(name)),
            },
            _ => return Err(None),
        })
    }
}
