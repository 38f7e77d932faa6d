//! The platforms that the Node addon, the wheel and the sandbox are built for.

use serde_json::{Value, json};

/// One of them.
pub struct Platform {
    /// npm's names: `os`, `cpu` and, on Linux, `libc` as `package.json` takes them.
    pub os: &'static str,
    /// See `os`.
    pub cpu: &'static str,
    /// See `os`.
    pub libc: Option<&'static str>,
}

const fn linux(cpu: &'static str, libc: &'static str) -> Platform {
    Platform { os: "linux", cpu, libc: Some(libc) }
}

/// All of them.
pub const ALL: [Platform; 6] = [
    linux("x64", "glibc"),
    linux("x64", "musl"),
    linux("arm64", "glibc"),
    linux("arm64", "musl"),
    Platform { os: "darwin", cpu: "arm64", libc: None },
    Platform { os: "win32", cpu: "x64", libc: None },
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

    /// The npm package that brings the addon.
    pub fn package(&self) -> String {
        format!("wechatpay-customs-{}", self.name())
    }

    /// Its `package.json`.
    pub fn manifest(&self) -> Value {
        let mut manifest = json!({
            "name": self.package(),
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("The addon of wechatpay-customs for {}", self.name()),
            "license": env!("CARGO_PKG_LICENSE"),
            "repository": {
                "type": "git",
                "url": concat!("git+", env!("CARGO_PKG_REPOSITORY"), ".git"),
                "directory": "bindings-node",
            },
            "main": self.addon(),
            "files": [self.addon(), "LICENSE-APACHE", "LICENSE-MIT"],
            "os": [self.os],
            "cpu": [self.cpu],
            "engines": { "node": ">=20" },
        });
        if let Some(libc) = self.libc {
            manifest["libc"] = json!([libc]);
        }
        manifest
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
    found.ok_or_else(|| {
        format!("there is no package for {os}-{cpu}; `xtask/src/platforms.rs` lists those that there are")
    })
}
