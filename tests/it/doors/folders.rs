//! Folders of a case, written by hand: rows in three forms, exports with their scopes, files without a manifest.

use crate::{
    meaning::made_files::{Export, Row, csv, ea, focus, mca},
    support::TestContext,
};

/// How the rows of a case are written.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Form {
    /// Enterprise Agreement, a row a day.
    Ea,
    /// Customer Agreement, a row a day.
    Mca,
    /// FOCUS, a row for the hour from 5 to 6.
    Hours,
}

impl Form {
    pub fn row(self, day: &str, cost: &str) -> Row {
        match self {
            Self::Ea => ea(day, cost)
                .with("MeterId", "m1")
                .with("MeterName", "D2")
                .with("Quantity", cost)
                .with("UnitOfMeasure", "1 Hour"),
            Self::Mca => mca(day, cost)
                .with("meterId", "m1")
                .with("meterName", "D2")
                .with("quantity", cost)
                .with("unitOfMeasure", "1 Hour")
                .with("resourceGroupName", "rg")
                .with("invoiceSectionId", ""),
            Self::Hours => focus(day, cost)
                .with("ChargePeriodStart", &format!("{day}T05:00:00Z"))
                .with("ChargePeriodEnd", &format!("{day}T06:00:00Z"))
                .with("x_SkuMeterId", "m1")
                .with("SkuMeter", "D2")
                .with("PricingQuantity", cost)
                .with("x_PricingUnitDescription", "1 Hour")
                .with("x_BillingProfileId", "")
                .with("x_InvoiceSectionId", ""),
        }
    }

    /// A row on each of these days of June 2026.
    pub fn june(self, first: u32, last: u32, cost: &str) -> Vec<Row> {
        (first..=last).map(|day| self.row(&june(day), cost)).collect()
    }

    pub fn kind(self) -> &'static str {
        if self == Self::Hours { "FocusCost" } else { "ActualCost" }
    }

    pub fn column(self, names: [&'static str; 3]) -> &'static str {
        names[self as usize]
    }

    pub fn meter(self, rows: Vec<Row>, meter: &str) -> Vec<Row> {
        all(rows, self.column(["MeterId", "meterId", "x_SkuMeterId"]), meter)
    }

    pub fn group(self, rows: Vec<Row>, group: &str) -> Vec<Row> {
        all(rows, self.column(["ResourceGroup", "resourceGroupName", "x_ResourceGroupName"]), group)
    }

    pub fn section(self, rows: Vec<Row>, section: &str) -> Vec<Row> {
        all(rows, self.column(["InvoiceSectionName", "invoiceSectionId", "x_InvoiceSectionId"]), section)
    }

    pub fn account(self, rows: Vec<Row>, account: &str) -> Vec<Row> {
        let path = format!("/providers/Microsoft.Billing/billingAccounts/{account}");
        let value = if self == Self::Hours { path.as_str() } else { account };
        all(rows, self.column(["BillingAccountId", "billingAccountId", "BillingAccountId"]), value)
    }

    pub fn subscription(self, rows: Vec<Row>, id: &str) -> Vec<Row> {
        let path = format!("/subscriptions/{id}");
        let value = if self == Self::Hours { path.as_str() } else { id };
        all(rows, self.column(["SubscriptionId", "subscriptionId", "SubAccountId"]), value)
    }

    /// Rows that June bills for use of 31 May.
    pub fn late(self, cost: &str) -> Row {
        let row = self.row("2026-06-01", cost);
        match self {
            Self::Ea => row.with("Date", "2026-05-31"),
            Self::Mca => row.with("date", "05/31/2026"),
            Self::Hours => row
                .with("ChargePeriodStart", "2026-05-31T05:00:00Z")
                .with("ChargePeriodEnd", "2026-05-31T06:00:00Z"),
        }
    }
}

pub fn all(rows: Vec<Row>, column: &str, value: &str) -> Vec<Row> {
    rows.into_iter().map(|row| row.with(column, value)).collect()
}

pub fn june(day: u32) -> String {
    format!("2026-06-{day:02}")
}

/// The folder of one case while it is written: exports with their scopes, and files without a manifest.
pub struct Folder<'a> {
    pub context: &'a TestContext,
    pub form: Form,
}

pub const OF_ALPHA: &str = "/subscriptions/aaaaaaaa-0000-4000-8000-00000000000a";
pub const OF_BETA: &str = "/subscriptions/bbbbbbbb-0000-4000-8000-00000000000b";
pub const ACCOUNT: &str = "/providers/Microsoft.Billing/billingAccounts/acc";
pub const PROFILE: &str = "/providers/Microsoft.Billing/billingAccounts/acc/billingProfiles/profile-1";

impl Folder<'_> {
    /// A run of an export, submitted at 05:00 of a day in June, or as the day says.
    pub fn export(
        &self,
        name: &'static str,
        scope: &str,
        range: [&'static str; 2],
        made: &'static str,
    ) -> Export {
        Export::actual(name, range[0], range[1], made).of_kind(self.form.kind()).of_scope(scope)
    }

    pub fn write(&self, export: Export, rows: &[Row]) {
        export.write(&self.context.path().join("in"), rows);
    }

    /// A run over June.
    pub fn run(&self, name: &'static str, scope: &str, made: &'static str, rows: &[Row]) {
        self.write(self.export(name, scope, ["2026-06-01", "2026-06-30"], made), rows);
    }

    /// April and May at 10 a day, each in a run of the export `mtd` of alpha.
    pub fn history(&self) {
        for (first, last, days, made) in [
            ("2026-04-01", "2026-04-30", 30, "2026-05-06T05:00:00Z"),
            ("2026-05-01", "2026-05-31", 31, "2026-06-06T05:00:00Z"),
        ] {
            let rows: Vec<Row> =
                (1..=days).map(|day| self.form.row(&format!("{}{day:02}", &first[..8]), "10")).collect();
            self.write(self.export("mtd", OF_ALPHA, [first, last], made), &rows);
        }
    }

    pub fn file(&self, name: &str, rows: &[Row]) {
        self.context.write(&format!("in/{name}"), csv(rows));
    }
}
