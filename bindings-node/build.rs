//! Linker settings for an addon.
fn main() {
    napi_build::setup();
}
