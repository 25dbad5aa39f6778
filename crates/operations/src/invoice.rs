//! Invoices: listed, and downloaded as PDF.

use crate::{
    AzureAccess, Error, Finding, Host, Result, ResultExt,
    connection::{Connection, wait_for},
};
use azure::{
    Between, Invoice, Money, Scope, classic_invoices, invoice_link, invoices as current_invoices, save_link,
};
use billing::Amount;
use chrono::{Days, NaiveDate};
use report::{Column, ColumnValues, Dataset};
use serde::{Deserialize, Serialize};
use std::{fs, path::PathBuf};

/// Days of invoices that are listed by default.
const USUAL_DAYS: u64 = 366;

/// Which invoices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvoicesRequest {
    /// Subscriptions, billing accounts or billing profiles.
    pub scopes: Vec<String>,
    /// Of periods that end on this day or later; a year before `today` by default.
    pub from: Option<NaiveDate>,
    /// Of periods that end before this day; the day after `today` by default.
    pub to: Option<NaiveDate>,
    /// Whether the classic service is asked, which knows no amounts.
    pub classic: bool,
    /// Today.
    pub today: NaiveDate,
    /// How Azure is reached.
    pub access: AzureAccess,
}

/// Which invoices to download, and where to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownloadRequest {
    /// Which invoices.
    pub invoices: InvoicesRequest,
    /// Only those of these numbers, where any are named.
    pub names: Vec<String>,
    /// The folder to write to.
    pub out: PathBuf,
}

