//! Many merchants in one process: what each costs beyond the first.
//!
//! `cargo xtask bench` reads the lines that this prints.
#![cfg(target_os = "linux")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    fs,
    future::pending,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use serde_json::{Value, json};
use wechatpay_customs::{
    Options,
    api::declare,
    client::Client,
    engine::{Call, Outcome},
    options::{CallOptions, Convention},
};
use wechatpay_customs_conformance::vectors;
use wechatpay_customs_sandbox::{Config, Sandbox};

const CLIENTS: usize = 1_000;

/// The most bytes that a client may take beyond the first.
const BOUND: usize = 20_000;

/// Threads or sockets that may be added while a thousand clients call: a call may come before the connection of the last
/// one is back among those that can be used again.
const FEW: usize = 10;

/// Counts the bytes that are allocated; what AWS-LC allocates does not pass through it.
struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);

// SAFETY: everything is done by the system's allocator; nothing is added but a count.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Relaxed);
        // SAFETY: as the caller promises.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A figure of `/proc/self/status`, such as `Threads`.
fn status(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).expect("a known name");
    line.split_whitespace().next().expect("a value").parse().expect("a number")
}

fn sockets() -> usize {
    let files = fs::read_dir("/proc/self/fd").expect("procfs").filter_map(Result::ok);
    files.filter(|file| fs::read_link(file.path()).is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))).count()
}

fn client(options: &Value) -> Client {
    Client::new(Options::from_value(options.clone(), Convention::Python).expect("the options are right"))
        .expect("the keys are right")
}

/// Signs a request and verifies an answer, so that all that a client makes late is made.
async fn use_all(client: &Client, calls: &[Value]) {
    for call in calls {
        let call = Call::from_value(call.clone()).expect("a call");
        let outcome = client.run(call, CallOptions::default(), pending()).await.expect("no signer of one's own");
        assert!(matches!(outcome, Outcome::Prepared { .. } | Outcome::Ok { .. }), "{outcome:?}");
    }
}

/// Allocated and resident bytes of a client beyond the first, and the clients.
async fn memory(crypto: &str) -> (usize, usize, Vec<Client>) {
    let vectors = vectors();
    let vector = |id: &str| vectors.iter().find(|vector| vector["id"] == id).expect("a vector of this name");
    let parse = vector("verified-by-certificate");
    let calls = [
        json!({
            "call": "prepare", "operation": "declare",
            "fields": {
                "out_trade_no": "20150806125346", "transaction_id": "1000320306201511078440737890",
                "customs": "SHANGHAI_ZS", "merchant_customs_no": "123456",
            },
        }),
        json!({ "call": "parse", "operation": parse["operation"], "response": parse["response"], "now": parse["now"] }),
    ];
    let mut options = parse["options"].clone();
    options["crypto"] = crypto.into();
    let mut clients = Vec::with_capacity(CLIENTS + 1);
    let (mut live, mut resident) = (0, 0);
    for number in 0..=CLIENTS {
        let client = client(&options);
        use_all(&client, &calls).await;
        clients.push(client);
        if number == 0 {
            (live, resident) = (LIVE.load(Relaxed), status("VmRSS"));
        }
    }
    let allocated = (LIVE.load(Relaxed) - live) / CLIENTS;
    (allocated, (status("VmRSS") - resident) * 1024 / CLIENTS, clients)
}

// One test, as others would allocate beside it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_costs_little_and_shares_threads_and_connections() {
    let mut kept = Vec::new();
    for crypto in ["auto", "software"] {
        let (allocated, resident, clients) = memory(crypto).await;
        // What they free could be taken by the next.
        kept.push(clients);
        println!("footprint: {crypto} allocated {allocated} resident {resident}");
        assert!(allocated < BOUND, "{crypto}: {allocated} bytes are allocated by each client");
        assert!(resident < BOUND, "{crypto}: {resident} bytes are taken by each client");
    }

    let sandbox = Sandbox::start(Config::default()).await.expect("a sandbox");
    let order = declare::Request {
        out_trade_no: "footprint".into(),
        transaction_id: "4200000000202611220000000001".into(),
        customs: "SHANGHAI_ZS".into(),
        merchant_customs_no: "IC2N000001".into(),
        ..declare::Request::default()
    };
    drop(kept);
    let mut clients = Vec::new();
    let mut before = (0, 0);
    for number in 0..CLIENTS {
        let client = client(&sandbox.ready()["client"]);
        client.declare(&order).await.expect("it is declared");
        clients.push(client);
        // What starts threads late, such as the resolver, has then done so.
        if number == 9 {
            before = (status("Threads"), sockets());
        }
    }
    let after = (status("Threads"), sockets());
    println!("footprint: threads {} {} sockets {} {}", before.0, after.0, before.1, after.1);
    let few = |before: usize, after: usize| after < before + FEW;
    assert!(few(before.0, after.0) && few(before.1, after.1), "threads and sockets were {before:?} and are {after:?}");
    drop(clients);
    sandbox.shutdown().await;
}
