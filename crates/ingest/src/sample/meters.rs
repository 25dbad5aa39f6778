//! Meters and prices that the sample is made from.
//!
//! They are facts, not made up: ids, names, units and rates are those of the rate card of offer
//! MS-AZR-0062P (USD, en-US, US) as its service answered on 2016-05-25, except the two meters of
//! Functions, which are those of the Retail Prices API for East US in 2026. The 5 GB of free data
//! transfer stand in no rate card of that time; usage details of 2017 show them as included.

use super::pricing::{Price, Rates, Tier};

/// What is billed: a meter with its prices, or a thing that is bought.
#[derive(Debug, PartialEq, Eq)]
pub struct Product {
    /// The meter's id; all zeros for a purchase that has no meter.
    pub meter_id: &'static str,
    /// Name of the meter.
    pub name: &'static str,
    /// Its category.
    pub category: &'static str,
    /// Its subcategory.
    pub subcategory: &'static str,
    /// Unit of the quantity.
    pub unit: &'static str,
    /// How many consumed units one unit of the quantity is.
    pub block: i64,
    /// Region as the rate card spells it.
    pub region: &'static str,
    /// Since when the price holds.
    pub effective_date: &'static str,
    /// Prices per unit.
    pub rates: Rates,
    /// Whether a unit is a month, so that a day uses a part of it.
    pub by_month: bool,
    /// Who sells it.
    pub publisher: Publisher,
    /// The service it belongs to.
    pub service: &'static Service,
}

/// Who sells a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Publisher {
    /// Microsoft itself.
    Microsoft,
    /// Another company, through the marketplace.
    Marketplace(&'static str),
}

/// An Azure service under the names that the files use.
#[derive(Debug, PartialEq, Eq)]
pub struct Service {
    /// `ServiceName` in FOCUS.
    pub name: &'static str,
    /// `ServiceCategory` in FOCUS.
    pub category: &'static str,
    /// `ServiceFamily` in classic files.
    pub family: &'static str,
    /// The resource provider.
    pub provider: &'static str,
    /// The type of its resources below the provider.
    pub resource_type: &'static str,
}

macro_rules! services {
    ($($constant:ident = $name:literal, $category:literal, $family:literal, $provider:literal, $type:literal;)+) => {
        $(#[doc = concat!("Service `", $name, "`.")] pub static $constant: Service = Service {
            name: $name, category: $category, family: $family, provider: $provider, resource_type: $type,
        };)+
    };
}

services! {
    COMPUTE = "Virtual Machines", "Compute", "Compute", "Microsoft.Compute", "virtualMachines";
    DISKS = "Managed Disks", "Storage", "Storage", "Microsoft.Compute", "disks";
    STORAGE = "Storage Accounts", "Storage", "Storage", "Microsoft.Storage", "storageAccounts";
    NETWORK = "Virtual Network", "Networking", "Networking", "Microsoft.Network", "virtualNetworkGateways";
    BALANCING = "Application Gateway", "Networking", "Networking", "Microsoft.Network", "applicationGateways";
    DNS = "Azure DNS", "Networking", "Networking", "Microsoft.Network", "dnsZones";
    DATABASE = "Azure SQL Database", "Databases", "Databases", "Microsoft.Sql", "servers/databases";
    DOCUMENTS = "Azure Cosmos DB", "Databases", "Databases", "Microsoft.DocumentDB", "databaseAccounts";
    CACHE = "Azure Cache for Redis", "Databases", "Databases", "Microsoft.Cache", "Redis";
    WEB = "Azure App Service", "Compute", "Compute", "Microsoft.Web", "serverfarms";
    FUNCTIONS = "Azure Functions", "Compute", "Compute", "Microsoft.Web", "sites";
    EVENTS = "Event Hubs", "Integration", "Internet of Things", "Microsoft.EventHub", "namespaces";
    ANALYTICS = "HDInsight", "Analytics", "Analytics", "Microsoft.HDInsight", "clusters";
    VAULT = "Key Vault", "Security", "Security", "Microsoft.KeyVault", "vaults";
    SAAS = "SaaS", "Other", "SaaS", "Microsoft.SaaS", "resources";
    NONE = "", "Other", "", "", "";
}

/// One meter a line, in the order of the rate card's own columns.
macro_rules! meters {
    ($($meter:ident = $service:ident, $id:literal, $category:literal, $subcategory:literal, $name:literal,
       $unit:literal x $block:literal, $region:literal, $since:literal, $included:literal,
       $by_month:literal, $publisher:expr, [$($from:literal: $price:literal),+];)+) => {
        /// Which meter of the table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Meter { $($meter),+ }

        /// Every meter, in the order of [`Meter`].
        pub static METERS: &[Product] = &[$(Product {
            meter_id: $id, name: $name, category: $category, subcategory: $subcategory,
            unit: $unit, block: $block, region: $region, effective_date: $since,
            rates: Rates {
                included: $included,
                tiers: &[$(Tier { from: $from, price: Price($price) }),+],
            },
            by_month: $by_month, publisher: $publisher, service: &$service,
        }),+];
    };
}

