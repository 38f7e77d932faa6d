//! Every fault of the sandbox × every operation × every surface: what a call comes to, and what the service sees of it.
//!
//! `tests/network.json` says what is expected. With `NETWORK_WRITE` set, the Rust surface's outcomes are written there
//! instead, to be read through.

use std::{
    collections::BTreeMap,
    fs,
    net::{SocketAddr, TcpListener},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};

use serde_json::{Map, Value, json};
use wechatpay_customs::Operation;
use wechatpay_customs_conformance::{Driver, drivers, root};
use wechatpay_customs_sandbox::{Config, Sandbox};

/// The surfaces: each with its own driver or transport; versions of one runtime do not differ in either.
const SURFACES: [&str; 10] = [
    "rust",
    "node",
    "node on Bun",
    "python",
    "python, asynchronous",
    "wasm",
    "wasm on Bun",
    "wasm on Deno",
    "wasm on workerd",
    "wasm on edge-runtime",
];

/// Their transports cannot know that a connection never stood.
const UNKNOWING: [&str; 1] = ["wasm on workerd"];

/// Their `fetch` sends a GET by itself again if the connection ends, which cannot be turned off and does no harm.
const REPEATING: [&str; 3] = ["node on Bun", "wasm on Bun", "wasm on workerd"];

/// Their `fetch` does not say how a connection ended.
const SAYING_NOTHING: [(&str, &str); 3] = [
    ("wasm on Deno", "CONNECTION_RESET"),
    ("wasm on workerd", "CONNECTION_RESET"),
    ("wasm on workerd", "CONNECT_FAILED"),
];

/// What is expected of a surface, given what is expected of all.
fn on(surface: &str, mut cell: Value) -> Value {
    if SAYING_NOTHING.iter().any(|(of, code)| *of == surface && cell["ends"] == *code) {
        cell["ends"] = json!("TRANSPORT_FAILED");
    }
    cell
}

/// What a surface's cell is compared by. On a busy machine a repetition may take longer than the time limit, too.
fn comparable(surface: &str, operation: &str, slow: bool, mut cell: Value) -> Value {
    if let (true, Some(cell)) = (slow, cell.as_object_mut()) {
        cell.retain(|name, _| !["attempts", "requests", "effects"].contains(&name.as_str()));
    }
    if let (true, Some(cell)) = (REPEATING.contains(&surface), cell.as_object_mut()) {
        if let Some(requests) = cell.get_mut("requests").and_then(Value::as_object_mut) {
            requests.retain(|name, _| !["query", "certificates"].contains(&name.as_str()));
        }
        if ["query", "certificates"].contains(&operation) {
            cell.remove("attempts");
        }
    }
    cell
}

/// A row: a fault, and how many requests of the operation meet it.
struct Row {
    name: String,
    /// The fault to order, or null.
    fault: Value,
    /// The hosts of the client, or null for the sandbox alone.
    hosts: Value,
    /// What each operation comes to; for transports that cannot know that a request was not sent, `unknown` differs.
    expect: Value,
    unknown: Value,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("tests/network.json")).expect("tests/network.json");
    let rows: Vec<Value> = serde_json::from_str(&text).expect("a list of rows");
    let row = |row: Value| Row {
        name: row["name"].as_str().expect("a name").to_owned(),
        fault: row["fault"].clone(),
        hosts: row["hosts"].clone(),
        expect: row["expect"].clone(),
        unknown: row["unknown"].clone(),
    };
    rows.into_iter().map(row).collect()
}

/// The lines that a sandbox has logged, of calls to the API.
type Log = Arc<Mutex<Vec<Value>>>;

async fn sandbox(config: &Config) -> (Sandbox, Log) {
    let log = Log::default();
    let into = Arc::clone(&log);
    let line = move |line: &Value| into.lock().unwrap_or_else(PoisonError::into_inner).push(line.clone());
    let config = Config { log: Some(Arc::new(line)), ..config.clone() };
    (Sandbox::start(config).await.expect("a sandbox"), log)
}

