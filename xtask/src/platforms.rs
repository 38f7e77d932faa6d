//! The platforms that the Node addon, the wheel and the sandbox are built for.

/// One of them.
pub struct Platform {
    /// Rust's name for it.
    pub target: &'static str,
    /// npm's names: `os`, `cpu` and, on Linux, `libc` as `package.json` takes them.
    pub os: &'static str,
    /// See `os`.
    pub cpu: &'static str,
    /// See `os`.
    pub libc: Option<&'static str>,
}

const fn linux(target: &'static str, cpu: &'static str, libc: &'static str) -> Platform {
    Platform { target, os: "linux", cpu, libc: Some(libc) }
}

/// All of them.
pub const ALL: [Platform; 6] = [
    linux("x86_64-unknown-linux-gnu", "x64", "glibc"),
    linux("x86_64-unknown-linux-musl", "x64", "musl"),
    linux("aarch64-unknown-linux-gnu", "arm64", "glibc"),
    linux("aarch64-unknown-linux-musl", "arm64", "musl"),
    Platform { target: "aarch64-apple-darwin", os: "darwin", cpu: "arm64", libc: None },
    Platform { target: "x86_64-pc-windows-gnu", os: "win32", cpu: "x64", libc: None },
];

impl Platform {
    /// As napi names it: `linux-x64-gnu`, `darwin-arm64`.
    pub fn name(&self) -> String {
        let abi = match (self.os, self.libc) {
            ("linux", Some("musl")) => "-musl",
            ("linux", _) => "-gnu",
            ("win32", _) => "-gnu",
            _ => "",
        };
        format!("{}-{}{abi}", self.os, self.cpu)
    }

    /// Is there an addon? To link one for Windows takes Node.js's import library, which no registry has: WebAssembly takes
    /// its place there.
    pub fn has_addon(&self) -> bool {
        self.os != "win32"
    }

    /// The npm package that carries the addon.
    pub fn package(&self) -> String {
        format!("wechatpay-customs-{}", self.name())
    }

    /// The file name of the addon.
    pub fn addon(&self) -> String {
        format!("wechatpay-customs.{}.node", self.name())
    }
}

/// The one that this program was built for.
pub fn host() -> Result<&'static Platform, String> {
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        "windows" => "win32",
        os => os,
    };
    let cpu = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        cpu => cpu,
    };
    let musl = cfg!(target_env = "musl");
    let found = ALL.iter().find(|of| (of.os, of.cpu) == (os, cpu) && (of.libc == Some("musl")) == musl);
    let targets = || ALL.map(|platform| platform.target).join(", ");
    found.ok_or_else(|| format!("there are no packages for {os}-{cpu}; there are for {}", targets()))
}
