//! Linker settings for a module that maturin does not build, as in the demo.
fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
