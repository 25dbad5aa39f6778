//! The scope of an export: whose charges its runs hold, from the resource id of its manifest.
//!
//! Two scopes are *nested* where their ids say so (a resource group in its subscription, an invoice section in
//! its billing profile), *siblings* where ids say that they share no charge, and otherwise share the
//! subscriptions that both list.

/// What kind of scope an export has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ScopeKind {
    ResourceGroup,
    Subscription,
    InvoiceSection,
    Department,
    EnrollmentAccount,
    Customer,
    BillingProfile,
    BillingAccount,
    ManagementGroup,
    /// An export whose manifest names no scope that is known here.
    Unknown,
}

/// How two scopes share charges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// They are the same.
    Same,
    /// The first lies inside the second, by their ids.
    Inside,
    /// The second lies inside the first, by their ids.
    Around,
    /// They never hold the same charge.
    Siblings,
    /// They hold the same charges of subscriptions that both list.
    BySubscription,
}

/// Whose charges an export holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ExportScope {
    pub kind: ScopeKind,
    /// The whole id in lower case: equal scopes have equal keys.
    pub key: String,
    /// `/subscriptions/GUID` of a subscription or resource group.
    pub subscription: Option<String>,
    /// The last part of the id in lower case, such as the name of the resource group.
    pub name: String,
    /// The billing account, in lower case.
    pub account: Option<String>,
    /// The billing profile of a profile or an invoice section, in lower case.
    pub profile: Option<String>,
}

/// The segments that name a level of a scope's path, and the kind that a scope ending there has.
const LEVELS: [(&str, ScopeKind); 9] = [
    ("subscriptions", ScopeKind::Subscription),
    ("resourcegroups", ScopeKind::ResourceGroup),
    ("managementgroups", ScopeKind::ManagementGroup),
    ("billingaccounts", ScopeKind::BillingAccount),
    ("billingprofiles", ScopeKind::BillingProfile),
    ("invoicesections", ScopeKind::InvoiceSection),
    ("departments", ScopeKind::Department),
    ("enrollmentaccounts", ScopeKind::EnrollmentAccount),
    ("customers", ScopeKind::Customer),
];

impl ExportScope {
    /// The scope in a resource id such as `/subscriptions/ID/providers/Microsoft.CostManagement/exports/daily`.
    /// Text that holds none is a scope of its own, of kind [`ScopeKind::Unknown`].
    pub(crate) fn parse(resource_id: &str) -> Self {
        let lower = resource_id.to_lowercase();
        let parts: Vec<&str> = lower.split('/').map(str::trim).filter(|part| !part.is_empty()).collect();
        let mut path: Vec<(&str, &str, ScopeKind)> = Vec::new();
        let mut at = 0;
        while at + 1 < parts.len() {
            let level = LEVELS.iter().find(|(name, _)| *name == parts[at]);
            match level {
                Some((name, kind)) => path.push((name, parts[at + 1], *kind)),
                // A provider above the levels is part of the path; one below them is the export's.
                None if parts[at] == "providers" && path.is_empty() => {}
                None => break,
            }
            at += 2;
        }
        let value = |kind: ScopeKind| path.iter().find(|(.., own)| *own == kind).map(|(_, value, _)| *value);
        let Some((_, name, kind)) = path.last() else {
            let key = lower.trim_end_matches('/').to_owned();
            return Self {
                kind: ScopeKind::Unknown,
                name: key.clone(),
                key,
                subscription: None,
                account: None,
                profile: None,
            };
        };
        let key: String = path.iter().map(|(level, value, _)| format!("/{level}/{value}")).collect();
        Self {
            kind: *kind,
            key,
            name: (*name).to_owned(),
            subscription: value(ScopeKind::Subscription).map(|id| format!("/subscriptions/{id}")),
            account: value(ScopeKind::BillingAccount).map(str::to_owned),
            profile: value(ScopeKind::BillingProfile).map(str::to_owned),
        }
    }

