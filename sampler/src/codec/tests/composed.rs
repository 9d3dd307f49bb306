//! Codecs that write text of several parts: spans, sets, records, counters and grouped numbers.

use super::{cells, compile, evaluate, head, text_of};
use crate::error::Error;
use arrow_array::cast::AsArray;
use std::collections::HashSet;

const HOURS: &str = r#"{"type":"number","knots":{"u":[0,1],"x":[0,864000000000]},"step":3600000000}"#;
const WIDTH: &str = r#"{"type":"number","knots":{"u":[0,1],"x":[0,9]},"step":1}"#;
const ONE: &str = r#"{"type":"number","knots":{"u":[0,1],"x":[3,3]}}"#;

fn span(item: &str, low: &str, width: &str, more: &str) -> String {
    format!(r#"{{"type":"span","item":"{item}","low":{low},"width":{width}{more}}}"#)
}

fn record(form: &str) -> String {
    let word = r#"{"type":"category","labels":["a \"b\"","c\\d"],"weights":[1,1]}"#;
    let list = r#"{"type":"list","low":2,"high":2,"item":{"type":"bool","p":0.5}}"#;
    format!(
        r#"{{"type":"record","form":"{form}","members":[
            {{"name":"n","type":"int32","codec":{{"type":"counter","start":5,"step":2}}}},
            {{"name":"w","type":"utf8","codec":{word},"absent":0.3}},
            {{"name":"l","type":"list<bool>","codec":{list}}}]}}"#
    )
}

