//! Choosing among candidates by the types of the arguments (parse_func.c: func_match_argtypes, func_select_candidate).

use std::borrow::Cow;

use super::casts::Context;
use super::{Answer, Types, is_unknown_literal, same};
use crate::catalog::types::TypeRef;

/// What takes arguments: the types that it takes, as many as are given.
pub(super) trait Candidate {
    fn inputs(&self) -> &[Cow<'_, TypeRef>];
}

/// What a choice came to.
pub(super) enum Choice<T> {
    One(T),
    /// None takes such arguments.
    None,
    /// Several do, and none is better.
    Several,
    Unknown,
}

impl Types<'_> {
    /// The candidate whose types are just these.
    pub(super) fn exact<'c, T: Candidate>(self, candidates: &'c [T], inputs: &[TypeRef]) -> Option<&'c T> {
        candidates.iter().find(|candidate| {
            let own = candidate.inputs();
            own.len() == inputs.len() && own.iter().zip(inputs).all(|(own, input)| same(own, input))
        })
    }

    pub(super) fn choose<T: Candidate>(self, candidates: Vec<T>, inputs: &[TypeRef]) -> Choice<T> {
        let mut left = Vec::new();
        let mut is_unknown = false;
        for candidate in candidates {
            let own: Vec<TypeRef> = candidate.inputs().iter().map(|ty| ty.clone().into_owned()).collect();
            if own.len() != inputs.len() {
                continue;
            }
            match self.can_coerce(inputs, &own, Context::Implicit) {
                Answer::Yes => left.push((candidate, own)),
                Answer::Unknown => is_unknown = true,
                Answer::No => {}
            }
        }
        if is_unknown {
            return Choice::Unknown;
        }
        if left.len() <= 1 {
            return left.pop().map_or(Choice::None, |(only, _)| Choice::One(only));
        }
        match self.select(&mut left, inputs) {
            Some(at) => Choice::One(left.swap_remove(at).0),
            None => Choice::Several,
        }
    }

    /// The best of several that all take the arguments.
    fn select<T>(self, left: &mut Vec<(T, Vec<TypeRef>)>, inputs: &[TypeRef]) -> Option<usize> {
        let mut bases: Vec<TypeRef> = inputs.iter().map(|ty| self.base(ty).without_modifier()).collect();
        let known: Vec<bool> = bases.iter().map(|ty| !is_unknown_literal(ty)).collect();
        let count = bases.len();
        keep_best(left, |types| (0..count).filter(|&n| known[n] && same(&types[n], &bases[n])).count());
        if left.len() == 1 {
            return Some(0);
        }
        let categories: Vec<Option<char>> = bases.iter().map(|ty| self.category(ty)).collect();
        keep_best(left, |types| {
            let fits = |n: usize| {
                same(&types[n], &bases[n])
                    || self.is_preferred(&types[n]) && self.category(&types[n]) == categories[n]
            };
            (0..count).filter(|&n| known[n] && fits(n)).count()
        });
        if left.len() == 1 {
            return Some(0);
        }
        if known.iter().all(|known| *known) {
            return None;
        }
        // What the candidates agree on for each literal; a string is always possible.
        let mut slots = Vec::new();
        for n in (0..count).filter(|&n| !known[n]) {
            let mut slot: Option<(Option<char>, bool)> = None;
            let mut conflict = false;
            for (_, types) in left.iter() {
                let (category, preferred) = (self.category(&types[n]), self.is_preferred(&types[n]));
                match &mut slot {
                    None => slot = Some((category, preferred)),
                    Some((seen, any)) if *seen == category => *any |= preferred,
                    Some(slot) if category == Some('S') => *slot = (category, preferred),
                    Some(_) => conflict = true,
                }
            }
            let slot = slot?;
            if conflict && slot.0 != Some('S') {
                slots.clear();
                break;
            }
            slots.push((n, slot));
        }
        if !slots.is_empty() {
            let fits = |types: &[TypeRef]| {
                slots.iter().all(|&(n, (wanted, any_preferred))| {
                    self.category(&types[n]) == wanted && (!any_preferred || self.is_preferred(&types[n]))
                })
            };
            if left.iter().any(|(_, types)| fits(types)) {
                left.retain(|(_, types)| fits(types));
            }
            if left.len() == 1 {
                return Some(0);
            }
        }
        // At last, literals are taken to be what all the other arguments are.
        let mut others = (0..count).filter(|&n| known[n]).map(|n| &bases[n]);
        let first = others.next()?.clone();
        if !others.all(|ty| same(ty, &first)) {
            return None;
        }
        bases.fill(first);
        let mut fitting = (0..left.len())
            .filter(|&at| self.can_coerce(&bases, &left[at].1, Context::Implicit) == Answer::Yes);
        let only = fitting.next()?;
        fitting.next().is_none().then_some(only)
    }
}

fn keep_best<T>(left: &mut Vec<(T, Vec<TypeRef>)>, score: impl Fn(&[TypeRef]) -> usize) {
    let best = left.iter().map(|(_, types)| score(types)).max().unwrap_or(0);
    left.retain(|(_, types)| score(types) == best);
}