/// Invoices as rows.
pub struct InvoiceRows {
    /// One row an invoice.
    pub dataset: Dataset,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Downloaded invoices.
pub struct DownloadedInvoices {
    /// The files.
    pub paths: Vec<PathBuf>,
    /// What was found on the way, in order.
    pub findings: Vec<Finding>,
}

/// Lists invoices.
///
/// # Errors
/// A scope in the wrong form; days in the wrong order; what the service answers.
pub fn list_invoices(request: &InvoicesRequest, host: &Host<'_>) -> Result<InvoiceRows> {
    let mut findings = Vec::new();
    let (_, found) = find(request, host, &mut findings)?;
    if found.is_empty() {
        let text = "there are no invoices of these days; that does not mean that nothing was charged";
        findings.push(Finding::warning(text));
    }
    Ok(InvoiceRows { dataset: dataset(&found)?, findings })
}

/// Downloads invoices.
///
/// # Errors
/// As listing them; no such invoice; a folder that cannot be written.
pub fn download_invoices(request: &DownloadRequest, host: &Host<'_>) -> Result<DownloadedInvoices> {
    let mut findings = Vec::new();
    match download(request, host, &mut findings) {
        Ok(paths) => Ok(DownloadedInvoices { paths, findings }),
        Err(error) => Err(error.after(findings)),
    }
}

fn find(
    request: &InvoicesRequest,
    host: &Host<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(Connection, Vec<(Scope, Invoice)>)> {
    let scopes: Vec<Scope> =
        request.scopes.iter().map(|text| Scope::parse(text)).collect::<azure::Result<_>>()?;
    let connection = Connection::open(&request.access, host)?;
    let between = Between {
        from: request.from.unwrap_or(request.today - Days::new(USUAL_DAYS)),
        last: request.to.map_or(request.today, |to| to - Days::new(1)),
    };
    if between.last < between.from {
        return Err(Error::usage(format!("there are no days from {} to {}", between.from, between.last)));
    }
    let found = wait_for(async {
        let mut found = Vec::new();
        for scope in &scopes {
            let list = match request.classic {
                true => classic_invoices(&connection.billing, scope, between).await,
                false => current_or_classic(&connection, scope, between, findings).await,
            };
            found.extend(list?.into_iter().map(|invoice| (scope.clone(), invoice)));
        }
        Ok(found)
    })?;
    Ok((connection, found))
}

/// Today's service or, where it refuses a subscription, the classic one, which knows no amounts.
async fn current_or_classic(
    connection: &Connection,
    scope: &Scope,
    between: Between,
    findings: &mut Vec<Finding>,
) -> azure::Result<Vec<Invoice>> {
    let refused = match current_invoices(&connection.billing, scope, between).await {
        Err(error @ (azure::Error::Refused { .. } | azure::Error::NotAllowed { .. }))
            if scope.subscription().is_some() =>
        {
            error
        }
        other => return other,
    };
    match classic_invoices(&connection.billing, scope, between).await {
        Ok(found) => {
            let text = format!("{refused}; the classic service was asked instead, which knows no amounts");
            findings.push(Finding::warning(text));
            Ok(found)
        }
        // What was refused first says more.
        Err(_) => Err(refused),
    }
}

fn download(request: &DownloadRequest, host: &Host<'_>, findings: &mut Vec<Finding>) -> Result<Vec<PathBuf>> {
    let (connection, mut found) = find(&request.invoices, host, findings)?;
    if !request.names.is_empty() {
        for name in &request.names {
            if !found.iter().any(|(_, invoice)| invoice.name == *name) {
                let text = format!(
                    "there is no invoice `{name}` among those of the days asked for; `forecast invoice list` shows them"
                );
                return Err(Error::usage(text));
            }
        }
        found.retain(|(_, invoice)| request.names.contains(&invoice.name));
    }
    if found.is_empty() {
        return Err(Error::not_enough("there are no invoices of these days"));
    }
    fs::create_dir_all(&request.out)
        .with_context(|| format!("cannot write to `{}`", request.out.display()))?;
    let mut saved_to = Vec::new();
    for (scope, invoice) in &found {
        let plain = file_name(&invoice.name)?;
        let path = request.out.join(format!("{plain}.pdf"));
        let making = request.out.join(format!(".{plain}.part"));
        let saved = wait_for(async {
            let mut link = invoice_link(&connection.billing, scope, invoice).await?;
            // A link that came with the list may have run out since.
            if link.has_expired(connection.clock.utc()) {
                let fresh = Invoice { link: None, ..invoice.clone() };
                link = invoice_link(&connection.billing, scope, &fresh).await?;
            }
            save_link(&connection.billing, scope, &link, &making, connection.clock.utc()).await?;
            Ok(())
        });
        if saved.is_err() {
            let _ = fs::remove_file(&making);
        }
        saved.with_context(|| format!("invoice {}", invoice.name))?;
        if !fs::read(&making)?.starts_with(b"%PDF") {
            let _ = fs::remove_file(&making);
            let text = format!("invoice {}: what came is no PDF; it was not kept", invoice.name);
            return Err(Error::failed(text));
        }
        fs::rename(&making, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
        saved_to.push(path);
    }
    Ok(saved_to)
}

/// A name for the file of an invoice, one for each number.
fn file_name(number: &str) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if number.trim().is_empty() {
        return Err(Error::failed("an invoice without a number cannot be kept under one"));
    }
    if number.len() <= 64 && number.chars().all(is_plain) {
        return Ok(number.to_owned());
    }
    // What a file system may not hold is replaced; a digest tells apart what then looks alike.
    let plain: String = number.chars().take(64).map(|c| if is_plain(c) { c } else { '_' }).collect();
    Ok(format!("{plain}-{}", &blake3::hash(number.as_bytes()).to_hex()[..8]))
}

fn dataset(found: &[(Scope, Invoice)]) -> Result<Dataset> {
    let text = |get: &dyn Fn(&Invoice) -> Option<String>| {
        ColumnValues::Text(found.iter().map(|(_, invoice)| get(invoice)).collect())
    };
    let date = |get: &dyn Fn(&Invoice) -> Option<NaiveDate>| {
        ColumnValues::Date(found.iter().map(|(_, invoice)| get(invoice)).collect())
    };
    let bound = |get: &dyn Fn(&Invoice) -> Option<NaiveDate>| {
        ColumnValues::Timestamp(found.iter().map(|(_, invoice)| get(invoice)).collect())
    };
    type GetMoney = fn(&Invoice) -> &Option<Money>;
    let amounts: [(&str, GetMoney); 8] = [
        ("x_BilledAmount", |invoice| &invoice.billed_amount),
        ("x_CreditAmount", |invoice| &invoice.credit_amount),
        ("x_SubTotal", |invoice| &invoice.sub_total),
        ("x_TaxAmount", |invoice| &invoice.tax_amount),
        ("x_PrepaymentApplied", |invoice| &invoice.prepayment_applied),
        ("x_FreeCreditApplied", |invoice| &invoice.free_credit_applied),
        ("x_TotalAmount", |invoice| &invoice.total_amount),
        ("x_AmountDue", |invoice| &invoice.amount_due),
    ];
    for (_, invoice) in found {
        let mut currencies = amounts.iter().filter_map(|(_, get)| Some(&get(invoice).as_ref()?.currency));
        let first = currencies.next();
        if currencies.any(|currency| Some(currency) != first) {
            let text = format!("invoice {} has amounts of more than one currency", invoice.name);
            return Err(Error::failed(text));
        }
    }
    let currency =
        |invoice: &Invoice| amounts.iter().find_map(|(_, get)| Some(get(invoice).as_ref()?.currency.clone()));
    let mut columns = vec![
        Column::new("InvoiceId", text(&|invoice| Some(invoice.name.clone()))),
        Column::new(
            "x_Scope",
            ColumnValues::Text(found.iter().map(|(scope, _)| Some(scope.to_string())).collect()),
        ),
        Column::new("BillingPeriodStart", bound(&|invoice| invoice.first_day)),
        Column::new("BillingPeriodEnd", bound(&|invoice| invoice.last_day?.succ_opt())),
        Column::new("x_InvoiceDate", date(&|invoice| invoice.invoice_date)),
        Column::new("x_DueDate", date(&|invoice| invoice.due_date)),
        Column::new("x_InvoiceStatus", text(&|invoice| invoice.status.clone())),
        Column::new("x_InvoiceType", text(&|invoice| invoice.invoice_type.clone())),
        Column::new("x_DocumentType", text(&|invoice| invoice.document_type.clone())),
        Column::new("x_IsMonthly", text(&|invoice| invoice.is_monthly.map(|is| is.to_string()))),
        Column::new("BillingCurrency", text(&currency)),
    ];
    for (name, get) in amounts {
        let values: Vec<Option<Amount>> =
            found.iter().map(|(_, invoice)| get(invoice).as_ref().map(|money| money.value)).collect();
        columns.push(Column::new(name, ColumnValues::Amount { values, least_digits: 2 }));
    }
    columns.push(Column::new("x_BillingProfileId", text(&|invoice| invoice.billing_profile_id.clone())));
    columns.push(Column::new("SubAccountId", text(&|invoice| invoice.subscription_id.clone())));
    columns.push(Column::new("x_ReplacedBy", text(&|invoice| invoice.replaced_by.clone())));
    Ok(Dataset::new("invoices", 1, columns)?)
}
