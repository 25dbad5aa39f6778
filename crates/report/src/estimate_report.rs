//! What a plan costs, line by line: as a table for people, or as rows.
//!
//! A line without a price shows why in the place of its cost and is in no sum.

use crate::{
    Column, ColumnValues, Dataset, Result, TableStyle, columns,
    layout::{Heading, grid, wrapped},
    number_format::{as_sentence, counted, cycle_name, grouped, printable},
};
use billing::{Amount, BillingCycle, Currency, apportion};
use serde_json::{Value, json};

/// An estimate.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateReport {
    /// Currency of every amount.
    pub currency: Currency,
    /// Lines, by cycle and in the order of the plan.
    pub rows: Vec<EstimateRow>,
    /// What is asked for in each cycle.
    pub bills: Vec<EstimateBill>,
    /// What must be said beside it.
    pub notes: Vec<String>,
}

/// A line in one cycle.
#[derive(Clone, Debug, PartialEq)]
pub struct EstimateRow {
    /// The line's name.
    pub line: String,
    /// What a table calls it instead.
    pub label: Option<String>,
    /// The cycle; `None` for a month without a date.
    pub cycle: Option<BillingCycle>,
    /// The meter that prices it.
    pub meter: Option<String>,
    /// What it is priced as, in words.
    pub priced_as: Option<String>,
    /// The likely quantity.
    pub quantity: Amount,
    /// What that is counted in.
    pub unit: Option<String>,
    /// The price of a unit, where it is one whatever the quantity.
    pub unit_price: Option<Amount>,
    /// Low, likely and high cost; `None` where there is no price.
    pub cost: Option<[Amount; 3]>,
    /// `priced`, or why not.
    pub status: String,
}

/// What is asked for in a cycle: low, likely and high of each.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EstimateBill {
    /// The cycle; `None` for a month without a date.
    pub cycle: Option<BillingCycle>,
    /// Sum of the lines that have a price.
    pub gross: [Amount; 3],
    /// What a credit pays.
    pub credit: [Amount; 3],
    /// What a commitment takes off.
    pub discount: [Amount; 3],
    /// A charge of the cycle.
    pub recurring: [Amount; 3],
    /// What is asked for, before tax.
    pub net: [Amount; 3],
}

impl EstimateReport {
    /// The rows, one for each line and cycle.
    ///
    /// # Errors
    /// None that a report can have.
    pub fn dataset(&self) -> Result<Dataset> {
        let (schema, version) = columns::ESTIMATE;
        let digits = self.currency.minor_digits();
        let bill = |own: &EstimateBill| {
            let likely = |ends: [Amount; 3]| json!(ends[1].to_fixed(digits));
            json!({
                "BillingPeriodStart": own.cycle.map(|cycle| cycle.start().to_string()),
                "gross": likely(own.gross),
                "credit": likely(own.credit),
                "discount": likely(own.discount),
                "recurring_charge": likely(own.recurring),
                "to_pay": likely(own.net),
            })
        };
        let bills: Vec<Value> = self.bills.iter().map(bill).collect();
        let meta = [("bills", json!(bills)), ("notes", json!(self.notes))];
        let meta = meta.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
        Dataset::new(schema, version, self.columns())?.with_meta(meta)
    }

