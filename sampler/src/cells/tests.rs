//! Every rule, NULLs and bounds, on mock keys and values; ranges, blocks and errors.
#![allow(clippy::unwrap_used, clippy::panic)]

use super::Cells;
use super::mock::Mock;
use crate::codec::display;
use crate::error::Error;
use crate::plan::Plan;
use arrow_array::cast::AsArray;
use arrow_array::types::*;
use arrow_array::{Array, ArrayRef};
use std::sync::Arc;

const SHOP: &str = r#"{"seed":3,"vocabularies":{"first":["Ann","Bob","Zoë"]},"tables":[
{"name":"shop","rows":40,"axis":{"type":"static"},"links":[],"scm":{"prior":{}},"columns":[
    {"name":"id","type":"int32","rule":{"type":"sequence","start":1,"step":1,"permute":false}},
    {"name":"code","type":"utf8","rule":{"type":"sequence","start":100,"step":1,"permute":true}},
    {"name":"open","type":"bool","rule":{"type":"constant","value":"true"}},
    {"name":"sales","type":"int32","rule":{"type":"rollup","table":"sale","link":0,"of":"count","columns":[]}},
    {"name":"turnover","type":"decimal128(14,2)","rule":{"type":"rollup","table":"sale","link":0,"of":"sum","columns":["quantity","price"],"complements":["off"]}},
    {"name":"tax","type":"decimal128(14,2)","rule":{"type":"constant","value":"1.50"}},
    {"name":"grand","type":"decimal128(14,2)","rule":{"type":"sum","plus":["turnover","tax"],"minus":["sales"]}}]},
{"name":"idle","rows":3,"axis":{"type":"static"},"links":[],"scm":{"prior":{}},"columns":[
    {"name":"sum","type":"int32","rule":{"type":"rollup","table":"visit","link":0,"of":"sum","columns":["stars"]}}]},
{"name":"visit","rows":0,"axis":{"type":"static"},"links":[{"name":"idle","parent":"idle","law":{"type":"same","link":0},"null_rate":0,"causal":false}],
 "scm":{"prior":{}},"columns":[{"name":"stars","type":"int8","rule":{"type":"constant","value":"3"}}]},
{"name":"sale","rows":4000,"axis":{"type":"static"},
 "links":[{"name":"shop","parent":"shop","law":{"type":"driver","spread":1,"minimum":0,"cap":999},"null_rate":0,"causal":false},
    {"name":"rival","parent":"shop","law":{"type":"same","link":0},"null_rate":0.3,"causal":false},
    {"name":"before","parent":"sale","law":{"type":"same","link":0},"null_rate":0.3,"causal":false}],
 "scm":{"prior":{},"nodes":[{"name":"size","mechanism":null},{"name":"mood","mechanism":null}]},"columns":[
    {"name":"shop_id","type":"int64","rule":{"type":"ref","link":0,"column":"id"}},
    {"name":"rival_code","type":"utf8","rule":{"type":"ref","link":1,"column":"code"}},
    {"name":"before_line","type":"int16","rule":{"type":"ref","link":2,"column":"line"}},
    {"name":"line","type":"int16","rule":{"type":"position","levels":1,"start":1,"step":1,"jitter":0,"from_time":false}},
    {"name":"day","type":"date32","rule":{"type":"position","levels":1,"start":0,"step":86400000000,"jitter":0,"from_time":true}},
    {"name":"side","type":"utf8","rule":{"type":"digit","key":"k","after":null,"dims":[2,3],"index":1,"labels":["a","b","c"],"start":0,"step":1}},
    {"name":"rank","type":"int8","rule":{"type":"digit","key":"k","after":null,"dims":[2,3],"index":0,"labels":[],"start":5,"step":2}},
    {"name":"at","type":"timestamp","rule":{"type":"at"}},
    {"name":"paid","type":"timestamptz","rule":{"type":"after","base":"at","mean":3600000000,"end":1700004000000000,"same":0.25,"resolution":1000000},
        "null":{"rate":0.4}},
    {"name":"sent","type":"date32","rule":{"type":"after","base":"paid","mean":1,"end":0,"same":0,"resolution":1},"null":{"rate":0.2,"lane":"gone"}},
    {"name":"sent_by","type":"utf8","rule":{"type":"copy","column":"rank"},"null":{"rate":0.2,"lane":"gone"}},
    {"name":"quantity","type":"int32","rule":{"type":"value","codec":{"type":"number","knots":{"u":[0,1],"x":[1,20]},"step":1},"node":"size"}},
    {"name":"price","type":"decimal128(8,2)","rule":{"type":"value","codec":{"type":"number","knots":{"u":[0,1],"x":[0.5,90]},"step":0.01}}},
    {"name":"total","type":"decimal128(12,2)","rule":{"type":"product","columns":["quantity","price"]}},
    {"name":"off","type":"decimal128(4,3)","rule":{"type":"value","codec":{"type":"number","knots":{"u":[0,1],"x":[0,0.5]},"step":0.001}},"null":{"rate":0.3}},
    {"name":"quoted","type":"decimal128(14,2)","rule":{"type":"quote","link":0,"column":"turnover","same":0.5,"low":0.8,"high":1.2}},
    {"name":"low","type":"decimal128(8,3)","rule":{"type":"constant","value":"45"},"lower":{"column":"price","strict":true}},
    {"name":"most","type":"float64","rule":{"type":"constant","value":"10"},"lower":{"column":"quantity","strict":true}},
    {"name":"due","type":"date32","rule":{"type":"constant","value":"2023-11-14"},"lower":{"column":"at","strict":false}},
    {"name":"buyer","type":"utf8","rule":{"type":"value","codec":{"type":"text","segments":[{"type":"vocab","list":"first","by":"rank","zipf":0}]},"lane":"who"}},
    {"name":"mail","type":"utf8","rule":{"type":"value","codec":{"type":"text","segments":[{"type":"cell","column":"buyer","form":"slug"},
        {"type":"vocab","list":"first","by":"rank","zipf":0}]},"lane":"who"}},
    {"name":"note","type":"utf8","rule":{"type":"constant","value":"n"},"null":{"rate":0.3,"node":"mood"}},
    {"name":"rare","type":"utf8","rule":{"type":"constant","value":"n"},"null":{"rate":0.9,"node":"mood"}},
    {"name":"nothing","type":"list<int8>","rule":{"type":"constant","value":null}}]}]}"#;

