//! `invoice list` and `invoice download`.

use super::{Connection, wait_for};
use crate::{
    azure_options::{Invoice as Command, InvoiceDownload, InvoiceOptions},
    exit::Exit,
    failure::Failure,
    options::Global,
    output,
};
use anyhow::{Context, Result};
use azure::{Between, Invoice, Money, Scope, classic_invoices, invoice_link, invoices, save_link};
use billing::Amount;
use chrono::{Days, NaiveDate};
use report::{Column, ColumnValues, Dataset};
use std::fs;

pub fn run(global: &Global, command: &Command) -> Result<Exit> {
    match command {
        Command::List(options) => {
            let (_, found) = find(options)?;
            if found.is_empty() {
                tracing::warn!(
                    "there are no invoices of these days; that does not mean that nothing was charged"
                );
            }
            output::write_dataset(global, &dataset(&found)?)?;
        }
        Command::Download(options) => {
            let saved = download(options)?;
            output::write_text(global, &saved)?;
        }
    }
    Ok(Exit::Done)
}

fn find(options: &InvoiceOptions) -> Result<(Connection, Vec<(Scope, Invoice)>)> {
    let scopes: Vec<Scope> =
        options.scope.iter().map(|text| Scope::parse(text)).collect::<azure::Result<_>>()?;
    let connection = Connection::open(&options.reach)?;
    let today = options.as_of.unwrap_or_else(|| connection.clock.utc().date_naive());
    let between = Between {
        from: options.from.unwrap_or(today - Days::new(366)),
        last: options.to.map_or(today, |to| to - Days::new(1)),
    };
    if between.last < between.from {
        return Err(
            Failure::Usage(format!("there are no days from {} to {}", between.from, between.last)).into()
        );
    }
    let found = wait_for(async {
        let mut found = Vec::new();
        for scope in &scopes {
            let list = match options.classic {
                true => classic_invoices(&connection.billing, scope, between).await,
                false => today_or_classic(&connection, scope, between).await,
            };
            found.extend(list?.into_iter().map(|invoice| (scope.clone(), invoice)));
        }
        Ok(found)
    })?;
    Ok((connection, found))
}

/// Today's service or, where it refuses a subscription, the classic one, which knows no amounts.
async fn today_or_classic(
    connection: &Connection,
    scope: &Scope,
    between: Between,
) -> azure::Result<Vec<Invoice>> {
    let refused = match invoices(&connection.billing, scope, between).await {
        Err(error @ (azure::Error::Refused { .. } | azure::Error::NotAllowed { .. }))
            if scope.subscription().is_some() =>
        {
            error
        }
        other => return other,
    };
    match classic_invoices(&connection.billing, scope, between).await {
        Ok(found) => {
            tracing::warn!("{refused}; the classic service was asked instead, which knows no amounts");
            Ok(found)
        }
        // What was refused first says more.
        Err(_) => Err(refused),
    }
}

fn download(options: &InvoiceDownload) -> Result<String> {
    let (connection, mut found) = find(&options.invoices)?;
    if !options.name.is_empty() {
        for name in &options.name {
            if !found.iter().any(|(_, invoice)| invoice.name == *name) {
                let text = format!(
                    "there is no invoice `{name}` among those of the days asked for; `forecast invoice list` shows them"
                );
                return Err(Failure::Usage(text).into());
            }
        }
        found.retain(|(_, invoice)| options.name.contains(&invoice.name));
    }
    if found.is_empty() {
        return Err(Failure::NotEnough("there are no invoices of these days".to_owned()).into());
    }
    fs::create_dir_all(&options.out)
        .with_context(|| format!("cannot write to `{}`", options.out.display()))?;
    let mut text = String::new();
    for (scope, invoice) in &found {
        let plain = file_name(&invoice.name)?;
        let path = options.out.join(format!("{plain}.pdf"));
        let making = options.out.join(format!(".{plain}.part"));
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
            anyhow::bail!("invoice {}: what came is no PDF; it was not kept", invoice.name);
        }
        fs::rename(&making, &path).with_context(|| format!("cannot write `{}`", path.display()))?;
        text.push_str(&format!("{}\n", path.display()));
    }
    Ok(text)
}

/// A name for the file of an invoice, one for each number.
fn file_name(number: &str) -> Result<String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if number.trim().is_empty() {
        anyhow::bail!("an invoice without a number cannot be kept under one");
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
            anyhow::bail!("invoice {} has amounts of more than one currency", invoice.name);
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
