//! Puts things into an order in which each comes after those that it needs.

use std::collections::{BTreeMap, BTreeSet};

/// Orders the things `0..count`. Each comes after the ones it `needs`; where that goes in a
/// circle, a need that is only a `wish` is given up first, and then, if there is no other way, the
/// thing with the smallest rank goes ahead. Among those that could be next, the one with the
/// smallest `rank` is.
pub(super) fn sorted<R: Ord + Clone>(
    ranks: &[R],
    needs: &[BTreeSet<usize>],
    wishes: &[BTreeSet<usize>],
) -> Vec<usize> {
    let mut state = State::new(ranks, needs, wishes);
    let mut order = Vec::with_capacity(ranks.len());
    while let Some(next) = state.next() {
        state.done(next);
        order.push(next);
    }
    order
}

struct State<'a, R> {
    ranks: &'a [R],
    needed_by: BTreeMap<usize, Vec<usize>>,
    wished_by: BTreeMap<usize, Vec<usize>>,
    open_needs: Vec<usize>,
    open_wishes: Vec<usize>,
    /// Without open needs and wishes; without open needs; everything that is left.
    queues: [BTreeSet<(R, usize)>; 3],
}

impl<'a, R: Ord + Clone> State<'a, R> {
    fn new(ranks: &'a [R], needs: &[BTreeSet<usize>], wishes: &[BTreeSet<usize>]) -> Self {
        let count = ranks.len();
        let reversed = |edges: &[BTreeSet<usize>]| {
            let mut reversed: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
            let mut open = vec![0; count];
            for (thing, others) in edges.iter().enumerate().take(count) {
                for &other in others
                    .iter()
                    .filter(|&&other| other != thing && other < count)
                {
                    reversed.entry(other).or_default().push(thing);
                    if let Some(open) = open.get_mut(thing) {
                        *open += 1;
                    }
                }
            }
            (reversed, open)
        };
        let (needed_by, open_needs) = reversed(needs);
        let (wished_by, open_wishes) = reversed(wishes);
        let mut state = Self {
            ranks,
            needed_by,
            wished_by,
            open_needs,
            open_wishes,
            queues: [BTreeSet::new(), BTreeSet::new(), BTreeSet::new()],
        };
        for thing in 0..count {
            state.insert(thing);
        }
        state
    }

    fn queue_of(&self, thing: usize) -> usize {
        let open = |list: &[usize]| list.get(thing).is_some_and(|count| *count > 0);
        match (open(&self.open_needs), open(&self.open_wishes)) {
            (true, _) => 2,
            (false, true) => 1,
            (false, false) => 0,
        }
    }

    fn entry(&self, thing: usize) -> Option<(R, usize)> {
        self.ranks.get(thing).map(|rank| (rank.clone(), thing))
    }

    fn insert(&mut self, thing: usize) {
        let queue = self.queue_of(thing);
        if let (Some(entry), Some(queue)) = (self.entry(thing), self.queues.get_mut(queue)) {
            queue.insert(entry);
        }
    }

    fn next(&mut self) -> Option<usize> {
        let first = self.queues.iter_mut().find_map(BTreeSet::pop_first)?;
        Some(first.1)
    }

    fn done(&mut self, thing: usize) {
        for (by, is_need) in [
            (self.needed_by.remove(&thing), true),
            (self.wished_by.remove(&thing), false),
        ] {
            for other in by.unwrap_or_default() {
                let Some(entry) = self.entry(other) else {
                    continue;
                };
                let waits = self.queues.iter_mut().any(|queue| queue.remove(&entry));
                let open = match is_need {
                    true => self.open_needs.get_mut(other),
                    false => self.open_wishes.get_mut(other),
                };
                if let Some(open) = open {
                    *open = open.saturating_sub(1);
                }
                if waits {
                    self.insert(other);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(needs: &[&[usize]], wishes: &[&[usize]]) -> Vec<usize> {
        let sets = |edges: &[&[usize]]| -> Vec<BTreeSet<usize>> {
            edges
                .iter()
                .map(|list| list.iter().copied().collect())
                .collect()
        };
        let ranks: Vec<usize> = (0..needs.len()).collect();
        sorted(&ranks, &sets(needs), &sets(wishes))
    }

    #[test]
    fn what_is_needed_comes_first() {
        assert_eq!(order(&[&[2], &[], &[1]], &[&[], &[], &[]]), [1, 2, 0]);
        assert_eq!(order(&[&[], &[], &[]], &[&[1], &[], &[0]]), [1, 0, 2]);
    }

    #[test]
    fn wishes_break_before_needs() {
        // 0 wishes 1, and 1 needs 0.
        assert_eq!(order(&[&[], &[0]], &[&[1], &[]]), [0, 1]);
    }

    #[test]
    fn circles_end() {
        assert_eq!(order(&[&[1], &[0], &[2]], &[&[], &[], &[]]), [2, 0, 1]);
        assert_eq!(order(&[&[0]], &[&[0]]), [0]);
    }
}
