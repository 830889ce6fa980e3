//! Texts that are alike.

use toolgate_runtime::json::hash::hash;

/// Different texts with one hash, which is 0.
pub fn of_one_hash(count: usize) -> Vec<String> {
    let fold = |state: u64, low: u64, high: u64| {
        let product = u128::from(state ^ low) * u128::from(high ^ 0x1319_8a2e_0370_7345);
        (product as u64) ^ ((product >> 64) as u64)
    };
    let texts = (0_u64..).filter_map(|number| {
        let front = format!("{number:016}");
        let (low, high) = front.as_bytes().split_at(8);
        let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap());
        // What makes the last factor 0.
        let state = fold(0x2438_6a88_85a3_08ff, word(low), word(high));
        let rest = (state ^ 24_u64.wrapping_mul(0xa409_3822_299f_31d1)).to_le_bytes();
        let is_plain = rest.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.:/+,;=!()<>@#%&~|".contains(byte));
        is_plain.then(|| front + str::from_utf8(&rest).unwrap())
    });
    let texts: Vec<String> = texts.take(count).collect();
    assert!(texts.iter().all(|text| hash(text.as_bytes()) == 0));
    texts
}
