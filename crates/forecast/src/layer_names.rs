//! Names: of the layers that are mixed, and of the features that the pooled model reads.

use crate::{candidates::Candidate, origin_features::ORIGIN_FEATURES};

/// Names of the layers that are mixed.
pub const LAYERS: [&str; 4] = ["pooled", "weights", "pooled_and_weights", "base"];

/// Features from the series' own past, beside those of the origin.
const OWN_PAST: [&str; 5] = ["base", "median", "own_error", "own_bias", "own_cycles"];
/// Names of the pooled model's features: the candidates, the series' own past, and the origin.
#[must_use]
pub fn feature_names(candidates: &[Candidate]) -> Vec<String> {
    let candidates = candidates.iter().map(|candidate| candidate.name());
    candidates.chain(OWN_PAST).chain(ORIGIN_FEATURES).map(str::to_owned).collect()
}
