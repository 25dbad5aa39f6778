//! The forecaster that a request names, and the id of a run with it.

use crate::{
    Error, Result,
    digest::{digest, hex},
};
use forecast::{Engine, Model, ModelSpec};
use serde::Serialize;
use std::{fs, sync::LazyLock};

/// Hexadecimal digits of a run's id.
const RUN_ID_DIGITS: usize = 16;

/// The digest of the model inside the program.
static SHIPPED: LazyLock<String> =
    LazyLock::new(|| hex(Model::shipped().to_json().unwrap_or_default().as_bytes()));

/// Whether a forecaster is named by the path of a model's file.
#[must_use]
pub fn is_model_file(name: &str) -> bool {
    name.ends_with(".json")
}

/// A forecaster and the digest of its model, taken once when the model is read.
pub(crate) struct Forecaster {
    pub engine: Engine,
    model_digest: String,
}

impl Forecaster {
    /// The forecaster of a model's name, or of a model's file (`.json`).
    ///
    /// # Errors
    /// An unknown name, with the known ones; a file that holds no model.
    pub fn named(model: Option<&str>) -> Result<Self> {
        let name = model.unwrap_or("default");
        if is_model_file(name) {
            let text = fs::read_to_string(name)
                .map_err(|error| Error::from(error).context(format!("cannot read the model `{name}`")))?;
            let model = Model::from_json(&text)
                .map_err(|error| Error::from(error).context(format!("`{name}` does not hold a model")))?;
            let engine = Engine::with_model(ModelSpec::Default, model);
            return Ok(Self { engine, model_digest: hex(text.as_bytes()) });
        }
        let spec: ModelSpec = name.parse().map_err(|error| Error::usage(format!("{error}")))?;
        Ok(Self { engine: Engine::new(spec), model_digest: SHIPPED.clone() })
    }

    /// The id of a run: the same inputs, request, model and version have the same id.
    ///
    /// # Errors
    /// A request that JSON cannot hold.
    pub fn run_id(&self, inputs: &str, request: &impl Serialize) -> Result<String> {
        let text = format!(
            "{inputs}\n{}\n{}\n{}\n{}",
            digest(request)?,
            self.engine.spec(),
            self.model_digest,
            env!("CARGO_PKG_VERSION")
        );
        let mut id = hex(text.as_bytes());
        id.truncate(RUN_ID_DIGITS);
        Ok(id)
    }
}
