//! Many requests at once.
//!
//! Under a large policy a decision reads from some ten places that are in no cache, each known only when the one before
//! has come. So a batch reads a few requests first and looks for all of them where their decisions will begin: then the
//! processor waits for those places together.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::artifact::format::TableKind;
use crate::decide::Options;
use crate::decision::{Decision, Verdict};
use crate::item::Item;
use crate::json::Refusal;
use crate::memory::{OutOfMemory, abort, with_room};
use crate::policy::{Policy, range};
use crate::scratch::{Request, RequestFields, Scratch};

/// Scratch memory for deciding many requests at once: made once for a policy, used for any number of batches, never by
/// two threads at a time.
///
/// Used with another policy than it was made for, it is made anew for that one, which allocates.
pub struct Batch {
    scratch: Scratch,
    /// Empty if each request is decided as it comes.
    ahead: Box<[Ahead]>,
}

impl Batch {
    /// A batch for a policy, which reads ahead if the policy is far too large for the caches near the processor.
    #[must_use]
    pub fn new(policy: &Policy) -> Self {
        Self::reading_ahead(policy, if policy.artifact_len_bytes() < AHEAD_FROM_LEN_BYTES { 0 } else { AHEAD_MAX })
    }

    /// As [`Batch::new`], but so many requests, at most 16, are read before the first of them is decided; of none or one,
    /// each is decided as it comes. No decision depends on it.
    #[must_use]
    pub fn reading_ahead(policy: &Policy, requests: usize) -> Self {
        Self::try_reading_ahead(policy, requests).unwrap_or_else(abort)
    }

    fn try_reading_ahead(policy: &Policy, requests: usize) -> Result<Self, OutOfMemory> {
        let requests = if requests < 2 { 0 } else { requests.min(AHEAD_MAX) };
        let mut ahead: Vec<Ahead> = with_room(requests)?;
        for _ in 0..requests {
            ahead.push(Ahead { fields: RequestFields::try_new(policy)?, refusal: None });
        }
        Ok(Self { scratch: Scratch::try_new(policy)?, ahead: ahead.into_boxed_slice() })
    }

    /// Bytes that this batch takes, heap included.
    #[must_use]
    pub fn len_bytes(&self) -> usize {
        let fields = self.ahead.iter().map(|ahead| ahead.fields.len_bytes());
        let ahead = fields.fold(size_of_val(&*self.ahead), usize::saturating_add);
        size_of_val(&self.ahead).saturating_add(ahead).saturating_add(self.scratch.len_bytes())
    }

    fn fit(&mut self, policy: &Policy) {
        if self.scratch.artifact != policy.artifact_digest {
            *self = Self::new(policy);
        }
    }
}

impl Policy {
    /// Decides many requests, each given as the bytes of a JSON object. `each` is told every decision with the request's
    /// position, from 0, in order.
    ///
    /// Up to sixteen requests are taken from `requests` before the first of them is decided; whoever waits for the
    /// decision of one before giving the next uses [`Policy::decide`].
    ///
    /// # Allocation and time
    /// Allocates nothing. Each decision is that of [`Policy::decide`], within the same bound; all of them together come
    /// sooner if the policy is large.
    ///
    /// # Panics
    /// Never, unless `requests` or `each` does.
    ///
    /// # Example
    /// ```no_run
    /// # fn example(artifact: &[u8], lines: &[u8]) -> Result<(), toolgate_runtime::LoadError> {
    /// use toolgate_runtime::{Batch, Options, Policy, Verdict};
    ///
    /// let policy = Policy::load(artifact)?;
    /// let mut batch = Batch::new(&policy);
    /// let mut allowed = 0;
    /// policy.decide_batch(lines.split(|byte| *byte == b'\n'), &mut batch, Options::default(), |_, decision| {
    ///     allowed += usize::from(decision.verdict() == Verdict::Allow);
    /// });
    /// # Ok(())
    /// # }
    /// ```
    pub fn decide_batch<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r [u8]>,
        batch: &mut Batch,
        options: Options,
        mut each: impl FnMut(usize, Decision<'_>),
    ) {
        batch.fit(self);
        if batch.ahead.is_empty() {
            for (position, request) in requests.into_iter().enumerate() {
                each(position, self.decide(request, &mut batch.scratch, options));
            }
            return;
        }
        self.in_groups(requests, batch, |position, request, ahead, scratch| {
            each(position, self.decide_ahead(request, ahead, scratch, options));
        });
    }

