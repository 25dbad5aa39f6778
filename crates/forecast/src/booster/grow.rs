//! Growing a booster on histograms of binned features.
//!
//! Features are cut into at most 127 bins at quantiles of their values. A tree grows leaf by leaf,
//! always where the gain `G²/(H + λ)` of the weighted signs is largest; of two new leaves the smaller
//! is counted, the larger is what its parent has beyond it. Each tree sees a share of the features and
//! of the rows, drawn from the seed. Sums have a fixed order, so any number of threads grows the same
//! trees.

use super::{boosted::Booster, forest::Forest, tree::Tree};
use rand::{RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

/// Bins of a feature.
const BINS: usize = 127;

/// How a booster is grown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoosterOptions {
    /// Which quantile of the target is sought, in 0 to 1; ½ for absolute error.
    pub quantile: f64,
    /// Number of trees.
    pub trees: usize,
    /// Leaves of a tree.
    pub leaves: usize,
    /// Rows that a leaf must hold.
    pub rows_in_leaf: u32,
    /// What a tree's values are multiplied by.
    pub rate: f64,
    /// Share of the features that a tree may split by.
    pub feature_share: f64,
    /// Share of the rows that a tree is grown on.
    pub row_share: f64,
    /// λ against leaves of little weight.
    pub penalty: f64,
    /// Seed of what is drawn.
    pub seed: u64,
}

/// Rows to grow a booster on, shape `(rows, features)` row by row.
#[derive(Clone, Debug, Default)]
pub struct Rows {
    /// Names of the features.
    pub features: Vec<String>,
    /// The cells.
    pub cells: Vec<f32>,
    /// What is sought, one a row.
    pub targets: Vec<f32>,
    /// How much a row counts, > 0.
    pub weights: Vec<f32>,
}

impl Rows {
    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.targets.len()
    }

    /// The cells of a row.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        &self.cells[index * self.features.len()..(index + 1) * self.features.len()]
    }

    /// The rows for which `keep` holds.
    #[must_use]
    pub fn kept(&self, keep: impl Fn(usize) -> bool) -> Self {
        let mut kept = Self { features: self.features.clone(), ..Self::default() };
        for index in (0..self.len()).filter(|index| keep(*index)) {
            kept.cells.extend_from_slice(self.row(index));
            kept.targets.push(self.targets[index]);
            kept.weights.push(self.weights[index]);
        }
        kept
    }
}

/// What the rows of a bin sum to.
#[derive(Clone, Copy, Default)]
struct Bin {
    /// Weighted signs.
    gradient: f32,
    weight: f32,
    rows: u32,
}

/// A feature's cells as bins, and the upper edge of each bin but the last.
struct Binned {
    bins: Vec<u8>,
    edges: Vec<f32>,
}

fn binned(rows: &Rows, feature: usize) -> Binned {
    let column: Vec<f32> = (0..rows.len()).map(|row| rows.row(row)[feature]).collect();
    let mut sorted = column.clone();
    sorted.sort_unstable_by(f32::total_cmp);
    let mut edges: Vec<f32> = (1..BINS).map(|bin| sorted[bin * (sorted.len() - 1) / BINS]).collect();
    edges.dedup();
    // The largest value cannot be an edge: nothing lies above it.
    if edges.last() == sorted.last() {
        edges.pop();
    }
    let bins = column.iter().map(|value| edges.partition_point(|edge| edge < value) as u8).collect();
    Binned { bins, edges }
}

/// A leaf that may still be split.
struct Leaf {
    rows: Vec<u32>,
    /// A histogram for each feature that the tree may use.
    histograms: Vec<Vec<Bin>>,
    best: Option<Split>,
    /// The branch that leads to it: node, and whether it is the right one.
    branch: Option<(usize, bool)>,
}

/// The best split of a leaf.
#[derive(Clone, Copy)]
struct Split {
    gain: f64,
    /// Place among the tree's features.
    place: usize,
    /// The last bin that goes left.
    bin: usize,
}

impl Booster {
    /// Grows a booster; rows must not be empty, cells finite.
    #[must_use]
    pub fn grow(rows: &Rows, options: &BoosterOptions) -> Self {
        let count = rows.len();
        let columns: Vec<Binned> =
            (0..rows.features.len()).into_par_iter().map(|feature| binned(rows, feature)).collect();
        let all: Vec<u32> = (0..count as u32).collect();
        let base = quantile_of(&all, &rows.targets, &rows.weights, options.quantile);
        let mut missed: Vec<f32> = rows.targets.iter().map(|target| target - base).collect();
        let mut random = ChaCha8Rng::seed_from_u64(options.seed);
        let mut trees = Vec::with_capacity(options.trees);
        for _ in 0..options.trees {
            let used = drawn(&mut random, rows.features.len(), options.feature_share);
            let sample: Vec<u32> =
                all.iter().copied().filter(|_| random.random::<f64>() < options.row_share).collect();
            let tree = grow_tree(rows, &columns, &missed, &used, sample, options);
            let alone = Forest::of(std::slice::from_ref(&tree));
            missed.par_iter_mut().enumerate().for_each(|(row, missed)| {
                *missed -= alone.sum(rows.row(row)) as f32;
            });
            trees.push(tree);
        }
        Self::of(rows.features.clone(), base, trees)
    }
}