use Publisher::{Marketplace, Microsoft};

// Prices are millionths of a dollar.
#[rustfmt::skip]
meters! {
    VmD2 = COMPUTE, "14fc9a21-4919-4cb1-b495-5666966556bc", "Virtual Machines", "Standard_D2_v2 VM", "Compute Hours",
        "Hours" x 1, "US East", "2016-02-01T00:00:00Z", 0, false, Microsoft, [0: 146_000];
    VmD3 = COMPUTE, "f830cae7-d1bd-4f19-b7af-4b2751654bd5", "Virtual Machines", "Standard_D3_v2 VM", "Compute Hours",
        "Hours" x 1, "US East", "2016-02-01T00:00:00Z", 0, false, Microsoft, [0: 293_000];
    VmD1 = COMPUTE, "f74a555b-a7fd-43f8-bfd9-e9b03106a5a3", "Virtual Machines", "Standard_D1_v2 VM", "Compute Hours",
        "Hours" x 1, "EU West", "2016-02-01T00:00:00Z", 0, false, Microsoft, [0: 80_000];
    VmA2 = COMPUTE, "10dac30e-20bc-484b-b94b-9853fde83b15", "Virtual Machines", "A2 VM", "Compute Hours",
        "Hours" x 1, "EU West", "2014-12-01T00:00:00Z", 0, false, Microsoft, [0: 120_000];
    RedHat = COMPUTE, "4831a7b4-bdd4-48a2-8e95-18d053971ede", "Virtual Machines", "Red Hat Enterprise Linux (4 core)", "Compute Hours",
        "Hours" x 1, "", "2015-02-01T00:00:00Z", 0, false, Marketplace("Red Hat"), [0: 60_000];
    DiskP30 = DISKS, "6ecded8f-3f77-48d7-9fbe-001df000546f", "Storage", "Locally Redundant", "Premium Storage - Page Blob/P30 (Units)",
        "Units" x 1, "US East", "2015-06-01T00:00:00Z", 0, true, Microsoft, [0: 135_170_000];
    Blob = STORAGE, "c1635534-1c1d-4fc4-b090-88fc2672ef87", "Storage", "Locally Redundant", "Standard IO - Block Blob (GB)",
        "GB" x 1, "", "2014-09-01T00:00:00Z", 0, true, Microsoft,
        [0: 24_000, 1_024: 23_600, 51_200: 23_200, 512_000: 22_800, 1_024_000: 22_400, 5_120_000: 22_400];
    BlobHot = STORAGE, "272492b3-1c92-4a5f-bee9-52a8e10ca514", "Storage", "Locally Redundant", "Standard IO - Hot Block Blob (GB)",
        "GB" x 1, "US East", "2016-03-01T00:00:00Z", 0, true, Microsoft,
        [0: 24_000, 102_400: 23_160, 1_024_000: 22_320, 5_120_000: 21_480];
    Transactions = STORAGE, "964c283a-83a3-4dd4-8baf-59511998fe8b", "Data Management", "", "Storage Transactions (in 10,000s)",
        "10,000s" x 10_000, "", "2014-08-01T00:00:00Z", 0, false, Microsoft, [0: 360];
    TransferOut = COMPUTE, "9995d93a-7d35-4d3f-9c69-7a7fea447ef4", "Networking", "", "Data Transfer Out (GB)",
        "GB" x 1, "Zone 1", "2014-11-01T00:00:00Z", 5, false, Microsoft,
        [0: 87_000, 10_235: 83_000, 51_195: 70_000, 153_595: 50_000, 511_995: 50_000];
    SqlS0 = DATABASE, "a149966f-73b4-4e1d-b335-d2a572b1e6bd", "Data Services", "SQL Database", "Standard S0 Database Days",
        "Days" x 1, "", "2014-11-01T00:00:00Z", 0, false, Microsoft, [0: 483_900];
    SqlS3 = DATABASE, "6bafdc11-b964-4895-9d4e-a0e548db1b2b", "Data Services", "SQL Database", "Standard S3 Database Days",
        "Days" x 1, "", "2014-11-01T00:00:00Z", 0, false, Microsoft, [0: 4_838_700];
    AppService = WEB, "505db374-df8a-44df-9d8c-13c14b61dee1", "Azure App Service", "", "Standard Small App Service Hours",
        "Hours" x 1, "", "2014-01-01T00:00:00Z", 0, false, Microsoft, [0: 60_000];
    Redis = CACHE, "37c8dbd7-412b-4892-a31a-915b96a66885", "Cache", "Azure Redis Cache", "Standard C1 (Hours)",
        "Hours" x 1, "", "2014-11-01T00:00:00Z", 0, false, Microsoft, [0: 138_000];
    GatewayData = BALANCING, "153f1e57-2a58-4e97-94e9-1beea575e196", "Networking", "Basic Application Gateway (Small)", "Data Processed (GB)",
        "GB" x 1, "", "2015-05-01T00:00:00Z", 0, false, Microsoft, [0: 8_000];
    VpnGateway = NETWORK, "c90286c8-adf0-438e-a257-4468387df385", "Networking", "Virtual Network", "Basic Gateway Hours",
        "Hours" x 1, "", "2014-08-01T00:00:00Z", 0, false, Microsoft, [0: 36_000];
    DnsZones = DNS, "8f967c58-b144-4bd7-8882-8bf02767c839", "Networking", "DNS", "Zones",
        "DNS Zones" x 1, "", "2015-03-01T00:00:00Z", 0, true, Microsoft, [0: 250_000, 25: 50_000];
    HsmKey = VAULT, "1b0fd2b5-5164-44c7-942d-02aac243b8c7", "App Services", "Key Vault", "HSM-key",
        "Key Use" x 1, "", "2015-08-01T00:00:00Z", 0, true, Microsoft, [0: 1_000_000];
    EventHubs = EVENTS, "177ee643-5434-4c04-ae11-9e01672ed87e", "Service Bus", "Basic Event Hubs", "Throughput Units (Hours)",
        "Hours" x 1, "", "2014-12-01T00:00:00Z", 0, false, Microsoft, [0: 15_000];
    RequestUnits = DOCUMENTS, "65d4ded2-41ae-43a8-bb68-3c200e1ba864", "Data Services", "DocumentDB", "100 Request Units (Hours)",
        "Hours" x 1, "", "2016-02-22T00:00:00Z", 0, false, Microsoft, [0: 8_000];
    ClusterG1 = ANALYTICS, "8efcaf75-6476-4413-be34-f75c42fd0926", "Business Analytics", "G1 HDInsight", "Compute Hours",
        "Hours" x 1, "", "2014-11-01T00:00:00Z", 0, false, Microsoft, [0: 610_000];
    ExecutionTime = FUNCTIONS, "2a384075-01d7-4f66-a84a-0eed3ca58876", "Functions", "Functions", "Standard Execution Time",
        "1 GB Second" x 1, "US East", "2017-01-01T00:00:00Z", 0, false, Microsoft, [0: 0, 400_000: 16];
    Executions = FUNCTIONS, "4e5cd9e2-c20f-4d7f-acbe-58931b8b49ef", "Functions", "Functions", "Standard Total Executions",
        "10" x 10, "US East", "2017-01-01T00:00:00Z", 0, false, Microsoft, [0: 0, 100_000: 2];
}

