//! What is used: subscriptions, the workloads in them, their resources, and the lines of use (a
//! resource on a meter). Built once from the seed; everything later only reads it.

use super::{
    SampleOptions,
    commitments::{self, Commitment},
    meters::{Meter, Product},
    resource::{Resource, made_up_id},
    usage_pattern::Use,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A subscription.
#[derive(Debug)]
pub struct Subscription {
    /// Its id, of a pattern that no real one has.
    pub id: String,
    /// `/subscriptions/{id}`.
    pub path: String,
    /// Its name, which says that it is made up.
    pub name: String,
    /// `prod`, `dev`, …
    pub environment: &'static str,
    /// Cost centre of the subscription.
    pub cost_center: &'static str,
}

/// Resources that grow and shift together.
#[derive(Clone, Copy, Debug)]
pub struct Workload {
    /// Growth a day, as a part of the level of the first day.
    pub growth_per_day: f64,
    /// The day (counted from the first) on which the level shifts for good.
    pub shift_day: i64,
    /// The level after it, as a multiple of the one before.
    pub shift_factor: f64,
}

/// A resource on a meter: one usage row a day.
#[derive(Debug)]
pub struct Line {
    /// Place of the subscription.
    pub subscription: usize,
    /// Place of the resource.
    pub resource: usize,
    /// Place of the workload.
    pub workload: usize,
    /// The meter.
    pub meter: Meter,
    /// How much is used, and when.
    pub usage: Use,
    /// Days after which a row of this line is reported at all; mostly none.
    pub report_lag_days: i64,
    /// Which commitment of the estate covers it.
    pub commitment: Option<usize>,
}

/// Everything that is used.
#[derive(Debug)]
pub struct Estate {
    /// Subscriptions, in order.
    pub subscriptions: Vec<Subscription>,
    /// Resources of all subscriptions.
    pub resources: Vec<Resource>,
    /// Workloads of all subscriptions.
    pub workloads: Vec<Workload>,
    /// Lines, by subscription and then by workload.
    pub lines: Vec<Line>,
    /// Reservations, at most one a subscription.
    pub commitments: Vec<Commitment>,
}

/// One resource of a workload: the stem of its name and the meters that it runs on.
struct Part(&'static str, &'static [(Meter, Use)]);

/// What a workload consists of. The first parts show the most: a small sample ends after them.
const PARTS: &[Part] = &[
    Part(
        "vm-web",
        &[(Meter::VmD2, Use::Workdays(24.0, 0.625)), (Meter::TransferOut, Use::Workdays(60.0, 0.4))],
    ),
    Part("st", &[(Meter::Blob, Use::Growing(3_000.0)), (Meter::Transactions, Use::Workdays(4_000.0, 0.5))]),
    Part(
        "func",
        &[
            (Meter::ExecutionTime, Use::Workdays(150_000.0, 0.3)),
            (Meter::Executions, Use::Workdays(9_000.0, 0.3)),
        ],
    ),
    Part("hdi-close", &[(Meter::ClusterG1, Use::MonthEnd(30.0))]),
    Part("sql", &[(Meter::SqlS3, Use::Always(1.0))]),
    Part("vm-app", &[(Meter::VmD3, Use::Workdays(60.0, 0.55)), (Meter::RedHat, Use::Always(24.0))]),
    Part("vm-web", &[(Meter::VmD2, Use::Always(24.0)), (Meter::TransferOut, Use::Workdays(25.0, 0.4))]),
    Part("disk-data", &[(Meter::DiskP30, Use::Always(1.0))]),
    Part("plan", &[(Meter::AppService, Use::Always(48.0))]),
    Part("vm-batch", &[(Meter::VmD1, Use::Varying(30.0)), (Meter::TransferOut, Use::Varying(12.0))]),
    Part("redis", &[(Meter::Redis, Use::Always(24.0))]),
    Part("agw", &[(Meter::GatewayData, Use::Workdays(400.0, 0.5))]),
    Part("stlogs", &[(Meter::BlobHot, Use::Growing(400.0)), (Meter::Transactions, Use::Varying(1_500.0))]),
    Part("cosmos", &[(Meter::RequestUnits, Use::Workdays(240.0, 0.7))]),
    Part("evh", &[(Meter::EventHubs, Use::Always(48.0))]),
    Part("vm-test", &[(Meter::VmA2, Use::Workdays(11.0, 0.0))]),
    Part("vpn", &[(Meter::VpnGateway, Use::Always(24.0))]),
    Part("sql-report", &[(Meter::SqlS0, Use::Always(2.0))]),
    Part("kv", &[(Meter::HsmKey, Use::Always(3.0))]),
    Part("dns", &[(Meter::DnsZones, Use::Always(4.0))]),
];

/// Kinds of subscription, in turn: name, environment, cost centre.
const SUBSCRIPTIONS: [(&str, &str, &str); 4] = [
    ("Production", "prod", "CC-1001"),
    ("Data Platform", "prod", "CC-2002"),
    ("Development", "dev", "CC-3003"),
    ("Shared Services", "shared", "CC-1001"),
];

const WORKLOADS: [&str; 6] = ["shop", "billing", "search", "intranet", "reports", "mobile"];
const TEAMS: [&str; 4] = ["web", "payments", "data", "platform"];

/// Draws of the estate itself come from a stream that no line has.
const ESTATE_STREAM: u64 = u64::MAX;
/// One line in this many reports its rows late.
const LATE_LINE_EVERY: u64 = 40;
/// One workload in this many is covered by the subscription's commitment.
const COVERED_WORKLOAD_EVERY: usize = 3;

/// A draw in `[0, 1)`.
pub fn unit_draw(rng: &mut ChaCha8Rng) -> f64 {
    (rng.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
}

impl Estate {
    /// Builds the estate; with commitments where the kind of bill can have them.
    pub fn new(options: &SampleOptions, with_commitments: bool) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
        rng.set_stream(ESTATE_STREAM);
        let mut estate = Self {
            subscriptions: Vec::new(),
            resources: Vec::new(),
            workloads: Vec::new(),
            lines: Vec::new(),
            commitments: Vec::new(),
        };
        let days = (options.through - options.first_day()).num_days() + 1;
        let (count, rows) = (options.subscriptions as usize, options.rows_per_day as usize);
        for place in 0..count {
            let lines = rows / count + usize::from(place < rows % count);
            estate.add_subscription(place, lines, days, &mut rng);
            if with_commitments {
                estate.commitments.extend(commitments::of_subscription(place, options));
            }
        }
        estate.cover_lines();
        estate
    }

    fn add_subscription(&mut self, place: usize, lines: usize, days: i64, rng: &mut ChaCha8Rng) {
        let (name, environment, cost_center) = SUBSCRIPTIONS[place % SUBSCRIPTIONS.len()];
        let number = match place / SUBSCRIPTIONS.len() {
            0 => String::new(),
            again => format!(" {}", again + 1),
        };
        let id = made_up_id(place as u64 + 1);
        self.subscriptions.push(Subscription {
            path: format!("/subscriptions/{id}"),
            id,
            name: format!("{name}{number} (sample)"),
            environment,
            cost_center,
        });
        let end = self.lines.len() + lines;
        for number in 0.. {
            if self.lines.len() == end {
                break;
            }
            self.add_workload(place, number, end, days, rng);
        }
    }

    fn add_workload(
        &mut self,
        subscription: usize,
        number: usize,
        end: usize,
        days: i64,
        rng: &mut ChaCha8Rng,
    ) {
        let shifts = [1.0, 1.35, 1.0, 0.75, 1.6];
        self.workloads.push(Workload {
            growth_per_day: 0.0015 * unit_draw(rng) - 0.0003,
            shift_day: (days as f64 * (0.25 + 0.6 * unit_draw(rng))) as i64,
            shift_factor: shifts[(self.workloads.len() + 1) % shifts.len()],
        });
        let workload = self.workloads.len() - 1;
        let size = 0.6 + 0.9 * unit_draw(rng);
        let title = WORKLOADS[number % WORKLOADS.len()];
        let environment = self.subscriptions[subscription].environment;
        let group = format!("rg-{title}-{environment}-{:02}", number / WORKLOADS.len() + 1);
        let team = TEAMS[(rng.next_u64() % TEAMS.len() as u64) as usize];
        for (part, Part(stem, meters)) in PARTS.iter().enumerate() {
            if self.lines.len() == end {
                return;
            }
            let name = format!("{stem}-{title}-{:02}-{part:02}", number + 1);
            let resource = self.add_resource(subscription, &group, &name, meters[0].0.product(), team);
            for &(meter, usage) in meters.iter().take(end - self.lines.len()) {
                let late = rng.next_u64().is_multiple_of(LATE_LINE_EVERY);
                self.lines.push(Line {
                    subscription,
                    resource,
                    workload,
                    meter,
                    usage: usage.sized(size),
                    report_lag_days: if late { 2 + (rng.next_u64() % 2) as i64 } else { 0 },
                    commitment: None,
                });
            }
        }
    }

    fn add_resource(
        &mut self,
        subscription: usize,
        group: &str,
        name: &str,
        product: &Product,
        team: &str,
    ) -> usize {
        let Subscription { path, environment, cost_center, .. } = &self.subscriptions[subscription];
        let kind = format!("{}/{}", product.service.provider, product.service.resource_type);
        // The name of a nested resource follows its parent's, type by type.
        let kind_path = product.service.resource_type.replace('/', &format!("/srv-{team}/"));
        let id = format!(
            "{path}/resourceGroups/{group}/providers/{}/{kind_path}/{name}",
            product.service.provider
        );
        let is_machine = product.service.resource_type == "virtualMachines";
        let size = product.subcategory.trim_end_matches(" VM");
        self.resources.push(Resource {
            group: group.to_owned(),
            name: name.to_owned(),
            lower_id: id.to_lowercase(),
            id,
            kind,
            tags: format!(r#"{{"env": "{environment}","team": "{team}","CostCenter": "{cost_center}"}}"#),
            details: if is_machine {
                format!(
                    r#"{{"UsageType":"ComputeHR","ImageType":null,"ServiceType":"{size}","VMName":"{name}"}}"#
                )
            } else {
                String::new()
            },
        });
        self.resources.len() - 1
    }

    /// Puts the lines that a commitment is made for under it; these never use more than it covers.
    fn cover_lines(&mut self) {
        for (place, commitment) in self.commitments.iter_mut().enumerate() {
            let subscription = commitment.subscription;
            let start = self.lines.partition_point(|line| line.subscription < subscription);
            let first_workload = self.lines.get(start).map_or(0, |line| line.workload);
            for line in self.lines[start..].iter_mut().take_while(|line| line.subscription == subscription) {
                let covered = (line.workload - first_workload) % COVERED_WORKLOAD_EVERY == 0;
                if covered && line.meter == Meter::VmD2 {
                    line.commitment = Some(place);
                    line.report_lag_days = 0;
                    commitment.machines += 1;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_lines_as_rows_a_day_were_asked_for() {
        for (subscriptions, rows_per_day) in [(1, 1), (3, 30), (7, 1_000)] {
            let options = SampleOptions { subscriptions, rows_per_day, ..SampleOptions::default() };
            let estate = Estate::new(&options, true);
            assert_eq!(estate.lines.len(), rows_per_day as usize);
            assert_eq!(estate.subscriptions.len(), subscriptions as usize);
            assert!(
                (0..subscriptions as usize).all(|s| estate.lines.iter().any(|line| line.subscription == s))
            );
        }
    }

    #[test]
    fn names_and_ids_say_that_they_are_made_up() {
        let estate = Estate::new(&SampleOptions::default(), true);
        assert_eq!(estate.subscriptions[0].name, "Production (sample)");
        assert_eq!(estate.subscriptions[2].id, "5a3b1e00-0000-4000-8000-000000000003");
        assert_eq!(
            estate.resources[0].id,
            "/subscriptions/5a3b1e00-0000-4000-8000-000000000001/resourceGroups/rg-shop-prod-01/\
             providers/Microsoft.Compute/virtualMachines/vm-web-shop-01-00"
        );
    }
}
