//! From charges to the bill that is forecast: units, their parts, and the rows that are asked for.

use crate::Result;
use billing::{Amount, CostSeries, LineSums, SeriesSet, SeriesSetBuilder};
use forecast::{Bill, Components, Leaf, Partition, Purchase, Row, Unit};
use ingest::{BillOutlook, LeafOutlook, Outlook, PurchaseName, UnitParts};
use std::collections::HashMap;

/// What the forecaster must know of a leaf besides its series.
pub(crate) fn leaf_of(facts: &LeafOutlook) -> Leaf {
    Leaf {
        keys: Vec::new(),
        names: Vec::new(),
        currency: None,
        cutoff: facts.cutoff,
        cycles: facts.cycles.clone(),
        history_days: facts.history_days,
        missing_days: facts.missing_days,
        covered_from: Some(facts.covered_from),
        stopped: facts.stopped,
        lines: LineSums::default(),
    }
}

/// The series of all parts of a bill, by kind.
#[derive(Default)]
struct Series {
    kinds: [SeriesSetBuilder; 3],
    count: usize,
}

impl Series {
    /// Adds series, and says which number the first of them has.
    fn add(&mut self, outlook: &Outlook) -> Result<usize> {
        let first = self.count;
        let sets = [&outlook.level, &outlook.recurring, &outlook.irregular];
        for (builder, set) in self.kinds.iter_mut().zip(sets) {
            push_all(builder, set)?;
        }
        self.count += outlook.level.len();
        Ok(first)
    }

    /// Adds a series of zeros on the days of another, and says which number it has.
    fn add_nothing(&mut self, like: CostSeries<'_>) -> Result<usize> {
        let zeros = vec![0.0; like.values.len()];
        for builder in &mut self.kinds {
            builder.push(NOT_YET_INVOICED, like.start, &zeros)?;
        }
        self.count += 1;
        Ok(self.count - 1)
    }

    fn build(self) -> Result<Components> {
        let [level, recurring, irregular] = self.kinds.map(SeriesSetBuilder::build);
        Ok(Components::new(level, Some(recurring), Some(irregular))?)
    }
}

fn push_all(builder: &mut SeriesSetBuilder, set: &SeriesSet) -> Result<()> {
    for series in set.iter() {
        builder.push(series.id, series.start, series.values)?;
    }
    Ok(())
}

/// What the rows below units are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowsAre {
    /// The groups asked for.
    Groups,
    /// The same, below the invoice unit.
    BelowInvoiceUnits,
    /// Issued invoices, and what is not yet invoiced.
    Invoices,
}

/// The bill that is forecast.
///
/// # Errors
/// Series that are not aligned.
pub(crate) fn bill_of(outlook: &BillOutlook, rows_are: RowsAre) -> Result<Bill> {
    let mut series = Series::default();
    let first = series.add(&outlook.units.outlook)?;
    let facts = |parts: &UnitParts, place: usize, lines: LineSums| Leaf {
        keys: parts.keys[place].0.clone(),
        names: parts.keys[place].1.clone(),
        currency: Some(outlook.facts[parts.units[place]].0.clone()),
        lines,
        ..leaf_of(&parts.outlook.leaves[place])
    };
    let mut units: Vec<Unit> = (0..outlook.units.units.len())
        .map(|place| Unit {
            facts: facts(&outlook.units, place, outlook.units.lines[place].clone()),
            series: first + place,
            partitions: Vec::new(),
            purchases: Vec::new(),
        })
        .collect();
    for (name, parts) in &outlook.partitions {
        let first = series.add(&parts.outlook)?;
        let mut of_unit: Vec<Vec<usize>> = vec![Vec::new(); units.len()];
        for (place, unit) in parts.units.iter().enumerate() {
            of_unit[*unit].push(first + place);
        }
        for (unit, series) in units.iter_mut().zip(of_unit) {
            unit.partitions.push(Partition {
                name: (*name).to_owned(),
                series,
                only_largest: *name == "meters",
            });
        }
    }
    let by_unit = rows_are == RowsAre::BelowInvoiceUnits;
    let (mut rows, deepest) = rows_of(outlook, by_unit, &mut series, first, &facts)?;
    let mut purchases = SeriesSetBuilder::new();
    push_all(&mut purchases, &outlook.purchases.outlook.recurring)?;
    push_all(&mut purchases, &outlook.purchases_in_rows.outlook.recurring)?;
    let mut places: HashMap<(usize, &str), usize> = HashMap::new();
    for (place, unit) in outlook.purchases.units.iter().enumerate() {
        if let Some(name) = outlook.purchases.keys[place].0.last().and_then(Option::as_deref) {
            places.insert((*unit, name), units[*unit].purchases.len());
            units[*unit].purchases.push(Purchase {
                charges: place,
                payments: PurchaseName::of(name).payments,
                rows: Vec::new(),
            });
        }
    }
    for (place, unit) in outlook.purchases_in_rows.units.iter().enumerate() {
        let Some((name, keys)) = outlook.purchases_in_rows.keys[place].0.split_last() else { continue };
        let purchase = name.as_deref().and_then(|name| places.get(&(*unit, name)));
        if let Some((purchase, row)) = purchase.zip(deepest.get(&(*unit, keys.to_vec()))) {
            let charges = outlook.purchases.units.len() + place;
            units[*unit].purchases[*purchase].rows.push((*row, charges));
        }
    }
    if rows_are == RowsAre::Invoices {
        rows = with_rest(rows, &mut units, &mut series, &outlook.units.outlook.level)?;
    }
    Ok(Bill { series: series.build()?, purchases: purchases.build(), units, rows, hidden: outlook.hidden })
}

