//! What every codec promises: types, bounds, lengths, distinctness; and values that must not move (CHANGELOG, "Values
//! changed", where one has to).
#![allow(clippy::unwrap_used, clippy::panic)]

mod composed;

use super::words::Lists;
use super::{Codec, Input, Scope, display, types};
use crate::error::{Error, Result};
use crate::plan;
use crate::rng::Key;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef, StringArray};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

fn lists() -> Lists {
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    Lists::new(&BTreeMap::from([
        ("names".to_owned(), list(&["Zoë", "Łukasz", "Ana", "Bo", "Œuvre"])),
        ("tools".to_owned(), list(&["hammer", "drill", "saw", "nail"])),
        ("food".to_owned(), list(&["bread", "cheese", "élan", "apple"])),
        ("common".to_owned(), list(&["the", "a", "with", "and", "very"])),
        ("none".to_owned(), Vec::new()),
    ]))
}

fn compile(json: &str, data_type: &str, rows: u64) -> Result<Codec> {
    let spec: plan::Codec = serde_json::from_str(json).unwrap();
    let known = |name: &str| {
        if name == "name" { Ok(0) } else { Err(Error::plan("t.c", format!("no column {name}"))) }
    };
    let (lists, key) = (lists(), Key::new(5, &["t", "c", "value"]));
    let scope = Scope { place: "t.c", key, rows, lists: &lists, column: &known };
    Codec::compile(&spec, &types::parse(data_type).unwrap(), &scope)
}

/// The cells of `rows`, at hashed ranks, beside a column of names and a time of one second per row.
fn evaluate(codec: &Codec, rows: std::ops::Range<u64>) -> ArrayRef {
    let rows: Vec<u64> = rows.collect();
    let ranks: Vec<f64> = rows.iter().map(|row| Key::new(1, &["rank"]).uniform(*row, 0)).collect();
    let times: Vec<i64> = rows.iter().map(|row| 1_700_000_000_000_000 + *row as i64 * 1_000_000).collect();
    let names: Vec<Option<&str>> =
        rows.iter().map(|row| [Some("Zoë Łuk"), None, Some("日本")][*row as usize % 3]).collect();
    let cells: [Option<ArrayRef>; 1] = [Some(Arc::new(StringArray::from(names)))];
    codec.evaluate(&Input {
        rows: &rows,
        addresses: &rows,
        ranks: &ranks,
        positions: None,
        times: &times,
        cells: &cells,
    })
}

fn cells(json: &str, data_type: &str, rows: u64) -> ArrayRef {
    let codec = compile(json, data_type, rows).unwrap();
    let whole = evaluate(&codec, 0..rows);
    assert_eq!(whole.data_type(), &types::parse(data_type).unwrap());
    assert_eq!(whole.len() as u64, rows);
    assert_eq!(whole.null_count(), 0);
    let part = evaluate(&codec, rows / 3..rows / 2);
    assert_eq!(&whole.slice((rows / 3) as usize, part.len()), &part, "a range is a slice of the whole");
    whole
}

fn texts(array: &ArrayRef) -> Vec<String> {
    (0..array.len())
        .map(|index| {
            let mut out = String::new();
            display::plain(array, index, &mut out);
            out
        })
        .collect()
}

fn head(array: &ArrayRef) -> Vec<String> {
    texts(array).into_iter().take(3).collect()
}

fn text_of(segments: &str, rest: &str) -> String {
    format!(r#"{{"type":"text","segments":[{segments}]{rest}}}"#)
}

const PRICE: &str = r#"{"type":"number","knots":{"u":[0,0.5,0.9,1],"x":[1,10,50,999.5]},"step":0.01,"low":1.5,"high":900,
    "endings":[0.99,0.95],"ending_share":0.5}"#;
const SERIAL: &str = r#"{"type":"serial","alphabet":"0123456789","width":4,"start":1,"permute":true}"#;
const PROSE: &str =
    r#"{"type":"prose","topics":["tools","food"],"common":"common","low":3,"high":30,"title":false}"#;

