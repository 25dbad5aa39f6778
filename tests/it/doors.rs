//! One folder, one answer: each rule about which charges count, asked through every command that reads charges.
//!
//! A case writes a folder by hand and states the right daily sums beside it. Amounts are whole or in cents, the
//! quantity of a row is its cost and the card's price is 1, so an estimate equals the charges for use. The larger
//! counterpart with random folders is `benches/doors.py`.

mod ask;
mod folders;

use crate::meaning::made_files::{BETA, Row, csv};
use ask::{Right, check, refused, right};
use folders::{
    ACCOUNT,
    Form::{self, Ea, Hours, Mca},
    OF_ALPHA, OF_BETA, PROFILE, all, june,
};
use std::collections::BTreeMap;

/// The table: a rule, the forms of its folder, the folder, and the right answer.
macro_rules! rules {
    ($($(#[doc = $doc:literal])* $rule:ident, $forms:expr, $make:expr, $right:expr;)*) => {
        $($(#[doc = $doc])* #[test] fn $rule() { check(&$forms, $make, &$right) })*
    };
}

rules! {
    /// A charge that the newest run no longer has is gone, also when that run covers fewer days.
    withdrawn_charge, [Ea, Mca, Hours], |f| {
        f.history();
        let wrong = f.form.meter(f.form.june(3, 3, "500"), "m2");
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &[f.form.june(1, 6, "10"), wrong].concat());
        let left = [f.form.june(1, 2, "10"), f.form.june(4, 7, "10")].concat();
        f.write(f.export("mtd", OF_ALPHA, ["2026-06-01", "2026-06-07"], "2026-06-08T05:00:00Z"), &left);
    }, right(&[(1, 2, 10.0), (4, 7, 10.0)]).and_history();

    /// The newest run is cut: the older one counts, and nothing of the newest.
    damaged_newest_run, [Ea, Mca, Hours], |f| {
        f.history();
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &f.form.june(1, 6, "10"));
        let rows = f.form.june(1, 7, "12");
        let text = csv(&rows);
        let newest = f.export("mtd", OF_ALPHA, ["2026-06-01", "2026-06-30"], "2026-06-08T05:00:00Z");
        newest.write_text(&f.context.path().join("in"), &text[..text.len() - 30], text.len(), rows.len());
    }, right(&[(1, 6, 10.0)]).and_history();

    /// A run with fewer rows than its manifest states is incomplete.
    row_count_short, [Ea, Mca, Hours], |f| {
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &f.form.june(1, 6, "10"));
        let rows = f.form.june(1, 7, "12");
        let text = csv(&rows);
        let newest = f.export("mtd", OF_ALPHA, ["2026-06-01", "2026-06-30"], "2026-06-08T05:00:00Z");
        newest.write_text(&f.context.path().join("in"), &text, text.len(), rows.len() + 1);
    }, right(&[(1, 6, 10.0)]);

    /// A run without rows covers nothing.
    run_without_data, [Ea, Hours], |f| {
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &f.form.june(1, 6, "10"));
        let header = csv(&f.form.june(1, 1, "1")).lines().next().map(|line| format!("{line}\n")).expect("a line");
        let newest = f.export("mtd", OF_ALPHA, ["2026-06-01", "2026-06-30"], "2026-06-08T05:00:00Z");
        newest.write_text(&f.context.path().join("in"), &header, header.len(), 0);
    }, right(&[(1, 6, 10.0)]);

    /// A newer run over fewer days takes those days only.
    month_to_date_of_fewer_days, [Ea, Mca, Hours], |f| {
        f.history();
        f.run("mtd", OF_ALPHA, "2026-06-10T05:00:00Z", &f.form.june(1, 9, "10"));
        f.write(f.export("mtd", OF_ALPHA, ["2026-06-03", "2026-06-05"], "2026-06-12T05:00:00Z"), &f.form.june(3, 5, "12"));
    }, right(&[(1, 2, 10.0), (3, 5, 12.0), (6, 9, 10.0)]).and_history();

    /// Days between two runs are in neither.
    gap, [Ea, Mca, Hours], |f| {
        f.history();
        f.write(f.export("mtd", OF_ALPHA, ["2026-06-01", "2026-06-05"], "2026-06-07T05:00:00Z"), &f.form.june(1, 5, "10"));
        f.write(f.export("mtd", OF_ALPHA, ["2026-06-09", "2026-06-30"], "2026-06-17T05:00:00Z"), &f.form.june(9, 16, "10"));
    }, right(&[(1, 5, 10.0), (9, 16, 10.0)]).and_history();

    /// A late row counts beside the run of its day and in the cycle that bills it.
    late_row, [Ea, Mca, Hours], |f| {
        f.history();
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &[f.form.june(1, 6, "10"), vec![f.form.late("4")]].concat());
    }, right(&[(1, 6, 10.0)]).and_history().and_late("2026-05-31", 4.0);

    /// The newest cumulative run has the late rows; a newer run over fewer days erases none.
    late_row_of_the_newest_cumulative_run, [Ea, Mca, Hours], |f| {
        f.history();
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &[f.form.june(1, 6, "10"), vec![f.form.late("4")]].concat());
        f.run("mtd", OF_ALPHA, "2026-06-08T05:00:00Z", &[f.form.june(1, 7, "10"), vec![f.form.late("7")]].concat());
        f.write(f.export("mtd", OF_ALPHA, ["2026-06-03", "2026-06-04"], "2026-06-09T05:00:00Z"), &f.form.june(3, 4, "11"));
    }, right(&[(1, 2, 10.0), (3, 4, 11.0), (5, 7, 10.0)]).and_history().and_late("2026-05-31", 7.0);

    /// Two complete runs of one scope and moment with different values.
    equal_run_times, [Ea, Hours], |f| {
        for (name, cost) in [("one", "10"), ("two", "11")] {
            f.run(name, OF_ALPHA, "2026-06-07T05:00:00Z", &f.form.june(1, 6, cost));
        }
    }, refused();

    /// Charges of the service, then a newer estimate of the same days.
    estimate_newer_than_charges, [Hours], |f| {
        f.run("focus", OF_ALPHA, "2026-06-07T05:00:00Z", &f.form.june(1, 6, "10"));
        let estimate = all(f.form.june(1, 6, "13"), "x_IsEstimate", "true");
        f.write(f.export("usage", OF_ALPHA, ["2026-06-01", "2026-06-06"], "2026-06-08T05:00:00Z"), &estimate);
    }, right(&[(1, 6, 10.0)]);

    /// An older export of the subscription, a newer one of a resource group in it.
    resource_group_export_after_its_subscription, [Ea, Mca, Hours], |f| {
        f.run("sub", OF_ALPHA, "2026-06-07T05:00:00Z", &two_groups(f.form, "10"));
        f.run("rg", &format!("{OF_ALPHA}/resourceGroups/rg-a"), "2026-06-07T06:00:00Z", &f.form.group(f.form.june(1, 6, "11"), "rg-a"));
    }, right(&[(1, 6, 31.0)]);

    /// The same in the other order: the subscription's newer run has both groups.
    resource_group_export_before_its_subscription, [Ea, Mca, Hours], |f| {
        f.run("rg", &format!("{OF_ALPHA}/resourceGroups/rg-a"), "2026-06-07T05:00:00Z", &f.form.group(f.form.june(1, 6, "11"), "rg-a"));
        f.run("sub", OF_ALPHA, "2026-06-07T06:00:00Z", &two_groups(f.form, "10"));
    }, right(&[(1, 6, 30.0)]);

    /// Two resource groups of one subscription are siblings and add up.
    two_resource_groups, [Ea, Mca, Hours], |f| {
        f.run("rg-a", &format!("{OF_ALPHA}/resourceGroups/rg-a"), "2026-06-07T05:00:00Z", &f.form.group(f.form.june(1, 6, "10"), "rg-a"));
        f.run("rg-b", &format!("{OF_ALPHA}/resourceGroups/rg-b"), "2026-06-07T06:00:00Z", &f.form.group(f.form.meter(f.form.june(1, 6, "20"), "m2"), "rg-b"));
    }, right(&[(1, 6, 30.0)]);

    /// A subscription moves from one section to another on the 3rd: both list that day, and both count.
    two_invoice_sections, [Mca, Hours], |f| {
        f.run("one", &format!("{PROFILE}/invoiceSections/s1"), "2026-06-07T05:00:00Z", &in_section(f.form, 1, 3, "10", "s1"));
        f.run("two", &format!("{PROFILE}/invoiceSections/s2"), "2026-06-07T06:00:00Z", &in_section(f.form, 3, 6, "20", "s2"));
    }, right(&[(1, 2, 10.0), (3, 3, 30.0), (4, 6, 20.0)]);

    /// A section's newer run takes its part of the account's; the other section stays.
    section_inside_its_account, [Mca, Hours], |f| {
        let beta = f.form.subscription(in_section(f.form, 1, 6, "20", "s2"), BETA);
        f.run("all", ACCOUNT, "2026-06-07T05:00:00Z", &[in_section(f.form, 1, 6, "10", "s1"), beta].concat());
        f.run("one", &format!("{PROFILE}/invoiceSections/s1"), "2026-06-07T06:00:00Z", &in_section(f.form, 1, 6, "11", "s1"));
    }, right(&[(1, 6, 31.0)]);

    /// A management group holds a subscription while it lists it; the subscription's own export is newer.
    management_group_beside_a_subscription, [Ea, Hours], |f| {
        let beta = f.form.subscription(f.form.june(1, 6, "20"), BETA);
        f.run("group", "/providers/Microsoft.Management/managementGroups/mg", "2026-06-07T05:00:00Z", &[f.form.june(1, 6, "10"), beta].concat());
        f.run("beta", OF_BETA, "2026-06-07T06:00:00Z", &f.form.subscription(f.form.june(1, 6, "21"), BETA));
    }, right(&[(1, 6, 31.0)]);

    /// The subscription left the management group on the 3rd: later days are those of its own older export.
    subscription_that_left_its_management_group, [Ea, Hours], |f| {
        f.run("beta", OF_BETA, "2026-06-07T05:00:00Z", &f.form.subscription(f.form.june(1, 6, "21"), BETA));
        let beta = f.form.subscription(f.form.june(1, 3, "20"), BETA);
        f.run("group", "/providers/Microsoft.Management/managementGroups/mg", "2026-06-07T06:00:00Z", &[f.form.june(1, 6, "10"), beta].concat());
    }, right(&[(1, 3, 30.0), (4, 6, 31.0)]);

    /// A subscription moved to another billing account on the 4th: both bills count, on that day too.
    moved_between_agreements, [Ea, Hours], |f| {
        f.history();
        f.run("mtd", OF_ALPHA, "2026-06-06T06:00:00Z", &f.form.june(1, 4, "10"));
        f.run("new", "/providers/Microsoft.Billing/billingAccounts/5678", "2026-06-10T05:00:00Z", &f.form.account(f.form.june(4, 9, "20"), "5678"));
    }, right(&[(1, 3, 10.0), (4, 4, 30.0), (5, 9, 20.0)]).and_history();

    /// Equal amounts of equal keys in two billing accounts are one bill under two names.
    same_bill_under_two_names, [Ea, Hours], |f| {
        f.run("old", "/providers/Microsoft.Billing/billingAccounts/1234", "2026-06-07T05:00:00Z", &f.form.june(1, 6, "10"));
        f.run("new", "/providers/Microsoft.Billing/billingAccounts/5678", "2026-06-07T06:00:00Z", &f.form.account(f.form.june(1, 6, "10"), "5678"));
    }, refused();

    /// Cumulative downloads without manifests: the one that reaches further counts.
    repeated_downloads, [Ea, Mca, Hours], |f| {
        f.file("download1.csv", &f.form.june(1, 6, "10"));
        f.file("download2.csv", &f.form.june(1, 7, "10"));
    }, right(&[(1, 7, 10.0)]);

    /// The same with every day re-rated by a cent in between.
    restated_downloads, [Ea, Mca, Hours], |f| {
        f.file("cost-0617.csv", &f.form.june(1, 16, "10.00"));
        f.file("cost-0618.csv", &f.form.june(1, 17, "10.01"));
    }, right(&[(1, 17, 10.01)]);

    /// The later moment in the name counts, though it reaches less far.
    downloads_with_stated_times, [Ea, Hours], |f| {
        f.file("202606200500/costs.csv", &f.form.june(1, 8, "10"));
        f.file("202606210500/costs.csv", &f.form.june(1, 7, "11"));
    }, right(&[(1, 7, 11.0), (8, 8, 10.0)]);

    /// Equal reach and different values: nothing tells the newer one.
    downloads_of_equal_reach, [Ea, Hours], |f| {
        f.file("a.csv", &f.form.june(1, 6, "10"));
        f.file("b.csv", &f.form.june(1, 6, "10.01"));
    }, refused();

    /// Part numbers as Azure writes them make one run; equal rows in it all count.
    part_files, [Ea, Mca, Hours], |f| {
        f.file("part_0_0001.csv", &f.form.june(1, 6, "10"));
        f.file("part_1_0001.csv", &f.form.june(1, 6, "10.5"));
    }, right(&[(1, 6, 20.5)]);

    /// Files without a key in common are parts of one bill.
    downloads_by_team, [Ea, Mca, Hours], |f| {
        f.file("team (1).csv", &f.form.group(f.form.june(1, 6, "10"), "rg-a"));
        f.file("team (2).csv", &f.form.group(f.form.june(1, 6, "20"), "rg-b"));
    }, right(&[(1, 6, 30.0)]);

    /// The same file in two folders counts once.
    equal_content, [Ea, Mca, Hours], |f| {
        f.file("a.csv", &f.form.june(1, 6, "10"));
        f.file("copies/b.csv", &f.form.june(1, 6, "10"));
    }, right(&[(1, 6, 10.0)]);

    /// Actual and amortized cost in one folder are never added.
    actual_beside_amortized, [Ea], |f| {
        f.history();
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &actual(f.form));
        f.write(f.export("amortized", OF_ALPHA, ["2026-06-01", "2026-06-30"], "2026-06-07T06:00:00Z").of_kind("AmortizedCost"), &amortized(f.form));
    }, right(&[(1, 6, 10.0), (1, 1, 600.0)]).and_history().used_in_june(60.0);

    /// The same without manifests.
    actual_beside_amortized_without_manifests, [Ea], |f| {
        f.file("first.csv", &actual(f.form));
        f.file("second.csv", &amortized(f.form));
    }, right(&[(1, 6, 10.0), (1, 1, 600.0)]).used_in_june(60.0);

    /// Billing periods of the file's own, from the 10th to the 9th.
    own_cycle, [Hours], |f| {
        let rows: Vec<Row> = (10..=30).map(|day| own_period(f.form, 4, day, 4))
            .chain((1..=31).map(|day| own_period(f.form, 5, day, if day < 10 { 4 } else { 5 })))
            .chain((1..=9).map(|day| own_period(f.form, 6, day, 5)))
            .collect();
        f.file("costs.csv", &rows);
    }, own_cycles();

    /// A recurring purchase dated ahead is in the cycle's actual amount and covers no day.
    purchase_dated_ahead, [Ea], |f| {
        f.history();
        let ahead = f.form.row("2026-06-30", "5").with("ChargeType", "Purchase").with("Frequency", "Recurring")
            .with("PublisherType", "Marketplace").with("MeterId", "offer");
        f.run("mtd", OF_ALPHA, "2026-06-18T05:00:00Z", &[f.form.june(1, 17, "10"), vec![ahead]].concat());
    }, right(&[(1, 17, 10.0), (30, 30, 5.0)]).and_history().used_in_june(170.0);

    /// Two subscriptions in two currencies.
    several_currencies, [Ea, Hours], |f| {
        let dollars = all(f.form.subscription(f.form.june(1, 6, "20"), BETA), "BillingCurrency", "USD");
        f.run("all", "/providers/Microsoft.Billing/billingAccounts/1234", "2026-06-07T05:00:00Z", &[f.form.june(1, 6, "10"), dollars].concat());
    }, Right { one_currency: false, ..right(&[(1, 6, 30.0)]) };

    /// Hours with an offset are hours of the UTC day.
    hours_with_an_offset, [Hours], |f| {
        let rows = f.form.june(1, 6, "10").into_iter().enumerate().map(|(place, row)| {
            let day = june(u32::try_from(place).expect("a small number") + 1);
            row.with("ChargePeriodStart", &format!("{day}T05:00:00+02:00")).with("ChargePeriodEnd", &format!("{day}T06:00:00+02:00"))
        });
        f.file("costs.csv", &rows.collect::<Vec<_>>());
    }, right(&[(1, 6, 10.0)]);

    /// A price sheet's run and a stray table beside the costs are no costs.
    other_files_beside_costs, [Ea, Hours], |f| {
        f.run("mtd", OF_ALPHA, "2026-06-07T05:00:00Z", &f.form.june(1, 6, "10"));
        f.context.write("in/team/budget.csv", "Owner,Budget\nplatform,500\n");
        let sheet = f.export("prices", OF_ALPHA, ["2026-06-01", "2026-06-30"], "2026-06-07T07:00:00Z").of_kind("PriceSheet");
        sheet.write_text(&f.context.path().join("in"), "MeterId,UnitPrice\nm1,1\n", 23, 1);
    }, right(&[(1, 6, 10.0)]);
}

