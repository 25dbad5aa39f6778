//! Files that are unusable as a whole, and files that only look so.

use super::{DAYS, HEADER, assert_says, export, row, series};
use crate::support::{folder, forecast, run, write};
use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

/// The text, compressed by the system's own gzip.
fn gzip(text: &str) -> Vec<u8> {
    let mut child = Command::new("gzip")
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("gzip is there");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().stdout
}

#[test]
fn each_broken_file_is_named_with_its_fault() {
    let text = export();
    let zipped = gzip(&text);
    let without_currency = text.replace(",BillingCurrency", "").replace(",EUR", "");
    let cut_at = text.rfind("10.5").unwrap();
    let cases: [(&str, Vec<u8>, i32, &[&str]); 16] = [
        ("empty.csv", vec![], 1, &["is empty"]),
        ("header.csv", HEADER.into(), 4, &["no cost rows in", "header.csv"]),
        (
            "cut.csv.gz",
            zipped[..zipped.len() / 2].into(),
            1,
            &["ends too early or is corrupt", "copy it again"],
        ),
        ("nearly.csv.gz", zipped[..zipped.len() - 6].into(), 1, &["ends too early or is corrupt"]),
        ("semicolons.csv", text.replace(',', ";").into(), 1, &["11 columns are separated by ';'"]),
        ("tabs.csv", text.replace(',', "\t").into(), 1, &["separated by '\\t'"]),
        ("twice.csv", text.replacen("Tags", "Cost", 1).into(), 1, &["has the column `cost` twice"]),
        ("nul.csv", vec![0; 500], 1, &["NUL bytes"]),
        ("preallocated.csv", [text.as_bytes(), &[0; 500]].concat(), 1, &["row, 81, has 1 fields of 11"]),
        ("mac.csv", text.replace('\n', "\r").into(), 1, &["carriage returns only"]),
        ("no-currency.csv", without_currency.into(), 1, &["names no currency", "--currency CODE"]),
        ("page.csv", "<html>\n<body>no</body>\n".into(), 1, &["is no cost file", "it lacks", "--family"]),
        ("cut.csv", text[..cut_at + 2].into(), 1, &["its last row, 80, has 4 fields of 11", "copy it again"]),
        ("open.csv", format!("{text}x,\"y").into(), 1, &["its last row, 81, ends inside a quoted field"]),
        ("quote.csv", text.replacen("Shop", "\"Shop", 1).into(), 1, &["a quote is opened and never closed"]),
        ("not.parquet", text.clone().into(), 1, &["does not begin as a Parquet file does"]),
    ];
    for (name, bytes, code, says) in cases {
        let at = folder();
        write(at.path(), name, bytes);
        let run = series(at.path(), name);
        assert_says(name, &run, code, says);
        assert!(code == 0 || run.stderr.contains(name), "{name}: {}", run.stderr);
    }
}

#[test]
fn text_that_is_not_utf8_is_named_with_its_line() {
    let at = folder();
    let mut bytes = export().into_bytes();
    let third = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').nth(2).unwrap().0;
    let place = third + 1 + bytes[third..].windows(4).position(|four| four == b"Shop").unwrap();
    bytes[place] = 0xe4;
    write(at.path(), "latin.csv", bytes);
    assert_says("latin1", &series(at.path(), "latin.csv"), 1, &["latin.csv", "line 4 is not UTF-8 text"]);
}

#[test]
fn a_cut_or_corrupt_parquet_file_is_said_to_be_damaged() {
    let at = folder();
    let made = run(
        at.path(),
        &["sample", "--out", "s", "--format", "parquet", "--months", "1", "--rows-per-day", "20"],
    );
    assert_eq!(made.code, 0, "{}", made.stderr);
    let whole = fs::read(find(&at.path().join("s"), "parquet")).unwrap();
    write(at.path(), "whole.parquet", &whole);
    assert_eq!(series(at.path(), "whole.parquet").code, 0);
    write(at.path(), "cut.parquet", &whole[..whole.len() / 2]);
    assert_says("cut", &series(at.path(), "cut.parquet"), 1, &["cut.parquet", "footer cannot be read"]);
    // The footer is whole, the pages before it are not.
    let mut hollow = whole.clone();
    hollow[4..whole.len() / 2].fill(0);
    write(at.path(), "hollow.parquet", hollow);
    assert_says("hollow", &series(at.path(), "hollow.parquet"), 1, &["hollow.parquet", "copy it again"]);
}

/// The first file with this ending.
fn find(below: &Path, ending: &str) -> std::path::PathBuf {
    let mut folders = vec![below.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                return path;
            }
        }
    }
    panic!("no .{ending} below {}", below.display());
}