/// Some of the features, ascending; at least one.
fn drawn(random: &mut ChaCha8Rng, features: usize, share: f64) -> Vec<usize> {
    let mut all: Vec<usize> = (0..features).collect();
    all.shuffle(random);
    all.truncate(((features as f64 * share).round() as usize).max(1));
    all.sort_unstable();
    all
}

fn grow_tree(
    rows: &Rows,
    columns: &[Binned],
    missed: &[f32],
    used: &[usize],
    sample: Vec<u32>,
    options: &BoosterOptions,
) -> Tree {
    // The gradient of the quantile loss is τ above and τ − 1 below; its sign is the direction.
    let high = options.quantile as f32;
    let gradients: Vec<f32> = missed
        .par_iter()
        .zip(&rows.weights)
        .map(|(missed, weight)| if *missed > 0.0 { high * weight } else { (high - 1.0) * weight })
        .collect();
    let count = |sample: &[u32]| -> Vec<Vec<Bin>> {
        let of_feature = |feature: &usize| {
            let column = &columns[*feature];
            let mut bins = vec![Bin::default(); column.edges.len() + 1];
            for &row in sample {
                let row = row as usize;
                let bin = &mut bins[usize::from(column.bins[row])];
                bin.gradient += gradients[row];
                bin.weight += rows.weights[row];
                bin.rows += 1;
            }
            bins
        };
        used.par_iter().map(of_feature).collect()
    };
    let mut tree = Tree { split: vec![], at: vec![], left: vec![], right: vec![], leaves: vec![] };
    let histograms = count(&sample);
    let best = best_split(&histograms, options);
    let mut leaves = vec![Leaf { rows: sample, histograms, best, branch: None }];
    while leaves.len() < options.leaves {
        let gain = |leaf: &Leaf| leaf.best.map_or(f64::NEG_INFINITY, |best| best.gain);
        let Some((place, _)) = leaves
            .iter()
            .enumerate()
            .filter(|(_, leaf)| leaf.best.is_some())
            .max_by(|(_, one), (_, other)| gain(one).total_cmp(&gain(other)))
        else {
            break;
        };
        let Leaf { rows: own, histograms, best, branch } = leaves.swap_remove(place);
        let Some(split) = best else { break };
        let column = &columns[used[split.place]];
        let node = tree.split.len();
        tree.split.push(used[split.place] as u16);
        tree.at.push(column.edges[split.bin]);
        tree.left.push(0);
        tree.right.push(0);
        point(&mut tree, branch, node as i16);
        let (left, right): (Vec<u32>, Vec<u32>) =
            own.into_iter().partition(|row| usize::from(column.bins[*row as usize]) <= split.bin);
        let left_is_smaller = left.len() <= right.len();
        let smaller = count(if left_is_smaller { &left } else { &right });
        let larger = beyond(histograms, &smaller);
        let (of_left, of_right) = if left_is_smaller { (smaller, larger) } else { (larger, smaller) };
        for (rows, histograms, is_right) in [(left, of_left, false), (right, of_right, true)] {
            let best = best_split(&histograms, options);
            leaves.push(Leaf { rows, histograms, best, branch: Some((node, is_right)) });
        }
    }
    let values: Vec<f32> = leaves
        .par_iter()
        .map(|leaf| quantile_of(&leaf.rows, missed, &rows.weights, options.quantile) * options.rate as f32)
        .collect();
    for (leaf, value) in leaves.iter().zip(values) {
        let number = tree.leaves.len() as i16;
        point(&mut tree, leaf.branch, -1 - number);
        tree.leaves.push(value);
    }
    tree
}

fn point(tree: &mut Tree, branch: Option<(usize, bool)>, to: i16) {
    match branch {
        Some((node, true)) => tree.right[node] = to,
        Some((node, false)) => tree.left[node] = to,
        None => {}
    }
}

/// What the whole has beyond a part.
fn beyond(mut whole: Vec<Vec<Bin>>, part: &[Vec<Bin>]) -> Vec<Vec<Bin>> {
    for (whole, part) in whole.iter_mut().zip(part) {
        for (whole, part) in whole.iter_mut().zip(part) {
            whole.gradient -= part.gradient;
            whole.weight -= part.weight;
            whole.rows -= part.rows;
        }
    }
    whole
}

