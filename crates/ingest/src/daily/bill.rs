//! Whole bills: what a forecast needs of every unit, whatever groups are asked for.
//!
//! A *unit* is a subscription, or a billing account for charges without one, within one currency, invoice unit and
//! scope of coverage. It is cut into services and into meters. Its rows are the groups asked for, below those of a
//! filter. A purchase is known by its meter, else by its product, and by its term.

use crate::{
    Dimension, Result,
    daily::{
        daily_costs::{DailyCosts, Leaf, OWNER},
        outlook::{LeafOutlook, Outlook},
    },
    dimension::{METER, PRODUCT, SERVICE, TERM},
    selection::selected_charges::SelectedCharges,
};
use billing::{ChargeKind, Currency, LineSums};
use polars::prelude::*;
use std::collections::HashMap;

/// The column of purchases.
const PURCHASE: &str = "purchase";

/// Stands between the name of a purchase and the months of its term.
const TERM_MARK: char = '\u{1f}';
/// The longest term in months that there is.
const LONGEST_TERM: usize = 120;

/// A recurring purchase, as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PurchaseName<'a> {
    /// Its meter, else its product.
    pub name: &'a str,
    /// How many monthly payments its term has, where the data says it.
    pub payments: Option<usize>,
}

impl<'a> PurchaseName<'a> {
    /// The purchase that a key of [`BillOutlook::purchases`] names.
    #[must_use]
    pub fn of(key: &'a str) -> Self {
        match key.split_once(TERM_MARK) {
            Some((name, months)) => Self { name, payments: months.parse().ok() },
            None => Self { name: key, payments: None },
        }
    }

    /// The key of a purchase with this text as its term; a term has two payments or more.
    fn key(name: &str, term: Option<&str>) -> String {
        let months = term.and_then(|term| term.trim().parse().ok());
        match months.filter(|months| (2..=LONGEST_TERM).contains(months)) {
            Some(months) => format!("{}{TERM_MARK}{months}", name.to_lowercase()),
            None => name.to_lowercase(),
        }
    }
}

/// The charges of whole bills, in every grouping that a forecast needs.
#[derive(Debug)]
pub struct BillCosts {
    /// The groups that are shown.
    pub shown: DailyCosts,
    units: DailyCosts,
    partitions: Vec<(&'static str, DailyCosts)>,
    /// Groups by their first key, by their first two, and so on; those of a filter come first.
    levels: Vec<DailyCosts>,
    hidden: usize,
    purchases: DailyCosts,
    purchases_in_rows: DailyCosts,
}

/// One grouping of a bill: series and facts, and the unit of each.
#[derive(Debug)]
pub struct UnitParts {
    /// The series, with facts of each.
    pub outlook: Outlook,
    /// The unit of each.
    pub units: Vec<usize>,
    /// The keys of each, with what people call them.
    pub keys: Vec<(Vec<Option<String>>, Vec<String>)>,
    /// What each is charged by line of a total.
    pub lines: Vec<LineSums>,
    /// Whether each is shown: no filter leaves it out.
    pub is_shown: Vec<bool>,
}

/// What a forecast needs of bills.
#[derive(Debug)]
pub struct BillOutlook {
    /// The units.
    pub units: UnitParts,
    /// Currency and invoice unit of each unit.
    pub facts: Vec<(Currency, String)>,
    /// Ways to cut units into parts, by what the parts are.
    pub partitions: Vec<(&'static str, UnitParts)>,
    /// The rows of each level.
    pub levels: Vec<UnitParts>,
    /// How many of the first levels are those of a filter.
    pub hidden: usize,
    /// Recurring purchases.
    pub purchases: UnitParts,
    /// The same in the rows of the last level.
    pub purchases_in_rows: UnitParts,
}

/// The identity of a unit.
type UnitKey<'a> = (&'a str, &'a Currency, &'a str, usize);

fn unit_key(leaf: &Leaf) -> UnitKey<'_> {
    (&leaf.owner, &leaf.currency, &leaf.unit, leaf.coverage)
}

