//! What every test of whole runs needs: the command, a folder of its own, export files in few lines.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Output,
};

/// The command, with nothing of the developer's environment that changes what it does.
pub fn forecast() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_forecast"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FORECAST_")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("COLUMNS", "80");
    command
}

/// How a run of the command ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Runs the command with these arguments in `folder`.
pub fn run(folder: &Path, args: &[&str]) -> Run {
    let Output { status, stdout, stderr } =
        forecast().current_dir(folder).args(args).output().expect("the command starts");
    Run {
        code: status.code().expect("the command ends by itself"),
        stdout: String::from_utf8(stdout).expect("text on stdout"),
        stderr: String::from_utf8(stderr).expect("text on stderr"),
    }
}

/// A folder that goes when the test ends.
pub fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Writes a file below `folder`, with the folders above it.
pub fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().expect("a parent")).expect("folders");
    fs::write(&path, bytes).expect("a file");
    path
}

/// The folder of Azure's official payloads and the benchmark, or `None`, said loudly once a test.
#[expect(clippy::print_stderr, reason = "what was not run must be said where the tests are read")]
pub fn shared(what: &str) -> Option<PathBuf> {
    let root = std::env::var_os("FORECAST_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), PathBuf::from);
    if root.is_dir() {
        return Some(root);
    }
    eprintln!("NOT RUN: {what}: no folder of official payloads; set FORECAST_SHARED to it");
    None
}
