//! A plan on top of the forecast of what goes on: it shares the tiers, free amounts and credit of a subscription.

use crate::{
    ChargesRequest, Error, Forecasted, Host, Result, Subject,
    predict_priced::{Added, PricedRequest, Pricing, predict_priced},
    price::{is_plan, plan},
};
use billing::Amount;
use serde::{Deserialize, Serialize};

/// A plan, and the charges that it is added to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntoForecastRequest {
    /// The plan and its prices.
    pub subject: Subject,
    /// Cost exports whose forecast the plan is added to.
    pub into_forecast: Vec<String>,
    /// The subscription that the plan is used on: id or name.
    pub subscription: Option<String>,
}

/// The forecast of what goes on with the plan added to it.
///
/// # Errors
/// Unusable input or prices; a first input that is not a plan; nothing that can be forecast.
pub fn estimate_into_forecast(request: &IntoForecastRequest, host: &Host<'_>) -> Result<Forecasted> {
    let subject = &request.subject;
    if !is_plan(&subject.inputs)? {
        let text = "`--into-forecast` adds a plan to a forecast; the first argument is no plan";
        return Err(Error::usage(text));
    }
    let plan = plan(&subject.inputs[0], subject.committed)?;
    let charges = ChargesRequest {
        inputs: request.into_forecast.clone(),
        as_of: subject.as_of,
        cycle_day: subject.cycle_day,
        currency: subject.source.currency.clone(),
        ..ChargesRequest::default()
    };
    let pricing = Pricing {
        source: subject.source.clone(),
        committed: Some(plan.committed).filter(|amount| *amount != Amount::ZERO),
        commitment_left: None,
    };
    let added = Added { plan: &plan, subscription: request.subscription.as_deref() };
    predict_priced(&PricedRequest { charges, pricing, ..PricedRequest::default() }, Some(added), host)
}