#[test]
fn numbers_keep_bounds_steps_and_endings() {
    let decimals = cells(PRICE, "decimal128(6,2)", 3000);
    let values = decimals.as_primitive::<Decimal128Type>().values();
    assert!(values.iter().all(|value| (150..=90_000).contains(value)));
    let share = values.iter().filter(|value| [95, 99].contains(&(*value % 100))).count() as f64 / 3000.0;
    assert!((share - 0.51).abs() < 0.05, "{share}");
    let floats = cells(PRICE, "float64", 3000);
    let floats = floats.as_primitive::<Float64Type>();
    assert!(floats.values().iter().zip(values).all(|(float, exact)| *float == *exact as f64 / 100.0));
    let whole = cells(PRICE, "int16", 1000);
    assert!(whole.as_primitive::<Int16Type>().values().iter().all(|value| (2..=900).contains(value)));
}

#[test]
fn numbers_of_every_type() {
    let wide = r#"{"type":"number","knots":{"u":[0,1],"x":[-1e30,1e30]}}"#;
    for data_type in [
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "float32",
        "float64",
        "decimal128(38,5)",
        "utf8",
        "date32",
        "time64",
        "timestamp",
        "timestamptz",
        "interval",
    ] {
        cells(wide, data_type, 50);
    }
    let narrow = r#"{"type":"number","knots":{"u":[0.5],"x":[7]},"low":6.5,"high":6.6}"#;
    assert!(matches!(compile(narrow, "int32", 1), Err(Error::Plan { .. })));
    assert_eq!(head(&cells(narrow, "float64", 3)), ["6.6", "6.6", "6.6"]);
}

