//! Where calls from C end: no panic passes, and a verdict is deny until it is decided.
#![expect(unsafe_code, reason = "a verdict is written where C says")]

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::decide::{TOOLGATE_DENY, Verdict};
use crate::slice::out;
use crate::status::{Status, TOOLGATE_ERR_PANIC, TOOLGATE_OK};

/// Runs the body of an export. A panic, which would be a fault of this library, becomes a status.
pub(crate) fn boundary(body: impl FnOnce() -> Result<(), Status>) -> Status {
    // Unwind safety: what a panic leaves half done is the scratch alone, and every decision begins by clearing what it uses.
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => TOOLGATE_OK,
        Ok(Err(status)) => status,
        Err(payload) => {
            discard(payload);
            TOOLGATE_ERR_PANIC
        }
    }
}

/// Drops what a panic carries, which may panic with something else.
fn discard(mut payload: Box<dyn Any + Send>) {
    while let Err(next) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        payload = next;
    }
}

/// As [`boundary`], for what decides: the verdict is deny before anything else is looked at, and another one only if the
/// body comes to it.
///
/// # Safety
/// `verdict` is NULL, misaligned, or may be written to.
pub(crate) unsafe fn deciding(verdict: *mut Verdict, body: impl FnOnce() -> Result<Verdict, Status>) -> Status {
    boundary(|| {
        // SAFETY: the caller's promise is the same.
        let verdict = unsafe { out(verdict) }?;
        verdict.write(TOOLGATE_DENY);
        verdict.write(body()?);
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::{boundary, deciding};
    use crate::decide::{TOOLGATE_ALLOW, TOOLGATE_DENY};
    use crate::status::{TOOLGATE_ERR_BUSY, TOOLGATE_ERR_NULL, TOOLGATE_ERR_PANIC, TOOLGATE_OK};

    /// Panics again when it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload's own panic");
        }
    }

    #[test]
    fn a_panic_is_a_status_and_a_deny() {
        assert_eq!(boundary(|| panic!("a fault")), TOOLGATE_ERR_PANIC);
        assert_eq!(boundary(|| std::panic::panic_any(Bomb)), TOOLGATE_ERR_PANIC);
        let mut verdict = TOOLGATE_ALLOW;
        // SAFETY: the verdict is there.
        let status = unsafe { deciding(&raw mut verdict, || panic!("a fault")) };
        assert_eq!((status, verdict), (TOOLGATE_ERR_PANIC, TOOLGATE_DENY));
    }

    #[test]
    fn a_verdict_is_deny_unless_the_body_comes_to_one() {
        let mut verdict = TOOLGATE_ALLOW;
        // SAFETY: the verdict is there, or NULL.
        unsafe {
            assert_eq!(deciding(&raw mut verdict, || Err(TOOLGATE_ERR_BUSY)), TOOLGATE_ERR_BUSY);
            assert_eq!(verdict, TOOLGATE_DENY);
            assert_eq!(deciding(&raw mut verdict, || Ok(TOOLGATE_ALLOW)), TOOLGATE_OK);
            assert_eq!(verdict, TOOLGATE_ALLOW);
            assert_eq!(deciding(std::ptr::null_mut(), || Ok(TOOLGATE_ALLOW)), TOOLGATE_ERR_NULL);
        }
    }
}