const SALE: usize = 3;

fn open(plan: &str) -> Result<Cells, Error> {
    let plan: Plan = serde_json::from_str(plan).unwrap();
    let mock = Arc::new(Mock::new(&plan));
    Cells::open(&plan, mock.clone(), mock)
}

fn column(cells: &Cells, name: &str) -> ArrayRef {
    let index = cells.schema(SALE).index_of(name).unwrap();
    cells.column(SALE, index, &(0..4000).collect::<Vec<_>>()).unwrap()
}

fn texts(array: &ArrayRef) -> Vec<Option<String>> {
    let text = |index| {
        let mut out = String::new();
        display::plain(array, index, &mut out);
        array.is_valid(index).then_some(out)
    };
    (0..array.len()).map(text).collect()
}

#[test]
fn references_hold_the_parent_cell() {
    let cells = open(SHOP).unwrap();
    let shops = column(&cells, "shop_id");
    assert!(
        shops
            .as_primitive::<Int64Type>()
            .values()
            .iter()
            .enumerate()
            .all(|(row, id)| *id == row as i64 / 100 + 1)
    );
    let codes = texts(&cells.column(0, 1, &(0..40).collect::<Vec<_>>()).unwrap());
    let mut sorted = codes.clone();
    sorted.sort();
    assert_eq!(sorted, (100..140).map(|code| Some(code.to_string())).collect::<Vec<_>>());
    for (row, code) in texts(&column(&cells, "rival_code")).into_iter().enumerate() {
        assert_eq!(code, if row % 3 == 0 { None } else { codes[row / 100].clone() });
    }
    let (lines, before) = (texts(&column(&cells, "line")), texts(&column(&cells, "before_line")));
    assert_eq!(lines[199], Some("100".to_owned()));
    assert!(
        before.iter().enumerate().all(|(row, line)| row % 3 == 0 && line.is_none() || *line == lines[row])
    );
}

