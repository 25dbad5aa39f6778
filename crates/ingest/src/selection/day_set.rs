//! A set of days as intervals, counted from the epoch.

/// Days as closed intervals, in order, with at least one day between two of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(crate) struct DaySet(Vec<(i32, i32)>);

impl DaySet {
    /// The days of closed intervals, in any order.
    pub(crate) fn of(intervals: impl IntoIterator<Item = (i32, i32)>) -> Self {
        let mut sorted: Vec<(i32, i32)> =
            intervals.into_iter().filter(|(first, last)| first <= last).collect();
        sorted.sort_unstable();
        let mut out: Vec<(i32, i32)> = Vec::with_capacity(sorted.len());
        for (first, last) in sorted {
            match out.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => out.push((first, last)),
            }
        }
        Self(out)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn contains(&self, day: i32) -> bool {
        let next = self.0.partition_point(|(first, _)| *first <= day);
        next > 0 && day <= self.0[next - 1].1
    }

    /// The days of both sets together.
    pub(crate) fn union(&self, other: &Self) -> Self {
        Self::of(self.0.iter().chain(&other.0).copied())
    }

    /// The days that are in both sets.
    pub(crate) fn intersection(&self, other: &Self) -> Self {
        let mut out = Vec::new();
        let (mut a, mut b) = (0, 0);
        while let (Some(one), Some(two)) = (self.0.get(a), other.0.get(b)) {
            let (first, last) = (one.0.max(two.0), one.1.min(two.1));
            if first <= last {
                out.push((first, last));
            }
            if one.1 < two.1 { a += 1 } else { b += 1 }
        }
        Self::of(out)
    }

    /// The intervals, in order.
    pub(crate) fn intervals(&self) -> &[(i32, i32)] {
        &self.0
    }
}

impl FromIterator<i32> for DaySet {
    fn from_iter<T: IntoIterator<Item = i32>>(days: T) -> Self {
        Self::of(days.into_iter().map(|day| (day, day)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn intervals_behave_as_sets_of_days(
            a in prop::collection::vec((0..40_i32, 0..6_i32), 0..6),
            b in prop::collection::vec((0..40_i32, 0..6_i32), 0..6),
        ) {
            let set = |list: &[(i32, i32)]| DaySet::of(list.iter().map(|(first, more)| (*first, first + more)));
            let days = |list: &[(i32, i32)]| -> BTreeSet<i32> {
                list.iter().flat_map(|(first, more)| *first..=first + more).collect()
            };
            let (one, two) = (set(&a), set(&b));
            let of = |set: &DaySet| (0..60).filter(|day| set.contains(*day)).collect::<BTreeSet<_>>();
            prop_assert_eq!(of(&one), days(&a));
            prop_assert_eq!(of(&one.union(&two)), days(&a).union(&days(&b)).copied().collect());
            prop_assert_eq!(of(&one.intersection(&two)), days(&a).intersection(&days(&b)).copied().collect());
        }
    }
}