/// Stands for the meter of what has none.
pub const NO_METER: &str = "00000000-0000-0000-0000-000000000000";

/// Where a resource on a meter stands: the meter's region, or East US where the meter has none. A
/// purchase without a meter stands nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The id of the region.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
}

impl Product {
    /// Where its resources stand.
    pub fn place(&self) -> Place {
        match self.region {
            _ if self.meter_id == NO_METER => Place { id: "", name: "" },
            "EU West" => Place { id: "westeurope", name: "West Europe" },
            _ => Place { id: "eastus", name: "East US" },
        }
    }

    /// Whether it is sold through the marketplace.
    pub const fn is_marketplace(&self) -> bool {
        matches!(self.publisher, Publisher::Marketplace(_))
    }

    /// The publisher's name.
    pub const fn publisher_name(&self) -> &'static str {
        match self.publisher {
            Publisher::Microsoft => "Microsoft",
            Publisher::Marketplace(name) => name,
        }
    }
}

impl Meter {
    /// The meter's row of the table.
    pub fn product(self) -> &'static Product {
        &METERS[self as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiers_ascend_from_nothing_and_ids_are_unique() {
        for (i, product) in METERS.iter().enumerate() {
            let bounds: Vec<i64> = product.rates.tiers.iter().map(|tier| tier.from).collect();
            assert_eq!(bounds[0], 0, "{}", product.name);
            assert!(bounds.is_sorted_by(|a, b| a < b), "{}", product.name);
            assert!(METERS[..i].iter().all(|other| other.meter_id != product.meter_id));
        }
    }

    #[test]
    fn a_meter_is_found_in_its_own_row() {
        assert_eq!(Meter::Executions.product().name, "Standard Total Executions");
        assert_eq!(Meter::VmD1.product().place().id, "westeurope");
    }
}
