//! Timestamps in the form in which PostgreSQL prints them, `2024-01-31 10:00:00+00`, and in the forms of ISO 8601 that
//! people write.

/// A point in time, or on a calendar whose time zone is not said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// Microseconds since 1970, by the clock that it was read from.
    clock: i64,
    /// How far that clock is ahead of UTC, in seconds; `None` where no time zone was given.
    offset: Option<i64>,
}

const DAY: i64 = 86_400;
const SECOND: i64 = 1_000_000;

impl Moment {
    /// Reads `2024-1-31`, `2024-01-31 10:00`, `2024-01-31T10:00:00.5Z`, `2024-01-31 10:00:00+02:00`.
    pub fn parse(text: &str) -> Option<Moment> {
        let text = text.trim();
        let (day, rest) = match text.find([' ', 'T']) {
            Some(at) => (&text[..at], text[at + 1..].trim()),
            None => (text, ""),
        };
        let mut parts = day.split('-');
        let mut number = |digits: std::ops::RangeInclusive<usize>| -> Option<i64> {
            let part = parts.next()?;
            let fits = digits.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| part.parse().ok())?
        };
        let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
        if parts.next().is_some() || !(1..=12).contains(&month) || day < 1 || day > days_of(year, month) {
            return None;
        }
        let (clock, offset) = match rest.find(['Z', 'z', '+', '-', 'U', 'u']) {
            Some(at) => (rest[..at].trim(), Some(zone(&rest[at..])?)),
            None => (rest, None),
        };
        let clock = days_since_1970(year, month, day) * DAY * SECOND + time(clock)?;
        Some(Moment { clock, offset })
    }

    /// As PostgreSQL prints a `timestamp`, which has no time zone.
    pub fn local(self) -> String {
        let seconds = self.clock.div_euclid(SECOND);
        let (days, second) = (seconds.div_euclid(DAY), seconds.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        let mut text = format!(
            "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}",
            second / 3600,
            second / 60 % 60,
            second % 60
        );
        let fraction = self.clock.rem_euclid(SECOND);
        if fraction > 0 {
            text += format!(".{fraction:06}").trim_end_matches('0');
        }
        text
    }

    /// As PostgreSQL prints a `date`.
    pub fn day(self) -> String {
        let mut text = self.local();
        text.truncate(text.find(' ').unwrap_or(text.len()));
        text
    }

    /// As PostgreSQL prints a `timestamptz` where the time zone is UTC, in which one that says none is read as well.
    pub fn utc(self) -> String {
        Moment { clock: self.clock - self.offset.unwrap_or(0) * SECOND, offset: None }.local() + "+00"
    }

    /// How two of them that were printed with their time zone lie to each other, where that is certain though one may
    /// have been read in another time zone than UTC: where both are a midnight.
    pub fn compare(self, other: Moment) -> Option<std::cmp::Ordering> {
        let is_midnight = |moment: Moment| moment.clock.rem_euclid(DAY * SECOND) == 0;
        let is_certain = self.offset == other.offset && is_midnight(self) && is_midnight(other);
        is_certain.then(|| self.clock.cmp(&other.clock))
    }

    pub fn compare_local(self, other: Moment) -> std::cmp::Ordering {
        self.clock.cmp(&other.clock)
    }

    /// Whether both can be one point in time, if one of them was read in another time zone than UTC.
    fn can_be(self, other: Moment) -> bool {
        const FARTHEST: i64 = 15 * 3600 * SECOND;
        const STEP: i64 = 15 * 60 * SECOND;
        let apart = self.clock - other.clock;
        match (self.offset, other.offset) {
            (Some(0), Some(0)) => apart.abs() <= FARTHEST && apart % STEP == 0,
            (one, two) => one == two && apart == 0,
        }
    }
}

/// Whether two texts say the same but for timestamps in them that were read in a time zone that is not known: those of a
/// migration have the session's in which it ran.
pub fn is_same_text(a: &str, b: &str) -> bool {
    let (mut one, mut two) = (a.split('\''), b.split('\''));
    loop {
        match (one.next(), two.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b => {}
            (Some(a), Some(b)) => match (Moment::parse(a), Moment::parse(b)) {
                (Some(a), Some(b)) if a.can_be(b) => {}
                _ => return false,
            },
            _ => return false,
        }
    }
}

