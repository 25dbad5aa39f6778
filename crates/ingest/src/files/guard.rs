//! Reading that cannot end the program: what a dependency panics on becomes an error that names the file.
//!
//! Every read of a data file goes through [`guarded`]. A damaged file can make a decoder panic anywhere;
//! for whoever asked, that is a damaged file like any other, so an older complete run counts instead.
//! It works only where panics unwind: no build profile may set `panic = "abort"`.

use crate::{Error, Result};
use std::{
    any::Any,
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
};

thread_local! {
    /// How many guarded reads this thread is inside of.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// How many guarded reads are under way on all threads.
static READS: AtomicUsize = AtomicUsize::new(0);

/// Whether a panic on this thread would be caught and reported as a damaged file. A panic hook that
/// writes messages stays silent then.
///
/// Workers of a thread pool count as inside while any file is read, since a read may hand work to them.
#[must_use]
pub fn is_reading_guarded() -> bool {
    DEPTH.get() > 0 || (READS.load(Ordering::Acquire) > 0 && rayon::current_thread_index().is_some())
}

/// Runs `read`, which reads the file at `path`, and turns a panic in it into [`Error::Damaged`].
///
/// # Errors
/// Those of `read`, and a damaged file where it panicked.
pub(crate) fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T>) -> Result<T> {
    let _inside = Inside::enter();
    catch_unwind(AssertUnwindSafe(read)).unwrap_or_else(|panic| {
        tracing::debug!("`{}`: the decoder stopped: {}", path.display(), message(panic.as_ref()));
        Err(Error::damaged(path, "its parts contradict each other; it was changed or cut, so copy it again"))
    })
}

/// The time inside of a guarded read.
struct Inside;

impl Inside {
    fn enter() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        READS.fetch_add(1, Ordering::AcqRel);
        Self
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
        READS.fetch_sub(1, Ordering::AcqRel);
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let owned = || panic.downcast_ref::<String>().map(String::as_str);
    panic.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use rayon::prelude::*;

    #[test]
    fn a_panic_inside_is_a_damaged_file() {
        let error = guarded(Path::new("a.parquet"), || -> Result<()> {
            assert!(is_reading_guarded());
            panic!("as a decoder does")
        })
        .unwrap_err();
        assert!(matches!(error, Error::Damaged { .. }));
        assert!(error.to_string().starts_with("`a.parquet` is damaged"));
        assert!(!is_reading_guarded());
    }

    #[test]
    fn a_panic_on_a_worker_of_the_pool_is_caught_too() {
        let error = guarded(Path::new("a.parquet"), || -> Result<()> {
            rayon::join(|| (), || ());
            let inside: Vec<bool> = (0..64).into_par_iter().map(|_| is_reading_guarded()).collect();
            assert!(inside.into_iter().all(|inside| inside));
            (0..64).into_par_iter().for_each(|number| assert!(number < 63, "as a decoder does"));
            Ok(())
        })
        .unwrap_err();
        assert!(error.is_damage());
    }

    #[test]
    fn what_is_read_and_what_is_refused_passes_through() {
        assert_eq!(guarded(Path::new("a"), || Ok(3)).unwrap(), 3);
        let refused = guarded(Path::new("a"), || -> Result<()> { Err(Error::EmptyFile("a".into())) });
        assert!(matches!(refused, Err(Error::EmptyFile(_))));
    }

    /// A profile that aborts on a panic would end the program where a file is damaged.
    #[test]
    fn every_profile_of_the_workspace_unwinds() {
        let manifest = include_str!("../../../../Cargo.toml");
        let sets_panic = |line: &&str| line.trim_start().starts_with("panic");
        assert_eq!(manifest.lines().find(sets_panic), None);
    }
}
