//! `price`: what use costs, before and after it happens.

mod card;
mod compare;
pub mod estimate;
mod matching;
pub mod rates;
mod usage;

use crate::{
    exit::Exit,
    options::Global,
    output,
    price_options::{Price, SchemaOf},
};
use anyhow::Result;

pub fn run(global: &Global, command: &Price) -> Result<Exit> {
    match command {
        Price::Card(options) => card::run(global, options),
        Price::Estimate(options) => estimate::run(global, options),
        Price::Compare(options) => compare::run(global, options),
        Price::Match(options) => matching::run(global, options),
        Price::Schema { of } => {
            let schema = match of {
                SchemaOf::Plan => prices::plan_schema(),
                SchemaOf::Card => prices::card_schema(),
            };
            output::write_text(global, &schema)?;
            Ok(Exit::Done)
        }
    }
}