#[test]
fn booleans_and_categories_have_their_shares() {
    let flags = cells(r#"{"type":"bool","p":0.2}"#, "bool", 20_000);
    let share = flags.as_boolean().true_count() as f64 / 20_000.0;
    assert!((share - 0.2).abs() < 0.01, "{share}");
    let none = cells(r#"{"type":"bool","p":0.0}"#, "int8", 1000);
    assert!(none.as_primitive::<Int8Type>().values().iter().all(|value| *value == 0));
    let levels = cells(r#"{"type":"category","labels":["3","5","8"],"weights":[1,0,3]}"#, "int32", 20_000);
    let levels = levels.as_primitive::<Int32Type>().values();
    let share = levels.iter().filter(|value| **value == 8).count() as f64 / 20_000.0;
    assert!((share - 0.75).abs() < 0.01 && !levels.contains(&5), "{share}");
}

#[test]
fn serials_are_distinct_and_whole() {
    let name = r#"{"type":"cell","column":"name","form":"slug"},{"type":"lit","text":"-långt-"}"#;
    let codec =
        text_of(&format!("{name},{SERIAL},{{\"type\":\"lit\",\"text\":\"@x.se\"}}"), r#","max_length":11"#);
    let found = texts(&cells(&codec, "utf8", 5000));
    assert!(found.iter().all(|text| text.chars().count() <= 11), "{:?}", &found[..3]);
    assert!(found.iter().all(|text| text.ends_with("@x.se")), "{:?}", &found[..3]);
    assert_eq!(found.iter().collect::<HashSet<_>>().len(), 5000);
    let mut numbers: Vec<u32> = found
        .iter()
        .map(|text| {
            text[..text.len() - 5].rsplit(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert!(numbers.iter().copied().eq(1..=5000));
    let short = text_of(SERIAL, r#","max_length":3"#);
    assert!(matches!(compile(&short, "utf8", 10), Err(Error::Impossible { .. })));
}

#[test]
fn text_keeps_its_lengths() {
    let chars = r#"{"type":"chars","alphabet":"aßc日","count":9}"#;
    for (most, least) in [(4, 0), (9, 0), (20, 15)] {
        let codec = text_of(chars, &format!(r#","max_length":{most},"min_length":{least}"#));
        for text in texts(&cells(&codec, "utf8", 500)) {
            assert_eq!(text.chars().count(), 9.min(most).max(least), "{text}");
        }
    }
    let forms = ["plain", "lower", "upper", "slug", "initial"];
    let found = forms.map(|form| {
        let cell = format!(r#"{{"type":"cell","column":"name","form":"{form}"}}"#);
        head(&cells(&text_of(&cell, ""), "utf8", 3))[0].clone()
    });
    assert_eq!(found, ["Zoë Łuk", "zoë łuk", "ZOË ŁUK", "zoe-luk", "Z"]);
    let num = r#"{"type":"num","low":-5,"high":7,"width":3}"#;
    let found = texts(&cells(&text_of(num, ""), "utf8", 1000));
    let numbers: HashSet<i64> = found.iter().map(|text| text.parse().unwrap()).collect();
    assert_eq!(numbers.len(), 13);
    assert!(found.contains(&"-005".to_owned()) && found.contains(&"007".to_owned()));
}

#[test]
fn vocabularies_by_rank_run_parallel() {
    let vocab = |list: &str, by: &str, zipf: f64| {
        text_of(&format!(r#"{{"type":"vocab","list":"{list}","by":"{by}","zipf":{zipf}}}"#), "")
    };
    let tools = texts(&cells(&vocab("tools", "rank", 0.0), "utf8", 400));
    let food = texts(&cells(&vocab("food", "rank", 0.0), "utf8", 400));
    let pairs: HashSet<_> = tools.iter().zip(&food).collect();
    assert_eq!(pairs.len(), 4);
    let skewed = texts(&cells(&vocab("names", "hash", 1.0), "utf8", 20_000));
    let share = skewed.iter().filter(|name| *name == "Zoë").count() as f64 / 20_000.0;
    assert!((share - 60.0 / 137.0).abs() < 0.02, "{share}");
}

#[test]
fn prose_reads_like_sentences() {
    let codec = compile(&text_of(PROSE, ""), "utf8", 1).unwrap();
    let food = ["bread", "cheese", "élan", "apple"];
    for (rank, own) in [(0.1, false), (0.9, true)] {
        let rows: Vec<u64> = (0..300).collect();
        let ranks = vec![rank; 300];
        let input =
            Input { rows: &rows, addresses: &rows, ranks: &ranks, positions: None, times: &[], cells: &[] };
        let found = codec.evaluate(&input);
        for text in texts(&found) {
            let words: Vec<String> =
                text.split(' ').map(|word| word.trim_matches(['.', ',']).to_lowercase()).collect();
            assert!((3..=30).contains(&words.len()), "{text}");
            assert!(text.ends_with('.') && text.chars().next().unwrap().is_uppercase(), "{text}");
            assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "{text}");
            assert!(own || !words.iter().any(|word| food.contains(&word.as_str())), "{text}");
        }
        assert_eq!(texts(&found).iter().any(|text| text.contains("cheese")), own);
    }
    let title = PROSE.replace("\"title\":false", "\"title\":true");
    let cut = texts(&cells(&text_of(&title, r#","max_length":20"#), "utf8", 500));
    let whole = [
        "Hammer", "Drill", "Saw", "Nail", "Bread", "Cheese", "Élan", "Apple", "The", "A", "With", "And",
        "Very",
    ];
    assert!(cut.iter().all(|text| text.chars().count() <= 20 && !text.ends_with(' ')));
    assert!(cut.iter().all(|text| text.split(' ').all(|word| whole.contains(&word))), "{:?}", &cut[..9]);
}

#[test]
fn uuids_are_distinct_and_well_formed() {
    for (version, mark) in [(4, '4'), (7, '7')] {
        let codec = format!(r#"{{"type":"uuid","version":{version}}}"#);
        let found = texts(&cells(&codec, "utf8", 20_000));
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), found.len());
        for uuid in &found {
            let letters: Vec<char> = uuid.chars().collect();
            assert_eq!((letters.len(), letters[14]), (36, mark));
            assert!("89ab".contains(letters[19]) && letters[8] == '-' && letters[23] == '-', "{uuid}");
        }
        if version == 7 {
            assert!(found.windows(2).all(|pair| pair[0][..13] < pair[1][..13]));
        }
        assert_eq!(cells(&codec, "binary", 3).as_binary::<i32>().value(0).len(), 16);
    }
    // The fixed bits overwrite nothing of the row: without the noise, rows are still told apart.
    let codec = compile(r#"{"type":"uuid","version":4}"#, "binary", 1).unwrap();
    let found = evaluate(&codec, 0..50_000);
    let parts: HashSet<u64> = (0..50_000)
        .map(|row| {
            let bits = u128::from_be_bytes(found.as_binary::<i32>().value(row).try_into().unwrap());
            (((bits >> 80) as u64) << 16) | ((bits >> 64 & 0xFFF) as u64 * 16) | (bits & 15) as u64
        })
        .collect();
    assert_eq!(parts.len(), 50_000);
}

#[test]
fn json_parses_and_nests() {
    let codec = format!(
        r#"{{"type":"json","array":false,"fields":[["a \"b\"",{PRICE}],["n",{{"type":"bool","p":0.5}}],
        ["t",{text}],["inner",{{"type":"json","array":false,"fields":[["u",{{"type":"uuid","version":7}}]]}}],
        ["tags",{{"type":"json","array":true,"fields":[["",{{"type":"category","labels":["x","y"],"weights":[1,1]}}]]}}],
        ["list",{{"type":"list","low":0,"high":2,"item":{{"type":"json","array":false,"fields":[]}}}}]]}}"#,
        text =
            text_of(r#"{"type":"lit","text":"q\"\\\n"},{"type":"cell","column":"name","form":"plain"}"#, "")
    );
    for text in texts(&cells(&codec, "utf8", 300)) {
        let value: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!(value["a \"b\""].is_number() && value["n"].is_boolean() && value["inner"]["u"].is_string());
        assert!(value["t"].as_str().unwrap().starts_with("q\"\\\n"));
        assert!((1..=4).contains(&value["tags"].as_array().unwrap().len()));
        assert!(value["list"].as_array().unwrap().len() <= 2);
    }
}

#[test]
fn the_first_member_carries_the_rank() {
    let half = r#"{"type":"category","labels":["lo","hi"],"weights":[1,1]}"#;
    let alone = texts(&cells(half, "utf8", 500));
    let inside = texts(&cells(
        &format!(r#"{{"type":"json","array":false,"fields":[["k",{half}],["l",{half}]]}}"#),
        "utf8",
        500,
    ));
    assert!(
        alone.iter().zip(&inside).all(|(label, json)| json.starts_with(&format!("{{\"k\": \"{label}\"")))
    );
    let list = cells(&format!(r#"{{"type":"list","low":1,"high":3,"item":{half}}}"#), "list<utf8>", 500);
    let first = |row| list.as_list::<i32>().value(row).as_string::<i32>().value(0).to_owned();
    assert!((0..500).all(|row| first(row) == alone[row]));
}

#[test]
fn bytes_and_lists_have_their_sizes() {
    let bytes = cells(r#"{"type":"bytes","low":2,"high":5,"serial":true}"#, "binary", 60_000);
    let bytes: Vec<&[u8]> = bytes.as_binary::<i32>().iter().flatten().collect();
    assert!(bytes.iter().all(|value| (2..=5).contains(&value.len())));
    assert_eq!(bytes.iter().map(|value| &value[..2]).collect::<HashSet<_>>().len(), 60_000);
    let hex = texts(&cells(r#"{"type":"bytes","low":16,"high":16,"serial":true}"#, "utf8", 1000));
    assert!(hex.iter().all(|text| text.len() == 32) && hex.iter().collect::<HashSet<_>>().len() == 1000);
    assert!(matches!(
        compile(r#"{"type":"bytes","low":1,"high":9,"serial":true}"#, "binary", 257),
        Err(Error::Impossible { .. })
    ));
    let list =
        cells(r#"{"type":"list","low":0,"high":3,"item":{"type":"uuid","version":4}}"#, "list<utf8>", 2000);
    let list = list.as_list::<i32>();
    let sizes: HashSet<usize> = (0..2000).map(|row| list.value(row).len()).collect();
    assert_eq!(sizes, HashSet::from([0, 1, 2, 3]));
    assert_eq!(texts(list.values()).iter().collect::<HashSet<_>>().len(), list.values().len());
}

#[test]
fn what_cannot_be_is_refused() {
    for (codec, data_type) in [
        (r#"{"type":"uuid","version":5}"#, "utf8"),
        (r#"{"type":"uuid","version":4}"#, "int64"),
        (r#"{"type":"bool","p":1.5}"#, "bool"),
        (r#"{"type":"category","labels":["a"],"weights":[1]}"#, "int32"),
        (r#"{"type":"category","labels":["1"],"weights":[]}"#, "int32"),
        (r#"{"type":"category","labels":["1"],"weights":[0]}"#, "int32"),
        (r#"{"type":"number","knots":{"u":[],"x":[]}}"#, "int32"),
        (r#"{"type":"number","knots":{"u":[1,0],"x":[1,2]}}"#, "int32"),
        (r#"{"type":"number","knots":{"u":[0],"x":[1]},"low":2,"high":1}"#, "float64"),
        (r#"{"type":"text","segments":[{"type":"vocab","list":"who","by":"hash","zipf":0}]}"#, "utf8"),
        (r#"{"type":"text","segments":[{"type":"vocab","list":"none","by":"hash","zipf":0}]}"#, "utf8"),
        (r#"{"type":"text","segments":[{"type":"cell","column":"who","form":"plain"}]}"#, "utf8"),
        (r#"{"type":"text","segments":[{"type":"chars","alphabet":"","count":1}]}"#, "utf8"),
        (
            r#"{"type":"text","segments":[{"type":"serial","alphabet":"00","width":1,"start":1,"permute":false}]}"#,
            "utf8",
        ),
        (r#"{"type":"json","array":true,"fields":[]}"#, "utf8"),
        (r#"{"type":"list","low":2,"high":1,"item":{"type":"bool","p":0.5}}"#, "list<bool>"),
        (r#"{"type":"list","low":1,"high":1,"item":{"type":"bool","p":0.5}}"#, "utf8"),
    ] {
        match compile(codec, data_type, 10) {
            Err(Error::Plan { place, message }) => assert!(place == "t.c" && !message.is_empty()),
            other => panic!("{codec} for {data_type}: {other:?}"),
        }
    }
}

#[test]
fn values_do_not_move() {
    let uuid = |version: u8| format!(r#"{{"type":"uuid","version":{version}}}"#);
    let chars = text_of(r#"{"type":"chars","alphabet":"abcdef","count":6}"#, "");
    let serial = text_of(SERIAL, "");
    let prose = text_of(&PROSE.replace("30", "6"), "");
    let json = format!(r#"{{"type":"json","array":false,"fields":[["p",{PRICE}],["q",{PRICE}]]}}"#);
    let bytes = r#"{"type":"bytes","low":1,"high":4,"serial":false}"#;
    let list = r#"{"type":"list","low":1,"high":2,"item":{"type":"bool","p":0.5}}"#;
    let zipf = text_of(r#"{"type":"vocab","list":"names","by":"hash","zipf":1.0}"#, "");
    #[rustfmt::skip]
    let expected = [
        ("decimal128(6,2)", ["33.95", "65.99", "7.21"]),
        ("bool", ["true", "true", "false"]),
        ("utf8", ["29b21cab-e9b4-45e0-bde0-3758990b83d8", "c28b30e7-a30e-47be-b1fe-ac37db41cab0", "124e5310-2844-46cd-8d9e-6cefa4e9c398"]),
        ("utf8", ["018bcfe5-6800-729b-83d2-1cabe9b45e08", "018bcfe5-6be8-7c28-8abb-30e7a30e7be0", "018bcfe5-6fd0-7124-839e-531028446cd8"]),
        ("utf8", ["ebcdee", "fafcdb", "afeaaf"]),
        ("utf8", ["0025", "0024", "0016"]),
        ("utf8", ["Élan the and very bread apple.", "And the and cheese with a.", "With nail drill."]),
        ("utf8", ["{\"p\": 33.09, \"q\": 33.95}", "{\"p\": 65.95, \"q\": 3.95}", "{\"p\": 7.21, \"q\": 5.99}"]),
        ("binary", ["c9dfdd", "801535b0", "64f8"]),
        ("list<bool>", ["[true]", "[true, false]", "[false, false]"]),
        ("utf8", ["Bo", "Œuvre", "Zoë"]),
    ];
    let codecs: [&str; 11] = [
        PRICE,
        r#"{"type":"bool","p":0.5}"#,
        &uuid(4),
        &uuid(7),
        &chars,
        &serial,
        &prose,
        &json,
        bytes,
        list,
        &zipf,
    ];
    for (codec, (data_type, values)) in codecs.iter().zip(expected) {
        assert_eq!(head(&cells(codec, data_type, 100)), values, "{codec}");
    }
}