/// `10:00`, `10:00:00`, `10:00:00.5` in microseconds; nothing is midnight.
fn time(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let parts: Vec<i64> = whole
        .split(':')
        .map(|part| {
            let fits = (1..=2).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            fits.then(|| part.parse().ok())?
        })
        .collect::<Option<_>>()?;
    let (hour, minute, second) = match parts[..] {
        [hour, minute] if fraction.is_empty() => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    let is_fraction = fraction.len() <= 6 && fraction.bytes().all(|byte| byte.is_ascii_digit());
    if hour > 23 || minute > 59 || second > 59 || !is_fraction {
        return None;
    }
    let micros: i64 = if fraction.is_empty() { 0 } else { format!("{fraction:0<6}").parse().ok()? };
    Some(((hour * 60 + minute) * 60 + second) * SECOND + micros)
}

/// `Z`, `UTC`, `+02`, `-03:30`, `+0200`
fn zone(text: &str) -> Option<i64> {
    if text.eq_ignore_ascii_case("z") || text.eq_ignore_ascii_case("utc") {
        return Some(0);
    }
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+')?),
    };
    let (hours, minutes) = match digits.len() {
        1 | 2 => (digits, "0"),
        4 => digits.split_at(2),
        5 => digits.split_once(':')?,
        _ => return None,
    };
    let number = |text: &str| -> Option<i64> {
        text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    (hours < 15 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Years are counted from March, so that a leap day is a year's last one.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + of_year - 719_468
}

fn civil(days: i64) -> (i64, i64, i64) {
    // The year is at most one off this.
    let mut year = 1970 + days.div_euclid(366);
    while days_since_1970(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut rest = days - days_since_1970(year, 1, 1);
    let mut month = 1;
    while rest >= days_of(year, month) {
        rest -= days_of(year, month);
        month += 1;
    }
    (year, month, rest + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_printed_as_postgresql_prints_them() {
        for (text, local, utc) in [
            ("2020-1-2", "2020-01-02 00:00:00", "2020-01-02 00:00:00+00"),
            ("2020-02-29 5:06", "2020-02-29 05:06:00", "2020-02-29 05:06:00+00"),
            ("2020-01-01T05:06:07.50Z", "2020-01-01 05:06:07.5", "2020-01-01 05:06:07.5+00"),
            ("2020-01-01 00:00:00+02", "2020-01-01 00:00:00", "2019-12-31 22:00:00+00"),
            ("1969-12-31 23:59:59.000001 UTC", "1969-12-31 23:59:59.000001", "1969-12-31 23:59:59.000001+00"),
            ("2024-02-29 20:00:00-04:30", "2024-02-29 20:00:00", "2024-03-01 00:30:00+00"),
        ] {
            let moment = Moment::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((moment.local(), moment.utc()), (local.to_owned(), utc.to_owned()));
        }
        for text in ["2021-02-29", "2020-13-01", "now", "20200101", "2020-01-01 24:00", "2020-01-01 1:00 pm"]
        {
            assert_eq!(Moment::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_time_zone_that_is_not_known_may_be_any() {
        let bound = |text: &str| format!("FOR VALUES FROM ('{text}') TO (MAXVALUE)");
        let same = |a: &str, b: &str| is_same_text(&bound(a), &bound(b));
        assert!(same("2020-01-01 00:00:00+00", "2019-12-31 23:00:00+00"));
        assert!(!same("2020-01-01 00:00:00+00", "2020-01-02 00:00:00+00"));
        assert!(!same("2020-01-01 00:00:00+00", "2020-01-01 00:01:00+00"));
        assert!(!same("2020-01-01 00:00:00", "2020-01-01 01:00:00"));
        assert!(!is_same_text("a 'b'", "a 'c'") && !is_same_text("a", "a 'c'"));
    }
}
