//! Azure's billing APIs: what is asked, politely, and what the replies mean.
//!
//! One [`Transport`] carries every call: it waits as long as a service asks, retries what may pass and
//! nothing else, follows pages to their end and redirects without the token. The services on top of it
//! turn replies into plain records; amounts and quantities are exact decimals from the reply's text.
//!
//! A [`Sender`] does the actual sending, so that waits are tested in simulated time. Nothing here
//! prints a token, a signature or a key.

mod cloud;
mod error;
mod fault;
mod message;
mod number;
mod pace;
mod paging;
mod priced;
mod rate_card;
mod scope;
mod transport;
mod usage;
mod wait;

pub use cloud::{Cloud, Endpoint};
pub use error::{Error, Result};
pub use fault::Fault;
pub use message::{Reply, Request, SendFault, Sender, Sending, Token, TokenSource};
pub use pace::{Limit, Pace};
pub use priced::{Price, price};
pub use rate_card::{Meter, OfferTerms, RateCard, RateCardQuery};
pub use scope::Scope;
pub use transport::{Patience, Transport};
pub use usage::{Granularity, UsageQuery, UsageRecord, UsageResource};
