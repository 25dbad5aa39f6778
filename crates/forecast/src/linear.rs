//! Ridge regression through linfa's least squares, with the guards that linfa leaves to its callers.
//!
//! Minimises `Σ w_i (y_i − b − x_iᵀβ)² + Σ λ_j β_j²`: X and y are centred at their weighted means, a
//! row `√λ_j e_j` with target 0 is appended for each column, the fit has no intercept, and
//! `b = ȳ − x̄ᵀβ`. Where every λ is above 0 the rows are first reduced to a triangle with the same
//! normal equations, so that many small fits are cheap. Wrong when a column matters at one value only: what it cannot learn shrinks to 0.

use crate::{Error, Result};
use linfa::{Dataset, traits::Fit};
use linfa_linear::LinearRegression;
use ndarray::{Array1, Array2, Axis, concatenate};

/// Rows of named columns with their targets, shapes `(n_samples, n_features)` and `(n_samples,)`.
///
/// Wrong when rows are not comparable: give them weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    names: &'static [&'static str],
    x: Vec<f64>,
    y: Vec<f64>,
}

/// A fitted ridge, `ŷ = b + xᵀβ`: an intercept and a coefficient for each named column.
///
/// Wrong outside of the cells it was fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedRidge {
    names: &'static [&'static str],
    intercept: f64,
    coefficients: Vec<f64>,
}

/// A coefficient beyond this many times the spread of y over that of its column is an unstable fit.
const LARGEST_LEVERAGE: f64 = 1e8;

/// What must be left of a column of length 1 beside the others.
const DEPENDENT: f64 = 1e-7;

impl Design {
    /// A design of these columns, row by row in `x`.
    ///
    /// # Errors
    /// [`Error::Shape`] when `x` and `y` do not fit together, [`Error::NotFinite`] for a bad value.
    pub fn new(names: &'static [&'static str], x: Vec<f64>, y: Vec<f64>) -> Result<Self> {
        if x.len() != y.len() * names.len() {
            return Err(Error::Shape { what: "cells of X", needed: y.len() * names.len(), got: x.len() });
        }
        if x.iter().any(|value| !value.is_finite()) {
            return Err(Error::NotFinite { what: "X" });
        }
        if y.iter().any(|value| !value.is_finite()) {
            return Err(Error::NotFinite { what: "y" });
        }
        Ok(Self { names, x, y })
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.y.len()
    }

    /// The cells of row `index`.
    ///
    /// # Panics
    /// When the index is out of range.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f64] {
        &self.x[index * self.names.len()..(index + 1) * self.names.len()]
    }

    /// The target of row `index`.
    ///
    /// # Panics
    /// When the index is out of range.
    #[must_use]
    pub fn target(&self, index: usize) -> f64 {
        self.y[index]
    }

    /// Fits with a weight a row and a penalty a column.
    ///
    /// | parameter | purpose | range |
    /// |---|---|---|
    /// | `weights` | how much a row counts | ≥ 0, not all 0 |
    /// | `penalties` | λ of a column | ≥ 0 |
    ///
    /// # Errors
    /// [`Error::Shape`], [`Error::NotFinite`], [`Error::NegativePenalty`], [`Error::TooFewRows`] when
    /// some penalty is 0 and the rows do not exceed the columns, [`Error::Collinear`] when some penalty
    /// is 0 and a column is a sum of others, [`Error::Unstable`] when the answer is not finite or
    /// absurdly large, [`Error::Solver`].
    pub fn fit_ridge(&self, weights: &[f64], penalties: &[f64]) -> Result<FittedRidge> {
        let (rows, columns) = (self.rows(), self.names.len());
        self.check(weights, penalties)?;
        let total: f64 = weights.iter().sum();
        let y_mean = weights.iter().zip(&self.y).map(|(weight, y)| weight * y).sum::<f64>() / total;
        let mut x_means = vec![0.0; columns];
        for (row, weight) in weights.iter().enumerate() {
            for (mean, cell) in x_means.iter_mut().zip(self.row(row)) {
                *mean += weight * cell / total;
            }
        }
        let centred = |row: usize, column: usize| self.row(row)[column] - x_means[column];
        // With every penalty above 0 the rows can be reduced to a triangle first; without one the
        // squares that this takes would hide how near a column is to a sum of others.
        if penalties.iter().all(|&penalty| penalty > 0.0) {
            let mut equations = NormalEquations::new(self.names);
            let mut filled: Vec<(usize, f64)> = Vec::with_capacity(columns);
            for (row, &weight) in weights.iter().enumerate() {
                filled.clear();
                filled.extend(self.row(row).iter().copied().enumerate().filter(|(_, cell)| *cell != 0.0));
                equations.add(&filled, self.y[row], weight);
            }
            return equations.solve(penalties);
        }
        let roots: Vec<f64> = weights.iter().map(|weight| weight.sqrt()).collect();
        let x = Array2::from_shape_fn((rows, columns), |(row, column)| roots[row] * centred(row, column));
        let y = Array1::from_shape_fn(rows, |row| roots[row] * (self.y[row] - y_mean));
        let penalty_rows = Array2::from_diag(&Array1::from_iter(penalties.iter().map(|p| p.sqrt())));
        let x = concatenate![Axis(0), x, penalty_rows];
        let y = concatenate![Axis(0), y, Array1::zeros(columns)];
        if let Some(column) = first_dependent_column(&x) {
            return Err(Error::Collinear { column: self.names[column].to_owned() });
        }
        least_squares(self.names, x, y, &x_means, y_mean)
    }

    fn check(&self, weights: &[f64], penalties: &[f64]) -> Result<()> {
        let (rows, columns) = (self.rows(), self.names.len());
        if weights.len() != rows {
            return Err(Error::Shape { what: "weights", needed: rows, got: weights.len() });
        }
        if penalties.len() != columns {
            return Err(Error::Shape { what: "penalties", needed: columns, got: penalties.len() });
        }
        if weights.iter().any(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            return Err(Error::NotFinite { what: "weights" });
        }
        if penalties.iter().any(|penalty| !penalty.is_finite()) {
            return Err(Error::NotFinite { what: "penalties" });
        }
        if let Some(column) = penalties.iter().position(|&penalty| penalty < 0.0) {
            let name = self.names[column].to_owned();
            return Err(Error::NegativePenalty { column: name, penalty: penalties[column] });
        }
        let useful = weights.iter().filter(|&&weight| weight > 0.0).count();
        if useful == 0 || (useful <= columns && penalties.contains(&0.0)) {
            return Err(Error::TooFewRows { rows: useful, columns });
        }
        Ok(())
    }
}

