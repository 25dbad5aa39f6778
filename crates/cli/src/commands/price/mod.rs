//! `price`: what use costs, before and after it happens.

mod card;
mod compare;
mod estimate;
mod match_sizes;

use crate::{
    options::price::{Price, SchemaOf},
    output::DONE,
    session::Session,
};
use operations::Result;

pub fn run(session: &Session, command: &Price) -> Result<u8> {
    match command {
        Price::Card(options) => card::run(session, options),
        Price::Estimate(options) => estimate::run(session, options),
        Price::Compare(options) => compare::run(session, options),
        Price::Match(options) => match_sizes::run(session, options),
        Price::Schema { of, file } => {
            let schema = match of {
                SchemaOf::Plan => prices::plan_schema(),
                SchemaOf::Card => prices::card_schema(),
            };
            file.write(&schema, &[])?;
            Ok(DONE)
        }
    }
}
