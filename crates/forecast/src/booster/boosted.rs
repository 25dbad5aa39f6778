//! A grown booster: its trees as written, and as they are evaluated.

use super::{forest::Forest, tree::Tree};
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};

/// A grown booster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Booster {
    pub(super) written: Written,
    forest: Forest,
}

/// A booster as it stands in a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    /// Names of the features, in the order of a row.
    pub(super) features: Vec<String>,
    /// The value before any tree.
    pub(super) base: f32,
    pub(super) trees: Vec<Tree>,
}

impl TryFrom<Written> for Booster {
    type Error = Error;

    /// Refuses numbers that are none, and trees that do not end.
    fn try_from(written: Written) -> Result<Self> {
        if !written.base.is_finite() {
            return Err(Error::Model("a base value is not finite".to_owned()));
        }
        for (place, tree) in written.trees.iter().enumerate() {
            if let Some(why) = tree.fault(written.features.len()) {
                return Err(Error::Model(format!("tree {place} is broken: {why}")));
            }
        }
        Ok(Self::of(written.features, written.base, written.trees))
    }
}

impl From<Booster> for Written {
    fn from(booster: Booster) -> Self {
        booster.written
    }
}

impl Booster {
    /// One of trees that have no fault.
    pub(super) fn of(features: Vec<String>, base: f32, trees: Vec<Tree>) -> Self {
        let forest = Forest::of(&trees);
        Self { written: Written { features, base, trees }, forest }
    }

    /// One that says 0 for every row of these features.
    #[must_use]
    pub fn nothing(features: &[String]) -> Self {
        Self::of(features.to_vec(), 0.0, Vec::new())
    }

    /// Names of the features, in the order of a row.
    #[must_use]
    pub fn features(&self) -> &[String] {
        &self.written.features
    }

    /// The value for one row, as many cells as features.
    #[must_use]
    pub fn predict(&self, row: &[f32]) -> f64 {
        f64::from(self.written.base) + self.forest.sum(row)
    }

    /// Whether it was grown on these features.
    ///
    /// # Errors
    /// [`Error::Model`] when not.
    pub fn check(&self, features: &[String]) -> Result<()> {
        if self.features() == features {
            return Ok(());
        }
        Err(Error::Model("its trees are grown on other features than this version computes".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stump(at: f32, low: f32, high: f32) -> Tree {
        Tree { split: vec![0], at: vec![at], left: vec![-1], right: vec![-2], leaves: vec![low, high] }
    }

    #[test]
    fn trees_add_up() {
        let alone = Tree { split: vec![], at: vec![], left: vec![], right: vec![], leaves: vec![-1.0] };
        let trees = vec![stump(0.0, 2.0, 4.0), alone, stump(5.0, 0.0, 8.0)];
        let booster = Booster::of(vec!["x".into()], 2.0, trees);
        assert_eq!([-1.0, 0.0, 3.0, 6.0].map(|x| booster.predict(&[x])), [3.0, 3.0, 5.0, 13.0]);
        assert!(booster.check(&["x".to_owned()]).is_ok());
        assert!(booster.check(&["y".to_owned()]).is_err());
    }

    #[test]
    fn a_tree_that_does_not_end_is_refused() {
        let broken = |change: fn(&mut Tree)| {
            let mut tree = stump(0.0, 1.0, 2.0);
            change(&mut tree);
            Booster::try_from(Written { features: vec!["x".into()], base: 0.0, trees: vec![tree] }).is_err()
        };
        assert!(broken(|tree| tree.left[0] = 0));
        assert!(broken(|tree| tree.right[0] = -1));
        assert!(broken(|tree| tree.right[0] = 7));
        assert!(broken(|tree| tree.split[0] = 1));
        assert!(broken(|tree| tree.leaves[1] = f32::NAN));
        assert!(broken(|tree| tree.leaves.truncate(1)));
        assert!(!broken(|_| ()));
    }
}
