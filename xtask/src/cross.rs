//! Builds for every platform, with zig as C compiler and linker.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use crate::{
    Result,
    build::{self, python_environment},
    cargo::{self, cargo},
    foreign,
    fs::{self, fresh},
    npm,
    platforms::{self, Platform},
    root,
    run::{command, quietly, step, target},
};

/// Addon, wheels and sandbox for all platforms, in `dist/` in place of what this machine's own tools made.
///
/// What cannot be built is printed with its reason; that is an error on Linux, where all of it can.
pub fn all_targets() -> Result {
    build::all()?;
    let zig = Zig::install()?;
    let (wheels, dist) = (target("zig/wheels"), root().join("dist"));
    fresh(&wheels)?;
    let mut addons = Vec::new();
    let mut programs = Vec::new();
    let mut refused = Vec::new();
    let mut attempt = |platform: &Platform, what: &str, build: &dyn Fn() -> Result<PathBuf>| {
        let begun = Instant::now();
        let built = build().and_then(|file| Ok((fs::size(&file)?, file)));
        let seconds = begun.elapsed().as_secs();
        match built {
            Ok((bytes, file)) => {
                println!("{:<17} {what:<16} {bytes:>9} bytes in {seconds} s", platform.name());
                Some(file)
            }
            Err(error) => {
                println!("{:<17} {what:<16} refused: {}", platform.name(), reason(&error.to_string()));
                refused.push((platform.os, format!("{what} for {}", platform.name())));
                None
            }
        }
    };
    for platform in &platforms::ALL {
        step(platform.target);
        quietly(&mut command("rustup", &["target", "add", platform.target]))?;
        if !platform.has_addon() {
            println!(
                "{:<17} addon            left to WebAssembly: Node.js's import library is in no registry",
                platform.name()
            );
        } else if let Some(addon) = attempt(platform, "addon", &|| zig.addon(platform)) {
            addons.push((platform, addon));
        }
        attempt(platform, "wheel", &|| zig.wheel("bindings-python", platform, &wheels));
        if let Some(program) = attempt(platform, "sandbox", &|| zig.program(platform)) {
            programs.push((platform, program));
        }
        attempt(platform, "sandbox's wheel", &|| zig.wheel("sandbox/python", platform, &wheels));
    }
    for (platform, addon) in &addons {
        npm::platform_package(platform, addon, &dist)?;
    }
    npm::sandbox(&programs, &dist)?;
    // The wheels of this machine's own tools ask for a newer libc.
    for wheel in fs::read_dir(&dist)? {
        if wheel.extension().is_some_and(|kind| kind == "whl") {
            fs::remove_file(wheel)?;
        }
    }
    fs::copy_dir(&wheels, &dist)?;
    let wanted: Vec<_> = refused.into_iter().filter(|(os, _)| *os == "linux").map(|(_, what)| what).collect();
    if !wanted.is_empty() {
        return Err(format!("not built: {}", wanted.join(", ")).into());
    }
    foreign::run(&programs, &zig.programs)
}

/// Where compilers say what is wrong: the first line that begins with `error`, or the last one.
fn reason(told: &str) -> String {
    let is_error = |line: &&str| line.trim_start().to_lowercase().starts_with("error");
    let mut lines = told.lines().filter(|line| !line.trim().is_empty());
    let first = lines.clone().find(is_error).or_else(|| lines.next_back()).unwrap_or_default();
    let detail = told.lines().find(|line| line.contains("unable to find") || line.contains("undefined symbol"));
    [Some(first), detail.filter(|detail| *detail != first)]
        .into_iter()
        .flatten()
        .map(str::trim)
        .collect::<Vec<_>>()
        .join("; ")
}

/// zig, cargo-zigbuild and maturin, in an environment of their own.
struct Zig {
    programs: PathBuf,
}

impl Zig {
    fn install() -> Result<Zig> {
        let python = python_environment("zig/venv", "xtask/zig.txt", "zig")?;
        Ok(Zig { programs: python.parent().ok_or("a program lies in a folder")?.to_owned() })
    }

    /// With zig where it is looked for first, and its wrappers below `target/`.
    fn with(&self, mut command: Command) -> Result<Command> {
        let path = env::var_os("PATH").unwrap_or_default();
        let paths = [self.programs.clone()].into_iter().chain(env::split_paths(&path));
        command.env("PATH", env::join_paths(paths)?).env("CARGO_ZIGBUILD_CACHE_DIR", target("zig/cache"));
        Ok(command)
    }

