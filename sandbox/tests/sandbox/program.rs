//! The program itself: its ready line, its errors, how it stops.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};
use wechatpay_customs_sandbox::{Config, Sandbox};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wechatpay-customs-sandbox"));
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn ready(program: &mut Child) -> Value {
    let mut line = String::new();
    BufReader::new(program.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    serde_json::from_str(&line).unwrap()
}

#[cfg(unix)]
#[test]
fn it_says_that_it_is_ready_and_stops_when_told() {
    for signal in ["-INT", "-TERM"] {
        let mut program = command(&["--seed", "7", "--mchid", "900000001"]).spawn().unwrap();
        let ready = ready(&mut program);
        assert_eq!((&ready["event"], &ready["client"]["mchid"]), (&json!("ready"), &json!("900000001")));
        assert_eq!(ready["client"]["base_urls"], json!([ready["url"]]));
        // A client that keeps its connection open does not keep the program from stopping.
        let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let _open = TcpStream::connect(address).unwrap();

        let kill = Command::new("kill").args([signal, &program.id().to_string()]).status().unwrap();
        assert!(kill.success());
        let mut rest = String::new();
        program.stdout.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "", "nothing but the ready line goes to stdout");
        assert_eq!(program.wait().unwrap().code(), Some(0), "{signal}");
    }
}

#[test]
fn it_ends_with_its_standard_input_if_that_is_asked_for() {
    let started = |arguments| {
        let mut program = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let url = ready(&mut program)["url"].as_str().unwrap().to_owned();
        (program, url.strip_prefix("http://").unwrap().to_owned())
    };
    let (mut program, address) = started(&["--exit-with-stdin"]);
    let _open = TcpStream::connect(&address).unwrap();
    // As if whoever started it had been killed.
    drop(program.stdin.take());
    assert_eq!(program.wait().unwrap().code(), Some(0));

    let (mut program, address) = started(&[]);
    drop(program.stdin.take());
    TcpStream::connect(&address).unwrap();
    assert_eq!(program.try_wait().unwrap(), None);
    program.kill().unwrap();
    program.wait().unwrap();
}

#[test]
fn it_can_be_quiet() {
    for (arguments, lines) in [(&["--exit-with-stdin"][..], 1), (&["--exit-with-stdin", "--quiet"], 0)] {
        let mut program = command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        let url = ready(&mut program)["url"].as_str().unwrap().to_owned();
        let mut connection = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
        connection.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        connection.read_to_string(&mut String::new()).unwrap();
        drop(program.stdin.take());
        let output = program.wait_with_output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap().lines().count(), lines);
    }
}

/// Asks a sandbox for its ready line, by the address in one.
fn answers(ready: &Value) -> bool {
    let address = ready["url"].as_str().unwrap().strip_prefix("http://").unwrap();
    let Ok(mut connection) = TcpStream::connect(address) else { return false };
    let asked = connection.write_all(b"GET /sandbox/ready HTTP/1.0\r\nHost: localhost\r\n\r\n");
    let mut answer = String::new();
    asked.and_then(|()| connection.read_to_string(&mut answer)).is_ok() && answer.ends_with(&ready.to_string())
}

#[cfg(unix)]
#[test]
fn in_the_background_it_is_ready_when_the_command_returns() {
    use std::os::unix::fs::PermissionsExt;
    let place = crate::state::Place::new("background");
    let (file, log) = (place.file("sandbox.json"), place.file("log"));
    let (file, log) = (file.to_str().unwrap(), log.to_str().unwrap());
    let arguments = ["--background", file, "--log", log, "--seed", "1"];
    // Its pipes are closed when it returns, as a shell's `$(…)` needs it.
    let output = command(&arguments).output().unwrap();
    let (told, wrong) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && wrong.is_empty(), "{told}{wrong}");
    let ready: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    assert!(answers(&ready));
    assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(log).unwrap().contains("\"path\":\"/sandbox/ready\""));
    let stop = format!("kill {}", ready["pid"]);
    assert!(told.contains(ready["url"].as_str().unwrap()) && told.trim_end().ends_with(&stop), "{told}");
    // Nothing else was left beside them.
    assert_eq!(fs::read_dir(place.file("")).unwrap().count(), 2);

    // Another start does not leave it without anybody who knows of it.
    let again = command(&arguments).output().unwrap();
    let wrong = String::from_utf8(again.stderr).unwrap();
    assert_eq!((again.status.code(), again.stdout.len(), wrong.lines().count()), (Some(1), 0, 1), "{wrong}");
    assert!(wrong.contains("still runs") && wrong.contains(&stop), "{wrong}");
    assert!(answers(&ready));

    assert!(Command::new("sh").args(["-c", &stop]).status().unwrap().success());
    while answers(&ready) || fs::exists(file).unwrap() {
        std::thread::yield_now();
    }

    // What keeps it from starting is told by the command.
    let refused = command(&["--background", file, "--mchid", "a b"]).output().unwrap();
    let wrong = String::from_utf8(refused.stderr).unwrap();
    assert_eq!((refused.status.code(), wrong.lines().count()), (Some(1), 1));
    assert!(wrong.starts_with("wechatpay-customs-sandbox: `mchid` must be"), "{wrong}");
    assert!(!fs::exists(file).unwrap());
    let nowhere = place.file("no/such/folder");
    let refused = command(&["--background", nowhere.to_str().unwrap()]).output().unwrap();
    assert!(String::from_utf8(refused.stderr).unwrap().contains("no/such/folder cannot be written"));
}

#[test]
fn a_ready_file_is_whole_and_taken_away() {
    let place = crate::state::Place::new("ready");
    let file = place.file("sandbox.json");
    // What an earlier one has left is replaced.
    fs::write(&file, "{").unwrap();
    let arguments = ["--exit-with-stdin", "--ready-file", file.to_str().unwrap()];
    let mut program = command(&arguments).stdin(Stdio::piped()).spawn().unwrap();
    let ready = ready(&mut program);
    assert_eq!(fs::read_to_string(&file).unwrap(), format!("{ready}\n"));
    assert_eq!(ready["pid"], program.id());
    drop(program.stdin.take());
    assert_eq!(program.wait().unwrap().code(), Some(0));
    assert!(!fs::exists(&file).unwrap());
}

#[test]
fn its_errors_are_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (arguments, words) in [
        (["--port", port.as_str()], format!("127.0.0.1:{port} cannot be listened on")),
        (["--mchid", "12\n3"], "`mchid` must be 1 to 32".to_owned()),
        (["--appid", ""], "`appid` must be 1 to 32".to_owned()),
    ] {
        let output = command(&arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(output.stdout.is_empty());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(stderr.contains(&words) && stderr.lines().count() == 1, "{stderr}");
    }
}

#[tokio::test]
async fn a_seed_makes_everything_but_the_port_the_same() {
    let start = async |seed| {
        let sandbox = Sandbox::start(Config { seed, ..Config::default() }).await.unwrap();
        let answer = crate::raw::Raw::post(crate::raw::declaration()).send(&sandbox).await;
        (
            sandbox.ready()["client"]["platform_keys"].clone(),
            sandbox.ready()["client"]["private_key"].clone(),
            [answer.headers["Request-ID"].clone(), answer.headers["Wechatpay-Nonce"].clone()],
        )
    };
    let (first, again, other, random) =
        (start(Some(1)).await, start(Some(1)).await, start(Some(2)).await, start(None).await);
    assert_eq!(first, again);
    assert_ne!(first, other);
    assert_ne!(first, random);
}
