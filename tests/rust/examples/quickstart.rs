//! The README's Rust quickstart.
include!(concat!(env!("OUT_DIR"), "/quickstart.rs"));
