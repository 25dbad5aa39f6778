//! `invoice list` and `invoice download`.

use crate::{
    clock, messages,
    options::azure::{Invoice, InvoiceOptions},
    output,
    output::DONE,
    session::Session,
};
use operations::{DownloadRequest, InvoicesRequest, Result, download_invoices, list_invoices};

pub fn run(session: &Session, command: &Invoice) -> Result<u8> {
    match command {
        Invoice::List(options) => {
            let request = asked(&options.invoices)?;
            let found = session.run(|host| list_invoices(&request, host))?;
            messages::report(&found.findings);
            options.output.write_dataset(&found.dataset)?;
        }
        Invoice::Download(options) => {
            let request = DownloadRequest {
                invoices: asked(&options.invoices)?,
                names: options.name.clone(),
                out: options.out.clone(),
            };
            let done = session.run(|host| download_invoices(&request, host))?;
            messages::report(&done.findings);
            let line = |path: &std::path::PathBuf| format!("{}\n", path.display());
            output::print(&done.paths.iter().map(line).collect::<String>())?;
        }
    }
    Ok(DONE)
}

fn asked(options: &InvoiceOptions) -> Result<InvoicesRequest> {
    Ok(InvoicesRequest {
        scopes: options.scope.clone(),
        from: options.from,
        to: options.to,
        classic: options.classic,
        today: options.as_of.map_or_else(clock::today, Ok)?,
        access: options.reach.access(),
    })
}
