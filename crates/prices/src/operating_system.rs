//! The operating system of a machine of another cloud or of a data centre, and whether a price of a machine includes its
//! licence.
//!
//! Prices of machines are those of Linux without a licence and of Windows. Other licences (Red Hat, SUSE, SQL Server) are
//! meters of their own, so a machine with one costs more than any price of a machine.
//! Source: AWS, *AMI billing information fields* (codes of `RunInstances`).

use crate::Os;

/// How a machine is priced, and the licence that no price of a machine includes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OperatingSystem {
    pub(crate) os: Os,
    pub(crate) licence: Option<String>,
}

/// Parts of names, in lower case, of systems with a licence of their own.
const LICENSED: [&str; 7] = ["rhel", "red hat", "redhat", "suse", "sles", "sql", "ubuntu pro"];
/// Parts of names, in lower case, of systems without a licence.
const FREE: [&str; 13] = [
    "linux", "ubuntu", "debian", "centos", "rocky", "fedora", "opensuse", "flatcar", "coreos", "mariner",
    "bsd", "unix", "amazon",
];
/// Names, in lower case, that mean none.
const NONE: [&str; 6] = ["", "-", "na", "n/a", "none", "unknown"];

impl Default for OperatingSystem {
    fn default() -> Self {
        Self { os: Os::Linux, licence: None }
    }
}

impl OperatingSystem {
    /// Of a name, such as `Windows Server 2022` or `RHEL 9`. An unknown name is a licence without a price.
    pub(crate) fn named(name: &str) -> Self {
        let name = name.trim();
        let lower = name.to_lowercase();
        let has = |parts: &[&str]| parts.iter().any(|part| lower.contains(part));
        let os = if lower.contains("windows") || lower.starts_with("win") { Os::Windows } else { Os::Linux };
        let is_free = NONE.contains(&lower.as_str())
            || lower.contains("byol")
            || lower.contains("opensuse")
            || !has(&LICENSED) && (os == Os::Windows || has(&FREE));
        Self { os, licence: (!is_free).then(|| name.to_owned()) }
    }

    /// Of an operation of AWS, such as `RunInstances:0010`.
    pub(crate) fn of_aws_operation(operation: &str) -> Self {
        let code = operation.split(':').nth(1).unwrap_or_default().to_lowercase();
        let (os, licence) = match code.as_str() {
            "0002" => (Os::Windows, None),
            "0102" | "0006" | "0202" => (Os::Windows, Some("Windows with SQL Server")),
            "0100" | "0004" | "0200" => (Os::Linux, Some("Linux with SQL Server")),
            "0010" | "1010" => (Os::Linux, Some("RHEL")),
            "0014" | "0110" | "0210" | "1014" | "1110" => (Os::Linux, Some("RHEL with SQL Server")),
            "000g" => (Os::Linux, Some("SUSE")),
            "0g00" => (Os::Linux, Some("Ubuntu Pro")),
            _ => (Os::Linux, None),
        };
        Self { os, licence: licence.map(str::to_owned) }
    }

    /// The name beside a machine's type; `None` for Linux without a licence.
    pub(crate) fn label(&self) -> Option<&str> {
        self.licence.as_deref().or((self.os == Os::Windows).then_some("Windows"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_linux_windows_or_a_licence_of_their_own() {
        let read = |name: &str| {
            let own = OperatingSystem::named(name);
            let os = if own.os == Os::Windows { "windows" } else { "linux" };
            own.licence.map_or_else(|| os.to_owned(), |licence| format!("{os} + {licence}"))
        };
        for (name, expected) in [
            ("", "linux"),
            ("NA", "linux"),
            ("Linux", "linux"),
            ("Ubuntu 22.04", "linux"),
            ("CentOS 7 (64-bit)", "linux"),
            ("Oracle Linux 8", "linux"),
            ("openSUSE Leap", "linux"),
            ("Microsoft Windows Server 2019", "windows"),
            ("win2022", "windows"),
            ("RHEL", "linux + RHEL"),
            ("Red Hat Enterprise Linux 8 (64-bit)", "linux + Red Hat Enterprise Linux 8 (64-bit)"),
            ("Red Hat BYOL Linux", "linux"),
            ("SLES 15", "linux + SLES 15"),
            ("Windows with SQL Server Standard", "windows + Windows with SQL Server Standard"),
            ("AIX 7.2", "linux + AIX 7.2"),
        ] {
            assert_eq!(read(name), expected, "{name}");
        }
    }

    #[test]
    fn operations_of_aws_have_codes() {
        let label = |operation: &str| {
            OperatingSystem::of_aws_operation(operation).label().unwrap_or("linux").to_owned()
        };
        assert_eq!(label("RunInstances"), "linux");
        assert_eq!(label("RunInstances:SV052"), "linux");
        assert_eq!(label("RunInstances:00g0"), "linux");
        assert_eq!(label("RunInstances:0800"), "linux");
        assert_eq!(label("RunInstances:0002:SV001"), "Windows");
        assert_eq!(label("RunInstances:0006"), "Windows with SQL Server");
        assert_eq!(label("RunInstances:0010"), "RHEL");
        assert_eq!(label("RunInstances:000g"), "SUSE");
    }
}