async fn control(sandbox: &Sandbox, endpoint: &str, body: &Value) {
    let url = format!("{}/{endpoint}", sandbox.ready()["control_url"].as_str().expect("a URL"));
    static HTTP: LazyLock<reqwest::Client> = LazyLock::new(reqwest::Client::new);
    let sent = HTTP.post(url).body(body.to_string()).send().await.expect("the sandbox answers");
    let status = sent.status();
    assert!(status.is_success(), "{endpoint} {body}: {}", sent.text().await.unwrap_or_default());
}

fn order(number: &str) -> Value {
    json!({
        "out_trade_no": number, "transaction_id": "1000320306201511078440737890", "customs": "SHANGHAI_ZS",
        "merchant_customs_no": "123456",
    })
}

fn fields(operation: Operation, number: &str) -> Value {
    let mut order = order(number);
    match operation {
        Operation::Modify => order["duty"] = json!(7),
        Operation::Query => {
            return json!({ "order_type": "out_trade_no", "order_no": number, "customs": "SHANGHAI_ZS" });
        }
        Operation::VerifyIdentity => {
            for (name, value) in
                [("certificate_type", "IDCARD"), ("certificate_id", "00000019000101005X"), ("certificate_name", "张三")]
            {
                order[name] = json!(value);
            }
        }
        Operation::Certificates => return json!({}),
        _ => {}
    }
    order
}

/// The operation of a logged request.
fn operation(line: &Value) -> &'static str {
    let path = line["path"].as_str().unwrap_or_default();
    match (line["method"].as_str().unwrap_or_default(), path.rsplit('/').next().unwrap_or_default()) {
        (_, "redeclare") => "redeclare",
        (_, "verify-certificate") => "verify_identity",
        (_, "certificates") => "certificates",
        ("POST", _) => "declare",
        ("PATCH", _) => "modify",
        _ => "query",
    }
}

/// Did a logged request take effect?
fn carried_out(line: &Value) -> bool {
    let fault = &line["fault"];
    let name = fault["fault"].as_str().unwrap_or_default();
    let answered = line["status"] == 200 && name != "html";
    answered || fault["carried_out"] == true || ["drop_after", "late", "slow"].contains(&name)
}

/// One sandbox for each row's calls without a number, and one for all others.
struct Stage {
    numbered: (Sandbox, Log),
    unnumbered: Vec<(Sandbox, Log)>,
    /// Addresses where nobody listens.
    closed: [SocketAddr; 2],
}

impl Stage {
    async fn new(rows: usize) -> Stage {
        let key = |name: &str| fs::read_to_string(root().join("tests/vectors/keys").join(name)).ok();
        let config = Config {
            merchant_key: key("merchant.key.pem"),
            platform_key: key("platform.key.pem"),
            seed: Some(7),
            ..Config::default()
        };
        let (first, log) = sandbox(&config).await;
        let mut unnumbered = Vec::new();
        for _ in 0..rows {
            unnumbered.push(sandbox(&config).await);
        }
        let free = || TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
        Stage { numbered: (first, log), unnumbered, closed: [free(), free()] }
    }

    /// The URL of a host that a row names.
    fn host(&self, name: &str, sandbox: &str) -> String {
        match name {
            "sandbox" => sandbox.to_owned(),
            "sandbox too" => sandbox.replace("127.0.0.1", "localhost"),
            "closed" => format!("http://{}", self.closed[0]),
            _ => format!("http://{}", self.closed[1]),
        }
    }

