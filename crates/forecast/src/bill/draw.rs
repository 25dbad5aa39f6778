//! Children drawn to their parent: the gap between the parent and their sum is shared out.

/// What a child says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Child {
    /// Its own forecast.
    pub point: f64,
    /// The size of its past errors; 0 for one that takes no part: stopped, closed, or without an error.
    pub size: f64,
    /// Below which it cannot fall.
    pub floor: Option<f64>,
}

/// The shares of the gap by the size of past errors; by the forecasts where no child ever erred; equal parts where
/// these are nothing too. They add up to 1.
pub(super) fn shares(children: &[Child]) -> Vec<f64> {
    let share_by = |size: &dyn Fn(&Child) -> f64| {
        let sizes: Vec<f64> = children.iter().map(size).collect();
        let sum: f64 = sizes.iter().sum();
        (sum > 0.0 && sum.is_finite()).then(|| sizes.iter().map(|size| size / sum).collect::<Vec<f64>>())
    };
    share_by(&|child| child.size)
        .or_else(|| share_by(&|child| child.point.abs()))
        .unwrap_or_else(|| vec![1.0 / children.len().max(1) as f64; children.len()])
}

/// The children drawn to `parent`, whose sum they are. A child that would fall below its floor stays there, and
/// the others share out the rest again.
pub(super) fn drawn(children: &[Child], parent: f64) -> Vec<f64> {
    let shares = shares(children);
    let mut points: Vec<f64> = children.iter().map(|child| child.point).collect();
    let mut is_free = vec![true; children.len()];
    loop {
        let gap = parent - points.iter().sum::<f64>();
        let free: f64 = shares.iter().zip(&is_free).filter(|(_, free)| **free).map(|(share, _)| share).sum();
        if free <= 0.0 {
            return points;
        }
        let next: Vec<f64> = (0..children.len())
            .map(|place| points[place] + if is_free[place] { gap * shares[place] / free } else { 0.0 })
            .collect();
        let fell: Vec<usize> = (0..children.len())
            .filter(|&place| is_free[place] && children[place].floor.is_some_and(|floor| next[place] < floor))
            .collect();
        let is_last = fell.len() == is_free.iter().filter(|free| **free).count();
        if fell.is_empty() || is_last {
            return next;
        }
        for place in fell {
            points[place] = children[place].floor.unwrap_or(points[place]);
            is_free[place] = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn child(point: f64, size: f64) -> Child {
        Child { point, size, floor: Some(0.0) }
    }

    #[test]
    fn the_gap_goes_where_errors_were_large() {
        assert_eq!(drawn(&[child(10.0, 1.0), child(20.0, 3.0)], 34.0), [11.0, 23.0]);
        assert_eq!(drawn(&[child(10.0, 0.0), child(20.0, 0.0)], 33.0), [11.0, 22.0]);
        assert_eq!(drawn(&[child(0.0, 0.0), child(0.0, 0.0)], 3.0), [1.5, 1.5]);
        assert_eq!(drawn(&[], 3.0), [0.0; 0]);
    }

    #[test]
    fn a_child_stays_at_its_floor_and_the_others_take_the_rest() {
        assert_eq!(drawn(&[child(1.0, 1.0), child(20.0, 1.0)], 11.0), [0.0, 11.0]);
        let credit = Child { floor: None, ..child(1.0, 1.0) };
        assert_eq!(drawn(&[credit, child(20.0, 1.0)], 11.0), [-4.0, 15.0]);
        // A parent below every floor: nobody can take it, so all of them do.
        assert_eq!(drawn(&[child(1.0, 1.0), child(1.0, 1.0)], -2.0), [-1.0, -1.0]);
    }
}