fn two_groups(form: Form, cost: &str) -> Vec<Row> {
    let other = form.meter(form.june(1, 6, "20"), "m2");
    [form.group(form.june(1, 6, cost), "rg-a"), form.group(other, "rg-b")].concat()
}

fn in_section(form: Form, first: u32, last: u32, cost: &str, section: &str) -> Vec<Row> {
    form.account(form.section(form.june(first, last, cost), section), "acc")
}

fn reservation(row: Row) -> Row {
    row.with("PricingModel", "Reservation").with("ReservationId", "order-1").with("MeterId", "res")
}

/// Six days at 10 of use, and a reservation bought for 600 on the first.
fn actual(form: Form) -> Vec<Row> {
    let rows = form.june(1, 6, "10").into_iter().map(|row| row.with("ReservationId", ""));
    let purchase = reservation(form.row("2026-06-01", "600").with("ChargeType", "Purchase"));
    rows.chain([purchase.with("Quantity", "1").with("Frequency", "OneTime")]).collect()
}

/// The same use, and 5 a day of a reservation that nothing used.
fn amortized(form: Form) -> Vec<Row> {
    let rows = form.june(1, 6, "10").into_iter().map(|row| row.with("ReservationId", ""));
    let unused =
        form.june(1, 6, "5").into_iter().map(|row| reservation(row.with("ChargeType", "UnusedReservation")));
    rows.chain(unused).collect()
}

/// A row of 10 on a day, billed in the period from the 10th of `period`.
fn own_period(form: Form, month: u32, day: u32, period: u32) -> Row {
    form.row(&format!("2026-{month:02}-{day:02}"), "10")
        .with("BillingPeriodStart", &format!("2026-{period:02}-10T00:00:00Z"))
        .with("BillingPeriodEnd", &format!("2026-{:02}-10T00:00:00Z", period + 1))
}

/// 61 days at 10 in two cycles of 30 and 31 days.
fn own_cycles() -> Right {
    let days =
        (10..=30).map(|day| (4, day)).chain((1..=31).map(|day| (5, day))).chain((1..=9).map(|day| (6, day)));
    Right {
        days: days.map(|(month, day)| (format!("2026-{month:02}-{day:02}"), 10.0)).collect(),
        cycles: BTreeMap::from([("2026-04-10".to_owned(), 300.0), ("2026-05-10".to_owned(), 310.0)]),
        one_currency: true,
        ..Right::default()
    }
}
