//! Which scope a charge is taken from where exports of several scopes hold it.
//!
//! A part is taken from the newest complete run that holds it, of the wider scope or of the narrower one; what no
//! narrower scope names comes from the wider one. Ids say what a resource group, subscription, invoice section
//! and billing profile hold; a management group or billing scope holds a subscription from the first to the last
//! day on which its runs list it. Siblings never replace each other, nor do different billing accounts.

use crate::{
    exports::scope::{Relation, ScopeKind},
    selection::{
        day_set::DaySet,
        excluded_charges::{Cause, Decisions, Loss},
        rules::newest_run::{Period, ScopeClaims},
        run_charges::{Names, RunCharges},
    },
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// An owner, and a part column with its value.
type Part = (Option<u32>, Option<(usize, u32)>);

/// Adds to the decisions what each scope loses to others.
pub(crate) fn contest_scopes(
    decisions: &mut Decisions,
    runs: &[RunCharges],
    parts: &[&'static str],
    names: &Names,
) {
    let mut losses = Vec::new();
    for (one, other) in pairs(&decisions.scopes) {
        for (holder, loser) in [(one, other), (other, one)] {
            let contest = Contest {
                holder: &decisions.scopes[holder],
                loser: &decisions.scopes[loser],
                runs,
                parts,
                names,
            };
            contest.losses(&mut losses);
        }
    }
    for (run, loss) in losses {
        decisions.add(run, loss);
    }
}

/// The pairs of scopes that may share charges.
fn pairs(scopes: &[ScopeClaims]) -> Vec<(usize, usize)> {
    // Most scopes are subscriptions, which never share any.
    let mut by_subscription: HashMap<(bool, &str), Vec<usize>> = HashMap::new();
    let mut wide = Vec::new();
    for (number, claims) in scopes.iter().enumerate() {
        match &claims.scope.subscription {
            Some(id) => by_subscription.entry((claims.is_estimate, id)).or_default().push(number),
            None => wide.push(number),
        }
    }
    let mut found = BTreeSet::new();
    for numbers in by_subscription.values() {
        for (at, one) in numbers.iter().enumerate() {
            found.extend(numbers[at + 1..].iter().map(|other| (*one, *other)));
        }
    }
    for (at, one) in wide.iter().enumerate() {
        let narrow = by_subscription.values().flatten();
        found.extend(wide[at + 1..].iter().chain(narrow).map(|other| (*one.min(other), *one.max(other))));
    }
    found.retain(|(one, other)| {
        scopes[*one].is_estimate == scopes[*other].is_estimate
            && !matches!(
                scopes[*one].scope.relation(&scopes[*other].scope),
                Relation::Siblings | Relation::Same
            )
    });
    found.into_iter().collect()
}

/// One scope that may hold charges of another.
struct Contest<'a> {
    holder: &'a ScopeClaims,
    loser: &'a ScopeClaims,
    runs: &'a [RunCharges],
    parts: &'a [&'static str],
    names: &'a Names,
}

/// The charges that the holder has of the loser.
struct Shared {
    owner: Option<u32>,
    part: Option<(usize, u32)>,
    accounts: BTreeSet<u32>,
    /// The days on which the holder lists the owner, by billing period; all where ids say what it holds.
    listed: Option<BTreeMap<Period, (i32, i32)>>,
}

impl Contest<'_> {
    /// Of two runs of one moment the wider scope's counts.
    fn wins_ties(&self) -> bool {
        (self.holder.scope.kind, &self.holder.scope.key) > (self.loser.scope.kind, &self.loser.scope.key)
    }

    fn losses(&self, out: &mut Vec<(usize, Loss)>) {
        let Some(newest) = self.holder.newest() else { return };
        for shared in self.shared() {
            for claim in &self.loser.runs {
                let mut days = self.holder.days_after(claim.time, self.wins_ties());
                if let Some(listed) = &shared.listed {
                    days = days.intersection(&DaySet::of(listed.values().copied()));
                }
                out.push((
                    claim.run,
                    Loss {
                        owner: shared.owner,
                        part: shared.part,
                        period: None,
                        accounts: shared.accounts.clone(),
                        days,
                        late: self.late_periods(claim.run, claim.time, &shared),
                        cause: Cause::OtherScope(newest),
                    },
                ));
            }
        }
    }

    /// The billing periods whose late rows the holder has from a newer run.
    fn late_periods(&self, run: usize, time: DateTime<Utc>, shared: &Shared) -> BTreeSet<Period> {
        let periods: BTreeSet<Period> = self.runs[run].keys.iter().map(|facts| facts.period).collect();
        let is_later = |period: &Period| {
            let is_listed = shared.listed.as_ref().is_none_or(|listed| listed.contains_key(period));
            let late = self.holder.late_time(self.runs, *period);
            is_listed && late.is_some_and(|late| late > time || late == time && self.wins_ties())
        };
        periods.into_iter().filter(is_later).collect()
    }

    /// What the holder has of the loser's charges.
    fn shared(&self) -> Vec<Shared> {
        let scope = &self.holder.scope;
        let whole = |owner, part| Shared { owner, part, accounts: BTreeSet::new(), listed: None };
        match scope.relation(&self.loser.scope) {
            Relation::Siblings | Relation::Same => Vec::new(),
            Relation::Around => vec![whole(None, None)],
            Relation::Inside => self.part().into_iter().map(|(owner, part)| whole(owner, part)).collect(),
            Relation::BySubscription if scope.subscription.is_some() => self
                .part()
                .into_iter()
                .map(|(owner, part)| Shared {
                    accounts: owner
                        .and_then(|owner| self.holder.accounts.get(&owner))
                        .cloned()
                        .unwrap_or_default(),
                    ..whole(owner, part)
                })
                .collect(),
            Relation::BySubscription => self
                .holder
                .listed
                .iter()
                .filter(|(owner, _)| self.names.text(**owner).starts_with("/subscriptions/"))
                .map(|(owner, listed)| Shared {
                    accounts: self.holder.accounts.get(owner).cloned().unwrap_or_default(),
                    listed: Some(listed.clone()),
                    ..whole(Some(*owner), None)
                })
                .collect(),
        }
    }

    /// The owner and the part column's value of a narrower scope; `None` where no charge of any run has them.
    fn part(&self) -> Option<Part> {
        let scope = &self.holder.scope;
        let owner = match &scope.subscription {
            Some(id) => Some(self.names.find(id)?),
            None => None,
        };
        let part = match scope.part() {
            Some((column, value)) => {
                let place = self.parts.iter().position(|part| *part == column)?;
                Some((place, self.names.find(value)?))
            }
            None => None,
        };
        Some((owner, part))
    }
}

/// The columns of charges that distinguish the parts of scopes, where one scope contains another.
pub(crate) fn part_columns<'a>(
    scopes: impl Iterator<Item = &'a crate::exports::scope::ExportScope>,
) -> Vec<&'static str> {
    let scopes: BTreeSet<_> = scopes.collect();
    let is_part = |kind: ScopeKind| {
        matches!(kind, ScopeKind::ResourceGroup | ScopeKind::BillingProfile | ScopeKind::InvoiceSection)
    };
    // One scope alone has no parts.
    if scopes.len() < 2 {
        return Vec::new();
    }
    let columns: BTreeSet<&'static str> = scopes
        .iter()
        .filter(|scope| is_part(scope.kind))
        .filter_map(|scope| scope.part().map(|(column, _)| column))
        .collect();
    columns.into_iter().collect()
}
