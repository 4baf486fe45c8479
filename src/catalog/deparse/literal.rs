//! A literal's text as its type's output function gives it back.

use super::super::types::TypeRef;
use super::coerce::builtin_name;
use crate::catalog::moment::Moment;
use crate::catalog::types::parse_bool;

/// `text` read as `ty` and written again; text that is not understood stays as it is.
pub(super) fn normalize(ty: &TypeRef, text: &str) -> String {
    let trimmed = text.trim();
    let normal = match builtin_name(ty) {
        Some("bool") => parse_bool(trimmed).map(|value| value.to_string()),
        Some("int2" | "int4" | "int8" | "oid") => integer(trimmed),
        Some("numeric") => numeric(trimmed),
        Some("float4" | "float8") => float(trimmed),
        Some("uuid") => uuid(trimmed),
        Some("jsonb") => serde_json::from_str(trimmed).ok().map(|value| jsonb(&value)),
        Some("interval") => interval(trimmed),
        Some("date") => Moment::parse(trimmed).map(Moment::day),
        Some("time") => time(trimmed),
        Some("timestamp") => Moment::parse(trimmed).map(Moment::local),
        Some("timestamptz") => Moment::parse(trimmed).map(Moment::utc),
        _ => None,
    };
    normal.unwrap_or_else(|| text.to_owned())
}

fn integer(text: &str) -> Option<String> {
    text.parse::<i64>().ok().map(|number| number.to_string())
}

fn numeric(text: &str) -> Option<String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain {
        return None;
    }
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let sign = if text.starts_with('-') { "-" } else { "" };
    Some(if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") })
}

fn float(text: &str) -> Option<String> {
    let number: f64 = text.parse().ok()?;
    if !number.is_finite() || (number != 0.0 && !(1e-4..1e15).contains(&number.abs())) {
        return None;
    }
    Some(number.to_string())
}

fn uuid(text: &str) -> Option<String> {
    let digits: String =
        text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
    (digits.len() == 32).then(|| {
        format!(
            "{}-{}-{}-{}-{}",
            &digits[..8],
            &digits[8..12],
            &digits[12..16],
            &digits[16..20],
            &digits[20..]
        )
    })
}

/// jsonb keeps a key once, shorter keys first.
fn jsonb(value: &serde_json::Value) -> String {
    use serde_json::Value;
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.len().cmp(&b.len()).then_with(|| a.cmp(b)));
            let entries: Vec<String> = (entries.into_iter())
                .map(|(key, value)| format!("{}: {}", Value::String(key.clone()), jsonb(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(jsonb).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// `1 day`, `90 minutes`, `1h 30m`, `01:30`: whole numbers of units.
fn interval(text: &str) -> Option<String> {
    let (mut months, mut days, mut seconds) = (0i64, 0i64, 0i64);
    let lower = text.to_ascii_lowercase();
    // `1day` and `1 day` are the same.
    let mut spaced = String::new();
    let mut before = ' ';
    for c in lower.chars() {
        if c.is_ascii_alphabetic() && before.is_ascii_digit() {
            spaced.push(' ');
        }
        spaced.push(c);
        before = c;
    }
    let mut words = spaced.split_whitespace().peekable();
    while let Some(word) = words.next() {
        if word.contains(':') {
            let parts: Vec<i64> = word.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
            match parts.as_slice() {
                [h, m] => seconds += h * 3600 + m * 60,
                [h, m, s] => seconds += h * 3600 + m * 60 + s,
                _ => return None,
            }
            continue;
        }
        let number: i64 = word.parse().ok()?;
        match words.next() {
            None => seconds += number,
            Some(unit) => match unit {
                "s" | "sec" | "secs" | "second" | "seconds" => seconds += number,
                "m" | "min" | "mins" | "minute" | "minutes" => seconds += number * 60,
                "h" | "hr" | "hrs" | "hour" | "hours" => seconds += number * 3600,
                "d" | "day" | "days" => days += number,
                "w" | "week" | "weeks" => days += number * 7,
                "mon" | "mons" | "month" | "months" => months += number,
                "y" | "yr" | "yrs" | "year" | "years" => months += number * 12,
                _ => return None,
            },
        }
    }
    if months < 0 || days < 0 || seconds < 0 {
        return None;
    }
    let mut parts = Vec::new();
    let mut unit = |number: i64, one: &str| {
        if number != 0 {
            parts.push(format!("{number} {one}{}", if number == 1 { "" } else { "s" }));
        }
    };
    unit(months / 12, "year");
    unit(months % 12, "mon");
    unit(days, "day");
    if seconds != 0 || parts.is_empty() {
        parts.push(format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
    }
    Some(parts.join(" "))
}

/// `10:00`
fn time(text: &str) -> Option<String> {
    let parts: Vec<u32> = text.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    match parts.as_slice() {
        [h, m] => Some(format!("{h:02}:{m:02}:00")),
        [h, m, s] => Some(format!("{h:02}:{m:02}:{s:02}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_come_back_in_their_types_form() {
        for (ty, text, normal) in [
            ("bool", "t", "true"),
            ("int4", " 007 ", "7"),
            ("numeric", "00.50", "0.50"),
            ("float8", "1.0", "1"),
            ("jsonb", "{\"bb\":1,\"a\":[1,2]}", "{\"a\": [1, 2], \"bb\": 1}"),
            ("interval", "1 month 90 minutes", "1 mon 01:30:00"),
            ("interval", "30 days", "30 days"),
            ("interval", "0", "00:00:00"),
            ("date", "2020-1-2", "2020-01-02"),
            ("uuid", "{A0EEBC99-9C0B4EF8BB6D6BB9BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
            ("text", " x ", " x "),
        ] {
            assert_eq!(normalize(&TypeRef::builtin(ty), text), normal);
        }
    }
}
