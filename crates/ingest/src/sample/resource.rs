//! A resource of the estate, and ids.

/// A resource, or the order of a purchase.
#[derive(Debug, Default)]
pub struct Resource {
    /// Its resource group; empty for a purchase.
    pub group: String,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Its id in lower case, as FOCUS files have it.
    pub lower_id: String,
    /// Its type, such as `Microsoft.Compute/virtualMachines`.
    pub kind: String,
    /// Tags as a JSON object; empty where there are none.
    pub tags: String,
    /// What the service says about it, as a JSON object; mostly empty.
    pub details: String,
}

/// An id of a pattern that shows at a glance that it is made up.
pub fn made_up_id(number: u64) -> String {
    format!("5a3b1e00-0000-4000-8000-{number:012x}")
}