fn best_split(histograms: &[Vec<Bin>], options: &BoosterOptions) -> Option<Split> {
    let of_feature = |(place, bins): (usize, &Vec<Bin>)| {
        let (mut gradient, mut weight, mut rows) = (0.0, 0.0, 0);
        for bin in bins {
            gradient += f64::from(bin.gradient);
            weight += f64::from(bin.weight);
            rows += bin.rows;
        }
        let score = |gradient: f64, weight: f64| gradient * gradient / (weight.max(0.0) + options.penalty);
        let whole = score(gradient, weight);
        let (mut left, mut left_weight, mut left_rows) = (0.0, 0.0, 0);
        let mut best: Option<Split> = None;
        for (bin, own) in bins[..bins.len() - 1].iter().enumerate() {
            left += f64::from(own.gradient);
            left_weight += f64::from(own.weight);
            left_rows += own.rows;
            if left_rows < options.rows_in_leaf {
                continue;
            }
            if rows - left_rows < options.rows_in_leaf {
                break;
            }
            let gain = score(left, left_weight) + score(gradient - left, weight - left_weight) - whole;
            if gain > 1e-9 && best.is_none_or(|best| gain > best.gain) {
                best = Some(Split { gain, place, bin });
            }
        }
        best
    };
    histograms
        .iter()
        .enumerate()
        .filter_map(of_feature)
        .max_by(|one, other| one.gain.total_cmp(&other.gain).then(other.place.cmp(&one.place)))
}

/// The weighted quantile of some values: the first, in order, at which the weights up to it reach
/// that share of all; 0 of none.
fn quantile_of(rows: &[u32], values: &[f32], weights: &[f32], share: f64) -> f32 {
    let mut own: Vec<(f32, f32)> =
        rows.iter().map(|row| (values[*row as usize], weights[*row as usize])).collect();
    own.sort_unstable_by(|one, other| one.0.total_cmp(&other.0).then(one.1.total_cmp(&other.1)));
    let total: f64 = own.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let mut reached = 0.0;
    for (value, weight) in &own {
        reached += f64::from(*weight);
        if reached >= share * total {
            return *value;
        }
    }
    own.last().map_or(0.0, |(value, _)| *value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: BoosterOptions = BoosterOptions {
        quantile: 0.5,
        trees: 1,
        leaves: 2,
        rows_in_leaf: 1,
        rate: 1.0,
        feature_share: 1.0,
        row_share: 2.0,
        penalty: 0.0,
        seed: 1,
    };

    fn rows(x: &[f32], targets: &[f32]) -> Rows {
        Rows {
            features: vec!["x".to_owned()],
            cells: x.to_vec(),
            targets: targets.to_vec(),
            weights: vec![1.0; x.len()],
        }
    }

    #[test]
    fn a_stump_takes_the_medians_of_both_sides() {
        // By hand: the median of all is 2; signs are − − − + + +, so the cut lies between 3 and 4; the
        // medians of what is missed are −1 and 7.
        let found = Booster::grow(&rows(&[1., 2., 3., 4., 5., 6.], &[0., 1., 2., 8., 9., 90.]), &PLAIN);
        assert_eq!((found.written.base, found.predict(&[3.0]), found.predict(&[3.5])), (2.0, 1.0, 9.0));
        assert_eq!((found.predict(&[-9.0]), found.predict(&[99.0])), (1.0, 9.0));
    }

    #[test]
    fn a_quantile_is_sought_on_each_side() {
        let x: Vec<f32> = (0..200).map(|row| (row % 2) as f32).collect();
        let targets: Vec<f32> =
            (0..200).map(|row| (row / 2) as f32 * if row % 2 == 0 { 1.0 } else { 10.0 }).collect();
        let options = BoosterOptions { quantile: 0.9, trees: 60, rate: 0.3, ..PLAIN };
        let found = Booster::grow(&rows(&x, &targets), &options);
        assert!((found.predict(&[0.0]) - 89.0).abs() < 2.0, "{}", found.predict(&[0.0]));
        assert!((found.predict(&[1.0]) - 890.0).abs() < 20.0, "{}", found.predict(&[1.0]));
    }

    #[test]
    fn any_number_of_threads_grows_the_same_trees() {
        let cells: Vec<f32> = (0..3000).map(|cell| ((cell * 7919) % 1009) as f32).collect();
        let targets: Vec<f32> = cells.chunks(3).map(|row| row[0] - 2.0 * row[1] + (row[2] % 5.0)).collect();
        let features = ["a", "b", "c"].map(str::to_owned).to_vec();
        let rows = Rows { features, cells, weights: vec![0.7; 1000], targets };
        let options = BoosterOptions {
            trees: 20,
            leaves: 8,
            rows_in_leaf: 20,
            feature_share: 0.7,
            row_share: 0.6,
            rate: 0.2,
            ..PLAIN
        };
        let on = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| Booster::grow(&rows, &options))
        };
        let grown = on(1);
        assert_eq!(grown, on(4));
        assert!(grown.check(&rows.features).is_ok());
        let error = |booster: &Booster| -> f64 {
            (0..rows.len())
                .map(|row| (booster.predict(rows.row(row)) - f64::from(rows.targets[row])).abs())
                .sum()
        };
        let none = Booster::grow(&rows, &BoosterOptions { trees: 0, ..options });
        assert!(error(&grown) < 0.5 * error(&none));
    }
}
