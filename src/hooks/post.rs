//! A call to a web address as a hook.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::Told;
use crate::hook::{Address, Format};
use crate::provider::Notice;

/// How often one that is harmless to repeat is made in all.
const TRIES: u32 = 3;

/// How long to wait before it is made again.
const PAUSE: Duration = Duration::from_secs(1);

/// Tells `address`, in at most `most` for every try. `Err` says why that came to nothing, without the address.
pub(super) async fn send(address: &Address, format: Format, told: &Told, most: Duration) -> Result<(), String> {
    let notice = Notice::to(address.reveal(), most).map_err(|error| error.to_string())?;
    let (kind, body) = match format {
        Format::Json => ("application/json", told.document.clone()),
        Format::Slack => ("application/json", json!({ "text": escaped(&told.line) }).to_string()),
        Format::Ping => ("text/plain; charset=utf-8", told.line.clone()),
    };
    if format != Format::Ping {
        return notice.send(kind, body, most).await;
    }
    let mut sent = Ok(());
    for left in (0..TRIES).rev() {
        // What never answers leaves time for the others.
        sent = notice.send(kind, body.clone(), most / TRIES).await;
        if sent.is_ok() || left == 0 {
            break;
        }
        sleep(PAUSE.min(most / 10)).await;
    }
    sent
}

/// What Slack takes for text, and for nothing else.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