impl BillCosts {
    /// The bills in charges that were selected for [`Needs::Bills`](crate::Needs::Bills).
    ///
    /// # Errors
    /// A fault of the data frame engine.
    pub fn of(mut selected: SelectedCharges) -> Result<Self> {
        selected.table.keys = with_units(selected.table.keys.clone(), &selected.dimensions)?;
        let place = |dimension: &Dimension| {
            let place = selected.dimensions.iter().position(|own| own == dimension).unwrap_or_default();
            format!("k{place}")
        };
        let options = &selected.options;
        let mut of_filter: Vec<&Dimension> = options.filters.iter().map(|filter| &filter.dimension).collect();
        of_filter.sort_by_key(|dimension| dimension.column());
        of_filter.dedup();
        let hidden = of_filter.len();
        let all: Vec<&Dimension> = of_filter.into_iter().chain(&options.group_by).collect();
        let columns: Vec<String> = all.iter().map(|dimension| dimension.column()).collect();
        let keys: Vec<String> = all.iter().map(|dimension| place(dimension)).collect();
        let by = |keys: &[String]| {
            DailyCosts::grouped(&selected, columns.iter().take(keys.len()).cloned().collect(), keys, true)
        };
        let levels = (1..=keys.len()).map(|level| by(&keys[..level])).collect::<Result<_>>()?;
        let mut partitions = Vec::new();
        for (name, column) in [("services", SERVICE), ("meters", METER)] {
            let dimension = Dimension::Column(column.to_owned());
            if selected.dimensions.contains(&dimension) {
                partitions.push((name, by(&[place(&dimension)])?));
            }
        }
        let purchase = [PURCHASE.to_owned()];
        let in_rows: Vec<String> = keys.iter().cloned().chain(purchase.clone()).collect();
        let (units, purchases, purchases_in_rows) = (by(&[])?, by(&purchase)?, by(&in_rows)?);
        if let Ok(asked) = selected.table.keys.column("asked") {
            let asked = asked.bool()?;
            let lines = selected.table.days.column("key")?.idx()?;
            let mask: BooleanChunked = lines
                .iter()
                .map(|line| Some(asked.get(line? as usize) == Some(true)))
                .collect::<BooleanChunked>();
            selected.table.days = selected.table.days.filter(&mask)?;
            selected.table = selected.table.pruned()?;
        }
        let shown = DailyCosts::of(selected)?;
        Ok(Self { shown, units, partitions, levels, hidden, purchases, purchases_in_rows })
    }

    /// Series and facts for forecasting this cycle and the `cycles` − 1 that follow it.
    ///
    /// # Errors
    /// A value that cannot stand in a series.
    pub fn outlook(&self, cycles: usize) -> Result<BillOutlook> {
        let own = self.units.outlook(cycles)?;
        let rates = self.units.newest_rates();
        let places: HashMap<UnitKey<'_>, usize> =
            self.units.leaves.iter().enumerate().map(|(place, leaf)| (unit_key(leaf), place)).collect();
        let unit_of = |leaf: &Leaf| places.get(&unit_key(leaf)).copied().unwrap_or_default();
        let parts = |costs: &DailyCosts, outlook: Outlook| UnitParts {
            outlook,
            units: costs.leaves.iter().map(unit_of).collect(),
            keys: costs.leaves.iter().map(|leaf| (leaf.keys.clone(), leaf.names.clone())).collect(),
            lines: costs.line_sums(),
            is_shown: self.is_shown(costs),
        };
        let of_unit = |costs: &DailyCosts| -> Result<UnitParts> {
            let outlook = costs.outlook_by(&rates, |leaf, start, known| {
                let unit = &own.leaves[unit_of(leaf)];
                let is_asked =
                    |place: usize, cycle| place + cycles >= unit.cycles.len() || leaf.has_charges(cycle);
                let facts = unit.cycles.iter().enumerate();
                let facts = facts.filter(|(place, facts)| is_asked(*place, facts.cycle));
                let until_cutoff =
                    ((unit.cutoff - start).num_days() + 1).clamp(0, known.len() as i64) as usize;
                Ok(LeafOutlook {
                    cycles: facts.map(|(_, own)| costs.cycle_facts(leaf, own.cycle, own.closed)).collect(),
                    history_days: known[..until_cutoff].iter().filter(|known| **known).count() as u64,
                    ..unit.clone()
                })
            })?;
            Ok(parts(costs, outlook))
        };
        let partitions = self.partitions.iter().map(|(name, costs)| Ok((*name, of_unit(costs)?)));
        Ok(BillOutlook {
            partitions: partitions.collect::<Result<_>>()?,
            levels: self.levels.iter().map(of_unit).collect::<Result<_>>()?,
            hidden: self.hidden,
            purchases: of_unit(&self.purchases)?,
            purchases_in_rows: of_unit(&self.purchases_in_rows)?,
            facts: self.units.leaves.iter().map(|leaf| (leaf.currency.clone(), leaf.unit.clone())).collect(),
            units: parts(&self.units, own),
        })
    }

