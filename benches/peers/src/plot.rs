//! The picture: time of a decision against the number of rules, both on logarithmic scales.
//!
//! No background and colours of medium brightness, so that it reads on a light page and on a dark one.

use std::fmt::Write;

use crate::record::Record;
use crate::table::{thousands, time};

/// What is drawn, and how: name, colour, whether the line is dashed. A second way to use an engine has its colour, dashed.
const LINES: [(&str, &str, bool); 13] = [
    ("toolgate-json", "#2f81f7", false),
    ("toolgate-fields", "#2f81f7", true),
    ("quamina", "#a8740a", false),
    ("by-hand", "#7d8590", false),
    ("by-hand-struct", "#7d8590", true),
    ("zen", "#2c974b", false),
    ("regorus-indexed", "#8f62e8", true),
    ("regorus", "#8f62e8", false),
    ("datalogic", "#d14f9a", false),
    ("casbin", "#e5484d", false),
    ("cedar", "#d4601c", false),
    ("cedar-prebuilt", "#d4601c", true),
    ("cel", "#1b8f8f", false),
];

const WIDTH: f64 = 900.0;
const HEIGHT: f64 = 560.0;
const LEFT: f64 = 72.0;
const RIGHT: f64 = 690.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 500.0;
/// Where names begin, and how far apart they are.
const NAMES: f64 = 726.0;
const NAME_HEIGHT: f64 = 19.0;
const GREY: &str = "#7d8590";

/// Draws what was measured.
#[must_use]
pub fn svg(record: &Record) -> String {
    let rules = record.rules();
    let mut lines: Vec<Line> = LINES.iter().filter_map(|line| Line::of(record, line)).collect();
    let all = || lines.iter().flat_map(|line| line.points.iter().map(|(_, ns)| ns.log10()));
    let (low, high) = (all().fold(f64::INFINITY, f64::min).floor(), all().fold(f64::NEG_INFINITY, f64::max).ceil());
    let (first, last) = (rules.first().copied().unwrap_or(1) as f64, rules.last().copied().unwrap_or(1) as f64);
    let x = |rules: f64| LEFT + (RIGHT - LEFT) * (rules.log10() - first.log10()) / (last.log10() - first.log10()).max(1e-9);
    let y = |ns: f64| BOTTOM - (BOTTOM - TOP) * (ns.log10() - low) / (high - low).max(1e-9);

    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"14\">\n\
         <title>Time of a decision against the number of rules</title>\n"
    );
    for decade in low as i32..=high as i32 {
        let ns = 10f64.powi(decade);
        let _ = writeln!(out, "<path d=\"M{LEFT} {0:.1}H{RIGHT}\" stroke=\"{GREY}\" stroke-opacity=\"0.3\"/>", y(ns));
        let label = time(ns).replace(".0", "");
        let _ = writeln!(out, "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"{GREY}\" text-anchor=\"end\">{label}</text>", LEFT - 8.0, y(ns) + 5.0);
    }
    for rules in &rules {
        let at = x(*rules as f64);
        let _ = writeln!(out, "<path d=\"M{at:.1} {TOP}V{BOTTOM}\" stroke=\"{GREY}\" stroke-opacity=\"0.3\"/>");
        let label = thousands(*rules as u64);
        let _ = writeln!(out, "<text x=\"{at:.1}\" y=\"{:.1}\" fill=\"{GREY}\" text-anchor=\"middle\">{label}</text>", BOTTOM + 20.0);
    }
    let middle = (LEFT + RIGHT) / 2.0;
    let _ = writeln!(
        out,
        "<text x=\"{middle:.1}\" y=\"{:.1}\" fill=\"{GREY}\" text-anchor=\"middle\">rules · median time of a decision, both scales logarithmic</text>",
        BOTTOM + 44.0
    );

    lines.sort_by(|one, other| other.last().1.total_cmp(&one.last().1));
    let names = spread(&lines.iter().map(|line| y(line.last().1)).collect::<Vec<_>>());
    for (line, name_at) in lines.iter().zip(names) {
        let points: Vec<String> = line.points.iter().map(|(rules, ns)| format!("{:.1},{:.1}", x(*rules), y(*ns))).collect();
        let is_ours = line.name.starts_with("toolgate");
        let (width, dash) = (if is_ours { 3.5 } else { 1.8 }, if line.is_dashed { " stroke-dasharray=\"6 4\"" } else { "" });
        let colour = line.colour;
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" stroke-linejoin=\"round\"{dash}/>",
            points.join(" ")
        );
        for point in &points {
            let (x, y) = point.split_once(',').unwrap_or_default();
            let _ = writeln!(out, "<circle cx=\"{x}\" cy=\"{y}\" r=\"{}\" fill=\"{colour}\"/>", if is_ours { 4 } else { 3 });
        }
        // From where the line ends to its name.
        let (end_x, end_y) = (x(line.last().0), y(line.last().1));
        let _ = writeln!(
            out,
            "<path d=\"M{:.1} {end_y:.1}L{RIGHT} {end_y:.1}L{:.1} {name_at:.1}\" fill=\"none\" stroke=\"{colour}\" stroke-opacity=\"0.45\" stroke-dasharray=\"1 3\"/>",
            end_x + 5.0,
            NAMES - 6.0
        );
        let weight = if is_ours { " font-weight=\"bold\"" } else { "" };
        let name = crate::kind(line.name).map_or("", |kind| if kind.keeps.is_some() { "*" } else { "" });
        let _ = writeln!(out, "<text x=\"{NAMES}\" y=\"{:.1}\" fill=\"{colour}\"{weight}>{}{name}</text>", name_at + 5.0, line.name);
    }
    if lines.iter().any(|line| crate::kind(line.name).is_some_and(|kind| kind.keeps.is_some())) {
        let _ = writeln!(out, "<text x=\"{NAMES}\" y=\"{:.1}\" fill=\"{GREY}\" font-size=\"12\">* easier policy</text>", BOTTOM + 44.0);
    }
    out.push_str("</svg>\n");
    out
}

