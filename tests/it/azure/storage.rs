//! Inputs in Blob Storage, read from the real emulator.
//!
//! It is installed by `tests/run` where there is npm. Without it these tests are skipped; in CI they fail.

use super::server::run_with;
use crate::support::{Run, TestContext, folder, run, write};
use serde_json::json;
use std::{
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// The folder that the emulator is installed in.
fn installed() -> Option<PathBuf> {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/azurite");
    if home.join("node_modules/.bin/azurite-blob").exists() {
        return Some(home);
    }
    assert!(
        std::env::var_os("CI").is_none(),
        "the emulator of Blob Storage is not installed; `tests/run` does it"
    );
    testing::skip("the emulator of Blob Storage is not installed; `tests/run` does it where there is npm");
    None
}

/// A running emulator.
struct Azurite {
    child: Child,
    endpoint: String,
    home: PathBuf,
    _data: tempfile::TempDir,
}

impl Azurite {
    fn start() -> Option<Self> {
        let home = installed()?;
        let data = folder();
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
        let child = Command::new(home.join("node_modules/.bin/azurite-blob"))
            .args(["--silent", "--skipApiVersionCheck", "--blobHost", "127.0.0.1", "--blobPort"])
            .arg(port.to_string())
            .arg("--location")
            .arg(data.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(60), "the emulator does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        let endpoint = format!("http://127.0.0.1:{port}/devstoreaccount1");
        Some(Self { child, endpoint, home, _data: data })
    }

    /// Puts the files of a folder into a container.
    fn fill(&self, container: &str, from: &Path) {
        let done = Command::new("node")
            .arg(self.home.join("fill.mjs"))
            .args([&self.endpoint, container])
            .arg(from.canonicalize().expect("a folder"))
            .output()
            .expect("node starts");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Runs the command with the emulator's published key.
    fn run(&self, folder: &Path, args: &[&str]) -> Run {
        let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
        let environment = [
            ("AZURE_STORAGE_ACCOUNT_NAME", "devstoreaccount1"),
            ("AZURE_STORAGE_ACCOUNT_KEY", key),
            ("AZURE_STORAGE_ENDPOINT", self.endpoint.as_str()),
        ];
        let run = run_with(&environment, folder, args);
        assert!(!run.stderr.contains(key) && !run.stdout.contains(key), "the key was said");
        run
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Bytes of files that a run says it read from storage.
fn bytes_read(run: &Run) -> u64 {
    let line = run.stderr.lines().find(|line| line.contains("bytes read from storage")).expect("it says so");
    line.split(": ")
        .nth(1)
        .and_then(|text| text.split(' ').next())
        .and_then(|text| text.parse().ok())
        .expect("a number")
}

#[test]
fn an_export_in_storage_gives_what_its_files_give_and_is_read_once() {
    let Some(azurite) = Azurite::start() else { return };
    for format in ["csv", "parquet"] {
        let folder = TestContext::new();
        let size = "--seed 3 --months 3 --subscriptions 3 --rows-per-day 400 --format";
        folder.sample("export", &format!("{size} {format}"));
        let container = format!("costs-{format}");
        azurite.fill(&container, &folder.path().join("export"));
        let of_files = run(folder.path(), &["series", "export", "-g", "service", "-o", "csv"]);
        let address = format!("az://{container}/");
        let of_storage = azurite.run(folder.path(), &["series", &address, "-g", "service", "-o", "csv"]);
        assert_eq!(of_storage.code, 0, "{}", of_storage.stderr);
        assert_eq!(of_storage.stdout, of_files.stdout, "{format}");
        assert!(bytes_read(&of_storage) > 0);
        // Unchanged files are not read again, and a deeper question reads only what it needs more.
        let again = azurite.run(folder.path(), &["series", &address, "-g", "service", "-o", "csv"]);
        assert_eq!((bytes_read(&again), &again.stdout), (0, &of_storage.stdout));
        let deeper = azurite.run(folder.path(), &["series", &address, "-g", "resource", "-o", "csv"]);
        assert_eq!(deeper.code, 0, "{}", deeper.stderr);
        let of_files = run(folder.path(), &["series", "export", "-g", "resource", "-o", "csv"]);
        assert_eq!(deeper.stdout, of_files.stdout, "{format}");
        // A pattern, and the form of the data lake.
        let lake = format!("abfss://{container}@devstoreaccount1.dfs.core.windows.net/");
        let by_lake = azurite.run(folder.path(), &["series", &lake, "-g", "service", "-o", "csv"]);
        assert_eq!(by_lake.stdout, again.stdout, "{}", by_lake.stderr);
        // Quantities and meters lie in columns that no cost needed so far.
        for what in [&["price", "estimate"][..], &["predict"]] {
            let rates = if what.len() == 1 { "--pricing" } else { "--rates" };
            let priced = |input| [what, &[input, rates, "export/ratecard.json", "-o", "csv"]].concat();
            let of_files = run(folder.path(), &priced("export"));
            let of_storage = azurite.run(folder.path(), &priced(&address));
            assert_eq!((of_storage.code, of_files.code), (0, 0), "{} {}", of_storage.stderr, of_files.stderr);
            assert_eq!(of_storage.stdout, of_files.stdout, "{what:?} {format}");
        }
    }
}

/// The Parquet files below a folder, in order.
fn parquet_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { parquet_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|ending| ending == "parquet"))
        .collect();
    files.sort();
    files
}

#[test]
fn states_of_a_bill_in_storage_are_told_apart_as_here() {
    let Some(azurite) = Azurite::start() else { return };
    let folder = TestContext::new();
    std::fs::create_dir(folder.path().join("loose")).expect("a folder");
    for (rows, day) in [(400, "20270101"), (420, "20270102")] {
        let size = "--seed 3 --months 2 --subscriptions 3 --format parquet --rows-per-day";
        folder.sample("made", &format!("{size} {rows}"));
        let first = parquet_files(&folder.path().join("made")).remove(0);
        let name = format!("loose/cost-{day}-0600.parquet");
        std::fs::rename(first, folder.path().join(name)).expect("moved");
        std::fs::remove_dir_all(folder.path().join("made")).expect("removed");
    }
    azurite.fill("states", &folder.path().join("loose"));
    // Which of two states counts is decided by resources and meters, which the question does not need.
    let args = |input| ["series", input, "-g", "subscription", "-o", "csv"];
    let of_files = run(folder.path(), &args("loose"));
    assert_eq!(of_files.code, 0, "{}", of_files.stderr);
    assert!(of_files.stderr.contains("the same charges in two states"), "{}", of_files.stderr);
    let of_storage = azurite.run(folder.path(), &args("az://states/"));
    assert_eq!(of_storage.code, 0, "{}", of_storage.stderr);
    assert_eq!(of_storage.stdout, of_files.stdout);
}

const HEADER: &str = "SubscriptionId,Date,CostInBillingCurrency,BillingCurrencyCode,AccountName,ChargeType\n";

#[test]
fn a_changed_file_is_read_again_and_a_run_that_a_newer_one_repeats_is_not_read() {
    let Some(azurite) = Azurite::start() else { return };
    let folder = folder();
    let run_of = |stamp: &str, cost: &str| {
        let text = format!("{HEADER}s,10/01/2026,{cost},EUR,a,Usage\n");
        let home = format!("export/daily/20261001-20261031/{stamp}/run");
        write(folder.path(), &format!("{home}/part.csv"), &text);
        let manifest = json!({
            "exportConfig": { "exportName": "daily", "type": "ActualCost" },
            "runInfo": {
                "submittedTime": format!("2026-10-{}T06:00:00Z", &stamp[6..8]),
                "startDate": "2026-10-01T00:00:00", "endDate": "2026-10-31T00:00:00Z",
            },
            "blobs": [{ "blobName": "part.csv", "byteCount": text.len(), "dataRowCount": 1 }],
        });
        write(folder.path(), &format!("{home}/manifest.json"), manifest.to_string());
        text.len() as u64 + manifest.to_string().len() as u64
    };
    let first = run_of("202610020600", "1");
    azurite.fill("changing", &folder.path().join("export"));
    let args = ["series", "az://changing/daily", "-o", "csv"];
    let read = azurite.run(folder.path(), &args);
    assert!(read.stdout.contains("EUR,1\n"), "{} {}", read.stdout, read.stderr);
    assert_eq!(bytes_read(&read), first);
    let second = run_of("202610030600", "25");
    azurite.fill("changing", &folder.path().join("export"));
    let read = azurite.run(folder.path(), &args);
    assert!(read.stdout.contains("EUR,25\n"), "{} {}", read.stdout, read.stderr);
    // All was put there anew, so the older run's manifest is read again, but none of its data.
    assert!(bytes_read(&read) < second + first, "{} of {second}", bytes_read(&read));
    assert!(read.stderr.contains("older runs are repeated"), "{}", read.stderr);
}

#[test]
fn what_is_not_there_or_not_allowed_is_told() {
    let Some(azurite) = Azurite::start() else { return };
    let folder = folder();
    write(folder.path(), "export/readme.md", "no costs");
    azurite.fill("empty", &folder.path().join("export"));
    let empty = azurite.run(folder.path(), &["series", "az://empty/", "-o", "csv"]);
    assert_eq!(empty.code, 4, "{}", empty.stderr);
    assert!(empty.stderr.contains("no cost files"), "{}", empty.stderr);
    let gone = azurite.run(folder.path(), &["series", "az://nowhere/x", "-o", "csv"]);
    assert_eq!(gone.code, 1, "{}", gone.stderr);
    let wrong = run_with(
        &[
            ("AZURE_STORAGE_ACCOUNT_NAME", "devstoreaccount1"),
            ("AZURE_STORAGE_SAS_TOKEN", "sv=2022-11-02&sig=planted-signature"),
            ("AZURE_STORAGE_ENDPOINT", &azurite.endpoint),
        ],
        folder.path(),
        &["series", "az://empty/", "-o", "csv"],
    );
    assert_eq!(wrong.code, 5, "{}", wrong.stderr);
    let address = run_with(&[], folder.path(), &["series", "s3://bucket/x"]);
    assert_eq!(address.code, 2, "{}", address.stderr);
}

#[test]
fn an_export_that_is_set_up_is_found_and_lands_once() {
    let Some(azurite) = Azurite::start() else { return };
    let folder = folder();
    let sample = ["sample", "--out", "export/root", "--seed", "3", "--months", "3", "--subscriptions", "2"];
    assert_eq!(
        run(folder.path(), &[&sample[..], &["--rows-per-day", "40", "--family", "ea-actual"]].concat()).code,
        0
    );
    azurite.fill("exports", &folder.path().join("export"));
    let name = std::fs::read_dir(folder.path().join("export/root"))
        .expect("a folder")
        .filter_map(|entry| entry.ok().filter(|entry| entry.path().is_dir()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .next()
        .expect("the export's folder");
    let listed = json!({ "value": [{ "name": name, "properties": {
        "deliveryInfo": { "destination": { "resourceId": "/x/storageAccounts/devstoreaccount1", "container": "exports", "rootFolderPath": "root" } },
        "definition": { "type": "ActualCost" },
    } }] });
    let server = super::server::Server::start(move |_, _| super::server::Answer::json(&listed));
    let key = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
    let environment = [
        ("FORECAST_AZURE_ARM_ENDPOINT", server.url.as_str()),
        ("FORECAST_AZURE_ACCESS_TOKEN", super::server::TOKEN),
        ("AZURE_STORAGE_ACCOUNT_KEY", key),
        ("AZURE_STORAGE_ENDPOINT", azurite.endpoint.as_str()),
    ];
    let args = [
        "ingest",
        "azure",
        "export",
        "--scope",
        super::server::SUBSCRIPTION,
        "--from",
        "2026-01-01",
        "--to",
        "2026-10-18",
        "--out",
        "costs",
    ];
    let landed = run_with(&environment, folder.path(), &args);
    assert_eq!(landed.code, 0, "{}", landed.stderr);
    let series = |input: &str| run(folder.path(), &["series", input, "-g", "service", "-o", "csv"]).stdout;
    assert_eq!(series("costs"), series("export/root"));
}

#[test]
fn the_resource_manager_s_token_does_not_go_to_storage() {
    let storage = super::server::Server::start(|_, _| super::server::Answer::text(500, "no"));
    let folder = folder();
    let environment = [
        ("FORECAST_AZURE_ACCESS_TOKEN", super::server::TOKEN),
        ("AZURE_STORAGE_ACCOUNT_NAME", "acc"),
        ("AZURE_STORAGE_ENDPOINT", storage.url.as_str()),
        ("FORECAST_AUTH", "environment"),
    ];
    let read = run_with(&environment, folder.path(), &["series", "az://costs/x", "-o", "csv"]);
    assert_eq!(read.code, 5, "{}", read.stderr);
    assert!(storage.asked().iter().all(|asked| !asked.signed_in));
}