/// Unit and keys of a row, and its place.
type Places = HashMap<(usize, Vec<Option<String>>), usize>;

/// The rows below units, and those of the last level by unit and keys. `first` is the first series of units.
fn rows_of(
    outlook: &BillOutlook,
    by_invoice_unit: bool,
    series: &mut Series,
    first: usize,
    facts: &dyn Fn(&UnitParts, usize, LineSums) -> Leaf,
) -> Result<(Vec<Row>, Places)> {
    let mut all: Vec<(usize, usize, usize)> = Vec::new();
    let mut firsts = Vec::with_capacity(outlook.levels.len());
    for (level, parts) in outlook.levels.iter().enumerate() {
        firsts.push(series.add(&parts.outlook)?);
        all.extend(parts.units.iter().enumerate().map(|(place, unit)| (*unit, level, place)));
    }
    // Rows of a unit follow each other, a row before its parts.
    all.sort_unstable();
    let (mut rows, mut places) = (Vec::with_capacity(all.len()), Places::new());
    let invoice_unit = |row: &Row| {
        let unit = &outlook.facts[row.unit].1;
        let mut facts = row.facts.clone();
        facts.keys.insert(outlook.hidden, Some(unit.clone()));
        facts.names.insert(outlook.hidden, unit.clone());
        facts
    };
    let mut last_unit = None;
    for (unit, level, place) in all {
        let parts = &outlook.levels[level];
        let keys = &parts.keys[place].0;
        if by_invoice_unit && outlook.hidden == 0 && last_unit != Some(unit) {
            let whole = facts(&outlook.units, unit, outlook.units.lines[unit].clone());
            let mut row = Row { facts: whole, unit, parent: None, series: first + unit, is_shown: true };
            row.facts = invoice_unit(&row);
            places.insert((unit, Vec::new()), rows.len());
            rows.push(row);
        }
        last_unit = Some(unit);
        let parent = places.get(&(unit, keys[..keys.len() - 1].to_vec())).copied();
        let own = facts(parts, place, parts.lines[place].clone());
        let series = firsts[level] + place;
        let mut row = Row { facts: own, unit, parent, series, is_shown: parts.is_shown[place] };
        if by_invoice_unit && level >= outlook.hidden {
            row.facts = invoice_unit(&row);
        }
        places.insert((unit, keys.clone()), rows.len());
        rows.push(row);
        if by_invoice_unit && level + 1 == outlook.hidden {
            let parent = rows.len() - 1;
            let mut below = Row { parent: Some(parent), ..rows[parent].clone() };
            below.facts = invoice_unit(&below);
            places.insert((unit, keys.clone()), rows.len());
            rows.push(below);
        }
    }
    Ok((rows, places))
}

/// What the rest of a cycle is called where rows are invoices.
const NOT_YET_INVOICED: &str = "not yet invoiced";

/// Makes rows that are issued invoices closed rows of the cycles that they charge, and the others of each unit one row,
/// "not yet invoiced", to which everything belongs that is still expected. `levels` are the daily costs of the units.
fn with_rest(
    rows: Vec<Row>,
    units: &mut [Unit],
    series: &mut Series,
    levels: &SeriesSet,
) -> Result<Vec<Row>> {
    let mut all: Vec<Row> = Vec::with_capacity(rows.len() + units.len());
    let mut rows = rows.into_iter().peekable();
    for (place, unit) in units.iter_mut().enumerate() {
        // The only open row of a unit is the unit: purchases are charged in it.
        unit.purchases.iter_mut().for_each(|purchase| purchase.rows.clear());
        let mut has_rest = false;
        while let Some(mut row) = rows.next_if(|row| row.unit == place) {
            // The cycle before had other invoices: nothing to compare with.
            row.facts.cycles.iter_mut().for_each(|facts| facts.previous = None);
            if row.facts.keys.iter().any(Option::is_some) {
                row.facts.cycles.retain(|facts| facts.actual != Amount::ZERO);
                row.facts.cycles.iter_mut().for_each(|facts| facts.closed = true);
            } else {
                has_rest = true;
                row.facts.names = vec![NOT_YET_INVOICED.to_owned()];
            }
            all.push(row);
        }
        if !has_rest {
            let names = vec![NOT_YET_INVOICED.to_owned()];
            let mut facts =
                Leaf { keys: vec![None], names, lines: LineSums::default(), ..unit.facts.clone() };
            for cycle in &mut facts.cycles {
                (cycle.actual, cycle.previous) = (Amount::ZERO, None);
            }
            let series = series.add_nothing(levels.get(place))?;
            all.push(Row { facts, unit: place, parent: None, series, is_shown: true });
        }
    }
    Ok(all)
}