struct Line {
    name: &'static str,
    colour: &'static str,
    is_dashed: bool,
    /// Rules and nanoseconds; not empty.
    points: Vec<(f64, f64)>,
}

impl Line {
    fn of(record: &Record, (name, colour, is_dashed): &(&'static str, &'static str, bool)) -> Option<Self> {
        let point = |rules: &usize| Some((*rules as f64, record.cell(name, *rules)?.times.as_ref()?.ns));
        let points: Vec<_> = record.rules().iter().filter_map(point).collect();
        (!points.is_empty()).then_some(Self { name, colour, is_dashed: *is_dashed, points })
    }

    fn last(&self) -> (f64, f64) {
        self.points.last().copied().unwrap_or_default()
    }
}

/// Places for names as near as can be to where they should be, which is in ascending order, without overlap.
fn spread(wanted: &[f64]) -> Vec<f64> {
    let mut places: Vec<f64> = Vec::with_capacity(wanted.len());
    for wanted in wanted {
        places.push(places.last().map_or(*wanted, |last| wanted.max(last + NAME_HEIGHT)));
    }
    let mut lowest = BOTTOM;
    for place in places.iter_mut().rev() {
        *place = place.min(lowest);
        lowest = *place - NAME_HEIGHT;
    }
    places
}

#[cfg(test)]
mod tests {
    use super::{BOTTOM, NAME_HEIGHT, spread};

    #[test]
    fn names_do_not_overlap_and_stay_in_the_picture() {
        let places = spread(&[100.0, 101.0, 300.0, BOTTOM - 3.0, BOTTOM - 2.0, BOTTOM]);
        assert!(places.windows(2).all(|pair| pair[1] - pair[0] >= NAME_HEIGHT - 1e-9), "{places:?}");
        assert!(places.iter().all(|place| (0.0..=BOTTOM).contains(place)), "{places:?}");
        assert_eq!((places[0], places[2]), (100.0, 300.0));
    }
}
