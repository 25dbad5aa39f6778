//! Sizes of virtual machines: cores and memory, by region (Microsoft.Compute/skus, 2021-07-01).
//!
//! The list holds disks, snapshots and more; only virtual machines are kept. A size that is restricted
//! for the subscription is told as such. Source: the service's specification.

use crate::{
    Request, Result, Scope, Transport,
    wire::{encoded, items, some},
};
use billing::Amount;
use serde::Deserialize;

/// A size of virtual machines in a region.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Its name, such as `Standard_D2s_v5`.
    pub name: String,
    /// Its family, such as `standardDSv5Family`.
    pub family: Option<String>,
    /// The region, in lower case.
    pub region: String,
    /// Cores that are seen.
    pub cores: u32,
    /// Memory in GiB.
    pub memory_gib: Amount,
    /// Whether this subscription cannot have it there.
    pub is_restricted: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(default, deserialize_with = "some")]
    resource_type: Option<String>,
    #[serde(default, deserialize_with = "some")]
    name: Option<String>,
    #[serde(default, deserialize_with = "some")]
    family: Option<String>,
    #[serde(default)]
    locations: Vec<String>,
    #[serde(default)]
    capabilities: Vec<Capability>,
    #[serde(default)]
    restrictions: Vec<Restriction>,
}

#[derive(Deserialize)]
struct Capability {
    name: String,
    value: String,
}

#[derive(Deserialize)]
struct Restriction {
    #[serde(rename = "type", default, deserialize_with = "some")]
    kind: Option<String>,
}

/// The sizes of a region that a subscription sees.
///
/// # Errors
/// What [`Transport::call`] may say; [`crate::Error::BadReply`] with the place.
pub async fn sizes(transport: &Transport, scope: &Scope, region: &str) -> Result<Vec<Size>> {
    let path = format!(
        "{}/providers/Microsoft.Compute/skus?api-version=2021-07-01&$filter={}",
        scope.path(),
        encoded(&format!("location eq '{region}'"))
    );
    let wires: Vec<Wire> =
        items(transport, Request::get(transport.endpoint().at(&path)?, scope.path())).await?;
    Ok(wires.into_iter().flat_map(sizes_of).collect())
}

fn sizes_of(wire: Wire) -> Vec<Size> {
    let is_machine = wire.resource_type.as_deref() == Some("virtualMachines");
    let number = |name: &str| wire.capabilities.iter().find(|own| own.name == name).map(|own| &own.value);
    // Of sizes with fewer cores than their hardware has, those that are left.
    let cores = number("vCPUsAvailable").or_else(|| number("vCPUs")).and_then(|text| text.parse().ok());
    let memory = number("MemoryGB").and_then(|text| text.parse().ok());
    let (true, Some(name), Some(cores), Some(memory_gib)) = (is_machine, wire.name, cores, memory) else {
        return Vec::new();
    };
    let is_restricted = wire.restrictions.iter().any(|own| own.kind.as_deref() == Some("Location"));
    let regions = wire.locations.into_iter().map(|region| region.to_lowercase());
    regions
        .map(|region| Size {
            name: name.clone(),
            family: wire.family.clone(),
            region,
            cores,
            memory_gib,
            is_restricted,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_machines_with_cores_and_memory_are_sizes() {
        let capabilities = r#"[{"name":"vCPUs","value":"2"},{"name":"MemoryGB","value":"7"},{"name":"OSVhdSizeMB","value":"1047552"}]"#;
        let item = |kind: &str, capabilities: &str, restrictions: &str| {
            let text = format!(
                r#"{{"resourceType":"{kind}","name":"Standard_D2_v2","tier":"Standard","size":"D2_v2","family":"standardDv2Family",
                    "locations":["westus","EastUS"],"capabilities":{capabilities},"restrictions":{restrictions}}}"#
            );
            sizes_of(serde_json::from_str(&text).unwrap())
        };
        let found = item("virtualMachines", capabilities, "[]");
        assert_eq!((found.len(), found[1].region.as_str(), found[0].cores), (2, "eastus", 2));
        assert_eq!((found[0].memory_gib.to_string().as_str(), found[0].is_restricted), ("7", false));
        let limits =
            r#"[{"type":"Location","values":["westus"],"reasonCode":"NotAvailableForSubscription"}]"#;
        assert!(item("virtualMachines", capabilities, limits)[0].is_restricted);
        assert!(
            item("disks", capabilities, "[]").is_empty() && item("virtualMachines", "[]", "[]").is_empty()
        );
    }
}
