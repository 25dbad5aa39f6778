//! Which leaves stand in which group, at every level of the tree.

use super::group_total::Leaf;
use billing::{BillingCycle, Currency};
use std::collections::BTreeMap;

/// Currency, cycle and keys down to the group's level.
pub(super) type GroupKey = (Option<Currency>, BillingCycle, Vec<Option<String>>);

/// Leaves of every group, by key; a group stands before its parts.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups(pub(super) BTreeMap<GroupKey, Vec<usize>>);

impl Groups {
    pub(super) fn of(leaves: &[Leaf], depth: usize) -> Self {
        let mut groups: BTreeMap<GroupKey, Vec<usize>> = BTreeMap::new();
        for (index, leaf) in leaves.iter().enumerate() {
            for facts in &leaf.cycles {
                for level in 0..=depth.min(leaf.keys.len()) {
                    let key = (leaf.currency.clone(), facts.cycle, leaf.keys[..level].to_vec());
                    groups.entry(key).or_default().push(index);
                }
            }
        }
        Self(groups)
    }
}
