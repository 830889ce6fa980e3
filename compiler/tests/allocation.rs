//! Deciding allocates nothing: every decision vector in a counting allocator, in each way to decide.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod support;

use allocation_counter::measure;
use support::files::{bytes, documents, files, read, vectors};
use support::{Engines, field_texts};
use toolgate_runtime::{Batch, FieldValues, Options, Scratch};

#[test]
fn deciding_allocates_nothing() {
    let mut decisions = 0_u64;
    for path in files(&vectors().join("decide")) {
        let vector = read(&path);
        let engines = Engines::new(&documents(&vector));
        let policy = &engines.policy;
        let mut scratch = Scratch::new(policy);
        let mut batch = Batch::reading_ahead(policy, 16);
        let mut kept: Option<FieldValues<'static>> = Some(FieldValues::new(policy));
        for case in vector["cases"].as_array().unwrap() {
            let request = bytes(case, "request");
            let options = Options { clarified: case["clarified"].as_bool().unwrap_or(false) };
            let mut refused = false;
            let full = measure(|| refused = policy.decide(&request, &mut scratch, options).refusal().is_some());
            let verdict = measure(|| {
                policy.verdict(&request, &mut scratch, options);
            });
            assert_eq!((full.count_total, verdict.count_total), (0, 0), "{}: {}", path.display(), case["name"]);
            let several = measure(|| {
                policy.decide_batch([&request[..]; 3], &mut batch, options, |_, _| ());
                policy.verdict_batch([&request[..]; 3], &mut batch, options, |_, _| ());
            });
            assert_eq!(several.count_total, 0, "{}: {}", path.display(), case["name"]);
            decisions += 8;
            if !refused {
                let texts = field_texts(policy, &request);
                let mut values: FieldValues<'_> = kept.take().unwrap().recycle();
                for (slot, text) in &texts {
                    values.set(*slot, text.value()).unwrap();
                }
                let fields = measure(|| {
                    policy.decide_fields(&values, &mut scratch, options);
                });
                assert_eq!(fields.count_total, 0, "{}: {}", path.display(), case["name"]);
                let recycled = measure(|| kept = Some(values.recycle()));
                assert_eq!(recycled.count_total, 0, "{}: {}", path.display(), case["name"]);
                let records: Vec<u8> = texts.iter().flat_map(|(slot, text)| text.record(*slot)).collect();
                let recorded = measure(|| {
                    policy.decide_records(&records, &mut scratch, options).unwrap();
                });
                assert_eq!(recorded.count_total, 0, "{}: {}", path.display(), case["name"]);
                decisions += 2;
            }
        }
    }
    println!("{decisions} decisions, no allocation");
    assert!(decisions > 50_000);
    // The counter counts.
    assert!(measure(|| drop(vec![1_u8; 100])).count_total > 0);
}
