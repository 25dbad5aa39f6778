//! Options that the chosen input makes needless: typed beside it, they are refused, since they would change
//! nothing. From the environment or a file they stand for other calls and are passed over.

use clap::{ArgMatches, Command, Error, error::ErrorKind, parser::ValueSource};

/// Options about charges, which a table of any series does not have.
const OF_CHARGES: [&str; 7] = ["group_by", "filter", "metric", "top", "currency", "family", "strict"];

/// Refuses options about charges beside `--series`.
///
/// # Errors
/// The conflict, as the command line shows it.
pub fn check_needless(command: &mut Command, matches: &ArgMatches) -> Result<(), Error> {
    let Some((name, own)) = matches.subcommand() else { return Ok(()) };
    let is_typed =
        |id: &str| own.try_contains_id(id).is_ok() && own.value_source(id) == Some(ValueSource::CommandLine);
    if name == "series" || !is_typed("series") {
        return Ok(());
    }
    match OF_CHARGES.into_iter().find(|id| is_typed(id)) {
        Some(id) => {
            let option = id.replace('_', "-");
            let text = format!("the argument '--series <FILE>' cannot be used with '--{option}'");
            let command = command.find_subcommand_mut(name).map_or_else(Command::default, |sub| sub.clone());
            Err(command.bin_name(format!("forecast {name}")).error(ErrorKind::ArgumentConflict, text))
        }
        None => Ok(()),
    }
}
