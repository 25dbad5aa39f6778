//! `backtest`: how good past forecasts would have been.

use crate::{messages, options::charges::Backtest, output::DONE, session::Session};
use operations::{BacktestRequest, Backtested, Result, backtest};
use report::{TableStyle, backtest_table};

pub fn run(session: &Session, options: &Backtest) -> Result<u8> {
    let request = BacktestRequest {
        charges: options.charges.request(),
        series: options.any.request(),
        cycles: options.cycles,
        cut_days: options.cut_days.clone(),
        tasks: options.tasks.clone(),
        seen: options.seen.clone(),
        model: options.model.model.clone(),
        compare_model: options.compare_model.clone(),
        folds: options.folds,
        leave_out: options.leave_out,
    };
    options.output.check(&read_paths(options))?;
    let done = session.run(|host| backtest(&request, host))?;
    messages::report(&done.findings);
    options.output.write_result(session.color(), |style| table(&done, style), || done.dataset())?;
    Ok(DONE)
}

/// Every file that the command reads.
fn read_paths(options: &Backtest) -> Vec<String> {
    let mut paths = options.charges.inputs.clone();
    let files = [&options.any.series, &options.tasks, &options.seen];
    paths.extend(files.into_iter().flatten().map(|path| path.to_string_lossy().into_owned()));
    paths.extend([&options.model.model, &options.compare_model].into_iter().flatten().cloned());
    paths
}

/// A score table for each currency.
fn table(done: &Backtested, style: TableStyle) -> String {
    let mut text = String::new();
    for (currency, lines) in done.scores() {
        if let Some(currency) = currency {
            text.push_str(&format!("Errors of past totals in {}\n", report::printable(currency.code())));
        }
        text.push_str(&backtest_table(&lines, style));
    }
    text.extend(done.comparison());
    text
}
