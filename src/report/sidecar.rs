//! `shots/NAME.json`: where one stored video comes from. It lies beside the video and goes wherever that goes, so it says nothing
//! about other takes.

use serde::{Deserialize, Serialize};

use super::json::pretty;
use super::{Facts, asset};
use crate::digest::Digest;
use crate::request::RequestKey;
use crate::shot::TakeName;
use crate::take::{Asset, Take, TaskId};

/// The version of the format of a sidecar.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Document<'a> {
    version: u32,
    #[serde(flatten)]
    name: &'a TakeName,
    #[serde(flatten)]
    facts: Facts<'a>,
}

/// The provenance of a stored take as JSON, to be written to [`layout::sidecar`](crate::layout::sidecar); `None` while it is not
/// stored.
pub fn sidecar(take: &Take) -> Option<String> {
    asset(take)?;
    Some(pretty(&Document { version: VERSION, name: &take.name, facts: Facts::new(take) }))
}

/// The bytes that a provenance promises, if it is one of this very take: what the same task made of the same request.
pub fn promised(take: &Take, sidecar: &str) -> Option<Asset> {
    #[derive(Deserialize)]
    struct Promise {
        version: u32,
        key: RequestKey,
        task_id: TaskId,
        digest: Digest,
        bytes: u64,
    }
    let Promise { version, key, task_id, digest, bytes } = serde_json::from_str(sidecar).ok()?;
    let same = version == VERSION && key == take.key && take.state.task() == Some(&task_id);
    same.then_some(Asset { digest, bytes })
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::{asset, promised, sidecar};
    use crate::report::samples;

    #[test]
    fn a_stored_take_has_its_provenance_beside_it() {
        let [good, bad] = samples::a_good_and_a_bad_take();
        assert_snapshot!(sidecar(&good).unwrap(), @r#"
        {
          "version": 1,
          "shot": "SC010_SH020",
          "take": 1,
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
          "media": null
        }
        "#);
        assert_eq!(sidecar(&bad), None);
    }

    #[test]
    fn a_provenance_promises_bytes_to_its_own_take_alone() {
        let [good, bad] = samples::a_good_and_a_bad_take();
        let text = sidecar(&good).unwrap();
        assert_eq!(promised(&good, &text), asset(&good));
        assert_eq!(promised(&bad, &text), None);
        for (from, to) in [
            ("task_0c6a1f2e", "task_of_another_run"),
            ("\"version\": 1", "\"version\": 2"),
            ("eb4d67fa", "xxxxxxxx"),
            ("1234567", "-1"),
            ("}", ""),
        ] {
            assert!(text.contains(from));
            assert_eq!(promised(&good, &text.replace(from, to)), None, "{from}");
        }
    }
}
