//! Regions: `westeurope` for resources, `EU West` in old price lists, `West Europe` in portals and texts.

/// Names of countries and continents that price lists shorten.
const SHORT: [(&str, &str); 21] = [
    ("ae", "uae"),
    ("ap", "asia"),
    ("at", "austria"),
    ("au", "australia"),
    ("br", "brazil"),
    ("ca", "canada"),
    ("ch", "switzerland"),
    ("cl", "chile"),
    ("de", "germany"),
    ("dk", "denmark"),
    ("es", "spain"),
    ("eu", "europe"),
    ("fr", "france"),
    ("in", "india"),
    ("it", "italy"),
    ("ja", "japan"),
    ("kr", "korea"),
    ("my", "malaysia"),
    ("no", "norway"),
    ("se", "sweden"),
    ("za", "southafrica"),
];

/// Regions as resources name them.
const REGIONS: [&str; 65] = [
    "australiacentral",
    "australiacentral2",
    "australiaeast",
    "australiasoutheast",
    "austriaeast",
    "belgiumcentral",
    "brazilsouth",
    "brazilsoutheast",
    "canadacentral",
    "canadaeast",
    "centralindia",
    "centralus",
    "chilecentral",
    "chinaeast",
    "chinaeast2",
    "chinaeast3",
    "chinanorth",
    "chinanorth2",
    "chinanorth3",
    "denmarkeast",
    "eastasia",
    "eastus",
    "eastus2",
    "francecentral",
    "francesouth",
    "germanynorth",
    "germanywestcentral",
    "indonesiacentral",
    "israelcentral",
    "italynorth",
    "japaneast",
    "japanwest",
    "koreacentral",
    "koreasouth",
    "malaysiawest",
    "mexicocentral",
    "newzealandnorth",
    "northcentralus",
    "northeurope",
    "norwayeast",
    "norwaywest",
    "polandcentral",
    "qatarcentral",
    "southafricanorth",
    "southafricawest",
    "southcentralus",
    "southeastasia",
    "southindia",
    "spaincentral",
    "swedencentral",
    "switzerlandnorth",
    "switzerlandwest",
    "uaecentral",
    "uaenorth",
    "uksouth",
    "ukwest",
    "usgovarizona",
    "usgovtexas",
    "usgovvirginia",
    "westcentralus",
    "westeurope",
    "westindia",
    "westus",
    "westus2",
    "westus3",
];

/// A region as resources and the services name it; an unknown one in lower case without blanks.
///
/// ```
/// use prices::region_name;
/// assert_eq!((region_name("West Europe"), region_name("EU West")), ("westeurope".into(), "westeurope".into()));
/// assert_eq!(region_name("Moon 1"), "moon1");
/// ```
#[must_use]
pub fn region_name(name: &str) -> String {
    let known = REGIONS.iter().find(|region| same_region(region, name)).map(|region| (*region).to_owned());
    known.unwrap_or_else(|| name.split_whitespace().collect::<String>().to_lowercase())
}

/// Whether two names mean one region, however each is spelled.
///
/// ```
/// use prices::same_region;
/// assert!(same_region("westeurope", "EU West") && same_region("West Europe", "westeurope"));
/// assert!(same_region("US East 2", "eastus2") && !same_region("US East", "eastus2"));
/// ```
#[must_use]
pub fn same_region(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (short, long) = (plain(one), plain(other));
    short == long || is_made_of(&long, one) || is_made_of(&short, other)
}

/// Whether it is one of the zones of data transfer, each of many regions.
pub(crate) fn is_zone(region: &str) -> bool {
    region.starts_with("Zone ")
}

/// Whether a name in one word is made of the words of another, in any order.
fn is_made_of(name: &str, words: &str) -> bool {
    let mut words: Vec<String> = words
        .split_whitespace()
        .map(str::to_lowercase)
        .map(|word| {
            SHORT.iter().find(|(short, _)| *short == word).map_or(word, |(_, long)| (*long).to_owned())
        })
        .collect();
    // A number stands at the end, whatever comes before it.
    let number =
        words.iter().position(|word| word.chars().all(|c| c.is_ascii_digit())).map(|at| words.remove(at));
    let rest = name.strip_suffix(number.as_deref().unwrap_or_default());
    words.len() > 1 && rest.is_some_and(|rest| starts_with_all(rest, &mut words))
}

fn starts_with_all(name: &str, words: &mut Vec<String>) -> bool {
    if words.is_empty() {
        return name.is_empty();
    }
    (0..words.len()).any(|place| {
        let word = words.remove(place);
        let found = name.strip_prefix(&word).is_some_and(|rest| starts_with_all(rest, words));
        words.insert(place, word);
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_in_any_order_make_the_name_and_none_is_left_over() {
        for (short, name) in [
            ("US North Central", "northcentralus"),
            ("AP Southeast", "southeastasia"),
            ("JA East", "japaneast"),
            ("CA Central", "canadacentral"),
            ("UK South", "uksouth"),
            ("DE West Central", "germanywestcentral"),
        ] {
            assert!(same_region(short, name) && same_region(name, short), "{short}");
        }
        assert!(!same_region("US Central", "northcentralus") && !same_region("US West", "uswest2"));
        assert!(!same_region("Zone 1", "eastus") && same_region("Zone 1", "zone1"));
        assert!(same_region("onprem", "onprem") && !same_region("onprem", "eastus"));
    }
}
