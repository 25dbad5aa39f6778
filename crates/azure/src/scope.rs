//! What can be read: a subscription, a resource group, a management group, or a part of a billing account.

use crate::{Error, Result};
use std::fmt;

/// A scope in Azure's own words, such as `/subscriptions/…`, in a form that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(String);

/// The forms: what stands at each place, `*` being an id.
const FORMS: [(&str, &str); 9] = [
    ("a subscription", "subscriptions/*"),
    ("a resource group", "subscriptions/*/resourceGroups/*"),
    ("a management group", "providers/Microsoft.Management/managementGroups/*"),
    ("a billing account", "providers/Microsoft.Billing/billingAccounts/*"),
    ("a department", "providers/Microsoft.Billing/billingAccounts/*/departments/*"),
    ("an enrollment account", "providers/Microsoft.Billing/billingAccounts/*/enrollmentAccounts/*"),
    ("a billing profile", "providers/Microsoft.Billing/billingAccounts/*/billingProfiles/*"),
    (
        "an invoice section",
        "providers/Microsoft.Billing/billingAccounts/*/billingProfiles/*/invoiceSections/*",
    ),
    ("a customer", "providers/Microsoft.Billing/billingAccounts/*/customers/*"),
];

impl Scope {
    /// The scope of that path; slashes around it and the case of its fixed words do not matter.
    ///
    /// # Errors
    /// [`Error::Usage`], which lists the forms.
    pub fn parse(text: &str) -> Result<Self> {
        let parts: Vec<&str> = text.trim().trim_matches('/').split('/').collect();
        for (_, form) in FORMS {
            let form: Vec<&str> = form.split('/').collect();
            let fits = form.len() == parts.len()
                && form.iter().zip(&parts).all(|(form, part)| match *form {
                    "*" => is_id(part),
                    word => part.eq_ignore_ascii_case(word),
                });
            if fits {
                let words =
                    form.iter().zip(&parts).map(|(form, part)| if *form == "*" { *part } else { *form });
                return Ok(Self(format!("/{}", words.collect::<Vec<_>>().join("/"))));
            }
        }
        let forms: Vec<String> =
            FORMS.iter().map(|(_, form)| format!("/{}", form.replace('*', "ID"))).collect();
        Err(Error::Usage(format!("`{text}` is no scope; a scope is one of {}", forms.join(", "))))
    }

    /// Its path, with a slash in front and none behind.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.0
    }

    /// The id of the subscription it is or lies in.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        self.0.strip_prefix("/subscriptions/")?.split('/').next()
    }
}

/// An id cannot end the path or begin a query.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text != "." && text != ".." && !text.contains(['?', '#', '%', '\\', ' '])
        || is_encoded_account(text)
}

/// A customer agreement's account, whose colon may come encoded.
fn is_encoded_account(text: &str) -> bool {
    text.contains("%3A")
        && text.replace("%3A", "").chars().all(|c| c.is_ascii_alphanumeric() || "-_:".contains(c))
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_known_by_their_form() {
        let path = |text: &str| Scope::parse(text).map(|scope| scope.to_string());
        assert_eq!(path("subscriptions/ABC/").unwrap(), "/subscriptions/ABC");
        assert_eq!(
            path("/Subscriptions/a/resourcegroups/My.Rg_1").unwrap(),
            "/subscriptions/a/resourceGroups/My.Rg_1"
        );
        assert!(
            path("/providers/Microsoft.Billing/billingAccounts/1a:2b_2019-05-31/billingProfiles/P").is_ok()
        );
        assert!(path("/providers/Microsoft.Billing/billingAccounts/1a%3A2b_2019-05-31").is_ok());
        for wrong in [
            "",
            "abc",
            "/subscriptions",
            "/subscriptions//",
            "/subscriptions/a?x=1",
            "/subscriptions/../x",
            "/subscriptions/a/b",
        ] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
        assert!(path("x").unwrap_err().to_string().contains("/subscriptions/ID/resourceGroups/ID"));
        assert_eq!(Scope::parse("/subscriptions/a/resourceGroups/b").unwrap().subscription(), Some("a"));
    }
}