/// The sums that a ridge needs of its rows: `Σ w x xᵀ` and `Σ w x y`, for many small fits.
///
/// Wrong where a column is nearly a sum of others and hardly penalised: squares hide how near.
#[derive(Clone, Debug)]
pub(crate) struct NormalEquations {
    names: &'static [&'static str],
    /// `Σ w x xᵀ`, upper triangle, row by row.
    gram: Vec<f64>,
    /// `Σ w x y` and `Σ w x`.
    product: Vec<f64>,
    sums: Vec<f64>,
    /// `Σ w y` and `Σ w`.
    target: f64,
    weight: f64,
}

impl NormalEquations {
    pub(crate) fn new(names: &'static [&'static str]) -> Self {
        let columns = names.len();
        let zeros = |count: usize| vec![0.0; count];
        Self {
            names,
            gram: zeros(columns * columns),
            product: zeros(columns),
            sums: zeros(columns),
            target: 0.0,
            weight: 0.0,
        }
    }

    /// Adds a row of these cells, ascending by column; all others are 0.
    pub(crate) fn add(&mut self, cells: &[(usize, f64)], y: f64, weight: f64) {
        let columns = self.names.len();
        for (place, &(one, cell)) in cells.iter().enumerate() {
            let weighted = weight * cell;
            self.product[one] += weighted * y;
            self.sums[one] += weighted;
            for &(other, second) in &cells[place..] {
                self.gram[one * columns + other] += weighted * second;
            }
        }
        self.target += weight * y;
        self.weight += weight;
    }

    /// Sets what rows have summed up to elsewhere: `Σ w y` and `Σ w`.
    pub(crate) fn set_totals(&mut self, target: f64, weight: f64) {
        (self.target, self.weight) = (target, weight);
    }

    /// The same for a column: `Σ w x y` and `Σ w x`.
    pub(crate) fn set_column(&mut self, column: usize, product: f64, sum: f64) {
        (self.product[column], self.sums[column]) = (product, sum);
    }

    /// The same for two columns, the first not behind the second: `Σ w x z`.
    pub(crate) fn set_pair(&mut self, one: usize, other: usize, product: f64) {
        self.gram[one * self.names.len() + other] = product;
    }

    /// The fit, by linfa on the triangle of the penalised equations.
    ///
    /// # Errors
    /// [`Error::TooFewRows`] without a row that counts, [`Error::Unstable`], [`Error::Solver`].
    pub(crate) fn solve(&self, penalties: &[f64]) -> Result<FittedRidge> {
        let Triangle { cells, targets, means } = self.triangle(penalties)?;
        let columns = self.names.len();
        let x = Array2::from_shape_fn((columns, columns), |(row, column)| match column {
            _ if column < row => 0.0,
            _ => cells[row * columns + column],
        });
        least_squares(self.names, x, Array1::from_vec(targets), &means, self.target / self.weight)
    }

    /// The same answer by substitution in the triangle alone: for a fit that is only a step to another,
    /// or one of hundreds at past origins.
    ///
    /// # Errors
    /// [`Error::TooFewRows`] without a row that counts.
    pub(crate) fn solve_step(&self, penalties: &[f64]) -> Result<FittedRidge> {
        let Triangle { cells, targets: mut coefficients, means } = self.triangle(penalties)?;
        let columns = self.names.len();
        for row in (0..columns).rev() {
            let own = &cells[row * columns..(row + 1) * columns];
            let known: f64 =
                own[row + 1..].iter().zip(&coefficients[row + 1..]).map(|(cell, beta)| cell * beta).sum();
            let pivot = own[row];
            coefficients[row] = if pivot > 0.0 { (coefficients[row] - known) / pivot } else { 0.0 };
        }
        Ok(ridge(self.names, coefficients, &means, self.target / self.weight))
    }

    /// Rows `R`, `q` with `RᵀR` the centred and penalised gram and `Rᵀq` the centred product (Cholesky):
    /// as many as columns, and the same least squares as the rows they stand for. A column without
    /// anything of its own gives a row of zeros.
    fn triangle(&self, penalties: &[f64]) -> Result<Triangle> {
        let columns = self.names.len();
        if self.weight <= 0.0 {
            return Err(Error::TooFewRows { rows: 0, columns });
        }
        let means: Vec<f64> = self.sums.iter().map(|sum| sum / self.weight).collect();
        let (mut cells, mut targets) = (self.gram.clone(), self.product.clone());
        for pivot in 0..columns {
            let (above, rest) = cells.split_at_mut(pivot * columns);
            let own = &mut rest[..columns];
            let centre = self.weight * means[pivot];
            for column in pivot..columns {
                own[column] -= centre * means[column];
            }
            own[pivot] += penalties[pivot];
            targets[pivot] -= means[pivot] * self.target;
            let whole = own[pivot];
            for (row, done) in above.chunks_exact(columns).enumerate() {
                let factor = done[pivot];
                if factor != 0.0 {
                    for (cell, above) in own[pivot..].iter_mut().zip(&done[pivot..]) {
                        *cell -= factor * above;
                    }
                    targets[pivot] -= factor * targets[row];
                }
            }
            if own[pivot] <= DEPENDENT.powi(2) * whole.max(f64::MIN_POSITIVE) {
                own[pivot..].fill(0.0);
                targets[pivot] = 0.0;
                continue;
            }
            let root = own[pivot].sqrt();
            own[pivot..].iter_mut().for_each(|cell| *cell /= root);
            targets[pivot] /= root;
        }
        Ok(Triangle { cells, targets, means })
    }
}

