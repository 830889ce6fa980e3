//! Every kernel of this processor against the law of stops, byte by byte.

use toolgate_scan::{Kernel, Stops, WIDE, differences, numerals, stops};

/// The law of stops, written once more.
fn is_stop(byte: u8) -> bool {
    let is_stop = byte == 34 || byte == 92 || !(32..128).contains(&byte);
    assert_eq!(toolgate_scan::is_stop(byte), is_stop);
    is_stop
}

/// What `list` must write, as its documentation says it.
fn expected(text: &[u8]) -> Vec<u16> {
    (0_u16..).zip(text.iter().take(Stops::TEXT_LEN_MAX)).filter(|(_, byte)| is_stop(**byte)).map(|(at, _)| at).collect()
}

fn check(text: &[u8]) {
    for part in text.as_chunks::<WIDE>().0 {
        let wanted = part.iter().rev().fold(0, |marks, byte| marks << 1 | u32::from(is_stop(*byte)));
        assert_eq!(stops(part), wanted, "{part:x?}");
    }
    for part in text.as_chunks().0 {
        let wanted = |is: fn(u8) -> bool| part.iter().rev().fold(0, |marks, byte| marks << 1 | u32::from(is(*byte)));
        let (digits, points) = (wanted(|byte| (48..58).contains(&byte)), wanted(|byte| byte == 46));
        assert_eq!(numerals(part), (digits, points), "{part:x?}");
    }
    let wanted = expected(text);
    for kernel in Kernel::all() {
        // Nothing is left of another text.
        let mut stops = Stops::NONE;
        kernel.list(&[b'"'; 128], &mut stops);
        kernel.list(text, &mut stops);
        assert_eq!(stops.places(), wanted, "{} of {text:x?}", kernel.name());
        assert!((1..).zip(wanted.iter().zip(wanted.iter().skip(1))).all(|(index, (one, next))| stops.pair(index) == Some((*one, *next))));
        assert_eq!((stops.pair(0), stops.pair(wanted.len())), (None, None));
    }
}

/// Fewer under Miri, which takes a thousand times as long. Without features of the target it knows the scalar kernel only:
/// `RUSTFLAGS=-Ctarget-feature=+avx2,+bmi1,+popcnt`.
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
        check(&plain);
        for at in (0..len).step_by(some(1, 61)) {
            for stop in [b'"', b'\\', 0x1f, 0x80] {
                let mut text = plain.clone();
                text[at] = stop;
                check(&text);
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
                check(&text);
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
        check(&bytes[start..end]);
    }
}

/// A text may be longer than a list, and all of it may be stops.
#[test]
fn no_more_is_listed_than_there_is_room_for() {
    for len in [0, 1, 63, 64, 65, 960, 1_023, 1_024, 1_025, 1_087, 1_088, 3_000] {
        for text in [vec![b'"'; len], vec![b'a'; len]] {
            check(&text);
        }
    }
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
