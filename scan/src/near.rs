//! Memory asked for before it is wanted.

/// Asks for the cache line of an element, and does not wait for it: reading the element later then waits less or not at all.
/// Of no use to correctness, and does nothing where there is no such element or no such instruction.
#[inline(always)]
pub fn bring_near<T>(all: &[T], at: usize) {
    let Some(element) = all.get(at) else { return };
    #[cfg(all(target_arch = "x86_64", target_feature = "sse"))]
    {
        use core::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: the instruction takes any address and neither reads nor writes as far as a program can tell; the function is
        // unsafe because its argument is a pointer. This one is that of a live element besides.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(core::ptr::from_ref(element).cast()) };
    }
    #[cfg(not(all(target_arch = "x86_64", target_feature = "sse")))]
    let _ = element;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_place_may_be_asked_for() {
        let all = [[7_u64; 16]; 3];
        for at in [0, 2, 3, usize::MAX] {
            bring_near(&all, at);
            bring_near::<u8>(&[], at);
        }
        assert_eq!(all, [[7; 16]; 3]);
    }
}
