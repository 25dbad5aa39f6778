//! What the numbers mean: each rule on files made for it, through the command as users run it.
//!
//! The rules stand in the README in plain words; a number that breaks one of them is wrong silently.

mod covered_days;
mod cycles;
mod exchange;
mod invoices;
mod kinds_and_lines;
mod later_cycles;
pub mod made_files;
mod metrics;
mod money;
mod names;
mod one_total;
mod prices;
mod stops;
mod which_run;
