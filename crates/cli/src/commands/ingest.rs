//! `ingest`: charges of files, or of Azure's services, as FOCUS-shaped Parquet.

use crate::{
    messages,
    options::charges::Ingest,
    output::{DONE, out_folder},
    session::Session,
};
use operations::{Error, IngestRequest, Result, ingest_files};

pub fn run(session: &Session, options: &Ingest) -> Result<u8> {
    #[cfg(feature = "azure")]
    if let Some(crate::options::azure::From::Azure(source)) = &options.from {
        return super::ingest_azure::run(session, source);
    }
    if options.inputs.is_empty() {
        return Err(Error::usage("name the cost exports to normalise, or a source such as `azure usage`"));
    }
    let request = IngestRequest {
        inputs: options.inputs.clone(),
        out: out_folder(options.out.as_deref())?,
        family: options.family.clone(),
        as_of: options.as_of,
        strict: options.strict,
    };
    options.output.check(&request.inputs)?;
    let done = session.run(|host| ingest_files(&request, host))?;
    messages::report(&done.findings);
    options.output.write_dataset(&done.dataset)?;
    Ok(DONE)
}
