//! One regression tree, as it stands in a file.

use serde::{Deserialize, Serialize};

/// A tree: node `i` asks whether feature `split[i]` is at most `at[i]`, and continues with `left[i]` or
/// `right[i]`; a negative number `−1 − k` is leaf `k`. A tree without nodes is its only leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tree {
    pub(super) split: Vec<u16>,
    pub(super) at: Vec<f32>,
    pub(super) left: Vec<i16>,
    pub(super) right: Vec<i16>,
    pub(super) leaves: Vec<f32>,
}

impl Tree {
    /// Why it cannot be used, if so: every node but the first has one parent before it, every leaf one.
    pub(super) fn fault(&self, features: usize) -> Option<&'static str> {
        let nodes = self.split.len();
        if [self.at.len(), self.left.len(), self.right.len()] != [nodes; 3] || self.leaves.len() != nodes + 1
        {
            return Some("its lists differ in length");
        }
        if self.split.iter().any(|feature| usize::from(*feature) >= features) {
            return Some("it splits by a feature that there is not");
        }
        if !self.at.iter().chain(&self.leaves).all(|value| value.is_finite()) {
            return Some("it holds a number that is not finite");
        }
        let (mut seen, mut leaves) = (vec![false; nodes], vec![false; nodes + 1]);
        for (node, child) in self.left.iter().chain(&self.right).enumerate() {
            let parent = node % nodes.max(1);
            let place = match usize::try_from(*child) {
                Ok(child) if child > parent && child < nodes => &mut seen[child],
                Err(_) if (-1 - child) as usize <= nodes => &mut leaves[(-1 - child) as usize],
                _ => return Some("a branch leads nowhere"),
            };
            if std::mem::replace(place, true) {
                return Some("two branches lead to one place");
            }
        }
        None
    }
}
