//! Output that cannot be written: the old file survives, and a device or a pipe stays what it is.

use super::{assert_says, export};
use crate::support::{folder, forecast, run, write};
use std::{
    fs::{self, File},
    os::unix::fs::{FileTypeExt, PermissionsExt},
    process::{Command, Stdio},
    thread,
};

#[test]
fn a_full_disk_leaves_the_old_file() {
    let at = folder();
    write(at.path(), "a.csv", export());
    write(at.path(), "out.csv", "old\n");
    // One block is less than the series takes.
    let command = "ulimit -f 1 && exec \"$0\" series a.csv -o csv --out-file out.csv";
    let output = Command::new("sh")
        .args(["-c", command])
        .arg(forecast().get_program())
        .current_dir(at.path())
        .output()
        .expect("a shell");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("cannot write `out.csv`"), "{stderr}");
    assert_eq!(fs::read_to_string(at.path().join("out.csv")).unwrap(), "old\n");
    assert_eq!(fs::read_dir(at.path()).unwrap().count(), 2, "nothing half-written stays");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_a_failure_in_every_format() {
    let at = folder();
    write(at.path(), "a.csv", export());
    for format in ["table", "json", "jsonl", "csv", "markdown", "parquet"] {
        let output = Command::new(forecast().get_program())
            .args(["predict", "a.csv", "-o", format])
            .current_dir(at.path())
            .stdout(Stdio::from(File::options().write(true).open("/dev/full").unwrap()))
            .output()
            .unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{format}: {stderr}");
        assert!(stderr.contains("No space left on device"), "{format}: {stderr}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let at = folder();
    // Forty services for eighty days are more than a pipe holds.
    let mut text = export();
    for service in 0..40 {
        let more = export().replace("Storage", &format!("Service {service}"));
        text += more.split_once('\n').unwrap().1;
    }
    write(at.path(), "a.csv", text);
    for format in ["table", "json", "jsonl", "csv", "markdown", "parquet"] {
        let mut child = Command::new(forecast().get_program())
            .args(["series", "a.csv", "-g", "service", "-o", format])
            .current_dir(at.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), stderr.as_str()), (Some(0), ""), "{format}");
    }
}

#[test]
fn a_named_pipe_is_written_to_and_not_replaced() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let pipe = at.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let reader = {
        let pipe = pipe.clone();
        thread::spawn(move || fs::read_to_string(pipe).unwrap())
    };
    let run = run(at.path(), &["series", "a.csv", "-o", "csv", "--out-file", "pipe"]);
    assert_says("pipe", &run, 0, &[]);
    assert!(reader.join().unwrap().starts_with("ChargePeriodStart,"));
    assert!(fs::metadata(pipe).unwrap().file_type().is_fifo());
}

#[test]
fn a_file_is_replaced_whole_behind_links_and_with_its_rights() {
    let at = folder();
    write(at.path(), "a.csv", export());
    let target = write(at.path(), "kept/out.csv", "old\n");
    fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&target, at.path().join("link.csv")).unwrap();
    let run = run(at.path(), &["series", "a.csv", "--out-file", "link.csv"]);
    assert_says("link", &run, 0, &[]);
    assert!(at.path().join("link.csv").is_symlink());
    assert!(fs::read_to_string(&target).unwrap().starts_with("ChargePeriodStart,"));
    assert_eq!(target.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let left: Vec<_> = fs::read_dir(at.path().join("kept")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn a_place_that_cannot_be_written_to_is_named() {
    let at = folder();
    write(at.path(), "a.csv", export());
    for place in ["nowhere/out.csv", "."] {
        let run = run(at.path(), &["predict", "a.csv", "--out-file", place]);
        assert_says(place, &run, 1, &[&format!("cannot write `{place}`")]);
    }
}
