//! "Did you mean": the names nearest to one that does not exist.

/// The candidates within a third of `name`'s length of edits (a swap of neighbours counts as one), the nearest first and
/// at most three. Names of one or two characters are near to too many others.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let limit = name.chars().count() / 3;
    let lower = name.to_lowercase();
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter(|candidate| candidate.len().abs_diff(name.len()) <= limit * 4)
        .map(|candidate| (strsim::osa_distance(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= limit && *candidate != name)
        .collect();
    near.sort();
    near.dedup();
    let best = near.first().map_or(0, |(distance, _)| *distance);
    near.into_iter()
        // A name two edits away is no help beside one that is one edit away.
        .filter(|(distance, _)| *distance <= best + 1)
        .take(3)
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_come_first() {
        assert_eq!(closest("nme", ["name", "time", "created_at"]), ["name"]);
        assert_eq!(closest("totl_cents", ["total_cents", "total"]), ["total_cents"]);
        assert_eq!(closest("ussers", ["users", "user_roles"]), ["users"]);
        assert!(closest("x", ["created_at", "total"]).is_empty());
    }
}
