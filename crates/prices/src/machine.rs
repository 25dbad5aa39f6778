//! Cores and memory of Azure's sizes and of instance types of other clouds, from their names.
//!
//! Only names that follow the rules are understood. A size whose number does not count cores (`D2_v2`), or whose memory
//! follows no rule (`M`, `N`), is unknown.
//! Source: the clouds' naming conventions and series pages: Azure (virtual machine naming, D, E, F, B and L series),
//! AWS (m, c, r and t instances), Google (n1, n2, n2d, e2, c2 and c3 machine types).

use billing::Amount;

/// A machine's cores and memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Virtual cores.
    pub cores: u32,
    /// Memory, in GiB.
    pub memory_gib: Amount,
    /// Whether its processors are Arm's.
    pub is_arm: bool,
}

impl Machine {
    fn of(cores: u32, quarters_a_core: u32, is_arm: bool) -> Self {
        let quarter = Amount::ONE.divided_by(4);
        let memory_gib = quarter.times(Amount::whole(u64::from(cores * quarters_a_core))).unwrap_or_default();
        Self { cores, memory_gib, is_arm }
    }

    /// An Azure size, such as `Standard_D4as_v5`.
    ///
    /// ```
    /// use prices::Machine;
    /// let size = Machine::of_azure("Standard_E4-2ads_v5").unwrap();
    /// assert_eq!((size.cores, size.memory_gib.to_string()), (2, "32".to_owned()));
    /// assert!(Machine::of_azure("Standard_D2_v2").is_none());
    /// ```
    #[must_use]
    pub fn of_azure(name: &str) -> Option<Self> {
        let mut parts = name.strip_prefix("Standard_")?.split('_');
        let (size, version) = (parts.next()?, parts.next_back()?);
        let version: u32 = version.strip_prefix('v')?.parse().ok()?;
        let family: String = size.chars().take_while(char::is_ascii_uppercase).collect();
        let rest = &size[family.len()..];
        let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).count();
        let (all, rest) = rest.split_at(digits(rest));
        let all: u32 = all.parse().ok()?;
        // `4-2`: memory of four cores, two of them there.
        let (cores, features) = match rest.strip_prefix('-') {
            Some(fewer) => {
                let (cores, features) = fewer.split_at(digits(fewer));
                (cores.parse().ok()?, features)
            }
            None => (all, rest),
        };
        let has = |feature: char| features.contains(feature);
        // Sizes of little memory (`t`) and the largest of E do not follow the rule.
        if has('t') || all > MOST_CORES || cores > all || family == "E" && all > 48 {
            return None;
        }
        let gib_a_core = match (family.as_str(), version) {
            ("D", 3..) | ("B", 2..) => {
                if has('l') {
                    2
                } else {
                    4
                }
            }
            ("E", 3..) | ("L", 2..) => 8,
            ("F", 2..=5) => 2,
            ("F", 6..) => {
                if has('l') {
                    2
                } else if has('m') {
                    8
                } else {
                    4
                }
            }
            _ => return None,
        };
        Some(Self { cores, ..Self::of(all, 4 * gib_a_core, has('p')) })
    }

    /// An instance type of another cloud, such as `m5.xlarge` or `n2-standard-4`.
    #[must_use]
    pub fn of_other_cloud(name: &str) -> Option<Self> {
        let name = name.trim().to_lowercase();
        if name.contains('.') { Self::of_aws(&name) } else { Self::of_google(&name) }
    }

    fn of_aws(name: &str) -> Option<Self> {
        let (family, size) = name.rsplit_once('.')?;
        let kind: String = family.chars().take_while(char::is_ascii_alphabetic).collect();
        let features = family[kind.len()..].trim_start_matches(|c: char| c.is_ascii_digit());
        let cores = match size {
            "medium" if kind != "t" => 1,
            "medium" | "large" => 2,
            "xlarge" => 4,
            _ => {
                4 * size
                    .strip_suffix("xlarge")?
                    .parse()
                    .ok()
                    .filter(|times: &u32| *times <= MOST_CORES / 4)?
            }
        };
        // In quarters of a GiB a core; of `t` the smaller sizes have less.
        let quarters = match (kind.as_str(), size) {
            ("t", "medium") | ("c", _) => 8,
            ("m" | "t", _) => 16,
            ("r", _) => 32,
            _ => return None,
        };
        Some(Self::of(cores, quarters, features.starts_with('g')))
    }

    fn of_google(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let (family, kind) = (parts.next()?, parts.next()?);
        let cores: u32 = parts.next()?.parse().ok().filter(|cores| *cores <= MOST_CORES)?;
        let quarters = match (family, kind) {
            ("n1", "standard") => 15,
            ("n1", "highmem") => 26,
            ("n2" | "n2d" | "e2" | "c2" | "c2d" | "c3" | "t2a" | "t2d", "standard") => 16,
            ("n2" | "n2d" | "e2" | "c2d" | "c3", "highmem") => 32,
            ("n2" | "n2d" | "e2", "highcpu") => 4,
            ("c2d" | "c3", "highcpu") => 8,
            _ => return None,
        };
        Some(Self::of(cores, quarters, family == "t2a"))
    }
}

