//! Sizes of machines as resources spell them: services compare them with case.

/// A size as resources spell it, from any case: `Standard_` and upper-case letters of the family, then the number, lower-case
/// features, and the version. Names of another form are unchanged.
///
/// ```
/// use prices::size_name;
/// assert_eq!(size_name("standard_d2s_v5"), "Standard_D2s_v5");
/// assert_eq!(size_name("STANDARD_NC24ADS_A100_V4"), "Standard_NC24ads_A100_v4");
/// assert_eq!(size_name("SQLDB_GP_Gen5_2"), "SQLDB_GP_Gen5_2");
/// ```
#[must_use]
pub fn size_name(name: &str) -> String {
    let mut parts = name.trim().split('_');
    let (first, family) = (parts.next().unwrap_or_default(), parts.next());
    let tier = ["Standard", "Basic"].into_iter().find(|tier| tier.eq_ignore_ascii_case(first));
    let (Some(tier), Some(family)) =
        (tier, family.filter(|text| text.contains(|c: char| c.is_ascii_digit())))
    else {
        return name.trim().to_owned();
    };
    let digit = family.find(|c: char| c.is_ascii_digit()).unwrap_or_default();
    let (letters, rest) = family.split_at(digit);
    let mut spelled = format!("{tier}_{}{}", letters.to_ascii_uppercase(), rest.to_ascii_lowercase());
    for part in parts {
        let is_version = part.get(..1).is_some_and(|letter| letter.eq_ignore_ascii_case("v"))
            && part.len() > 1
            && part[1..].chars().all(|c| c.is_ascii_digit());
        spelled.push('_');
        if is_version {
            spelled.push_str(&part.to_ascii_lowercase());
        } else if part.eq_ignore_ascii_case("promo") {
            spelled.push_str("Promo");
        } else {
            spelled.push_str(&part.to_ascii_uppercase());
        }
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_a_size_is_spelled_as_resources_do() {
        for name in [
            "Standard_D2s_v5",
            "Standard_DS3_v2",
            "Standard_E4-2ads_v5",
            "Standard_A1_v2",
            "Basic_A1",
            "Standard_B2ms",
            "Standard_HB120rs_v3",
            "Standard_NV36ads_A10_v5",
            "Standard_ND96isr_MI300X_v5",
            "Standard_M416s_8_v2",
            "Standard_DS13-4_v2_Promo",
        ] {
            assert_eq!(size_name(&name.to_uppercase()), name);
            assert_eq!(size_name(&name.to_lowercase()), name);
        }
        for name in ["Premium_P10", "D2", "", "Standard_", "é_1"] {
            assert_eq!(size_name(name), name);
        }
    }
}
