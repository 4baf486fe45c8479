//! Literals of what is made of other values: arrays, ranges and rows (array_in, range_in, record_in).

use super::constant::{Read, is_space, read, wrong};
use crate::catalog::Relation;
use crate::catalog::types::TypeRef;
use crate::catalog::typing::{Types, builtin_name};

/// How deep arrays may be nested.
const DIMENSIONS: usize = 6;

/// What was read last of an array.
#[derive(Clone, Copy, PartialEq)]
enum Last {
    Open,
    Value,
    Close,
    Comma,
}

/// `{1,NULL,"a b"}`, without bounds before it; its values one by one go to `value`.
fn elements(text: &str, value: &mut dyn FnMut(&str) -> Read) -> Read {
    let malformed = || wrong("22P02", format!("malformed array literal: \"{text}\""));
    let mut rest = text.trim_start_matches(is_space);
    // How many each level has had, and whether it has values (or levels) in it; what the levels of a depth have each.
    let mut levels: Vec<(usize, Option<bool>)> = Vec::new();
    let mut counts: [Option<usize>; DIMENSIONS + 1] = [None; DIMENSIONS + 1];
    let mut last = Last::Comma;
    // How deep the values are.
    let mut of_values: Option<usize> = None;
    loop {
        rest = rest.trim_start_matches(is_space);
        let Some(first) = rest.chars().next() else { return malformed() };
        match first {
            '{' => {
                if !matches!(last, Last::Open | Last::Comma) {
                    return malformed();
                }
                if let Some((count, has_values)) = levels.last_mut() {
                    if *has_values == Some(true) {
                        return malformed();
                    }
                    *has_values = Some(false);
                    *count += 1;
                }
                if of_values.is_some_and(|depth| levels.len() >= depth) {
                    return malformed();
                }
                levels.push((0, None));
                if levels.len() > DIMENSIONS {
                    return Ok(());
                }
                last = Last::Open;
                rest = &rest[1..];
            }
            '}' => {
                if last == Last::Comma {
                    return malformed();
                }
                let depth = levels.len();
                let Some((count, _)) = levels.pop() else { return malformed() };
                // Versions differ in what empty levels are.
                if count == 0 && depth > 1 {
                    return Ok(());
                }
                if *counts[depth].get_or_insert(count) != count {
                    return malformed();
                }
                last = Last::Close;
                rest = &rest[1..];
                if levels.is_empty() {
                    break;
                }
            }
            ',' => {
                if !matches!(last, Last::Value | Last::Close) {
                    return malformed();
                }
                last = Last::Comma;
                rest = &rest[1..];
            }
            _ => {
                let depth = levels.len();
                let Some((count, has_values)) = levels.last_mut() else { return malformed() };
                of_values.get_or_insert(depth);
                if !matches!(last, Last::Open | Last::Comma) {
                    return malformed();
                }
                let is_among_levels = *has_values == Some(false);
                *has_values = Some(true);
                *count += 1;
                let Some((own, is_null, after)) = element(rest) else { return malformed() };
                if !is_null {
                    value(&own)?;
                }
                if is_among_levels {
                    return malformed();
                }
                last = Last::Value;
                rest = after;
            }
        }
    }
    if rest.trim_start_matches(is_space).is_empty() { Ok(()) } else { malformed() }
}

/// A value of an array, whether it is NULL, and what follows.
fn element(text: &str) -> Option<(String, bool, &str)> {
    let mut own = String::new();
    let mut chars = text.char_indices();
    if text.starts_with('"') {
        chars.next();
        loop {
            match chars.next()?.1 {
                '"' => break,
                '\\' => own.push(chars.next()?.1),
                c => own.push(c),
            }
        }
        let rest = chars.as_str();
        let is_end = rest.trim_start_matches(is_space).starts_with([',', '}', '{']);
        return is_end.then_some((own, false, rest));
    }
    let mut is_escaped = false;
    // What was escaped is no space at the end.
    let mut kept = 0;
    loop {
        let (at, c) = chars.next()?;
        match c {
            '{' | '"' => return None,
            ',' | '}' => {
                let length = kept.max(own.trim_end_matches(is_space).len());
                own.truncate(length);
                let is_null = !is_escaped && own.eq_ignore_ascii_case("null");
                return Some((own, is_null, &text[at..]));
            }
            '\\' => {
                own.push(chars.next()?.1);
                is_escaped = true;
                kept = own.len();
            }
            c => own.push(c),
        }
    }
}

pub(super) fn array(types: Types, ty: &TypeRef, text: &str) -> Read {
    let trimmed = text.trim_matches(is_space);
    // What they quote begins behind the blanks.
    let text = match types.major < 17 && trimmed.starts_with('{') {
        true => text.trim_start_matches(is_space),
        false => text,
    };
    if !trimmed.starts_with(['{', '['])
        || trimmed.starts_with('{') && !trimmed.ends_with('}') && types.major < 17
    {
        return wrong("22P02", format!("malformed array literal: \"{text}\""));
    }
    let Some(element) = ty.element() else { return Ok(()) };
    // Bounds, and another delimiter, are read by nobody but the server.
    if trimmed.starts_with('[') || element.is_builtin("box") {
        return Ok(());
    }
    let base = types.base(&element);
    let is_known = !types.is_opaque(&element);
    // Older versions look at the whole before they look at the values.
    if types.major < 17 || !is_known {
        elements(text, &mut |_| Ok(()))?;
    }
    if !is_known {
        return Ok(());
    }
    elements(text, &mut |value| read(types, &base, value))
}

