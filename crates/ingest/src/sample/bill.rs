//! The bill itself: what a month costs, row by row and day by day, as known on the day of a run.
//!
//! There is one bill whatever the columns it is shown in. Tiers are counted by subscription, meter
//! and month: a day costs the difference of its meter's cumulative price, which its rows share by
//! quantity. Only one day of rows is held at a time.

use super::{
    SampleOptions,
    calendar::{closed_on, month_number, next_month},
    charge::{Charge, Form},
    commitments::Payment,
    estate::{Estate, Line},
    meters::{METERS, Meter, Product},
    pricing::{Price, Quantity, split},
    purchases::{self, PurchaseKind, RESERVATION, ROUNDING},
    resource::Resource,
    usage::{self, KnownOn},
};
use billing::Amount;
use chrono::{Datelike, Days, NaiveDate};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use std::cell::Cell;

/// Which charges a kind of file has at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carries {
    /// Purchases, reservations, marketplace, corrections billed later, and rounding.
    pub more_than_usage: bool,
    /// Refunds.
    pub refunds: bool,
}

/// A bill that can be asked for any month, as known on any day.
#[derive(Debug)]
pub struct Bill {
    estate: Estate,
    carries: Carries,
    first_day: NaiveDate,
    through: NaiveDate,
    rng: ChaCha8Rng,
    /// Lines of each subscription and meter: those that share its tiers.
    pools: Vec<Vec<usize>>,
    no_resource: Resource,
}

/// What a day's use of a line costs on demand.
#[derive(Clone, Copy)]
struct Priced {
    quantity: Quantity,
    price: Price,
    cost: Amount,
}

impl Bill {
    /// The bill of these options, with the charges that the kind of file carries.
    pub fn new(options: &SampleOptions, carries: Carries) -> Self {
        let estate = Estate::new(options, carries.more_than_usage);
        let mut pools = vec![Vec::new(); estate.subscriptions.len() * METERS.len()];
        for (place, line) in estate.lines.iter().enumerate() {
            pools[pool_of(line)].push(place);
        }
        Self {
            estate,
            carries,
            first_day: options.first_day(),
            through: options.through,
            rng: ChaCha8Rng::seed_from_u64(options.seed),
            pools,
            no_resource: Resource::default(),
        }
    }

    /// Gives the rows of the billing period that begins on `month`, in the order of days, as known
    /// on the morning of `known_on`.
    ///
    /// # Errors
    /// The first error of `row`.
    pub fn month<E>(
        &self,
        month: NaiveDate,
        known_on: NaiveDate,
        mut row: impl FnMut(&Charge<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rng = self.rng.clone();
        let period_last = next_month(month) - Days::new(1);
        let is_closed = known_on >= closed_on(month);
        let invoice =
            if is_closed { format!("SAMPLE-{}{:02}", month.year(), month.month()) } else { String::new() };
        let blank = self.blank_charge(month, period_last, &invoice);
        let total = Cell::new(Amount::ZERO);
        let mut row = |charge: &Charge<'_>| {
            total.set(total.get() + charge.billed);
            row(charge)
        };
        let mut so_far = vec![Quantity::ZERO; self.pools.len()];
        if self.carries.more_than_usage {
            let number = month_number(self.first_day, month);
            for found in purchases::corrections(&self.estate, number, month, known_on, &mut rng) {
                let line = &self.estate.lines[found.line];
                let price = line.meter.product().rates.first_price();
                so_far[pool_of(line)] += found.quantity;
                let cost = price.of(found.quantity);
                let priced = Priced { quantity: found.quantity, price, cost };
                row(&Charge { corrects: true, ..self.usage_charge(blank, line, found.day, priced) })?;
            }
        }
        let known = KnownOn(known_on);
        let last = period_last.min(self.through);
        for day in month.iter_days().take_while(|&day| day <= last && known.has_begun_to_book(day)) {
            if self.carries.more_than_usage {
                self.purchases_of(day, blank, &mut row)?;
            }
            self.usage_of(day, known, blank, (&mut so_far, &mut rng), &mut row)?;
        }
        if is_closed && self.carries.more_than_usage {
            self.rounding_of(total.get(), blank, &mut row)?;
        }
        Ok(())
    }

    fn blank_charge<'a>(&'a self, month: NaiveDate, period_last: NaiveDate, invoice: &'a str) -> Charge<'a> {
        Charge {
            form: Form::Usage,
            subscription: &self.estate.subscriptions[0],
            resource: &self.no_resource,
            product: &ROUNDING,
            commitment: None,
            day: period_last,
            period_start: month,
            period_last,
            invoice,
            quantity: Quantity::whole(1),
            list_price: Price(0),
            billed: Amount::ZERO,
            effective: Amount::ZERO,
            list: Amount::ZERO,
            cost: Amount::ZERO,
            corrects: false,
        }
    }

