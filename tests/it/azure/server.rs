//! A server that plays Azure by a script, and what is run against it.

use crate::support::{self, Run};
use serde_json::{Value, json};
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

/// The secret that must never be seen, and every other secret of these tests begins like it.
pub const TOKEN: &str = "planted-token";
pub const PLANTED: &str = "planted-";

/// What was asked.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    /// Path and query.
    pub target: String,
    pub signed_in: bool,
    pub body: String,
}

/// What is answered.
#[derive(Clone)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// So many bytes fewer are sent than were announced.
    cut: usize,
    /// Nothing is sent for so long, after half of the body.
    stall: Duration,
}

impl Answer {
    pub fn json(body: &Value) -> Self {
        Self::status(200, body)
    }

    pub fn status(status: u16, body: &Value) -> Self {
        let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        Self { status, headers: Vec::new(), body, cut: 0, stall: Duration::ZERO }
    }

    pub fn text(status: u16, body: &str) -> Self {
        Self { body: body.as_bytes().to_vec(), ..Self::status(status, &Value::Null) }
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn cut(self) -> Self {
        Self { cut: self.body.len() / 2, ..self }
    }

    pub fn stalled(self, stall: Duration) -> Self {
        Self { stall, ..self }
    }
}

/// A running server.
pub struct Server {
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Server {
    /// Answers each request by `script`, which is given the request and how many came before it.
    pub fn start(script: impl Fn(&Asked, usize) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, kept) = (Arc::new(script), Arc::clone(&asked));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, kept) = (Arc::clone(&script), Arc::clone(&kept));
                thread::spawn(move || serve(stream, &*script, &kept));
            }
        });
        Self { url, asked }
    }

    /// Everything that was asked so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// Requests whose target holds `part`.
    pub fn asked_for(&self, part: &str) -> Vec<Asked> {
        self.asked().into_iter().filter(|asked| asked.target.contains(part)).collect()
    }
}

fn serve(mut stream: TcpStream, script: &(dyn Fn(&Asked, usize) -> Answer + Sync), kept: &Mutex<Vec<Asked>>) {
    let Some(asked) = read(&mut stream) else { return };
    let answer = {
        let mut kept = kept.lock().expect("no panic");
        let answer = script(&asked, kept.len());
        kept.push(asked);
        answer
    };
    let mut head = format!(
        "HTTP/1.1 {} x\r\nconnection: close\r\ncontent-length: {}\r\n",
        answer.status,
        answer.body.len()
    );
    for (name, value) in &answer.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    let sent = answer.body.len() - answer.cut;
    let half = if answer.stall.is_zero() { sent } else { sent / 2 };
    let _ = stream.write_all(&answer.body[..half]);
    let _ = stream.flush();
    thread::sleep(answer.stall);
    let _ = stream.write_all(&answer.body[half..sent]);
}

fn read(stream: &mut TcpStream) -> Option<Asked> {
    let mut bytes = Vec::new();
    let mut piece = [0; 8192];
    loop {
        let read = stream.read(&mut piece).ok()?;
        bytes.extend_from_slice(&piece[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let lower = head.to_ascii_lowercase();
            let length =
                lower.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                let mut first = head.lines().next()?.split(' ');
                let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
                let signed_in = lower.contains(&format!("authorization: bearer {TOKEN}"));
                return Some(Asked { method, target, signed_in, body: body.to_owned() });
            }
        }
        if read == 0 {
            return None;
        }
    }
}

/// Runs the command against a server, in simulated time and with every trace on; whatever it says must
/// hold no secret.
pub fn run_against(server: &Server, folder: &Path, args: &[&str]) -> Run {
    run_with(
        &[("FORECAST_AZURE_ARM_ENDPOINT", &server.url), ("FORECAST_AZURE_ACCESS_TOKEN", TOKEN)],
        folder,
        args,
    )
}