/// The upper triangle of a ridge's equations, row by row (what lies below has no meaning), its targets,
/// and the means of the columns.
struct Triangle {
    cells: Vec<f64>,
    targets: Vec<f64>,
    means: Vec<f64>,
}

/// Least squares by linfa of centred rows, with the guards that linfa leaves to its callers.
fn least_squares(
    names: &'static [&'static str],
    x: Array2<f64>,
    y: Array1<f64>,
    x_means: &[f64],
    y_mean: f64,
) -> Result<FittedRidge> {
    let spread = y.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
    let fitted = LinearRegression::new()
        .with_intercept(false)
        .fit(&Dataset::new(x, y))
        .map_err(|cause| Error::Solver(cause.to_string()))?;
    let coefficients = fitted.params().to_vec();
    for (name, &coefficient) in names.iter().zip(&coefficients) {
        if !coefficient.is_finite() || coefficient.abs() > LARGEST_LEVERAGE * spread.max(f64::MIN_POSITIVE) {
            return Err(Error::Unstable { column: (*name).to_owned(), coefficient });
        }
    }
    Ok(ridge(names, coefficients, x_means, y_mean))
}

fn ridge(
    names: &'static [&'static str],
    coefficients: Vec<f64>,
    x_means: &[f64],
    y_mean: f64,
) -> FittedRidge {
    let shift: f64 = x_means.iter().zip(&coefficients).map(|(mean, beta)| mean * beta).sum();
    FittedRidge { names, intercept: y_mean - shift, coefficients }
}