/// A larger number in a name does not count cores.
const MOST_CORES: u32 = 4_096;

/// Azure's region nearest to one of another cloud; `None` where it is not known here.
#[must_use]
pub fn azure_region(other: &str) -> Option<&'static str> {
    const REGIONS: [(&str, &str); 28] = [
        ("us-east-1", "eastus"),
        ("us-east-2", "eastus2"),
        ("us-west-1", "westus"),
        ("us-west-2", "westus2"),
        ("ca-central-1", "canadacentral"),
        ("sa-east-1", "brazilsouth"),
        ("eu-west-1", "northeurope"),
        ("eu-west-2", "uksouth"),
        ("eu-west-3", "francecentral"),
        ("eu-central-1", "germanywestcentral"),
        ("eu-north-1", "swedencentral"),
        ("ap-south-1", "centralindia"),
        ("ap-southeast-1", "southeastasia"),
        ("ap-southeast-2", "australiaeast"),
        ("ap-northeast-1", "japaneast"),
        ("ap-northeast-2", "koreacentral"),
        ("us-central1", "centralus"),
        ("us-east1", "eastus"),
        ("us-east4", "eastus"),
        ("us-west1", "westus2"),
        ("us-west2", "westus"),
        ("europe-west1", "westeurope"),
        ("europe-west2", "uksouth"),
        ("europe-west3", "germanywestcentral"),
        ("europe-west4", "westeurope"),
        ("europe-north1", "swedencentral"),
        ("asia-southeast1", "southeastasia"),
        ("asia-northeast1", "japaneast"),
    ];
    let name = other.trim().to_lowercase();
    REGIONS.iter().find(|(own, _)| *own == name).map(|(_, azure)| *azure)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(machine: Option<Machine>) -> String {
        machine.map_or_else(
            || "-".to_owned(),
            |own| format!("{} {}{}", own.cores, own.memory_gib, if own.is_arm { " arm" } else { "" }),
        )
    }

    #[test]
    fn sizes_of_azure_are_read_where_their_names_follow_the_rule() {
        let names = [
            ("Standard_D2s_v5", "2 8"),
            ("Standard_D2als_v7", "2 4"),
            ("Standard_E16ads_v5", "16 128"),
            ("Standard_F8s_v2", "8 16"),
            ("Standard_D4ps_v5", "4 16 arm"),
            ("Standard_L8s_v3", "8 64"),
            ("Standard_B2s_v2", "2 8"),
            ("Standard_FX4ms_v2", "-"),
            ("Standard_B2s", "-"),
            ("Standard_D3_v2", "-"),
            ("Standard_M64s_v2", "-"),
            ("Standard_B2ts_v2", "-"),
            ("Standard_E64s_v3", "-"),
            ("Standard_D4000000000s_v5", "-"),
            ("A2", "-"),
        ];
        for (name, expected) in names {
            assert_eq!(read(Machine::of_azure(name)), expected, "{name}");
        }
    }

    #[test]
    fn instance_types_of_other_clouds_are_read_too() {
        let names = [
            ("m5.large", "2 8"),
            ("c5n.2xlarge", "8 16"),
            ("r6g.xlarge", "4 32 arm"),
            ("t3.medium", "2 4"),
            ("m6i.metal", "-"),
            ("n2-standard-4", "4 16"),
            ("e2-highcpu-8", "8 8"),
            ("n1-standard-2", "2 7.5"),
            ("m5.1073741825xlarge", "-"),
            ("n1-standard-4000000000", "-"),
            ("x1.large", "-"),
            ("box", "-"),
        ];
        for (name, expected) in names {
            assert_eq!(read(Machine::of_other_cloud(name)), expected, "{name}");
        }
        assert_eq!((azure_region("EU-West-1"), azure_region("moon-1")), (Some("northeurope"), None));
    }
}