#[test]
fn digits_positions_and_times() {
    let cells = open(SHOP).unwrap();
    let head =
        |name| texts(&column(&cells, name)).into_iter().take(5).flatten().collect::<Vec<_>>().join(" ");
    assert_eq!(head("side"), "a a b b c");
    assert_eq!(head("rank"), "5 7 5 7 5");
    assert_eq!(head("day"), "2023-11-14 2023-11-15 2023-11-16 2023-11-17 2023-11-18");
    let (at, paid) = (column(&cells, "at"), column(&cells, "paid"));
    let (at, paid) =
        (at.as_primitive::<TimestampMicrosecondType>(), paid.as_primitive::<TimestampMicrosecondType>());
    let mut same = 0;
    for row in 0..4000 {
        let delay = paid.value(row) - at.value(row);
        same += u32::from(delay == 0);
        assert!(delay == 0 || paid.value(row) % 1_000_000 == 0, "{row}");
        assert!(
            delay >= 0 && paid.value(row) < at.value(row).max(1_700_004_000_000_000) + 1_000_000,
            "{row}"
        );
    }
    assert!((900..1100).contains(&same), "{same}");
    // NULLs of the column it is made from don't pass on, and there was no time left for a delay.
    let (sent, dates) =
        (texts(&column(&cells, "sent")), paid.values().iter().map(|time| time / 86_400_000_000));
    assert!(sent.iter().zip(dates).all(|(text, day)| text.as_ref().is_none_or(|text| *text == date(day))));
}

fn date(day: i64) -> String {
    let mut out = String::new();
    crate::codec::calendar::write_date(day, &mut out);
    out
}

#[test]
fn nulls_keep_their_rate_and_lane() {
    let cells = open(SHOP).unwrap();
    for (name, rate) in
        [("paid", 0.4), ("sent", 0.2), ("note", 0.3), ("rare", 0.9), ("nothing", 1.0), ("price", 0.0)]
    {
        let share = column(&cells, name).null_count() as f64 / 4000.0;
        assert!((share - rate).abs() < 0.03, "{name}: {share}");
    }
    assert_eq!(column(&cells, "sent").nulls().cloned(), column(&cells, "sent_by").nulls().cloned());
    let (note, rare) = (column(&cells, "note"), column(&cells, "rare"));
    assert_ne!(note.nulls().cloned(), rare.nulls().cloned());
}

#[test]
fn products_bounds_and_lanes() {
    let cells = open(SHOP).unwrap();
    let decimal = |name| column(&cells, name).as_primitive::<Decimal128Type>().values().to_vec();
    let (price, total, low) = (decimal("price"), decimal("total"), decimal("low"));
    let quantity = column(&cells, "quantity");
    let quantity = quantity.as_primitive::<Int32Type>().values();
    let most = column(&cells, "most");
    let most = most.as_primitive::<Float64Type>().values();
    for row in 0..4000 {
        assert_eq!(total[row], price[row] * i128::from(quantity[row]));
        assert_eq!(low[row], 45_000.max(price[row] * 10 + 1));
        assert_eq!(most[row], 10.0_f64.max(f64::from(quantity[row]).next_up()));
    }
    let (due, at) = (column(&cells, "due"), column(&cells, "at"));
    let days = at
        .as_primitive::<TimestampMicrosecondType>()
        .values()
        .iter()
        .map(|time| -(-time).div_euclid(86_400_000_000));
    assert!(
        due.as_primitive::<Date32Type>().values().iter().zip(days).all(|(due, day)| i64::from(*due) == day)
    );
    let (buyer, mail) = (texts(&column(&cells, "buyer")), texts(&column(&cells, "mail")));
    for (buyer, mail) in buyer.into_iter().flatten().zip(mail.into_iter().flatten()) {
        assert_eq!(mail, format!("{}{buyer}", buyer.to_lowercase().replace('ë', "e")));
    }
}