/// The first column that, but for rounding, is a sum of those before it: Gram-Schmidt on columns of
/// length 1. A column of zeros is one.
fn first_dependent_column(x: &Array2<f64>) -> Option<usize> {
    let mut basis: Vec<Array1<f64>> = Vec::with_capacity(x.ncols());
    for column in x.columns() {
        let length = column.dot(&column).sqrt();
        if length <= f64::MIN_POSITIVE {
            return Some(basis.len());
        }
        let mut rest = column.to_owned() / length;
        for direction in &basis {
            let along = direction.dot(&rest);
            rest.scaled_add(-along, direction);
        }
        let left = rest.dot(&rest).sqrt();
        if left < DEPENDENT {
            return Some(basis.len());
        }
        basis.push(rest / left);
    }
    None
}

impl FittedRidge {
    /// Names of the columns.
    #[must_use]
    pub fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// Value where every column is 0.
    #[must_use]
    pub fn intercept(&self) -> f64 {
        self.intercept
    }

    /// A coefficient a column, in the order of the names.
    #[must_use]
    pub fn coefficients(&self) -> &[f64] {
        &self.coefficients
    }

    /// The value expected for a row of which all but these cells are 0.
    #[must_use]
    pub(crate) fn predict_cells(&self, cells: &[(usize, f64)]) -> f64 {
        self.intercept + cells.iter().map(|&(column, cell)| cell * self.coefficients[column]).sum::<f64>()
    }

    /// The value expected for one row of cells.
    #[must_use]
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.intercept + row.iter().zip(&self.coefficients).map(|(cell, beta)| cell * beta).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TWO: &[&str] = &["a", "b"];

    #[test]
    fn one_column_has_the_closed_form_of_ridge() {
        // Centred x = (−1, 0, 1), y = (−2, 1, 1): xᵀy = 3, xᵀx = 2, so β = 3 / (2 + λ) and b = ȳ − 2β.
        let design = Design::new(&["a"], vec![1.0, 2.0, 3.0], vec![1.0, 4.0, 4.0]).unwrap();
        for penalty in [0.0, 1.0, 4.0] {
            let fitted = design.fit_ridge(&[1.0; 3], &[penalty]).unwrap();
            let slope = 3.0 / (2.0 + penalty);
            assert!((fitted.coefficients()[0] - slope).abs() < 1e-9);
            assert!((fitted.intercept() - (3.0 - 2.0 * slope)).abs() < 1e-9);
        }
    }

    #[test]
    fn two_columns_solve_the_penalised_normal_equations() {
        // Orthogonal centred columns, so each coefficient is x_jᵀy / (x_jᵀx_j + λ_j) by itself.
        let x = vec![-1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0];
        let design = Design::new(TWO, x, vec![0.0, 4.0, 2.0, 6.0]).unwrap();
        let fitted = design.fit_ridge(&[1.0; 4], &[2.0, 4.0]).unwrap();
        assert!((fitted.coefficients()[0] - 4.0 / 6.0).abs() < 1e-9);
        assert!((fitted.coefficients()[1] - 8.0 / 8.0).abs() < 1e-9);
        assert!((fitted.intercept() - 3.0).abs() < 1e-9);
    }

