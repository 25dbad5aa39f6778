//! What every test of whole runs needs: the command, a folder of its own, export files in few lines.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Output,
};

/// The day that the command takes for today, two days after the last day of `forecast sample`'s default.
const TODAY: &str = "2026-10-18";

/// The command, with nothing of the developer's environment that changes what it does.
pub fn forecast() -> assert_cmd::Command {
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_forecast"));
    for (name, _) in env::vars().filter(|(name, _)| name.starts_with("FORECAST_")) {
        command.env_remove(name);
    }
    command.env("NO_COLOR", "1").env("COLUMNS", "80").env("TZ", "UTC").env("FORECAST_TODAY", TODAY);
    command
}

/// How a run of the command ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the command ends by itself"),
            stdout: String::from_utf8(output.stdout).expect("text on stdout"),
            stderr: String::from_utf8(output.stderr).expect("text on stderr"),
        }
    }
}

/// Runs the command with these arguments in `folder`.
pub fn run(folder: &Path, args: &[&str]) -> Run {
    Run::of(forecast().current_dir(folder).args(args).output().expect("the command starts"))
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

/// A folder of its own to run the command in, with its own home and caches and a fixed today.
pub struct TestContext {
    folder: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl TestContext {
    /// An empty folder, and the day [`TODAY`].
    pub fn new() -> Self {
        Self { folder: folder(), variables: Vec::new() }
    }

    /// The context with a variable of the environment, such as `FORECAST_TODAY`.
    pub fn with_env(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The folder that commands run in.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file below the folder.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> &Self {
        write(self.path(), name, bytes);
        self
    }

    /// The text of a file below the folder.
    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Writes a sample export into the folder `name`; `size` has the options of `forecast sample`.
    pub fn sample(&self, name: &str, size: &str) -> &Self {
        let options: Vec<&str> = ["sample", "--out", name].into_iter().chain(size.split(' ')).collect();
        self.good(&options);
        self
    }

    /// Runs the command, however it ends.
    pub fn run(&self, args: &[&str]) -> Run {
        let mut command = forecast();
        for name in ["HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "FORECAST_CACHE"] {
            command.env(name, self.path().join(".home"));
        }
        let variables = self.variables.iter().map(|(name, value)| (name, value));
        command.envs(variables).current_dir(self.path()).args(args);
        Run::of(command.output().expect("the command starts"))
    }

    /// Runs the command and expects it to end well.
    pub fn good(&self, args: &[&str]) -> Run {
        self.fails(0, args)
    }

    /// Runs the command and expects this exit code.
    pub fn fails(&self, code: i32, args: &[&str]) -> Run {
        let done = self.run(args);
        assert_eq!(done.code, code, "{args:?}\n{}{}", done.stdout, done.stderr);
        done
    }

    /// Exit code, stdout and stderr of a run in one text, without what differs from run to run.
    pub fn snapshot(&self, args: &[&str]) -> String {
        let Run { code, stdout, stderr } = self.run(args);
        self.stable(&format!("exit {code}\n----- stdout -----\n{stdout}----- stderr -----\n{stderr}"))
    }

    /// A text without paths of this run, run ids and times of the clock.
    fn stable(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let own = self.path().to_path_buf();
        for path in [own.canonicalize().unwrap_or_else(|_| own.clone()), own] {
            text = text.replace(&*path.to_string_lossy(), "[folder]");
        }
        let mut stable = String::with_capacity(text.len());
        for word in text.split_inclusive(|letter: char| !letter.is_ascii_alphanumeric()) {
            let (id, end) = word.split_at(word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).len());
            let is_run = id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
            stable.push_str(if is_run { "[run]" } else { id });
            stable.push_str(end);
        }
        stable
    }
}
