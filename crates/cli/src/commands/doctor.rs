//! `doctor`: whether Azure can be reached, and what to do where it cannot.

use crate::{options::azure::Doctor, output::DONE, session::Session};
use operations::{DoctorRequest, ErrorKind, Result, doctor};

pub fn run(session: &Session, options: &Doctor) -> Result<u8> {
    let request = DoctorRequest { scopes: options.scope.clone(), access: options.reach.access() };
    let found = session.run(|host| doctor(&request, host))?;
    options.output.write_dataset(&found.dataset()?)?;
    Ok(found.failure.map_or(DONE, ErrorKind::exit_code))
}
