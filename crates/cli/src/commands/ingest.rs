//! `ingest`: charges of files, or of Azure's services, as FOCUS-shaped Parquet.

use crate::{
    azure,
    azure_options::{From, Ingest},
    exit::Exit,
    failure::Failure,
    options::Global,
};
use anyhow::Result;

pub fn run(global: &Global, options: &Ingest) -> Result<Exit> {
    if let Some(From::Azure(door)) = &options.from {
        return azure::ingest::run(global, door);
    }
    Err(Failure::Usage("not yet".to_owned()).into())
}
