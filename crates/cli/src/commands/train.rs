//! `train`: a model of your own series, written to a file.

use crate::{messages, options::charges::Train, output, output::DONE, session::Session};
use operations::{Result, TrainRequest, check_not_an_input, train, write_file};

pub fn run(session: &Session, options: &Train) -> Result<u8> {
    let request = TrainRequest {
        charges: options.charges.request(),
        series: options.any.request(),
        join: options.join.clone(),
        hold_out: options.hold_out,
        made_up: options.made_up,
        name: options.name.clone(),
    };
    let mut inputs = options.charges.inputs.clone();
    let tables = options.any.series.iter().chain(&options.join);
    inputs.extend(tables.map(|path| path.to_string_lossy().into_owned()));
    check_not_an_input(&options.out, &inputs)?;
    let done = session.run(|host| train(&request, host))?;
    messages::report(&done.findings);
    let text = done.model.to_json()?;
    write_file(&options.out, |file| Ok(file.write_all(text.as_bytes())?))?;
    output::print(&format!("wrote {}: {}\n", options.out.display(), done.model.provenance.source))?;
    Ok(DONE)
}
