//! What each verb's help ends with.

pub(super) const ALL: &str = "\
Examples:
  rushes check storyboard.csv                        find every mistake; send nothing
  rushes plan storyboard.csv                         what a run would do, and why
  rushes run manifests/quickstart.yaml --simulate    rehearse: no key, no network, no money
  COMETAPI_KEY=… rushes run storyboard.csv           the real thing; run it again to go on
  rushes status storyboard.csv                       how every take stands
  rushes verify storyboard.csv                       whether every stored video is still what it was

Exit codes:
  0  everything asked for is stored
  1  finished, but some shots were rejected or failed
  2  a mistake in the command or the manifest; nothing was sent
  3  stopped early or still waiting: run again to go on
  4  some outcomes are unresolved, perhaps paid for: see `rushes resolve`
  5  paid for and not on disk yet: run again soon, links expire
  6  another run holds the output directory
  7  could not run: key, network, disk or ledger";

pub(super) const RUN: &str = "\
Examples:
  rushes run manifests/quickstart.yaml --simulate     rehearse: no key, no network, no money
  COMETAPI_KEY=… rushes run storyboard.csv            in earnest; the same again goes on where it was
  rushes run storyboard.csv --key-file ~/.cometapi --pace 30/m --in-flight 5
  rushes run storyboard.csv --retry-failed            once more what was rejected or failed
  rushes run storyboard.csv --regenerate              pay again for shots that have changed
  generate-shots | rushes run - --output out/night    a manifest from standard input";

pub(super) const CHECK: &str = "\
Examples:
  rushes check storyboard.csv
  generate-shots | rushes check -";

pub(super) const PLAN: &str = "\
Examples:
  rushes plan storyboard.csv
  rushes plan storyboard.csv --regenerate             what agreeing to pay again would come to
  rushes plan storyboard.csv --format json";

pub(super) const STATUS: &str = "\
Examples:
  rushes status storyboard.csv
  rushes status out/storyboard                        also while a run is on
  rushes status storyboard.csv --simulate             the rehearsal's";

pub(super) const REPORT: &str = "\
Examples:
  rushes report storyboard.csv
  rushes report out/storyboard --format csv > takes.csv";

pub(super) const VERIFY: &str = "\
Examples:
  rushes verify storyboard.csv
  rushes verify out/storyboard --format json

Exit codes:
  0  every stored video has its bytes
  1  there are files that the ledger does not know
  5  some video is damaged or missing";

pub(super) const RESOLVE: &str = "\
Examples:
  rushes resolve SC010_SH020_T01 storyboard.csv --task-id ID    the provider's dashboard shows it
  rushes resolve SC010_SH020_T01 storyboard.csv --not-made      it does not: submit it again

`rushes status` lists what is unresolved.";

pub(super) const SIMULATE: &str = "\
Examples:
  rushes simulate --speed 60 --seed 7
  rushes simulate --odds moderated=0.1 --odds lost_answer=0.05 --creates-per-second 2
  rushes run storyboard.csv --base-url http://127.0.0.1:8787 --key-file any-key --output out/rehearsal";

pub(super) const COMPLETIONS: &str = "\
Examples:
  rushes completions bash > ~/.local/share/bash-completion/completions/rushes
  rushes completions fish > ~/.config/fish/completions/rushes.fish";

pub(super) const MAN: &str = "\
Examples:
  rushes man > rushes.1";