    /// Gives the folder of what was built.
    fn build(&self, package: &str, platform: &Platform, flags: &str) -> Result<PathBuf> {
        // The oldest glibc that wheels are made for, so that all artefacts share what is compiled.
        let glibc = if platform.libc == Some("glibc") { ".2.17" } else { "" };
        let mut build = self.with(cargo(&["zigbuild", "--release", "--package", package, "--target"]))?;
        build.arg(format!("{}{glibc}", platform.target));
        if !flags.is_empty() {
            build.env("RUSTFLAGS", flags);
        }
        quietly(&mut build)?;
        Ok(cargo::folder()?.join(platform.target).join("release"))
    }

    fn addon(&self, platform: &Platform) -> Result<PathBuf> {
        // Node.js has libc already; a second one in the addon would be another.
        let flags = if platform.libc == Some("musl") { "-C target-feature=-crt-static" } else { "" };
        let folder = self.build("wechatpay-customs-node", platform, flags)?;
        let file = match platform.os {
            "darwin" => "libwechatpay_customs_node.dylib",
            _ => "libwechatpay_customs_node.so",
        };
        Ok(folder.join(file))
    }

    fn program(&self, platform: &Platform) -> Result<PathBuf> {
        let suffix = if platform.os == "win32" { ".exe" } else { "" };
        let folder = self.build("wechatpay-customs-sandbox", platform, "")?;
        Ok(folder.join(format!("wechatpay-customs-sandbox{suffix}")))
    }

    fn wheel(&self, project: &str, platform: &Platform, into: &Path) -> Result<PathBuf> {
        let before = fs::read_dir(into)?;
        let build = ["build", "--release", "--zig", "--target", platform.target];
        let mut maturin = self.with(command(self.programs.join("maturin"), &build))?;
        if let Some(libc) = platform.libc {
            maturin.args(["--compatibility", if libc == "musl" { "musllinux_1_2" } else { "manylinux2014" }]);
        }
        match platform.os {
            "win32" if project == "bindings-python" => maturin.env("RUSTFLAGS", exports()?),
            "darwin" if project == "bindings-python" => maturin.env("RUSTFLAGS", frameworks()?),
            _ => &mut maturin,
        };
        quietly(maturin.arg("--out").arg(into).current_dir(root().join(project)))?;
        let made = fs::read_dir(into)?.into_iter().find(|file| !before.contains(file));
        Ok(made.ok_or("maturin made no wheel of another name than those before")?)
    }
}

/// The flag that exports the module from a Windows library.
///
/// maturin has a list for that too, which names an export with the package's name in it, as no module has. Where it cannot
/// write its list it goes on without.
fn exports() -> Result<String> {
    let theirs = cargo::folder()?.join("maturin/wechatpay_customs._native.def");
    if theirs.is_file() {
        fs::remove_file(&theirs)?;
    }
    fs::create_dir_all(theirs)?;
    let ours = target("zig/native.def");
    fs::write(&ours, "LIBRARY _native\nEXPORTS\n    PyInit__native\n")?;
    Ok(format!("-C link-arg={}", ours.display()))
}

/// What is called of macOS's own libraries by those that ask it which certificates to trust.
const FRAMEWORKS: [(&str, &str); 2] = [
    (
        "CoreFoundation",
        "_CFArrayCreate, _CFDataCreate, _CFDateCreate, _CFErrorCopyDescription, _CFErrorGetCode, _CFRelease, \
         _CFStringCreateWithBytes, _CFStringGetBytes, _CFStringGetCStringPtr, _CFStringGetLength, \
         _kCFAbsoluteTimeIntervalSince1970, _kCFAllocatorDefault, _kCFTypeArrayCallBacks",
    ),
    (
        "Security",
        "_SecCertificateCopySubjectSummary, _SecCertificateCreateWithData, _SecCopyErrorMessageString, \
         _SecPolicyCreateSSL, _SecTrustCreateWithCertificates, _SecTrustEvaluateWithError, \
         _SecTrustSetAnchorCertificates, _SecTrustSetAnchorCertificatesOnly, _SecTrustSetOCSPResponse, \
         _SecTrustSetVerifyDate",
    ),
];

/// The flag that lets zig link with macOS's frameworks, of which it has none: what a linker must know of them is where they
/// lie on a Mac and the names in them.
fn frameworks() -> Result<String> {
    let folder = target("zig/frameworks");
    for (name, symbols) in FRAMEWORKS {
        let framework = folder.join(format!("{name}.framework"));
        fs::create_dir_all(&framework)?;
        let stub = format!(
            "--- !tapi-tbd\ntbd-version: 4\ntargets: [ arm64-macos ]\n\
             install-name: '/System/Library/Frameworks/{name}.framework/Versions/A/{name}'\n\
             exports:\n  - targets: [ arm64-macos ]\n    symbols: [ {symbols} ]\n...\n"
        );
        fs::write(framework.join(format!("{name}.tbd")), stub)?;
    }
    Ok(format!("-C link-arg=-F{}", folder.display()))
}