    /// The columns of the rows.
    pub(crate) fn columns(&self) -> Vec<Column> {
        let rows = &self.rows;
        let text =
            |get: &dyn Fn(&EstimateRow) -> Option<String>| ColumnValues::Text(rows.iter().map(get).collect());
        let amount = |get: &dyn Fn(&EstimateRow) -> Option<Amount>, least_digits| ColumnValues::Amount {
            values: rows.iter().map(get).collect(),
            least_digits,
        };
        let digits = self.currency.minor_digits();
        let cost = |end: usize| amount(&|row| Some(row.cost?[end]), digits);
        let period = |get: fn(BillingCycle) -> chrono::NaiveDate| {
            ColumnValues::Timestamp(rows.iter().map(|row| row.cycle.map(get)).collect())
        };
        vec![
            Column::new("x_LineId", text(&|row| Some(row.line.clone()))),
            Column::new(columns::BILLING_PERIOD_START, period(BillingCycle::start)),
            Column::new(columns::BILLING_PERIOD_END, period(BillingCycle::end)),
            Column::new("x_SkuMeterId", text(&|row| row.meter.clone())),
            Column::new("x_PricedAs", text(&|row| row.priced_as.clone())),
            Column::new("PricingQuantity", amount(&|row| Some(row.quantity), 0)),
            Column::new("PricingUnit", text(&|row| row.unit.clone())),
            Column::new("ListUnitPrice", amount(&|row| row.unit_price, 0)),
            Column::new("BilledCost", cost(1)),
            Column::new("x_LowCost", cost(0)),
            Column::new("x_HighCost", cost(2)),
            Column::new(columns::BILLING_CURRENCY, text(&|_| Some(self.currency.code().to_owned()))),
            Column::new("x_IsEstimate", text(&|_| Some("true".to_owned()))),
            Column::new("x_PriceStatus", text(&|row| Some(row.status.clone()))),
        ]
    }

    /// The table for people, a line end after each line.
    #[must_use]
    pub fn table(&self, style: TableStyle) -> String {
        let mut lines = Vec::new();
        for bill in &self.bills {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            self.cycle_table(bill, style, &mut lines);
        }
        if let [_, _, ..] = self.bills.as_slice() {
            let sum = |end: usize| self.bills.iter().map(|bill| bill.net[end]).sum::<Amount>();
            lines.push(String::new());
            let all = [sum(0), sum(1), sum(2)];
            let has_terms = self.bills.iter().any(|bill| bill.gross != bill.net);
            let what = if has_terms { ", to pay" } else { "" };
            let cycles = counted(self.bills.len() as u64, "cycle");
            let whole = format!("All {cycles} together{what}: {}", self.spread(all));
            lines.push(style.bold(&whole));
        }
        let without = self.rows.iter().filter(|row| row.cost.is_none()).count() as u64;
        let mut notes = Vec::new();
        if without > 0 {
            let have = if without == 1 { "has" } else { "have" };
            notes.push(format!(
                "{} {have} no price; the reason stands in the place of the cost, and no sum holds it",
                counted(without, "line")
            ));
        }
        notes.extend(self.notes.iter().cloned());
        lines.push(String::new());
        for note in &notes {
            lines.extend(
                wrapped(&as_sentence(&printable(note)), style.width).iter().map(|line| style.dim(line)),
            );
        }
        lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }

    fn cycle_table(&self, bill: &EstimateBill, style: TableStyle, lines: &mut Vec<String>) {
        let name = bill.cycle.map_or_else(|| "A month".to_owned(), cycle_name);
        lines.push(style.title(&format!(
            "Estimate of {} · {}",
            name.replace("A month", "a month"),
            self.currency
        )));
        lines.push(String::new());
        let own: Vec<&EstimateRow> = self.rows.iter().filter(|row| row.cycle == bill.cycle).collect();
        let shown = self.rounded(&own, bill.gross);
        let mut cells: Vec<Vec<String>> =
            own.iter().zip(shown).map(|(row, cost)| self.cells(row, cost)).collect();
        let mut sums = vec![("Total", bill.gross, false)];
        if bill.gross != bill.net {
            sums.push(("Credit", bill.credit, true));
            sums.push(("Discount", bill.discount, true));
            sums.push(("Charge of the cycle", bill.recurring, false));
            sums.push(("To pay", bill.net, false));
        }
        sums.retain(|(name, ends, _)| matches!(*name, "Total" | "To pay") || *ends != [Amount::ZERO; 3]);
        let is_priced = own.iter().any(|row| row.cost.is_some());
        for (name, ends, is_off) in &sums {
            let ends = if *is_off { ends.map(|amount| -amount) } else { *ends };
            // Of nothing but lines without a price the sum is not nothing.
            let unknown = || ("unknown".to_owned(), String::new());
            let (cost, range) = if is_priced { self.figures(ends) } else { unknown() };
            cells.push(vec![(*name).to_owned(), String::new(), String::new(), cost, range]);
        }
        let headings =
            [("", false), ("Quantity", true), ("Priced as", false), ("Cost", true), ("Low – high", true)]
                .map(|(text, right)| Heading { text: text.to_owned(), right });
        // The words give way where the table is too wide.
        let over = grid(&headings, cells.clone(), None).width.saturating_sub(style.width);
        let widest = cells.iter().map(|row| row[2].chars().count()).max().unwrap_or(0);
        for row in cells.iter_mut().filter(|_| over > 0) {
            row[2] = cut(&row[2], widest.saturating_sub(over).max(NARROWEST));
        }
        let laid = grid(&headings, cells, None);
        let rule = style.dim(&"─".repeat(laid.width));
        lines.extend(laid.header.iter().map(|line| style.dim(&style.finished(line))));
        lines.push(rule.clone());
        for (place, line) in laid.body.iter().enumerate() {
            if place == own.len() {
                lines.push(rule.clone());
            }
            let line = style.finished(line);
            lines.push(if place < own.len() { line } else { style.bold(&line) });
        }
    }