#[test]
fn spans_rise_and_pieces_stand_apart() {
    let codec = span("int32", WIDTH, WIDTH, r#","count":[1,4]"#);
    for text in cells(&codec, "utf8", 2000).as_string::<i32>().iter().flatten() {
        let inner = text.trim_matches(['{', '}']);
        let bounds: Vec<i64> =
            inner.split(['[', ',', ')']).filter_map(|part| part.trim().parse().ok()).collect();
        assert!(bounds.len() >= 2 && bounds.windows(2).all(|pair| pair[0] < pair[1]), "{text}");
    }
}

#[test]
fn spans_may_be_empty_or_open() {
    let texts = cells(&span("date32", HOURS, HOURS, r#","empty":0.2,"open":0.3"#), "utf8", 3000);
    let texts = texts.as_string::<i32>();
    let share = |wanted: &dyn Fn(&str) -> bool| {
        texts.iter().flatten().filter(|text| wanted(text)).count() as f64 / 3000.0
    };
    assert!((share(&|text| text == "empty") - 0.2).abs() < 0.03);
    assert!((share(&|text| text.ends_with(",)")) - 0.24).abs() < 0.03);
    // A time of day ends with the day, whatever the width.
    let clock = cells(&span("time64", HOURS, HOURS, ""), "utf8", 500);
    assert!(
        clock
            .as_string::<i32>()
            .iter()
            .flatten()
            .all(|text| text[1..9] < text[10..18] || &text[1..6] > "23:")
    );
}

#[test]
fn serial_spans_do_not_overlap() {
    let texts = cells(&span("int64", ONE, ONE, r#","serial":[10,3]"#), "utf8", 500);
    assert_eq!(head(&texts), ["[10,13)", "[13,16)", "[16,19)"]);
}

#[test]
fn sets_keep_the_order_of_their_labels() {
    let codec = r#"{"type":"set","labels":["a","b","c","d"],"weights":[1,1,1,1],"p":0.4}"#;
    let texts = cells(codec, "utf8", 1000);
    let mut kinds = HashSet::new();
    for text in texts.as_string::<i32>().iter().flatten() {
        let labels: Vec<&str> = text.split(',').collect();
        assert!(!text.is_empty() && labels.windows(2).all(|pair| pair[0] < pair[1]), "{text}");
        kinds.insert(text.to_owned());
    }
    assert_eq!(kinds.len(), 15);
}

#[test]
fn groups_are_addresses() {
    let address = |more: &str| text_of(&format!(r#"{{"type":"groups",{more}}}"#), "");
    let v4 = address(r#""base":256,"count":4,"mark":".","hex":false,"width":1,"start":167837955"#);
    assert_eq!(head(&cells(&v4, "utf8", 300)), ["10.1.1.3", "10.1.1.4", "10.1.1.5"]);
    let mac = address(r#""base":256,"count":6,"mark":":","hex":true,"width":2,"start":254"#);
    assert_eq!(
        head(&cells(&mac, "utf8", 300)),
        ["00:00:00:00:00:fe", "00:00:00:00:00:ff", "00:00:00:00:01:00"]
    );
    let v6 = address(r#""base":65536,"count":6,"mark":":","hex":true,"width":1,"start":65535"#);
    assert_eq!(head(&cells(&v6, "utf8", 9))[1], "0:0:0:0:1:0");
    let small = address(r#""base":10,"count":2,"mark":"","hex":false,"width":1,"start":0"#);
    assert!(compile(&small, "utf8", 100).is_ok());
    assert!(matches!(compile(&small, "utf8", 101), Err(Error::Impossible { .. })));
}

#[test]
fn counters_count_inside_lists() {
    let codec = r#"{"type":"list","low":2,"high":2,"item":{"type":"counter","start":7,"step":3}}"#;
    assert_eq!(head(&cells(codec, "list<int32>", 50)), ["[7, 7]", "[10, 10]", "[13, 13]"]);
    let later = evaluate(&compile(codec, "list<int32>", 50).unwrap(), 40..43);
    assert_eq!(head(&later)[0], "[127, 127]");
}

#[test]
fn mistakes_are_told() {
    let set = |rest: &str| format!(r#"{{"type":"set",{rest}}}"#);
    for (codec, data_type) in [
        (span("utf8", WIDTH, WIDTH, ""), "utf8"),
        (span("interval", HOURS, HOURS, ""), "utf8"),
        (span("int33", WIDTH, WIDTH, ""), "utf8"),
        (span("int32", WIDTH, WIDTH, r#","count":[3,2]"#), "utf8"),
        (span("int32", WIDTH, WIDTH, r#","empty":1.5"#), "utf8"),
        (span("int32", WIDTH, WIDTH, ""), "int32"),
        (set(r#""labels":["a"],"weights":[1,2],"p":0.1"#), "utf8"),
        (set(r#""labels":["a"],"weights":[1],"p":2"#), "utf8"),
        (r#"{"type":"record","form":"json","members":[]}"#.to_owned(), "utf8"),
        (r#"{"type":"counter","start":1,"step":1}"#.to_owned(), "bool"),
    ] {
        assert!(matches!(compile(&codec, data_type, 10), Err(Error::Plan { .. })), "{codec}");
    }
}

#[test]
fn values_do_not_move() {
    let tstz = span("timestamptz", HOURS, HOURS, "");
    let set = r#"{"type":"set","labels":["a","b","c","d"],"weights":[4,3,2,1],"p":0.3}"#;
    let found: Vec<String> = [
        tstz.as_str(),
        set,
        &record("json"),
        &record("row"),
        &record("map"),
        &record("hstore"),
        &record("union"),
    ]
    .iter()
    .flat_map(|codec| head(&cells(codec, "utf8", 100)))
    .collect();
    assert_eq!(found, EXPECTED);
}

const EXPECTED: [&str; 21] = [
    r#"["1970-01-08 07:00:00+00","1970-01-13 17:00:00+00")"#,
    r#"["1970-01-10 00:00:00+00","1970-01-10 04:00:00+00")"#,
    r#"["1970-01-04 11:00:00+00","1970-01-10 01:00:00+00")"#,
    "c",
    "a,b,c,d",
    "a,b,c",
    r#"{"n": 5, "w": null, "l": [true, true]}"#,
    r#"{"n": 7, "w": "a \"b\"", "l": [true, true]}"#,
    r#"{"n": 9, "w": null, "l": [false, false]}"#,
    r#"("5",,"{\"true\",\"true\"}")"#,
    r#"("7","a \"b\"","{\"true\",\"true\"}")"#,
    r#"("9",,"{\"false\",\"false\"}")"#,
    r#"{"n"=5, "l"=[true, true]}"#,
    r#"{"n"=7, "w"="a \"b\"", "l"=[true, true]}"#,
    r#"{"n"=9, "l"=[false, false]}"#,
    r#""n"=>"5", "l"=>"[true, true]""#,
    r#""n"=>"7", "w"=>"a \"b\"", "l"=>"[true, true]""#,
    r#""n"=>"9", "l"=>"[false, false]""#,
    "[true, true]",
    "[true, true]",
    "c\\d",
];