    /// A digest of everything that counts, for the id of a forecast: equal bills, equal digest.
    #[must_use]
    pub fn digest(&self) -> String {
        let parts = self.partitions.iter().map(|(_, costs)| costs);
        let all = parts.chain([&self.units, &self.shown, &self.purchases]);
        let digests: Vec<String> = all.map(DailyCosts::digest).collect();
        blake3::hash(digests.join(" ").as_bytes()).to_hex().to_string()
    }

    /// Which leaves of a grouping begin with values that a filter asks for.
    fn is_shown(&self, costs: &DailyCosts) -> Vec<bool> {
        costs.leaves.iter().map(|leaf| leaf.is_asked).collect()
    }
}

/// Keys with the forecast unit of each, and the purchase of those that recur.
fn with_units(keys: DataFrame, dimensions: &[Dimension]) -> Result<DataFrame> {
    let mut keys = keys;
    let text = |name: &str| -> Result<StringChunked> { Ok(keys.column(name)?.str()?.clone()) };
    let (subs, accounts, kinds) = (text("sub")?, text("account")?, text("kind")?);
    let owners: StringChunked = subs
        .iter()
        .zip(accounts.iter())
        .map(|(sub, account)| Some(sub.or(account).unwrap_or_default().to_lowercase()))
        .collect();
    let named: Vec<StringChunked> = [METER, PRODUCT, SERVICE]
        .into_iter()
        .filter_map(|column| dimensions.iter().position(|own| own.column() == column))
        .map(|place| text(&format!("k{place}")))
        .collect::<Result<_>>()?;
    let term = dimensions.iter().position(|own| own.column() == TERM);
    let terms = term.map(|place| text(&format!("k{place}"))).transpose()?;
    let purchases: StringChunked = kinds
        .iter()
        .enumerate()
        .map(|(row, kind)| {
            let recurs = kind.and_then(|kind| kind.parse().ok()).is_some_and(ChargeKind::recurs);
            let name = || named.iter().find_map(|column| column.get(row)).unwrap_or_default();
            let term = || terms.as_ref().and_then(|column| column.get(row));
            recurs.then(|| PurchaseName::key(name(), term()))
        })
        .collect();
    keys.with_column(owners.with_name(OWNER.into()).into_column())?;
    keys.with_column(purchases.with_name(PURCHASE.into()).into_column())?;
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purchase_bears_its_term_in_months() {
        let parsed = |term| {
            let key = PurchaseName::key("Reserved VM", term);
            let PurchaseName { name, payments } = PurchaseName::of(&key);
            assert_eq!(name, "reserved vm");
            payments
        };
        assert_eq!([parsed(Some("12")), parsed(Some(" 36 "))], [Some(12), Some(36)]);
        assert_eq!([None, Some(""), Some("1"), Some("P1Y"), Some("9999")].map(parsed), [None; 5]);
    }
}