    /// A row of use on demand.
    fn usage_charge<'a>(
        &'a self,
        blank: Charge<'a>,
        line: &Line,
        day: NaiveDate,
        priced: Priced,
    ) -> Charge<'a> {
        Charge {
            subscription: &self.estate.subscriptions[line.subscription],
            resource: &self.estate.resources[line.resource],
            product: line.meter.product(),
            day,
            quantity: priced.quantity,
            list_price: priced.price,
            billed: priced.cost,
            effective: priced.cost,
            list: priced.cost,
            cost: priced.cost,
            ..blank
        }
    }

    fn purchases_of<'a, E>(
        &'a self,
        day: NaiveDate,
        blank: Charge<'a>,
        row: &mut impl FnMut(&Charge<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for commitment in self.estate.commitments.iter().filter(|commitment| commitment.machines > 0) {
            let Some(price) = commitment.payment_on(day) else { continue };
            let quantity = Quantity::whole(commitment.machines);
            let form = match commitment.payment {
                Payment::Monthly(_) => Form::RecurringPurchase,
                Payment::Upfront(_) => Form::OneTimePurchase,
            };
            row(&Charge {
                form,
                subscription: &self.estate.subscriptions[commitment.subscription],
                resource: &commitment.resource,
                commitment: Some(commitment),
                // Its days bear the cost: counting the payment as well would count it twice.
                effective: Amount::ZERO,
                ..bought(blank, &RESERVATION, day, quantity, price)
            })?;
        }
        let number = month_number(self.first_day, day);
        for (place, subscription) in self.estate.subscriptions.iter().enumerate() {
            for purchase in purchases::on_day(place, number, day) {
                let form = match purchase.kind {
                    PurchaseKind::Recurring => Form::RecurringPurchase,
                    PurchaseKind::Once => Form::OneTimePurchase,
                    PurchaseKind::Refund if self.carries.refunds => Form::Refund,
                    PurchaseKind::Refund => continue,
                };
                let quantity = Quantity::whole(1);
                let charge = bought(blank, purchase.product, day, quantity, purchase.price);
                row(&Charge { form, subscription, corrects: form == Form::Refund, ..charge })?;
            }
        }
        Ok(())
    }

    fn usage_of<'a, E>(
        &'a self,
        day: NaiveDate,
        known: KnownOn,
        blank: Charge<'a>,
        (so_far, rng): (&mut [Quantity], &mut ChaCha8Rng),
        row: &mut impl FnMut(&Charge<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let lines = &self.estate.lines;
        let quantities: Vec<Quantity> = lines
            .iter()
            .enumerate()
            .map(|(place, line)| {
                let is_carried = self.carries.more_than_usage || !line.meter.product().is_marketplace();
                let workload = &self.estate.workloads[line.workload];
                let days = (self.first_day, day);
                if is_carried {
                    usage::quantity((place, line), workload, days, known, rng)
                } else {
                    Quantity::ZERO
                }
            })
            .collect();
        let on_demand = self.price_day(day, &quantities, so_far);
        let covered = self.share_commitments(day, known, &quantities);
        let mut unused = covered.unused.iter().map(|&(place, quantity, cost)| {
            let commitment = &self.estate.commitments[place];
            Charge {
                form: Form::UnusedReservation,
                subscription: &self.estate.subscriptions[commitment.subscription],
                resource: &commitment.resource,
                product: Meter::VmD2.product(),
                commitment: Some(commitment),
                day,
                quantity,
                effective: cost,
                ..blank
            }
        });
        for (place, line) in
            lines.iter().enumerate().filter(|&(place, _)| quantities[place] != Quantity::ZERO)
        {
            let charge = self.usage_charge(blank, line, day, on_demand[place]);
            match line.commitment.filter(|_| covered.is_covered[place]) {
                None => row(&charge)?,
                Some(commitment) => row(&Charge {
                    commitment: self.estate.commitments.get(commitment),
                    billed: Amount::ZERO,
                    cost: Amount::ZERO,
                    effective: covered.costs[place],
                    ..charge
                })?,
            }
        }
        unused.try_for_each(|charge| row(&charge))
    }

    /// What each line's use costs on demand; moves the cycle's totals on by the day. What a
    /// commitment covers is priced for its list cost and does not count for the tiers.
    fn price_day(&self, day: NaiveDate, quantities: &[Quantity], so_far: &mut [Quantity]) -> Vec<Priced> {
        let mut priced: Vec<Priced> = Vec::with_capacity(quantities.len());
        let is_on_demand = |line: &Line| line.commitment.is_none_or(|c| !self.is_in_force(c, day));
        let before = so_far.to_vec();
        for (line, &quantity) in self.estate.lines.iter().zip(quantities) {
            if is_on_demand(line) {
                so_far[pool_of(line)] += quantity;
            }
        }
        for (line, &quantity) in self.estate.lines.iter().zip(quantities) {
            let (pool, rates) = (pool_of(line), line.meter.product().rates);
            let price = rates.single_price(before[pool], so_far[pool]).unwrap_or(rates.first_price());
            priced.push(Priced { quantity, price, cost: price.of(quantity) });
        }
        for (pool, lines) in self.pools.iter().enumerate().filter(|(_, lines)| !lines.is_empty()) {
            let rates = METERS[pool % METERS.len()].rates;
            if rates.single_price(before[pool], so_far[pool]).is_some() {
                continue;
            }
            let cost = rates.cost_of(so_far[pool]) - rates.cost_of(before[pool]);
            let parts: Vec<Quantity> = lines.iter().map(|&place| quantities[place]).collect();
            // A day across a bound: the price that a further unit would have.
            let price = rates.single_price(so_far[pool], so_far[pool] + Quantity(1));
            for (&place, cost) in lines.iter().zip(split(cost, &parts)) {
                priced[place].cost = cost;
                priced[place].price = price.unwrap_or(priced[place].price);
            }
        }
        priced
    }

    fn is_in_force(&self, commitment: usize, day: NaiveDate) -> bool {
        self.estate.commitments[commitment].hours_on(day) > Quantity::ZERO
    }

    /// Shares each commitment's cost of the day between the lines that it covers and what nobody
    /// used. Of a day that is not settled only what was used is known.
    fn share_commitments(&self, day: NaiveDate, known: KnownOn, quantities: &[Quantity]) -> Covered {
        let lines = &self.estate.lines;
        let mut covered = Covered {
            is_covered: vec![false; lines.len()],
            costs: vec![Amount::ZERO; lines.len()],
            unused: Vec::new(),
        };
        if self.estate.commitments.is_empty() {
            return covered;
        }
        let mut members = vec![Vec::new(); self.estate.commitments.len()];
        for (place, line) in lines.iter().enumerate() {
            if let Some(commitment) = line.commitment.filter(|&c| self.is_in_force(c, day)) {
                covered.is_covered[place] = true;
                members[commitment].push(place);
            }
        }
        for (number, members) in members.into_iter().enumerate().filter(|(_, members)| !members.is_empty()) {
            let commitment = &self.estate.commitments[number];
            let used: Vec<Quantity> = members.iter().map(|&place| quantities[place]).collect();
            let unused = used.iter().fold(commitment.hours_on(day), |left, &hours| left - hours);
            let costs = split(commitment.cost_of(day), &[used, vec![unused]].concat());
            for (&place, &cost) in members.iter().zip(&costs) {
                covered.costs[place] = cost;
            }
            if unused > Quantity::ZERO && known.has_settled(day) {
                covered.unused.push((number, unused, costs.last().copied().unwrap_or_default()));
            }
        }
        covered
    }

    fn rounding_of<'a, E>(
        &'a self,
        total: Amount,
        blank: Charge<'a>,
        row: &mut impl FnMut(&Charge<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let adjustment = total.rounded(2) - total;
        match adjustment {
            Amount::ZERO => Ok(()),
            cost => {
                row(&Charge { form: Form::RoundingAdjustment, billed: cost, effective: cost, cost, ..blank })
            }
        }
    }
}

/// What commitments cover on a day, by line, and what nobody used: commitment, hours, cost.
struct Covered {
    is_covered: Vec<bool>,
    costs: Vec<Amount>,
    unused: Vec<(usize, Quantity, Amount)>,
}

/// Place of the tiers that a line counts for.
fn pool_of(line: &Line) -> usize {
    line.subscription * METERS.len() + line.meter as usize
}

/// A row of a purchase; its list cost is 0, as the service leaves it for purchases.
fn bought<'a>(
    blank: Charge<'a>,
    product: &'a Product,
    day: NaiveDate,
    quantity: Quantity,
    list_price: Price,
) -> Charge<'a> {
    let cost = list_price.of(quantity);
    Charge { product, day, quantity, list_price, billed: cost, effective: cost, cost, ..blank }
}
