//! A booster of small regression trees for absolute and quantile error.
//!
//! `F(x) = base + Σ tree(x)`: each tree is grown on the signs of what is still missed, and the value
//! of a leaf is the weighted quantile of what its rows still miss, times the learning rate (Friedman,
//! *Greedy function approximation*, 2001; leaves renewed as in LightGBM's L1 objective). The model is
//! a list of readable trees. Wrong outside of the rows it was grown on: a tree never extrapolates.

mod boosted;
mod forest;
mod grow;
mod tree;

pub use boosted::Booster;
pub use grow::{BoosterOptions, Rows};
