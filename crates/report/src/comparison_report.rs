//! A plan, or use, and its alternatives: what each costs against the same lines as they are.

use crate::{
    Column, ColumnValues, Dataset, EstimateReport, EstimateRow, Result, TableStyle, columns,
    layout::{Heading, grid, wrapped},
    number_format::{as_sentence, change, grouped, percent, printable},
};
use billing::{Amount, Currency};

/// A comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparisonReport {
    /// What is compared, in words: `the plan`, or whose use.
    pub subject: String,
    /// Currency of every amount.
    pub currency: Currency,
    /// The plan as it is.
    pub planned: Vec<EstimateRow>,
    /// The alternatives, in the order asked for.
    pub alternatives: Vec<AlternativeRow>,
    /// What must be said beside it.
    pub notes: Vec<String>,
}

/// An alternative.
#[derive(Clone, Debug, PartialEq)]
pub struct AlternativeRow {
    /// What it changes.
    pub name: String,
    /// Its lines.
    pub lines: Vec<EstimateRow>,
    /// What the lines that it prices cost as planned: low, likely and high.
    pub as_planned: [Amount; 3],
    /// What they cost in the alternative.
    pub cost: [Amount; 3],
    /// The share of the plan's cost that it prices, 0 to 1; `None` for a plan that costs nothing.
    pub covered: Option<f64>,
}

impl ComparisonReport {
    /// The lines of the plan and of each alternative.
    ///
    /// # Errors
    /// None that a report can have.
    pub fn dataset(&self) -> Result<Dataset> {
        let planned = [("as planned", &self.planned, Some(1.0))];
        let others = self.alternatives.iter().map(|own| (own.name.as_str(), &own.lines, own.covered));
        let all: Vec<_> = planned.into_iter().chain(others).collect();
        let rows: Vec<EstimateRow> = all.iter().flat_map(|(_, lines, _)| lines.iter().cloned()).collect();
        let of_line = |get: &dyn Fn(usize) -> Option<String>| {
            ColumnValues::Text(
                all.iter()
                    .enumerate()
                    .flat_map(|(at, (_, lines, _))| lines.iter().map(move |_| at))
                    .map(get)
                    .collect(),
            )
        };
        let covered = all.iter().flat_map(|(_, lines, covered)| lines.iter().map(|_| *covered));
        // What is to pay for the whole, after the terms of an offer, is more than the sum of lines.
        let totals = |get: fn(&AlternativeRow) -> Amount| ColumnValues::Amount {
            values: (0..self.planned.len())
                .map(|_| None)
                .chain(self.alternatives.iter().flat_map(|own| own.lines.iter().map(move |_| Some(get(own)))))
                .collect(),
            least_digits: self.currency.minor_digits(),
        };
        let (cost, as_planned) = (totals(|own| own.cost[1]), totals(|own| own.as_planned[1]));
        let mut columns = vec![
            Column::new("x_Alternative", of_line(&|at| Some(all[at].0.to_owned()))),
            Column::new("x_CoveredShare", ColumnValues::Float(covered.collect())),
            Column::new("x_AlternativeTotal", cost),
            Column::new("x_AsPlannedTotal", as_planned),
        ];
        let (currency, notes) = (self.currency.clone(), Vec::new());
        columns.extend(EstimateReport { currency, rows, bills: Vec::new(), notes }.columns());
        let (schema, version) = columns::COMPARISON;
        Dataset::new(schema, version, columns)
    }

    /// The table for people, a line end after each line.
    #[must_use]
    pub fn table(&self, style: TableStyle) -> String {
        let headings = ["", "As it is", "Cost", "Low – high", "Difference", "Covers"];
        let headings: Vec<Heading> = headings
            .iter()
            .enumerate()
            .map(|(place, text)| Heading { text: (*text).to_owned(), right: place > 0 })
            .collect();
        let laid = grid(&headings, self.alternatives.iter().map(|row| self.cells(row)).collect(), None);
        let count = self.alternatives.len();
        let s = if count == 1 { "" } else { "s" };
        let title = format!("{} and {count} alternative{s} · {}", as_sentence(&self.subject), self.currency);
        let mut lines = vec![style.title(&title), String::new()];
        lines.extend(laid.header.iter().map(|line| style.dim(&style.finished(line))));
        lines.push(style.dim(&"─".repeat(laid.width)));
        lines.extend(laid.body.iter().map(|line| style.finished(line)));
        let meaning = "Each is set against the same lines as they are; `covers` is their share of the whole, of \
                       which an alternative without a price for a line leaves that line out on both sides";
        lines.push(String::new());
        for note in [meaning.to_owned()].iter().chain(&self.notes) {
            lines.extend(
                wrapped(&as_sentence(&printable(note)), style.width).iter().map(|line| style.dim(line)),
            );
        }
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn cells(&self, row: &AlternativeRow) -> Vec<String> {
        let figure = |amount: Amount| grouped(amount, self.currency.minor_digits());
        let covers = row.covered.map(percent).unwrap_or_default();
        if row.lines.iter().all(|line| line.cost.is_none()) {
            let unknown = "unknown".to_owned();
            return vec![printable(&row.name), String::new(), unknown, String::new(), String::new(), covers];
        }
        let (low, high) = (figure(row.cost[0].min(row.cost[2])), figure(row.cost[0].max(row.cost[2])));
        vec![
            printable(&row.name),
            figure(row.as_planned[1]),
            figure(row.cost[1]),
            if low == high { String::new() } else { format!("{low} – {high}") },
            change(row.cost[1], row.as_planned[1]),
            covers,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alternative(name: &str, cost: Option<&str>) -> AlternativeRow {
        let amount = |text: &str| text.parse::<Amount>().unwrap();
        let line = EstimateRow {
            line: "web".to_owned(),
            label: None,
            cycle: None,
            meter: None,
            priced_as: None,
            quantity: Amount::ONE,
            unit: None,
            unit_price: None,
            cost: cost.map(|cost| [amount(cost); 3]),
            status: if cost.is_some() { "priced" } else { "no_region" }.to_owned(),
        };
        AlternativeRow {
            name: name.to_owned(),
            lines: vec![line],
            as_planned: [amount(if cost.is_some() { "146" } else { "0" }); 3],
            cost: [amount(cost.unwrap_or("0")); 3],
            covered: Some(if cost.is_some() { 0.745 } else { 0.0 }),
        }
    }

    fn report() -> ComparisonReport {
        let alternatives =
            vec![alternative("region westeurope", Some("175.2")), alternative("region north", None)];
        let planned = alternatives[0].lines.clone();
        ComparisonReport {
            subject: "the plan".to_owned(),
            currency: "USD".parse().unwrap(),
            planned,
            alternatives,
            notes: vec!["more".to_owned()],
        }
    }

    #[test]
    fn an_alternative_is_set_against_what_it_covers_and_none_is_free() {
        let expected = "\
The plan and 2 alternatives · USD

                   As it is     Cost  Low – high  Difference  Covers
────────────────────────────────────────────────────────────────────
region westeurope    146.00   175.20                 +20.0 %  74.5 %
region north                 unknown                           0.0 %
";
        let text = report().table(TableStyle::PLAIN);
        assert!(text.starts_with(expected), "{text}");
        assert!(text.ends_with("More\n"), "{text}");
    }

    #[test]
    fn rows_name_their_alternative() {
        let dataset = report().dataset().unwrap();
        let names: Vec<_> =
            (0..3).map(|row| dataset.columns()[0].values.text(row).unwrap().into_owned()).collect();
        assert_eq!(names, ["as planned", "region westeurope", "region north"]);
    }
}
