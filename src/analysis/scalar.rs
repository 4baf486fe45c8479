//! Numbers with fractions, bits, bytes and addresses as text.

use super::constant::{Read, is_space, wrong};
use crate::syntax::literal::unsigned;

/// `numeric`, as set_var_from_str reads it.
pub(super) fn numeric(text: &str, major: u32) -> Read {
    let refused = || wrong("22P02", format!("invalid input syntax for type numeric: \"{text}\""));
    let trimmed = text.trim_matches(is_space);
    if trimmed.eq_ignore_ascii_case("nan") {
        return Ok(());
    }
    let own = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    if own.eq_ignore_ascii_case("inf") || own.eq_ignore_ascii_case("infinity") {
        return if major >= 14 { Ok(()) } else { refused() };
    }
    let has_radix = own.as_bytes().first() == Some(&b'0')
        && matches!(own.as_bytes().get(1).map(u8::to_ascii_lowercase), Some(b'x' | b'o' | b'b'));
    if has_radix {
        return if major >= 16 && unsigned(own).is_some() { Ok(()) } else { refused() };
    }
    let lower = own.to_ascii_lowercase();
    let (mantissa, exponent) = match lower.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (lower.as_str(), None),
    };
    // Underscores stand between digits.
    let is_digits = |part: &str| {
        part.bytes().all(|byte| byte.is_ascii_digit())
            || major >= 16
                && part.split('_').all(|run| !run.is_empty() && run.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() || !is_digits(whole) || !is_digits(fraction) {
        return refused();
    }
    let Some(exponent) = exponent else { return Ok(()) };
    let digits = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    match digits.is_empty() || !is_digits(digits) {
        true => refused(),
        false => Ok(()),
    }
}

/// `real` and `double precision`, as the C library reads them.
pub(super) fn float(text: &str, name: &str, major: u32) -> Read {
    let refused = || wrong("22P02", format!("invalid input syntax for type {name}: \"{text}\""));
    let trimmed = text.trim_matches(is_space);
    let own = trimmed.strip_prefix(['-', '+']).unwrap_or(trimmed);
    let lower = own.to_ascii_lowercase();
    // Numbers in hexadecimal digits, and what NaN may have behind it, are the C library's.
    if matches!(lower.as_str(), "nan" | "inf" | "infinity")
        || lower.starts_with("0x")
        || lower.starts_with("nan(")
    {
        return Ok(());
    }
    // What stands before anything that is no part of a number is read first.
    let sign = trimmed.len() - own.len();
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut length = digits(&lower);
    if lower[length..].starts_with('.') {
        length += 1 + digits(&lower[length + 1..]);
    }
    let mantissa = &lower[..length];
    if !mantissa.bytes().any(|byte| byte.is_ascii_digit()) {
        return refused();
    }
    if let Some(exponent) = lower[length..].strip_prefix('e') {
        let signed = usize::from(exponent.starts_with(['-', '+']));
        if let own @ 1.. = digits(&exponent[signed..]) {
            length += 1 + signed + own;
        }
    }
    let prefix = &trimmed[..sign + length];
    let is_zero = mantissa.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let (is_out, shown) = match name {
        "real" => {
            let value = prefix.parse::<f32>().unwrap_or(f32::INFINITY);
            let shown = if major >= 16 { prefix } else { text };
            (value.is_infinite() || value == 0.0 && !is_zero, shown)
        }
        _ => {
            let value = prefix.parse::<f64>().unwrap_or(f64::INFINITY);
            (value.is_infinite() || value == 0.0 && !is_zero, prefix)
        }
    };
    match is_out {
        true => wrong("22003", format!("\"{shown}\" is out of range for type {name}")),
        false if prefix != trimmed => refused(),
        false => Ok(()),
    }
}

/// `bit` and `bit varying`: the digits. How many fit is asked of a value that is stored.
pub(super) fn bits(text: &str) -> Read {
    let (digits, radix, word) = match text.as_bytes().first() {
        Some(b'x' | b'X') => (&text[1..], 16, "hexadecimal"),
        Some(b'b' | b'B') => (&text[1..], 2, "binary"),
        _ => (text, 2, "binary"),
    };
    match digits.chars().find(|c| !c.is_digit(radix)) {
        Some(c) => wrong("22P02", format!("\"{c}\" is not a valid {word} digit")),
        None => Ok(()),
    }
}

pub(super) fn bytes(text: &str) -> Read {
    if let Some(digits) = text.strip_prefix("\\x") {
        let mut chars = digits.chars();
        while let Some(c) = chars.next() {
            if matches!(c, ' ' | '\n' | '\t' | '\r') {
                continue;
            }
            let bad = |c: char| wrong("22023", format!("invalid hexadecimal digit: \"{c}\""));
            if !c.is_ascii_hexdigit() {
                return bad(c);
            }
            match chars.next() {
                None => return wrong("22023", "invalid hexadecimal data: odd number of digits".into()),
                Some(c) if !c.is_ascii_hexdigit() => return bad(c),
                Some(_) => {}
            }
        }
        return Ok(());
    }
    let bytes = text.as_bytes();
    let mut n = 0;
    while n < bytes.len() {
        let is_octal = |n: usize, most: u8| bytes.get(n).is_some_and(|byte| (b'0'..=most).contains(byte));
        n += match bytes[n] {
            b'\\' if bytes.get(n + 1) == Some(&b'\\') => 2,
            b'\\' if is_octal(n + 1, b'3') && is_octal(n + 2, b'7') && is_octal(n + 3, b'7') => 4,
            b'\\' => return wrong("22P02", "invalid input syntax for type bytea".into()),
            _ => 1,
        };
    }
    Ok(())
}

/// `inet`: four numbers, or an address of IPv6 (inet_net_pton).
pub(super) fn inet(text: &str) -> Read {
    let refused = || wrong("22P02", format!("invalid input syntax for type inet: \"{text}\""));
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if address.contains(':') {
        // What is written in another way than is usual PostgreSQL may well read.
        let is_plain = address.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.'));
        let is_length = |bits: &str| is_number(bits) && !bits.parse::<u32>().is_ok_and(|bits| bits > 128);
        return if is_plain && bits.is_none_or(is_length) { Ok(()) } else { refused() };
    }
    let parts: Vec<&str> = address.strip_suffix('.').unwrap_or(address).split('.').collect();
    // A byte that is too large, or one too many, is no address; leading zeros are read.
    let is_byte = |part: &&str| is_number(part) && part.parse::<u32>().is_ok_and(|value| value <= 255);
    if parts.len() > 4 || !parts.iter().all(is_byte) {
        return refused();
    }
    match bits {
        None if parts.len() < 4 => refused(),
        None => Ok(()),
        Some(bits) if !is_number(bits) => refused(),
        Some(bits) => match bits.parse::<usize>() {
            Ok(bits) if bits <= 32 && bits / 8 <= parts.len() => Ok(()),
            _ => refused(),
        },
    }
}

/// What no `cidr` has in it.
pub(super) fn cidr(text: &str) -> Read {
    let is_possible = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':' | b'/' | b'x' | b'X');
    match text.is_empty() || !text.bytes().all(is_possible) {
        true => wrong("22P02", format!("invalid input syntax for type cidr: \"{text}\"")),
        false => Ok(()),
    }
}

/// What no `macaddr` has in it.
pub(super) fn macaddr(text: &str, name: &str) -> Read {
    let refused = || wrong("22P02", format!("invalid input syntax for type {name}: \"{text}\""));
    let is_possible =
        |c: char| c.is_ascii_hexdigit() || matches!(c, ':' | '-' | '.' | 'x' | 'X' | '+') || is_space(c);
    let digits = text.chars().filter(char::is_ascii_hexdigit).count();
    let least = if name == "macaddr" { 6 } else { 12 };
    match !text.chars().all(is_possible) || digits < least {
        true => refused(),
        false => Ok(()),
    }
}
