//! The policies that the host has loaded.

use alloc::vec::Vec;

use toolgate_runtime::{LoadError, Options, Policy, Scratch, Verdict};

use crate::fault::Fault;
use crate::output::Output;

/// Loaded policies by handle.
#[derive(Default)]
pub struct Policies {
    /// In ascending order of handles.
    loaded: Vec<Loaded>,
    /// Handles are never given out twice, so one that was given back is known for good.
    last: u32,
}

struct Loaded {
    handle: u32,
    policy: Policy,
    scratch: Scratch,
}

impl Policies {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { loaded: Vec::new(), last: 0 }
    }

    /// Loads an artifact, only of the policy with that digest if there is one, and returns its handle, which is never 0.
    ///
    /// # Errors
    /// The bytes are no artifact or not the one expected, or there is too little memory.
    pub fn load(&mut self, artifact: &[u8], digest: Option<&[u8; 32]>) -> Result<u32, Fault> {
        // A negative number is a failure.
        let handle = self.last.checked_add(1).filter(|handle| i32::try_from(*handle).is_ok()).ok_or(Fault::Handle)?;
        self.loaded.try_reserve(1).map_err(|_| Fault::Memory)?;
        let policy = match digest {
            Some(digest) => Policy::load_expecting(artifact, digest)?,
            None => Policy::load(artifact)?,
        };
        let scratch = Scratch::try_new(&policy).map_err(LoadError::from)?;
        self.loaded.push(Loaded { handle, policy, scratch });
        self.last = handle;
        Ok(handle)
    }

    /// Gives a policy back.
    ///
    /// # Errors
    /// There is none of that handle.
    pub fn free(&mut self, handle: u32) -> Result<(), Fault> {
        let at = self.position(handle)?;
        drop(self.loaded.remove(at));
        Ok(())
    }

    /// Decides one request and writes the decision.
    ///
    /// # Errors
    /// There is no policy of that handle, a flag is not known, or the decision does not fit into memory.
    pub fn decide(&mut self, handle: u32, request: &[u8], flags: u32, out: &mut Output) -> Result<Verdict, Fault> {
        let options = options(flags)?;
        let Loaded { policy, scratch, .. } = self.get(handle)?;
        let decision = policy.decide(request, scratch, options);
        out.write(|out| decision.write_json(out))?;
        Ok(decision.verdict())
    }

    /// Decides one request, the verdict alone.
    ///
    /// # Errors
    /// There is no policy of that handle, or a flag is not known.
    pub fn verdict(&mut self, handle: u32, request: &[u8], flags: u32) -> Result<Verdict, Fault> {
        let options = options(flags)?;
        let Loaded { policy, scratch, .. } = self.get(handle)?;
        Ok(policy.verdict(request, scratch, options))
    }

    /// Decides one request, given as records of fields, and writes the decision.
    ///
    /// # Errors
    /// As [`Policies::decide`], and if a record is not as it should be.
    pub fn decide_fields(&mut self, handle: u32, records: &[u8], flags: u32, out: &mut Output) -> Result<Verdict, Fault> {
        let options = options(flags)?;
        let Loaded { policy, scratch, .. } = self.get(handle)?;
        let decision = policy.decide_records(records, scratch, options)?;
        out.write(|out| decision.write_json(out))?;
        Ok(decision.verdict())
    }

    /// Decides one request, given as records of fields, the verdict alone.
    ///
    /// # Errors
    /// As [`Policies::verdict`], and if a record is not as it should be.
    pub fn verdict_fields(&mut self, handle: u32, records: &[u8], flags: u32) -> Result<Verdict, Fault> {
        let options = options(flags)?;
        let Loaded { policy, scratch, .. } = self.get(handle)?;
        Ok(policy.verdict_records(records, scratch, options)?)
    }

    /// Writes what there is to know of a policy.
    ///
    /// # Errors
    /// There is none of that handle, or too little memory.
    pub fn info(&mut self, handle: u32, out: &mut Output) -> Result<(), Fault> {
        let Loaded { policy, .. } = self.get(handle)?;
        out.write(|out| policy.write_info(out))
    }

    /// Writes the places of a policy that can be given a value.
    ///
    /// # Errors
    /// There is none of that handle, or too little memory.
    pub fn fields(&mut self, handle: u32, out: &mut Output) -> Result<(), Fault> {
        let Loaded { policy, .. } = self.get(handle)?;
        out.write(|out| policy.write_slots(out))
    }

    fn get(&mut self, handle: u32) -> Result<&mut Loaded, Fault> {
        let at = self.position(handle)?;
        self.loaded.get_mut(at).ok_or(Fault::Handle)
    }

    fn position(&self, handle: u32) -> Result<usize, Fault> {
        self.loaded.binary_search_by_key(&handle, |loaded| loaded.handle).map_err(|_| Fault::Handle)
    }
}

/// The clarification that the call waited for has been obtained.
pub const CLARIFIED: u32 = 1;

fn options(flags: u32) -> Result<Options, Fault> {
    if flags & !CLARIFIED != 0 {
        return Err(Fault::Flags);
    }
    Ok(Options { clarified: flags & CLARIFIED != 0 })
}
