//! Lists of stops, and the loop by which every kernel makes them.

/// Where the stops of a text are, in ascending order.
#[derive(Clone, Debug)]
pub struct Stops {
    places: [u16; Stops::TEXT_LEN_MAX],
    count: usize,
}

impl Stops {
    /// Bytes of text that one list is about at most.
    pub const TEXT_LEN_MAX: usize = 1_024;

    /// No stops.
    pub const NONE: Self = Self { places: [0; Self::TEXT_LEN_MAX], count: 0 };

    /// The offsets of the stops.
    #[must_use]
    #[inline(always)]
    pub fn places(&self) -> &[u16] {
        self.places.get(..self.count).unwrap_or_default()
    }

    /// The offset of the stop before the one at `index`, and that one's; `None` if there are not both.
    #[must_use]
    #[inline(always)]
    pub fn pair(&self, index: usize) -> Option<(u16, u16)> {
        if index >= self.count {
            return None;
        }
        Some((*self.places.get(index.wrapping_sub(1))?, *self.places.get(index)?))
    }
}

/// Whether a byte is a stop.
#[must_use]
pub const fn is_stop(byte: u8) -> bool {
    matches!(byte, b'"' | b'\\' | 0..0x20 | 0x80..)
}

/// Bytes that a kernel looks at together.
const BLOCK_LEN_BYTES: usize = 64;

pub(crate) type Block = [u8; BLOCK_LEN_BYTES];

/// The offsets of a block's stops: as many as there are, and behind them anything.
pub(crate) type Room = [u16; BLOCK_LEN_BYTES];

/// Lists the stops of `text` block by block. `stops` marks those of one, bit i for byte i; `put` writes the offsets of what is marked,
/// counted from a base, and returns how many they are. Becomes part of its caller, and so is compiled for its instructions.
#[inline(always)]
pub(crate) fn list_blocks(text: &[u8], list: &mut Stops, stops: impl Fn(&Block) -> u64, put: impl Fn(u64, u16, &mut Room) -> usize) {
    let mut count = 0_usize;
    let mut base = 0_u16;
    let mut put = |marks: u64| {
        // INVARIANT: no block has more stops than bytes and the text is no longer than the list, so there is room for all
        // of this one's.
        if let Some(room) = list.places.get_mut(count..).and_then(|rest| rest.first_chunk_mut()) {
            count = count.wrapping_add(put(marks, base, room));
            base = base.wrapping_add(BLOCK_LEN_BYTES as u16);
        }
    };
    let (blocks, rest) = text.as_chunks();
    blocks.iter().for_each(|block| put(stops(block)));
    // INVARIANT: shorter than a block, so the shift is by 1 to 63 bits.
    let missing = (BLOCK_LEN_BYTES as u32).wrapping_sub(rest.len() as u32);
    match text.last_chunk() {
        _ if rest.is_empty() => {}
        // The last 64 bytes overlap the block before.
        Some(block) => put(stops(block).wrapping_shr(missing)),
        None => put(stops(&padded(rest))),
    }
    list.count = count;
}

/// Writes the offsets of what is marked, without a vector's help.
#[inline(always)]
pub(crate) fn put_one_by_one(mut marks: u64, base: u16, room: &mut Room) -> usize {
    let count = marks.count_ones() as usize;
    // Eight at a time, whether there are so many or not: how many there are can hardly be foretold.
    for eight in room.as_chunks_mut::<8>().0 {
        for place in eight {
            *place = base.wrapping_add(marks.trailing_zeros() as u16);
            marks &= marks.wrapping_sub(1);
        }
        if marks == 0 {
            break;
        }
    }
    count
}

/// A text of fewer than 64 bytes, filled up with what is no stop.
fn padded(text: &[u8]) -> Block {
    let mut block = [b' '; BLOCK_LEN_BYTES];
    block.iter_mut().zip(text).for_each(|(place, byte)| *place = *byte);
    block
}
