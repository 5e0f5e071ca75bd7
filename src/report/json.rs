//! `results.json`: everything, for programs. A field is only ever added; whatever else changes raises the version.

use serde::Serialize;

use super::{Renderer, Report, Row, Totals};
use crate::price::Bill;

/// The version of the format of `results.json`: raised when a field goes or comes to mean something else, and not when one is added.
pub(super) const VERSION: u32 = 1;

/// Renders `results.json`.
pub(crate) struct Results;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    totals: Totals,
    prices: Bill,
    takes: &'a [Row<'a>],
}

/// What `results.json` says, and how the run stands that is on.
#[derive(Serialize)]
struct Extended<'a, L> {
    #[serde(flatten)]
    document: Document<'a>,
    live: Option<L>,
}

/// What `results.json` says, and under `live` how the run stands that is on; `null` where there is none.
pub fn results(report: &Report<'_>, live: Option<impl Serialize>) -> String {
    pretty(&Extended { document: Document::new(report), live })
}

impl<'a> Document<'a> {
    fn new(report: &'a Report<'_>) -> Self {
        Self { version: VERSION, totals: report.totals(), prices: report.bill(), takes: report.rows() }
    }
}

impl Renderer for Results {
    fn file_name(&self) -> &'static str {
        "results.json"
    }

    fn render(&self, report: &Report<'_>) -> String {
        pretty(&Document::new(report))
    }
}

/// Indented, fields in the order of the type, a line end at the end.
pub(super) fn pretty(value: &impl Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("reports have text keys and nothing that fails to serialize");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::{Renderer, Report, Results};
    use crate::report::samples;
    use crate::request::Request;

    #[test]
    #[expect(clippy::too_many_lines, reason = "it is one file, shown whole")]
    fn the_file_has_every_field_in_order() {
        assert_snapshot!(Results.render(&Report::new(&samples::a_good_and_a_bad_take())), @r#"
        {
          "version": 1,
          "totals": {
            "takes": 2,
            "stored": 1,
            "off_spec": 0,
            "held": 0,
            "rejected": 0,
            "failed": 1,
            "unresolved": 0,
            "waiting": 0
          },
          "prices": {
            "takes": 2,
            "priced": 1,
            "sums": [
              "0.32 USD"
            ]
          },
          "takes": [
            {
              "shot": "SC010_SH020",
              "take": 1,
              "outcome": "stored",
              "class": null,
              "reason": null,
              "help": null,
              "unresolved": null,
              "tags": [
                "hero",
                "night"
              ],
              "scene": "SC010",
              "notes": "at dawn, \"maybe\"",
              "metadata": {
                "x_lens": "=35 mm"
              },
              "request": {
                "prompt": "A lighthouse at dawn, fog rolling in from the sea",
                "ratio": "16:9",
                "style": "cinematic",
                "model": "gen4_turbo",
                "seconds": 5,
                "motion": {
                  "x": 0.0,
                  "y": 0.4,
                  "z": 0.0,
                  "r": -6.0,
                  "bg_x_pan": 0.0,
                  "bg_y_pan": 0.0
                }
              },
              "key": "3c4d59c33b298fe3b732498d232c5aee1472307b4779b1c8bb7330fbc3331d19",
              "task_id": "task_0c6a1f2e",
              "attempts": 1,
              "price": "0.32 USD",
              "planned_at": null,
              "submitted_at": "2026-11-22T01:00:00Z",
              "accepted_at": "2026-11-22T01:00:04Z",
              "finished_at": "2026-11-22T01:03:16Z",
              "stored_at": "2026-11-22T01:03:19Z",
              "digest": "eb4d67fa94a1035e41117b2890d6281a1ad461ac0c9cfa6d3c0e94256a08532f",
              "bytes": 1234567,
              "file": "shots/SC010_SH020_T01.mp4",
              "media": null,
              "review": {}
            },
            {
              "shot": "SC010_SH020",
              "take": 2,
              "outcome": "failed",
              "class": "moderated",
              "reason": "content policy: the prompt, says \"the policy\", is =HYPERLINK(\"http://x\")",
              "help": "edit the prompt and run the manifest again; unchanged it will be refused again, and repeated refusals can get an account suspended",
              "unresolved": null,
              "tags": [
                "hero",
                "night"
              ],
              "scene": "SC010",
              "notes": "at dawn, \"maybe\"",
              "metadata": {
                "x_lens": "=35 mm"
              },
              "request": {
                "prompt": "=HYPERLINK(\"http://x\")",
                "ratio": "16:9",
                "style": "cinematic",
                "model": "gen4_turbo",
                "seconds": 5,
                "motion": {
                  "x": 0.0,
                  "y": 0.4,
                  "z": 0.0,
                  "r": -6.0,
                  "bg_x_pan": 0.0,
                  "bg_y_pan": 0.0
                }
              },
              "key": "98a964fd6dbb7bc5773b58f1d7265360747277a82f65f460903a11cb9feffae3",
              "task_id": "task_0c6a1f2e",
              "attempts": 1,
              "price": null,
              "planned_at": null,
              "submitted_at": "2026-11-22T01:00:00Z",
              "accepted_at": "2026-11-22T01:00:04Z",
              "finished_at": "2026-11-22T01:03:16Z",
              "stored_at": null,
              "digest": null,
              "bytes": null,
              "file": null,
              "media": null,
              "review": {}
            }
          ]
        }
        "#);
    }

    proptest! {
        #[test]
        fn every_take_reads_back(takes in samples::takes()) {
            let document: Value = serde_json::from_str(&Results.render(&Report::new(&takes))).unwrap();
            prop_assert_eq!(document["totals"]["takes"].as_u64(), u64::try_from(takes.len()).ok());
            prop_assert_eq!(document["takes"].as_array().unwrap().len(), takes.len());
            for row in document["takes"].as_array().unwrap() {
                let take = samples::named(&takes, row["shot"].as_str().unwrap(), row["take"].as_u64().unwrap());
                let request: Request = serde_json::from_value(row["request"].clone()).unwrap();
                prop_assert_eq!(&request, &take.request);
                prop_assert_eq!(row["outcome"].as_str(), Some(take.outcome().as_str()));
                prop_assert_eq!(&row["key"], &Value::String(take.key.to_string()));
            }
        }
    }
}