#[test]
fn what_only_looks_odd_reads_like_the_plain_file() {
    let text = export();
    let plain = {
        let at = folder();
        write(at.path(), "a.csv", &text);
        series(at.path(), "a.csv")
    };
    assert_eq!((plain.code, plain.stdout.lines().count()), (0, 1 + DAYS as usize));
    let long = text.trim_end().to_owned() + "\"" + &"x".repeat(10_000_000) + "\"\n";
    let cases: [(&str, Vec<u8>); 8] = [
        ("bom.csv", format!("\u{feff}{text}").into()),
        ("crlf.csv", text.replace('\n', "\r\n").into()),
        ("no-line-end.csv", text.trim_end().into()),
        ("quoted-lines.csv", text.replace("Storage", "\"two\nlines, \"\"quoted\"\"\"").into()),
        ("zipped.csv.gz", gzip(&text)),
        ("blank-lines.csv", text.replacen("Usage,\n", "Usage,\n\n", 3).into()),
        ("nul-in-a-name.csv", text.replacen("Storage", "Sto\0rage", 2).into()),
        ("ten-million-characters.csv", long.into()),
    ];
    for (name, bytes) in cases {
        let at = folder();
        write(at.path(), name, bytes);
        let run = series(at.path(), name);
        assert_says(name, &run, 0, &[]);
        assert_eq!(run.stdout, plain.stdout, "{name}");
    }
}

#[test]
fn a_folder_without_data_holds_no_costs_and_a_missing_one_cannot_be_read() {
    let at = folder();
    write(at.path(), "notes/readme.txt", "nothing here");
    assert_says("folder", &series(at.path(), "notes"), 4, &["no costs found"]);
    assert_says("missing", &series(at.path(), "nowhere"), 1, &["cannot read `nowhere`"]);
    assert_says("pattern", &series(at.path(), "*.csv"), 1, &["`*.csv`", "no file matches"]);
}

#[test]
fn a_file_without_permission_is_named() {
    let at = folder();
    let path = write(at.path(), "secret.csv", export());
    let text = |args: &[&str]| {
        let output = Command::new(args[0]).args(&args[1..]).output().expect("a system tool");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    text(&["chmod", "0755", &at.path().to_string_lossy()]);
    text(&["chmod", "0000", &path.to_string_lossy()]);
    let program = forecast().get_program().to_owned();
    let mut command = if text(&["id", "-u"]) == "0" {
        // Nothing is closed to root: the command runs as nobody.
        let mut nobody = Command::new("setpriv");
        nobody.args(["--reuid=65534", "--clear-groups"]).arg(program);
        nobody
    } else {
        Command::new(program)
    };
    let output = command.arg("series").arg(&path).output();
    let stderr = match &output {
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    if output.is_err() || stderr.starts_with("setpriv") {
        assert!(std::env::var_os("CI").is_none(), "cannot become another user: {stderr}");
        testing::skip(&format!("cannot become another user: {stderr}"));
        return;
    }
    assert_eq!(output.unwrap().status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("secret.csv`: Permission denied"), "{stderr}");
}

#[test]
fn one_file_given_twice_counts_once() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let once = series(at.path(), "a.csv").stdout;
    let twice = run(at.path(), &["series", "a.csv", "./a.csv", "-o", "csv"]);
    assert_eq!(twice.stdout, once);
    // A copy beside it, and one in a folder of its own.
    write(at.path(), "copy.csv", export());
    write(at.path(), "below/copy.csv", export());
    assert_eq!(series(at.path(), ".").stdout, once);
}

#[test]
fn a_run_that_lacks_a_part_or_whose_part_is_shorter_does_not_count() {
    let at = folder();
    let text = HEADER.to_owned() + &row(0, "10.5");
    let manifest = |bytes: usize| {
        format!(
            r#"{{"exportConfig":{{"exportName":"daily","type":"ActualCost"}},
                "runInfo":{{"submittedTime":"2026-07-03T06:00:00Z","startDate":"2026-07-01","endDate":"2026-07-31"}},
                "blobs":[{{"blobName":"part.csv","byteCount":{bytes}}},{{"blobName":"other.csv"}}]}}"#
        )
    };
    write(at.path(), "run/part.csv", &text);
    write(at.path(), "run/manifest.json", manifest(text.len()));
    let says = ["no export run is complete", "`other.csv` is missing", "hint: copy the export again"];
    assert_says("missing", &series(at.path(), "run"), 1, &says);
    write(at.path(), "run/other.csv", &text);
    assert_says("whole", &series(at.path(), "run"), 0, &[]);
    write(at.path(), "run/manifest.json", manifest(text.len() + 1));
    let shorter = format!("`part.csv` has {} bytes of {}", text.len(), text.len() + 1);
    assert_says("shorter", &series(at.path(), "run"), 1, &[&shorter]);
}
