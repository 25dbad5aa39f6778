//! Options of training.

use billing::CycleDay;

/// What to train on, and how.
///
/// | option | purpose | range |
/// |---|---|---|
/// | `held_out_cycles` | complete cycles at the end of each series that are not looked at | ≥ 0 |
/// | `made_up` | made-up bills beside the series given | ≥ 0 |
/// | `folds` | parts that are predicted by a model that never saw them | ≥ 2 |
/// | `trees` | trees of the pooled model | ≥ 0 |
/// | `bound_trees` | trees of each model of a bound | ≥ 0 |
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// Complete cycles at the end of each series that are not looked at.
    pub held_out_cycles: usize,
    /// Made-up bills beside the series given.
    pub made_up: usize,
    /// Parts that are predicted by a model that never saw them.
    pub folds: usize,
    /// Trees of the pooled model.
    pub trees: usize,
    /// Trees of each model of a bound.
    pub bound_trees: usize,
    /// On which day cycles begin.
    pub cycle_day: CycleDay,
    /// Seed of what is drawn.
    pub seed: u64,
}

impl Default for TrainOptions {
    fn default() -> Self {
        Self {
            held_out_cycles: 4,
            made_up: 120,
            folds: 5,
            trees: 500,
            bound_trees: 250,
            cycle_day: CycleDay::FIRST,
            seed: 1,
        }
    }
}