#[test]
fn ranges_are_slices_of_the_whole() {
    let cells = open(SHOP).unwrap();
    let whole = cells.batch(SALE, 0, 4000, None).unwrap();
    assert_eq!((whole.num_rows(), whole.num_columns()), (4000, 24));
    for (start, stop) in [(0, 1), (1023, 1026), (500, 3777), (3999, 4000), (7, 7)] {
        let part = cells.batch(SALE, start, stop, None).unwrap();
        assert_eq!(part, whole.slice(start as usize, (stop - start) as usize));
    }
    let some = cells.batch(SALE, 10, 2000, Some(&[13, 0])).unwrap();
    assert_eq!(some, whole.slice(10, 1990).project(&[13, 0]).unwrap());
    let none = cells.batch(SALE, 10, 20, Some(&[])).unwrap();
    assert_eq!((none.num_rows(), none.num_columns()), (10, 0));
    let rows = [3999, 5, 5, 1200];
    let any = cells.column(SALE, 13, &rows).unwrap();
    let whole = texts(whole.column(13));
    assert_eq!(texts(&any), rows.map(|row| whole[row as usize].clone()));
    assert!(matches!(cells.column(SALE, 0, &[4000]), Err(Error::Run { .. })));
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    for (right, wrong, place) in [
        (
            r#""type":"int16","rule":{"type":"position""#,
            r#""type":"bool","rule":{"type":"position""#,
            "sale.line",
        ),
        (r#""link":1,"column":"code""#, r#""link":9,"column":"code""#, "sale.rival_code"),
        (r#""link":1,"column":"code""#, r#""link":1,"column":"cod""#, "sale.rival_code"),
        (r#""link":2,"column":"line""#, r#""link":2,"column":"before_line""#, "sale.before_line"),
        (r#""labels":["a","b","c"]"#, r#""labels":["a","b"]"#, "sale.side"),
        (r#""index":0,"labels":[]"#, r#""index":2,"labels":[]"#, "sale.rank"),
        (r#""base":"at""#, r#""base":"mail""#, "sale.paid"),
        (r#""base":"at""#, r#""base":"sent""#, "sale.paid"),
        (r#""node":"size""#, r#""node":"sise""#, "sale.quantity"),
        (
            r#""product","columns":["quantity","price"]"#,
            r#""product","columns":["quantity","mail"]"#,
            "sale.total",
        ),
        (r#""value":"45""#, r#""value":"many""#, "sale.low"),
        (r#""column":"at","strict":false"#, r#""column":"mail","strict":false"#, "sale.due"),
        (r#""rate":0.4"#, r#""rate":1.4"#, "sale.paid"),
        ("decimal128(12,2)", "decimal(12,2)", "sale.total"),
        ("list<int8>", "list<text>", "sale.nothing"),
        (r#""levels":1,"start":1"#, r#""levels":2,"start":1"#, "sale.line"),
    ] {
        let plan = SHOP.replace(right, wrong);
        assert_ne!(plan, SHOP, "{right}");
        match open(&plan).err() {
            Some(Error::Plan { place: found, message }) => {
                assert!(found == place && !message.is_empty(), "{found}: {message}")
            }
            other => panic!("{wrong}: {other:?}"),
        }
    }
}

#[test]
fn an_attempt_draws_its_columns_anew_and_what_is_made_of_them() {
    let retry = r#""retries":[{"columns":["quantity","paid"]}],"scm":{"prior":{},"nodes""#;
    let cells = open(&SHOP.replace(r#""scm":{"prior":{},"nodes""#, retry)).unwrap();
    let names: Vec<String> = cells.schema(SALE).fields().iter().map(|field| field.name().clone()).collect();
    let all: Vec<usize> = (0..names.len()).collect();
    let rows: Vec<u64> = (0..4000).collect();
    let as_is = cells.columns(SALE, &all, &rows).unwrap();
    assert_eq!(cells.again(SALE, &all, &rows, (0, 0)).unwrap(), as_is);
    let again = cells.again(SALE, &all, &rows, (0, 1)).unwrap();
    for (index, name) in names.iter().enumerate() {
        let made_of = ["quantity", "paid", "total", "most"].contains(&name.as_str());
        assert_eq!(as_is[index].as_ref() != again[index].as_ref(), made_of, "{name}");
    }
    assert_ne!(cells.again(SALE, &all, &rows, (0, 2)).unwrap(), again);
    let some = [7_u64, 3999, 12];
    for (part, whole) in cells.again(SALE, &all, &some, (0, 1)).unwrap().iter().zip(&again) {
        let picked = arrow_select::take::take(whole, &arrow_array::UInt64Array::from(some.to_vec()), None);
        assert_eq!(part, &picked.unwrap());
    }
    assert!(matches!(cells.again(SALE, &all, &rows, (1, 1)), Err(Error::Run { .. })));
    let keys = SHOP.replace(
        r#""scm":{"prior":{},"nodes""#,
        r#""retries":[{"columns":["shop_id"]}],"scm":{"prior":{},"nodes""#,
    );
    assert!(matches!(open(&keys).err(), Some(Error::Plan { place, .. }) if place == "sale.shop_id"));
}

fn of_shops(cells: &Cells, table: usize, name: &str, rows: u64) -> ArrayRef {
    let index = cells.schema(table).index_of(name).unwrap();
    cells.column(table, index, &(0..rows).collect::<Vec<_>>()).unwrap()
}

#[test]
fn figures_of_the_rows_below_are_those_of_their_cells() {
    let cells = open(SHOP).unwrap();
    let (quantity, price, off) = (column(&cells, "quantity"), column(&cells, "price"), column(&cells, "off"));
    let quantity: Vec<i128> =
        quantity.as_primitive::<Int32Type>().values().iter().map(|v| i128::from(*v)).collect();
    let line = |row: usize| {
        let rest =
            if off.is_valid(row) { 1000 - off.as_primitive::<Decimal128Type>().value(row) } else { 1000 };
        let exact = quantity[row] * price.as_primitive::<Decimal128Type>().value(row) * rest;
        (exact + 500).div_euclid(1000)
    };
    let (turnover, grand) = (of_shops(&cells, 0, "turnover", 40), of_shops(&cells, 0, "grand", 40));
    for shop in 0..40_usize {
        let rows = shop * 100..shop * 100 + 100;
        let sum: i128 = rows.map(line).sum();
        assert_eq!(turnover.as_primitive::<Decimal128Type>().value(shop), sum);
        assert_eq!(grand.as_primitive::<Decimal128Type>().value(shop), (sum + 150 - 10_000).max(0));
    }
    assert!(of_shops(&cells, 0, "sales", 40).as_primitive::<Int32Type>().values().iter().all(|n| *n == 100));
}

#[test]
fn a_sum_of_nothing_is_zero() {
    let sums = of_shops(&open(SHOP).unwrap(), 1, "sum", 3);
    assert_eq!((sums.as_primitive::<Int32Type>().values().as_ref(), sums.null_count()), (&[0, 0, 0][..], 0));
}

#[test]
fn a_quote_is_the_parent_s_number_or_near_it() {
    let cells = open(SHOP).unwrap();
    let (quoted, turnover) = (column(&cells, "quoted"), of_shops(&cells, 0, "turnover", 40));
    let ratio = |row: usize| {
        let own = quoted.as_primitive::<Decimal128Type>().value(row) as f64;
        own / turnover.as_primitive::<Decimal128Type>().value(row / 100) as f64
    };
    let same = (0..4000).filter(|row| ratio(*row) == 1.0).count();
    assert!((1900..2100).contains(&same), "{same} of 4000");
    assert!((0..4000).map(ratio).all(|ratio| (0.8..=1.2).contains(&ratio)));
}