    /// Runs all rows on a surface; gives what each operation came to, by row.
    async fn run(&self, driver: Driver, rows: &[Row]) -> Vec<Map<String, Value>> {
        let (numbered, log) = &self.numbered;
        let mut calls = Vec::new();
        for sandbox in self.unnumbered.iter().map(|(sandbox, _)| sandbox).chain([numbered]) {
            sandbox.reset().expect("it is reset");
        }
        let client = own_client(numbered);
        for (row, place) in rows.iter().zip(0..) {
            for operation in Operation::ALL {
                let number = format!("{place}-{operation}");
                let unnumbered = *operation == Operation::Certificates;
                let sandbox = if unnumbered { &self.unnumbered[place].0 } else { numbered };
                if ![Operation::Declare, Operation::Certificates].contains(operation) {
                    client
                        .call(
                            &serde_json::from_value::<wechatpay_customs::api::declare::Request>(order(&number))
                                .expect("fields"),
                        )
                        .await
                        .expect("it is declared");
                }
                if *operation == Operation::Redeclare {
                    control(sandbox, "faults", &json!({ "fault": "state", "state": "SUCCESS", "order": number })).await;
                }
                if let Value::Object(mut fault) = row.fault.clone() {
                    fault.extend((!unnumbered).then(|| ("order".to_owned(), json!(number))));
                    fault.insert("operation".to_owned(), json!(operation.name()));
                    control(sandbox, "faults", &fault.into()).await;
                }
                let mut options = sandbox.ready()["client"].clone();
                options["user_agent"] = json!(number);
                if let Some(hosts) = row.hosts.as_array() {
                    let url = sandbox.ready()["url"].as_str().expect("a URL");
                    options["base_urls"] =
                        hosts.iter().map(|host| self.host(host.as_str().unwrap_or_default(), url)).collect();
                }
                options["deadline"] = json!(600);
                // Ends only the request that meets a slow answer; it takes an hour.
                options["timeout"] = json!(if row.fault["fault"] == "slow" { 15 } else { 600 });
                calls.push(json!({
                    "id": number, "kind": "at_once", "operation": operation.name(), "fields": fields(*operation, &number),
                    "options": options,
                }));
            }
        }
        lock(log).clear();
        self.unnumbered.iter().for_each(|(_, log)| lock(log).clear());
        let name = driver.name.clone();
        let reports = tokio::task::spawn_blocking(move || driver.run(&calls)).await.expect("no panic");
        let reports = reports.unwrap_or_else(|error| panic!("{name}: {error}"));
        // What was ordered to happen late.
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let logs = self.unnumbered.iter().map(|(_, log)| log).chain([log]);
        let lines: Vec<Value> = logs.flat_map(|log| lock(log).clone()).collect();
        let mut told = Vec::new();
        for place in 0..rows.len() {
            let mut row = Map::new();
            for operation in Operation::ALL {
                let number = format!("{place}-{operation}");
                let mine = lines.iter().filter(|line| {
                    line["user_agent"] == number.as_str()
                        && !line["path"].as_str().unwrap_or_default().starts_with("/sandbox")
                });
                row.insert(operation.name().to_owned(), came_to(*operation, &reports[&number], mine));
            }
            told.push(row);
        }
        told
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn own_client(sandbox: &Sandbox) -> wechatpay_customs::client::Client {
    let options = sandbox.ready()["client"].clone();
    let options = wechatpay_customs::Options::from_value(options, wechatpay_customs::options::Convention::Python);
    wechatpay_customs::client::Client::new(options.expect("options")).expect("a client")
}

/// A cell of the table.
fn came_to<'a>(of: Operation, report: &Value, lines: impl Iterator<Item = &'a Value>) -> Value {
    let mut requests: BTreeMap<&str, u32> = BTreeMap::new();
    let mut effects = 0;
    for line in lines {
        let named = operation(line);
        // Keys may be downloaded for any call.
        if named == "certificates" && of != Operation::Certificates {
            continue;
        }
        *requests.entry(named).or_default() += 1;
        effects += u32::from(named == of.name() && carried_out(line));
    }
    let mut cell = json!({ "requests": requests });
    let error = &report["error"];
    match error.is_null() {
        true => {
            cell["ends"] = json!("ok");
            let rules = report["warnings"].as_array().into_iter().flatten().map(|warning| warning["rule"].clone());
            let rules: Vec<Value> = rules.filter(|rule| rule == "answer_recovered").collect();
            if !rules.is_empty() {
                cell["recovered"] = json!(true);
            }
            cell["attempts"] = report["attempts"].clone();
        }
        false => {
            cell["ends"] = error["code"].clone();
            cell["kind"] = error["kind"].clone();
            cell["may_have_been_applied"] = error["may_have_been_applied"].clone();
            cell["attempts"] = error["attempts"].clone();
        }
    }
    if report.get("unexpected").is_some() {
        cell["ends"] = report["unexpected"].clone();
    }
    if [Operation::Declare, Operation::Modify, Operation::Redeclare].contains(&of) {
        cell["effects"] = json!(effects);
    }
    cell
}

/// What surfaces came to: for each row and operation the ends, and on how many surfaces each.
type Table = Mutex<BTreeMap<(usize, String), BTreeMap<String, usize>>>;

/// The end of a cell in words.
fn end(cell: &Value) -> String {
    let ends = cell["ends"].as_str().unwrap_or_default();
    let more = match (&cell["recovered"], &cell["may_have_been_applied"]) {
        (Value::Bool(true), _) => " recovered",
        (_, Value::Bool(true)) => " open",
        _ => "",
    };
    let requests = cell["requests"].as_object().into_iter().flatten().filter_map(|(_, count)| count.as_u64());
    format!("{ends}{more}, {} sent", requests.sum::<u64>())
}

/// Writes the table that the test run prints.
fn print(rows: &[Row], table: &Table) {
    let table = lock(table);
    let mut text = String::new();
    for (place, row) in rows.iter().enumerate() {
        text.push_str(&row.name);
        for operation in Operation::ALL {
            let ends = table.get(&(place, operation.name().to_owned())).into_iter().flatten();
            let ends: Vec<String> = ends.map(|(end, count)| format!("{end} ({count})")).collect();
            text.push_str(&format!(" | {operation}: {}", ends.join("; ")));
        }
        text.push('\n');
    }
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("network-faults.txt");
    fs::write(file, text).expect("the table is written");
}

/// The differences of some surfaces, one after the other.
async fn differences(surfaces: &[&'static str], table: &Table) -> Vec<String> {
    let rows = rows();
    let stage = Stage::new(rows.len()).await;
    let mut differences = Vec::new();
    let mut all = drivers(env!("CARGO_BIN_EXE_driver"));
    for surface in surfaces.iter().copied() {
        let place = all.iter().position(|driver| driver.name == surface).expect("a surface");
        let told = stage.run(all.swap_remove(place), &rows).await;
        for (place, (row, told)) in rows.iter().zip(told).enumerate() {
            for (operation, cell) in told {
                *lock(table).entry((place, operation.clone())).or_default().entry(end(&cell)).or_default() += 1;
                let unknown = &row.unknown[&operation];
                let expected =
                    if UNKNOWING.contains(&surface) && !unknown.is_null() { unknown } else { &row.expect[&operation] };
                let slow = row.fault["fault"] == "slow";
                let expected = comparable(surface, &operation, slow, on(surface, expected.clone()));
                let cell = comparable(surface, &operation, slow, cell);
                if expected != cell {
                    differences.push(format!("{surface}: {}: {operation}: expected {expected}, got {cell}", row.name));
                }
            }
        }
    }
    differences
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_end_alike_on_every_surface_whatever_the_network_does() {
    if std::env::var_os("NETWORK_WRITE").is_some() {
        return write().await;
    }
    // Most of the time is spent waiting.
    let (some, others) = SURFACES.split_at(SURFACES.len() / 2);
    let table = Table::default();
    let (some, others) = futures_util::join!(differences(some, &table), differences(others, &table));
    print(&rows(), &table);
    let differences = [some, others].concat();
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// Writes what calls come to on the Rust surface.
async fn write() {
    let rows = rows();
    let rust = drivers(env!("CARGO_BIN_EXE_driver")).into_iter().find(|driver| driver.name == "rust").expect("Rust");
    let told = Stage::new(rows.len()).await.run(rust, &rows).await;
    let rows = rows.iter().zip(told).map(|(row, expect)| {
        let mut told = json!({ "name": row.name, "expect": expect });
        for (name, value) in [("fault", &row.fault), ("hosts", &row.hosts), ("unknown", &row.unknown)] {
            if !value.is_null() {
                told[name] = value.clone();
            }
        }
        told
    });
    let text = serde_json::to_string_pretty(&rows.collect::<Vec<_>>()).expect("JSON") + "\n";
    fs::write(root().join("tests/network.json"), text).expect("it is written");
}