    /// Costs of lines, rounded so that they add up to the sum that stands below them.
    fn rounded(&self, rows: &[&EstimateRow], sums: [Amount; 3]) -> Vec<Option<[Amount; 3]>> {
        let digits = self.currency.minor_digits();
        let mut shown: Vec<Option<[Amount; 3]>> = rows.iter().map(|row| row.cost).collect();
        for (end, sum) in sums.into_iter().enumerate() {
            let parts: Vec<Amount> = rows.iter().filter_map(|row| Some(row.cost?[end])).collect();
            let rounded = apportion(&parts, sum.rounded(digits), digits);
            for (own, share) in shown.iter_mut().flatten().zip(rounded) {
                own[end] = share;
            }
        }
        shown
    }

    fn cells(&self, row: &EstimateRow, cost: Option<[Amount; 3]>) -> Vec<String> {
        let unit = printable(row.unit.as_deref().unwrap_or_default());
        let quantity = format!("{} × {unit}", grouped(row.quantity, QUANTITY_DIGITS));
        let quantity = if unit.is_empty() { grouped(row.quantity, QUANTITY_DIGITS) } else { quantity };
        let (cost, range) =
            cost.map_or_else(|| (row.status.clone(), String::new()), |cost| self.figures(cost));
        let priced_as = row.priced_as.as_deref().unwrap_or_default();
        vec![printable(row.label.as_ref().unwrap_or(&row.line)), quantity, printable(priced_as), cost, range]
    }

    /// The likely cost, and the range where it is one.
    fn figures(&self, ends: [Amount; 3]) -> (String, String) {
        let figure = |amount| grouped(amount, self.currency.minor_digits());
        let (low, high) = (figure(ends[0].min(ends[2])), figure(ends[0].max(ends[2])));
        (figure(ends[1]), if low == high { String::new() } else { format!("{low} – {high}") })
    }

    fn spread(&self, ends: [Amount; 3]) -> String {
        let (likely, range) = self.figures(ends);
        let range = if range.is_empty() { range } else { format!(" ({range})") };
        format!("{likely} {}{range}", printable(self.currency.code()))
    }
}

/// Digits of a quantity in a table.
const QUANTITY_DIGITS: u32 = 2;
/// What is left at least of the words that give way.
const NARROWEST: usize = 12;

fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(text: &str) -> Amount {
        text.parse().unwrap()
    }

    fn row(line: &str, cost: Option<[&str; 3]>) -> EstimateRow {
        EstimateRow {
            line: line.to_owned(),
            label: None,
            cycle: None,
            meter: Some("m".to_owned()),
            priced_as: Some("Virtual Machines Dsv5 Series D2s v5".to_owned()),
            quantity: amount("2190"),
            unit: Some("1 Hour".to_owned()),
            unit_price: None,
            cost: cost.map(|ends| ends.map(amount)),
            status: if cost.is_some() { "priced" } else { "no_region" }.to_owned(),
        }
    }

    fn report(credit: &str) -> EstimateReport {
        let three = |text: &str| [amount(text); 3];
        let gross = ["150", "210.24", "215"].map(amount);
        EstimateReport {
            currency: "EUR".parse().unwrap(),
            rows: vec![row("web", Some(["150", "210.24", "215"])), row("db", None)],
            bills: vec![EstimateBill {
                cycle: None,
                gross,
                credit: three(credit),
                discount: three("0"),
                recurring: three("0"),
                net: gross.map(|sum| sum - amount(credit)),
            }],
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_line_without_a_price_says_why_and_is_in_no_sum() {
        let expected = "\
Estimate of a month · EUR

              Quantity  Priced as                       Cost       Low – high
─────────────────────────────────────────────────────────────────────────────
web  2,190.00 × 1 Hour  Virtual Machines Dsv5…        210.24  150.00 – 215.00
db   2,190.00 × 1 Hour  Virtual Machines Dsv5…     no_region
─────────────────────────────────────────────────────────────────────────────
Total                                                 210.24  150.00 – 215.00
";
        let text = report("0").table(TableStyle::PLAIN);
        assert!(text.contains("1 line has no price"), "{text}");
        assert_eq!(text.lines().filter(|line| line.contains("210.24")).count(), 2, "{text}\n{expected}");
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    }

    #[test]
    fn lines_add_up_to_the_sum_below_them() {
        let mut thirds = report("0");
        thirds.rows = ["a", "b", "c"].map(|name| row(name, Some(["0.333333"; 3]))).into();
        thirds.bills[0].gross = [amount("0.999999"); 3];
        thirds.bills[0].net = thirds.bills[0].gross;
        let text = thirds.table(TableStyle::PLAIN);
        assert!(
            text.contains("0.34") && text.matches("0.33").count() == 2 && text.contains("1.00"),
            "{text}"
        );
    }

    #[test]
    fn a_sum_of_no_price_is_unknown_and_not_zero() {
        let mut only = report("0");
        only.rows.remove(0);
        only.bills[0].gross = [Amount::ZERO; 3];
        only.bills[0].net = [Amount::ZERO; 3];
        let text = only.table(TableStyle::PLAIN);
        assert!(text.contains("unknown") && !text.contains("0.00\n"), "{text}");
    }

    #[test]
    fn a_credit_stands_below_the_total_and_what_is_to_pay_last() {
        let text = report("100").table(TableStyle::PLAIN);
        assert!(text.contains("Credit") && text.contains("-100.00") && !text.contains("Discount"), "{text}");
        assert!(text.contains("110.24") && text.contains("50.00 – 115.00"), "{text}");
    }

    #[test]
    fn rows_have_a_null_where_there_is_no_cost() {
        let dataset = report("0").dataset().unwrap();
        let text = |column: &str, row: usize| {
            dataset
                .columns()
                .iter()
                .find(|own| own.name == column)
                .unwrap()
                .values
                .text(row)
                .map(|text| text.into_owned())
        };
        assert_eq!((text("BilledCost", 0), text("BilledCost", 1)), (Some("210.24".to_owned()), None));
        assert_eq!(text("x_PriceStatus", 1).unwrap(), "no_region");
    }

    #[test]
    fn a_bill_is_rounded_once_and_its_lines_add_up_to_it() {
        // Three times 0.335 is 1.005, which is 1.01; line by line it would be 1.02.
        let mut three = report("0");
        three.rows = ["a", "b", "c"].map(|line| row(line, Some(["0.335"; 3]))).to_vec();
        let sum = [amount("1.005"); 3];
        three.bills = vec![EstimateBill { gross: sum, net: sum, ..three.bills[0] }];
        let table = three.table(TableStyle::PLAIN);
        let costs: Vec<&str> = table
            .lines()
            .filter_map(|line| line.split_whitespace().last())
            .filter(|word| word.contains("0.3"))
            .collect();
        assert_eq!(costs, ["0.34", "0.34", "0.33"], "{table}");
        let total = table.lines().find(|line| line.starts_with("Total")).unwrap();
        assert!(total.ends_with("1.01"), "{table}");
    }
}