    #[test]
    fn a_weight_of_two_is_the_row_twice() {
        let once = Design::new(&["a"], vec![0.0, 1.0, 3.0], vec![1.0, 2.0, 9.0]).unwrap();
        let twice = Design::new(&["a"], vec![0.0, 1.0, 3.0, 3.0], vec![1.0, 2.0, 9.0, 9.0]).unwrap();
        let weighted = once.fit_ridge(&[1.0, 1.0, 2.0], &[1.0]).unwrap();
        let repeated = twice.fit_ridge(&[1.0; 4], &[1.0]).unwrap();
        assert!((weighted.predict(&[2.0]) - repeated.predict(&[2.0])).abs() < 1e-9);
    }

    #[test]
    fn a_penalty_makes_collinear_columns_finite() {
        let x = vec![1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 4.0, -4.0];
        let design = Design::new(TWO, x, vec![1.0, 2.0, 3.0, 4.0]).unwrap();
        let fitted = design.fit_ridge(&[1.0; 4], &[0.5, 0.5]).unwrap();
        assert!((fitted.coefficients()[0] + fitted.coefficients()[1]).abs() < 1e-9);
        assert!(fitted.coefficients()[0] < 0.5);
        let refused = design.fit_ridge(&[1.0; 4], &[0.0, 0.0]).unwrap_err();
        assert_eq!(refused, Error::Collinear { column: "b".to_owned() });
    }

    #[test]
    fn the_triangle_and_the_rows_give_the_same_answer() {
        // A penalty of next to nothing takes the triangle, one of nothing the rows.
        let x = vec![1.0, 2.0, 2.0, 1.0, 3.0, 5.0, 4.0, 1.0, 5.0, 0.0];
        let design = Design::new(TWO, x, vec![3.0, 1.0, 4.0, 1.0, 5.0]).unwrap();
        let weights = [1.0, 0.5, 2.0, 1.0, 0.1];
        let rows = design.fit_ridge(&weights, &[2.0, 0.0]).unwrap();
        let triangle = design.fit_ridge(&weights, &[2.0, 1e-13]).unwrap();
        for (one, other) in rows.coefficients().iter().zip(triangle.coefficients()) {
            assert!((one - other).abs() < 1e-9);
        }
    }

    #[test]
    fn parts_of_unequal_length_are_refused() {
        assert!(matches!(Design::new(TWO, vec![1.0; 3], vec![1.0; 2]), Err(Error::Shape { .. })));
        let design = Design::new(TWO, vec![1.0; 4], vec![1.0; 2]).unwrap();
        assert!(matches!(design.fit_ridge(&[1.0], &[1.0; 2]), Err(Error::Shape { what: "weights", .. })));
        assert!(matches!(design.fit_ridge(&[1.0; 2], &[1.0]), Err(Error::Shape { what: "penalties", .. })));
    }

    #[test]
    fn values_that_are_not_finite_are_refused() {
        assert_eq!(
            Design::new(&["a"], vec![f64::NAN], vec![1.0]).unwrap_err(),
            Error::NotFinite { what: "X" }
        );
        assert_eq!(
            Design::new(&["a"], vec![1.0], vec![f64::INFINITY]).unwrap_err(),
            Error::NotFinite { what: "y" }
        );
        let design = Design::new(&["a"], vec![1.0, 2.0], vec![1.0, 2.0]).unwrap();
        assert!(design.fit_ridge(&[1.0, f64::NAN], &[1.0]).is_err());
        assert!(design.fit_ridge(&[1.0, 1.0], &[f64::NAN]).is_err());
        assert!(matches!(design.fit_ridge(&[1.0, 1.0], &[-1.0]), Err(Error::NegativePenalty { .. })));
    }

    #[test]
    fn fewer_rows_than_columns_need_a_penalty() {
        let design = Design::new(TWO, vec![1.0, 2.0, 3.0, 5.0], vec![1.0, 2.0]).unwrap();
        assert_eq!(
            design.fit_ridge(&[1.0; 2], &[0.0, 1.0]).unwrap_err(),
            Error::TooFewRows { rows: 2, columns: 2 }
        );
        assert!(design.fit_ridge(&[1.0; 2], &[1.0, 1.0]).is_ok());
        assert!(design.fit_ridge(&[0.0; 2], &[1.0, 1.0]).is_err());
    }
}