/// The same with an environment of its own.
pub fn run_with(environment: &[(&str, &str)], folder: &Path, args: &[&str]) -> Run {
    let mut command = support::forecast();
    for (name, _) in
        std::env::vars().filter(|(name, _)| name.starts_with("AZURE_") || name.starts_with("IDENTITY_"))
    {
        command.env_remove(name);
    }
    command
        .env("FORECAST_AZURE_SIMULATED_WAITS", "1")
        .env("FORECAST_AZURE_READ_TIMEOUT", "2")
        .env("FORECAST_CACHE", folder.join("cache"))
        .envs(environment.iter().copied())
        .current_dir(folder)
        .args(args)
        .arg("-vv");
    let output = command.output().expect("the command starts");
    let run = Run {
        code: output.status.code().expect("the command ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("text"),
        stderr: String::from_utf8(output.stderr).expect("text"),
    };
    for said in [&run.stdout, &run.stderr] {
        assert!(!said.contains(PLANTED), "a secret was said: {said}");
    }
    assert!(!run.stderr.contains("internal fault"), "{}", run.stderr);
    let written = walk(folder);
    assert!(written.iter().all(|text| !text.contains(PLANTED)), "a secret was written to a file");
    run
}

/// The text of every file below a folder.
fn walk(folder: &Path) -> Vec<String> {
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            texts.extend(walk(&path));
        } else if let Ok(bytes) = std::fs::read(&path) {
            texts.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    texts
}

pub const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-00000000000a";

/// A usage record of a meter: so many hours on a day.
pub fn usage(day: &str, meter: &str, quantity: &str) -> Value {
    let next: chrono::NaiveDate = day.parse().expect("a day");
    let next = next.succ_opt().expect("a day");
    json!({ "id": "/same", "name": "Daily_BRSDT", "properties": {
        "subscriptionId": "00000000-0000-0000-0000-00000000000A",
        "usageStartTime": format!("{day}T00:00:00+00:00"),
        "usageEndTime": format!("{next}T00:00:00+00:00"),
        "meterId": meter, "meterName": "Hours of things", "meterCategory": "Virtual Machines", "unit": "Hours",
        "quantity": serde_json::from_str::<Value>(quantity).expect("a number"),
        "infoFields": {},
        "instanceData": "{\"Microsoft.Resources\":{\"resourceUri\":\"/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/web/providers/Microsoft.Compute/virtualMachines/vm1\",\"location\":\"westeurope\",\"tags\":{\"team\":\"shop\"}}}",
    } })
}

/// A rate card: the first 5 hours of meter `m` are free, the others cost 2.
pub fn rate_card() -> Value {
    json!({
        "OfferTerms": [], "Currency": "USD", "Locale": "en-US", "IsTaxIncluded": false,
        "Meters": [{
            "MeterId": "M", "MeterName": "Hours of things", "MeterCategory": "Virtual Machines", "MeterSubCategory": "",
            "Unit": "Hours", "MeterTags": [], "MeterRegion": "", "MeterRates": { "0": 0.0, "5": 2.0 },
            "EffectiveDate": "2014-08-01T00:00:00Z", "IncludedQuantity": 0.0,
        }],
    })
}

/// Answers usage in two pages (three records, 4 hours each on 1 to 3 October) and the rate card.
pub fn good(asked: &Asked) -> Answer {
    if asked.target.contains("RateCard") {
        return Answer::json(&rate_card());
    }
    if asked.target.contains("page=2") {
        return Answer::json(&json!({ "value": [usage("2026-10-03", "M", "4")] }));
    }
    if asked.target.contains("UsageAggregates") {
        return Answer::json(&json!({
            "value": [usage("2026-10-01", "M", "4"), usage("2026-10-02", "M", "4")],
            "nextLink": "https://management.azure.com/subscriptions/s/providers/Microsoft.Commerce/UsageAggregates?page=2&x=a b",
        }));
    }
    Answer::status(404, &json!({ "error": { "code": "NotFound", "message": "nothing here" } }))
}

/// Reads usage of the first days of October.
pub const READ_USAGE: [&str; 11] = [
    "ingest",
    "azure",
    "usage",
    "--scope",
    SUBSCRIPTION,
    "--from",
    "2026-10-01",
    "--to",
    "2026-10-04",
    "--out",
    "costs",
];