    /// The verdicts alone, as [`Policy::verdict`] tells them; else as [`Policy::decide_batch`].
    pub fn verdict_batch<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r [u8]>,
        batch: &mut Batch,
        options: Options,
        mut each: impl FnMut(usize, Verdict),
    ) {
        batch.fit(self);
        if batch.ahead.is_empty() {
            for (position, request) in requests.into_iter().enumerate() {
                each(position, self.verdict(request, &mut batch.scratch, options));
            }
            return;
        }
        self.in_groups(requests, batch, |position, request, ahead, scratch| {
            each(position, self.verdict_ahead(request, ahead, scratch, options));
        });
    }

    /// Reads requests in groups, and has each of them decided. What is long in this is in functions without types of the
    /// caller, so that there is one of each.
    fn in_groups<'r>(
        &self,
        requests: impl IntoIterator<Item = &'r [u8]>,
        batch: &mut Batch,
        mut decide: impl FnMut(usize, &[u8], &Ahead, &mut Scratch),
    ) {
        let Batch { scratch, ahead } = batch;
        let mut requests = requests.into_iter().fuse();
        let mut position = 0_usize;
        loop {
            let mut group: [&[u8]; AHEAD_MAX] = [&[]; AHEAD_MAX];
            let mut len = 0_usize;
            // A request is taken last, so that none is lost where a group is full.
            for ((place, ahead), request) in group.iter_mut().zip(ahead.iter_mut()).zip(requests.by_ref()) {
                ahead.read(self, request, scratch);
                *place = request;
                len = len.wrapping_add(1);
            }
            let read = ahead.get(..len).unwrap_or(&[]);
            if read.is_empty() {
                return;
            }
            self.look_ahead(read);
            for (request, ahead) in group.into_iter().zip(read) {
                decide(position, request, ahead, scratch);
                position = position.wrapping_add(1);
            }
        }
    }

    /// Asks for the memory that the decisions of some requests will read first: what stands behind the keys that they have in
    /// the tables at the root. Reading the requests has asked for the keys' slots.
    fn look_ahead(&self, ahead: &[Ahead]) {
        let Some(root) = self.index_nodes.get(self.root as usize) else { return };
        for table in range(&self.tables, root.tables).iter().filter(|table| table.kind == TableKind::Exact) {
            for hash in ahead.iter().filter_map(|ahead| ahead.fields.hash(table.field)) {
                self.bring_entry_near(self.entry_of(table, hash), LINES);
            }
        }
    }

    fn decide_ahead<'a>(&'a self, request: &[u8], ahead: &Ahead, scratch: &'a mut Scratch, options: Options) -> Decision<'a> {
        match ahead.refusal {
            Some(refusal) => self.refused(refusal),
            None => {
                let request = Request { fields: &ahead.fields, bytes: request, missing: Item::ABSENT };
                self.decide_full(&request, &mut scratch.ways, &mut scratch.holding, &mut scratch.lists, options)
            }
        }
    }

    fn verdict_ahead(&self, request: &[u8], ahead: &Ahead, scratch: &mut Scratch, options: Options) -> Verdict {
        if ahead.refusal.is_some() {
            return Verdict::Deny;
        }
        let request = Request { fields: &ahead.fields, bytes: request, missing: Item::ABSENT };
        self.decide_verdict(&request, &mut scratch.ways, options)
    }
}

/// A request that was read and is not decided yet.
struct Ahead {
    fields: RequestFields,
    refusal: Option<Refusal>,
}

impl Ahead {
    fn read(&mut self, policy: &Policy, request: &[u8], scratch: &mut Scratch) {
        self.refusal = crate::request::read(policy, request, &mut scratch.keys, &mut scratch.shapes, &mut self.fields).err();
    }
}

/// Most requests that are read before the first of them is decided: more wait no shorter.
const AHEAD_MAX: usize = 16;

/// From this size of an artifact on, what a decision reads is so far away that reading ahead gains more than it costs.
const AHEAD_FROM_LEN_BYTES: usize = 3 * 1024 * 1024;

/// Cache lines of an entry that are looked at: most keys have no more behind them.
const LINES: usize = 3;