/// A part of a range or of a row up to what may end it, with its quotes taken away, and what follows.
fn part<'t>(text: &'t str, ends: &[char]) -> Option<(String, &'t str)> {
    let mut own = String::new();
    let mut is_quoted = false;
    let mut chars = text.char_indices();
    loop {
        let (at, c) = chars.next()?;
        match c {
            c if !is_quoted && ends.contains(&c) => return Some((own, &text[at..])),
            '\\' => own.push(chars.next()?.1),
            '"' if !is_quoted => is_quoted = true,
            '"' if chars.as_str().starts_with('"') => {
                chars.next();
                own.push('"');
            }
            '"' => is_quoted = false,
            c => own.push(c),
        }
    }
}

pub(super) fn range(types: Types, ty: &TypeRef, text: &str) -> Read {
    let malformed = || wrong("22P02", format!("malformed range literal: \"{text}\""));
    let trimmed = text.trim_matches(is_space);
    if trimmed.eq_ignore_ascii_case("empty") {
        return Ok(());
    }
    let Some(rest) = trimmed.strip_prefix(['[', '(']) else { return malformed() };
    const ENDS: [char; 3] = [',', ')', ']'];
    let mut bounds = Vec::new();
    let mut bound = |rest: &'_ str| -> Option<usize> {
        if rest.starts_with(ENDS) {
            return Some(0);
        }
        let (own, after) = part(rest, &ENDS)?;
        bounds.push(own);
        Some(rest.len() - after.len())
    };
    let Some(length) = bound(rest) else { return malformed() };
    let Some(rest) = rest[length..].strip_prefix(',') else { return malformed() };
    let Some(length) = bound(rest) else { return malformed() };
    match rest[length..].strip_prefix([')', ']']) {
        Some("") => {}
        _ => return malformed(),
    }
    let Some(subtype) = types.range_subtype(ty).filter(|subtype| !types.is_opaque(subtype)) else {
        return Ok(());
    };
    let base = types.base(&subtype);
    bounds.iter().try_for_each(|bound| read(types, &base, bound))?;
    let is_integer = matches!(builtin_name(&base), Some("int2" | "int4" | "int8"));
    let values: Vec<i64> =
        bounds.iter().filter_map(|bound| bound.trim_matches(is_space).parse().ok()).collect();
    match values[..] {
        [lower, upper] if is_integer && lower > upper => {
            wrong("22000", "range lower bound must be less than or equal to range upper bound".into())
        }
        _ => Ok(()),
    }
}

/// `{[1,2), empty}`
pub(super) fn multirange(types: Types, ty: &TypeRef, text: &str) -> Read {
    let malformed = || wrong("22P02", format!("malformed multirange literal: \"{text}\""));
    let Some(range_type) = types.range_of_multirange(ty) else { return Ok(()) };
    let Some(rest) = text.trim_start_matches(is_space).strip_prefix('{') else { return malformed() };
    let mut rest = rest.trim_start_matches(is_space);
    let mut may_end = true;
    loop {
        rest = rest.trim_start_matches(is_space);
        if let (Some(behind), true) = (rest.strip_prefix('}'), may_end) {
            return if behind.trim_start_matches(is_space).is_empty() { Ok(()) } else { malformed() };
        }
        let length = if rest.get(..5).is_some_and(|word| word.eq_ignore_ascii_case("empty")) {
            5
        } else if rest.starts_with(['[', '(']) {
            let Some(length) = range_length(rest) else { return malformed() };
            length
        } else {
            return malformed();
        };
        range(types, &range_type, &rest[..length])?;
        rest = rest[length..].trim_start_matches(is_space);
        match rest.as_bytes().first() {
            Some(b',') => rest = &rest[1..],
            Some(b'}') => {
                may_end = true;
                continue;
            }
            _ => return malformed(),
        }
        may_end = false;
    }
}

/// How long a range is that begins a text: what is quoted in it does not end it.
fn range_length(text: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut chars = text.char_indices().skip(1);
    while let Some((n, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next()?;
            }
            '"' => is_quoted = !is_quoted,
            ']' | ')' if !is_quoted => return Some(n + 1),
            _ => {}
        }
    }
    None
}

pub(super) fn row(types: Types, relation: &Relation, text: &str) -> Read {
    let malformed = || wrong("22P02", format!("malformed record literal: \"{text}\""));
    let Some(mut rest) = text.trim_start_matches(is_space).strip_prefix('(') else { return malformed() };
    if relation.unknown_columns || relation.columns.is_empty() {
        return Ok(());
    }
    for (n, column) in relation.columns.iter().enumerate() {
        if n > 0 {
            rest = match rest.strip_prefix(',') {
                Some(rest) => rest,
                None => return malformed(),
            };
        }
        if rest.starts_with([',', ')']) {
            continue;
        }
        let Some((own, after)) = part(rest, &[',', ')']) else { return malformed() };
        rest = after;
        if !types.is_opaque(&column.ty) {
            read(types, &types.base(&column.ty), &own)?;
        }
    }
    match rest.strip_prefix(')').map(|rest| rest.trim_start_matches(is_space)) {
        Some("") => Ok(()),
        _ => malformed(),
    }
}
