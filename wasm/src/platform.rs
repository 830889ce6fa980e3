//! The allocator, and what `std` would bring: an end for what must not go on.

// Smaller than the library's, and many times as fast where a policy takes a gigabyte to compile.
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// A trap: the host takes the call for denied and the instance for lost.
#[cfg(not(feature = "compiler"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}
