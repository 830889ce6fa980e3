//! Every kernel of this processor against the law of stops, byte by byte.
#![expect(clippy::arithmetic_side_effects, reason = "a panic is a failed test")]

use toolgate_scan::{Kernel, Marks, WIDE, differences, stops};

/// What `mark` must write, as its documentation says it.
fn expected(text: &[u8], words: usize) -> Vec<Marks> {
    let is_stop = |byte: Option<&u8>| byte.is_none_or(|byte| matches!(byte, b'"' | b'\\' | 0..0x20 | 0x80..));
    let byte = |at: usize| (0..8).fold(0, |marks, bit| marks | u8::from(is_stop(text.get(8 * at + bit))) << bit);
    (0..words).map(|word| std::array::from_fn(|at| byte(8 * word + at))).collect()
}

fn check(text: &[u8], words: usize) {
    let wanted = expected(text, words);
    for (part, wanted) in text.as_chunks::<WIDE>().0.iter().zip(wanted.as_flattened().as_chunks::<4>().0) {
        assert_eq!(stops(part), u32::from_le_bytes(*wanted), "{part:x?}");
    }
    for kernel in Kernel::all() {
        let mut marks = vec![[0x55; 8]; words];
        kernel.mark(text, &mut marks);
        assert_eq!(marks, wanted, "{} of {text:x?}", kernel.name());
    }
}

/// Fewer under Miri, which takes a thousand times as long. Without features of the target it knows the scalar kernel only:
/// `RUSTFLAGS=-Ctarget-feature=+avx2`.
fn some(all: usize, under_miri: usize) -> usize {
    if cfg!(miri) { under_miri } else { all }
}

#[test]
fn the_twin_is_first_and_the_fastest_last() {
    let all: Vec<Kernel> = Kernel::all().collect();
    assert_eq!(all.first().map(|kernel| kernel.name()), Some("scalar"));
    assert_eq!(all.last(), Some(&Kernel::detect()));
    println!("{}", all.iter().map(|kernel| kernel.name()).collect::<Vec<_>>().join(", "));
}

#[test]
fn all_lengths() {
    // A stop at each distance from the end, and none.
    for len in (0..=260).step_by(some(1, 9)) {
        let plain = vec![b'a'; len];
        check(&plain, len / 64 + 2);
        for at in (0..len).step_by(some(1, 61)) {
            for stop in [b'"', b'\\', 0x1f, 0x80] {
                let mut text = plain.clone();
                text[at] = stop;
                check(&text, len / 64 + 2);
            }
        }
    }
}

#[test]
fn all_bytes_in_all_positions() {
    for byte in (0..=255u8).step_by(some(1, 3)) {
        for at in (0..128).step_by(some(1, 67)) {
            for around in [b'a', b'"'] {
                let mut text = [around; 130];
                text[at] = byte;
                check(&text, 3);
            }
        }
    }
}

#[test]
fn any_bytes_at_any_address() {
    let mut random = 0x5eed_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let bytes: Vec<u8> = (0..5_000).map(|_| (next() >> 32) as u8).collect();
    for _ in 0..some(20_000, 15) {
        let start = next() as usize % bytes.len();
        let end = start + next() as usize % (bytes.len() - start + 1).min(some(700, 300));
        check(&bytes[start..end], next() as usize % 14);
    }
}

/// Words decide how much is read: none for none, and no byte beyond the last word's.
#[test]
fn no_more_than_the_words_is_read() {
    let text = vec![b'"'; 640];
    for words in 0..=12 {
        check(&text, words);
        check(text.get(..words * 64).unwrap_or(&text), words);
    }
    Kernel::all().for_each(|kernel| kernel.mark(b"", &mut []));
}

#[test]
fn differences_are_found_wherever_they_are() {
    let same: [u8; WIDE] = std::array::from_fn(|at| (at * 37) as u8);
    assert_eq!(differences(&same, &same), 0);
    for at in 0..WIDE {
        for bit in 0..8 {
            let mut other = same;
            other.iter_mut().skip(at).step_by(11).for_each(|byte| *byte ^= 1 << bit);
            let wanted = (at..WIDE).step_by(11).fold(0, |marks, at| marks | 1 << at);
            assert_eq!(differences(&same, &other), wanted);
            assert_eq!(differences(&other, &same), wanted);
        }
    }
}
