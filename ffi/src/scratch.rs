//! The memory that deciding needs.
#![expect(unsafe_code, reason = "one thread at a time has the memory to itself")]

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};

use toolgate_runtime::FieldValues;

use crate::boundary::boundary;
use crate::bytes::free;
use crate::policy::Policy;
use crate::slice::{handle, out};
use crate::status::{Status, TOOLGATE_ERR_BUSY};

/// The memory that deciding needs: made once for each thread, used for any number of decisions.
///
/// It may be used with any policy, but used with another one than before it is made anew for that one, which allocates.
pub struct Scratch {
    is_taken: AtomicBool,
    memory: UnsafeCell<Memory>,
}

pub(crate) struct Memory {
    pub scratch: toolgate_runtime::Scratch,
    /// Values without any text, and the artifact they are bound to.
    pub values: Option<([u8; 32], FieldValues<'static>)>,
    /// The decision, before it goes to the caller.
    pub text: String,
}

// SAFETY: the memory is reached through `Taken` alone, of which there is one at a time, and what is in it may move from one
// thread to another.
unsafe impl Sync for Scratch {}

const _: () = {
    const fn is_send<T: Send>() {}
    const fn is_shared<T: Send + Sync>() {}
    is_send::<Memory>();
    is_shared::<Policy>();
};

impl Scratch {
    /// Takes the memory until what is returned is dropped.
    pub(crate) fn take(&self) -> Result<Taken<'_>, Status> {
        // A caller that breaks its promise and lets two threads in is told so, instead of corrupting memory.
        if self.is_taken.swap(true, Ordering::Acquire) { Err(TOOLGATE_ERR_BUSY) } else { Ok(Taken(self)) }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").field("is_taken", &self.is_taken).finish_non_exhaustive()
    }
}

/// The memory, had by one call alone.
pub(crate) struct Taken<'s>(&'s Scratch);

impl Deref for Taken<'_> {
    type Target = Memory;

    fn deref(&self) -> &Memory {
        // SAFETY: `is_taken` was false when this was made and is true until it is dropped, so there is no other `Taken`.
        unsafe { &*self.0.memory.get() }
    }
}

impl DerefMut for Taken<'_> {
    fn deref_mut(&mut self) -> &mut Memory {
        // SAFETY: as above, and this one is borrowed mutably.
        unsafe { &mut *self.0.memory.get() }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        self.0.is_taken.store(false, Ordering::Release);
    }
}

/// Makes a scratch for a policy.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_scratch_new(policy: *const Policy, scratch: *mut *mut Scratch) -> Status {
    // SAFETY: the caller keeps the header's promises about each of these pointers.
    boundary(|| unsafe {
        let (policy, place) = (handle(policy)?, out(scratch)?);
        let memory = Memory { scratch: toolgate_runtime::Scratch::new(policy), values: None, text: String::new() };
        let scratch = Scratch { is_taken: AtomicBool::new(false), memory: UnsafeCell::new(memory) };
        place.write(Box::into_raw(Box::new(scratch)));
        Ok(())
    })
}

/// Frees a scratch that no call uses any more. NULL is nothing to free.
// SAFETY: no other symbol has this prefix.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn toolgate_scratch_free(scratch: *mut Scratch) {
    // SAFETY: the caller keeps the header's promises about the handle.
    unsafe { free(scratch) }
}

#[cfg(test)]
mod tests {
    use std::cell::UnsafeCell;
    use std::sync::atomic::AtomicBool;

    use super::{Memory, Scratch};
    use crate::policy::Policy;
    use crate::status::TOOLGATE_ERR_BUSY;
    use crate::{toolgate_policy_free, toolgate_policy_load};

    #[test]
    fn one_call_at_a_time() {
        let artifact = include_bytes!("../../vectors/artifact/format-1.bin");
        let mut policy: *mut Policy = std::ptr::null_mut();
        // SAFETY: the artifact and the place for the policy are there, and the policy is valid until it is freed.
        let memory = unsafe {
            toolgate_policy_load(artifact.as_ptr().cast(), artifact.len(), &raw mut policy, std::ptr::null_mut());
            let memory = Memory { scratch: toolgate_runtime::Scratch::new(&*policy), values: None, text: String::new() };
            toolgate_policy_free(policy);
            memory
        };
        let scratch = Scratch { is_taken: AtomicBool::new(false), memory: UnsafeCell::new(memory) };
        let mut taken = scratch.take().unwrap();
        taken.text.push('x');
        assert_eq!(scratch.take().err(), Some(TOOLGATE_ERR_BUSY));
        std::thread::scope(|threads| {
            threads.spawn(|| assert_eq!(scratch.take().err(), Some(TOOLGATE_ERR_BUSY)));
        });
        drop(taken);
        // A panic gives it back too.
        let panics = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _taken = scratch.take().unwrap();
            panic!("a fault");
        }));
        assert!(panics.is_err());
        assert_eq!(scratch.take().unwrap().text, "x");
    }
}
