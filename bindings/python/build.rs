//! On macOS a library with symbols that only the interpreter has must be linked so; elsewhere this does nothing.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