    /// How this scope and another share charges.
    pub(crate) fn relation(&self, other: &Self) -> Relation {
        use ScopeKind::{
            BillingAccount, BillingProfile, InvoiceSection, ManagementGroup, ResourceGroup, Subscription,
        };
        if self.key == other.key {
            return Relation::Same;
        }
        if self.holds_by_id(other) {
            return Relation::Around;
        }
        if other.holds_by_id(self) {
            return Relation::Inside;
        }
        let by_id = |kind: ScopeKind| matches!(kind, Subscription | ResourceGroup);
        match (self.kind, other.kind) {
            // Ids of these say that they are apart.
            (a, b) if by_id(a) && by_id(b) => Relation::Siblings,
            (a, b) if a == b && !matches!(a, ManagementGroup | ScopeKind::Unknown) => Relation::Siblings,
            (BillingProfile, InvoiceSection) | (InvoiceSection, BillingProfile) => Relation::Siblings,
            // Different billing accounts are different agreements, which never replace each other.
            (BillingAccount, _) | (_, BillingAccount)
                if self.account.is_some() && other.account.is_some() && self.account != other.account =>
            {
                Relation::Siblings
            }
            _ => Relation::BySubscription,
        }
    }

    /// Whether this scope holds all of another, by their ids.
    fn holds_by_id(&self, other: &Self) -> bool {
        let inside = other.key.len() > self.key.len()
            && other.key.starts_with(&self.key)
            && other.key.as_bytes()[self.key.len()] == b'/';
        // Departments, enrollment accounts and customers have ids that no row names.
        inside
            && matches!(
                other.kind,
                ScopeKind::ResourceGroup | ScopeKind::BillingProfile | ScopeKind::InvoiceSection
            )
    }

    /// The column of charges, and its value in lower case, that this scope is told by inside a wider one.
    pub(crate) fn part(&self) -> Option<(&'static str, &str)> {
        match self.kind {
            ScopeKind::ResourceGroup => Some(("x_ResourceGroupName", &self.name)),
            ScopeKind::BillingProfile => Some(("x_BillingProfileId", &self.name)),
            ScopeKind::InvoiceSection => Some(("x_InvoiceSectionId", &self.name)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "/providers/Microsoft.Billing/billingAccounts/A:1_2019-05-31";

    fn scope(path: &str) -> ExportScope {
        ExportScope::parse(&format!("{path}/providers/Microsoft.CostManagement/exports/Daily"))
    }

    #[test]
    fn the_scope_is_what_stands_before_the_export() {
        let group = scope("/subscriptions/S-1/resourceGroups/Web");
        assert_eq!((group.kind, group.name.as_str()), (ScopeKind::ResourceGroup, "web"));
        assert_eq!(group.subscription.as_deref(), Some("/subscriptions/s-1"));
        let section = scope(&format!("{ACCOUNT}/billingProfiles/P/invoiceSections/I"));
        assert_eq!((section.kind, section.profile.as_deref()), (ScopeKind::InvoiceSection, Some("p")));
        assert_eq!(section.account.as_deref(), Some("a:1_2019-05-31"));
        let group = scope("/providers/Microsoft.Management/managementGroups/root");
        assert_eq!(group.kind, ScopeKind::ManagementGroup);
        assert_eq!(ExportScope::parse("/subscriptions/s/azure-usage").kind, ScopeKind::Subscription);
        assert_eq!(ExportScope::parse("/c/exports/daily").kind, ScopeKind::Unknown);
    }

    #[test]
    fn ids_say_what_lies_in_what_and_what_is_apart() {
        let sub = scope("/subscriptions/s");
        let (web, db) =
            (scope("/subscriptions/s/resourceGroups/web"), scope("/subscriptions/s/resourceGroups/db"));
        assert_eq!((web.relation(&sub), sub.relation(&web)), (Relation::Inside, Relation::Around));
        assert_eq!(web.relation(&db), Relation::Siblings);
        assert_eq!(sub.relation(&scope("/subscriptions/s2")), Relation::Siblings);
        let account = scope(ACCOUNT);
        let profile = scope(&format!("{ACCOUNT}/billingProfiles/P"));
        let section = scope(&format!("{ACCOUNT}/billingProfiles/P/invoiceSections/I"));
        assert_eq!(section.relation(&profile), Relation::Inside);
        assert_eq!(section.relation(&account), Relation::Inside);
        assert_eq!(section.relation(&scope(&format!("{ACCOUNT}/billingProfiles/Q"))), Relation::Siblings);
        assert_eq!(account.relation(&sub), Relation::BySubscription);
        let department = scope("/providers/Microsoft.Billing/billingAccounts/77/departments/9");
        let enrollment = scope("/providers/Microsoft.Billing/billingAccounts/77");
        assert_eq!(enrollment.relation(&department), Relation::BySubscription);
        assert_eq!(account.relation(&enrollment), Relation::Siblings);
        assert_eq!(account.relation(&department), Relation::Siblings);
    }
}
