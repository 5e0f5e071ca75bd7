//! What each verb's help ends with: what to type, in lines that fit a terminal of eighty columns.

pub(super) const ALL: &str = "\
Examples:
  rushes init shots.yaml                    write a manifest to begin with
  rushes check shots.csv                    find every mistake; send nothing
  rushes plan shots.csv                     what a run would do, and why
  rushes run shots.csv --simulate           rehearse: no key, no money
  COMETAPI_KEY=… rushes run shots.csv       in earnest; the same again goes on
  rushes status shots.csv                   how every take stands
  rushes verify shots.csv                   whether every video is still sound

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
  rushes run shots.csv --simulate           rehearse: no key, no money
  COMETAPI_KEY=… rushes run shots.csv       in earnest; the same again goes on
  rushes run shots.csv --key-file ~/.cometapi --pace 30/m --in-flight 5
  rushes run shots.csv --retry-failed       pay once more for what failed
  rushes run shots.csv --regenerate         pay again for what was changed
  rushes run shots.csv --regenerate=tag:hero    one more take of each
  rushes run shots.csv --regenerate state:rejected
  rushes run shots.csv --takes +2 --only SC020_SH010
  rushes run shots.csv --only tag:hero --except SC030_*
  rushes run --plan plan.json               what that plan says, or nothing
  rushes run shots.csv -q --wait-lock 10m --on failure='./tell.sh'
  make-shots | rushes run - --output out/night
  rushes run harbour.yaml 'scenes/*.csv' --output out/teaser

The same command goes on wherever the last run stopped, and sends nothing
when there is nothing left to do; only --takes and --regenerate=SELECTOR pay
once more each time, and so ask first. `rushes --help` lists the exit codes.";

pub(super) const INIT: &str = "\
Examples:
  rushes init                               writes shots.yaml
  rushes init teaser.yaml
  rushes run teaser.yaml --simulate         rehearse it";

pub(super) const CHECK: &str = "\
Examples:
  rushes check shots.csv
  rushes check harbour.yaml 'scenes/*.csv'  several, as one
  make-shots | rushes check -
  rushes check shots.csv --deny-warnings    exit 2 also for what is only odd
  rushes check shots.csv --format json      for programs
  rushes check shots.csv --format github    annotations of GitHub Actions

Exit codes:
  0  there is no mistake
  2  there is one, or a warning where --deny-warnings is said";

pub(super) const PLAN: &str = "\
Examples:
  rushes plan shots.csv
  rushes plan shots.csv --regenerate        what would be paid for again
  rushes plan shots.csv --takes +2          what further takes would cost
  rushes plan shots.csv --only scene:SC010
  rushes plan shots.csv --prices usd.yaml   what it would cost
  rushes plan shots.csv --format json
  rushes plan shots.csv --save plan.json    for `rushes run --plan plan.json`

Exit codes:
  0   a plan; with --detailed-exitcode: a run would do nothing
  2   a mistake in the command or the manifest
  7   the ledger cannot be read
  10  with --detailed-exitcode: there is work to do";

pub(super) const MOVES: &str = "\
Examples:
  rushes moves
  rushes moves shots.yaml                   with what its `moves:` says
  rushes moves --format json";

pub(super) const SCHEMA: &str = "\
Examples:
  rushes schema > rushes.schema.json
  rushes schema --diagnostics               of `rushes check --format json`
  rushes schema --results                   of `results.json`

Most editors check and complete a YAML manifest that begins with
  # yaml-language-server: $schema=rushes.schema.json";

pub(super) const STATUS: &str = "\
Examples:
  rushes status shots.csv
  rushes status out/shots                   also while a run is on
  rushes status out/shots --watch           how that goes on, until it ends
  rushes status shots.csv --simulate        how the rehearsal stands
  rushes status shots.csv --only state:failed";

pub(super) const COST: &str = "\
Examples:
  rushes cost shots.csv                     by day, model and tag
  rushes cost out/shots --by month --timezone Europe/Berlin
  rushes cost shots.csv --since 2026-11-01 --until 2026-11-30 --by scene
  rushes cost shots.csv --only tag:hero --format json
  rushes cost out/shots --format csv > cost.csv

What takes cost is what the manifest or --prices said when they were
submitted; later prices change nothing about it.";

pub(super) const REPORT: &str = "\
Examples:
  rushes report shots.csv
  rushes report out/shots --format csv > takes.csv
  rushes report shots.csv --only tag:hero --format json";

pub(super) const REVIEW: &str = "\
Examples:
  rushes review                             this directory, or the one in out/
  rushes review out/shots --listen 127.0.0.1:8789

Prints an address with a random token that only this machine can open, and
serves until Ctrl-C. What is picked there is in the ledger at once, also while
a run is on.";

pub(super) const PICK: &str = "\
Examples:
  rushes pick SC010_SH020 T02               in the one output directory here
  rushes pick SC010_SH020_T02 SC020_SH010 shots.csv
  rushes pick SC010_SH020 T02 out/shots --rating 5 --note 'best light'
  rushes pick SC010_SH020 T02 --clear       neither picked nor rejected
  rushes pick --from picks.json out/shots   what the page has saved";

pub(super) const REJECT: &str = "\
Examples:
  rushes reject SC010_SH020 T01 --note 'soft focus'
  rushes reject SC010_SH020 T01 SC020_SH010_T03 out/shots
  rushes run shots.csv --regenerate review:rejected";

pub(super) const EXPORT: &str = "\
Examples:
  rushes export shots.csv --file cut.otio   one take of each shot
  rushes export shots.csv --file cut.edl --takes picks
  rushes export out/shots --file all.ffconcat --takes all
  ffmpeg -f concat -safe 0 -i all.ffconcat -c:v libx264 all.mp4
  rushes export shots.csv --format csv --only scene:SC010 > cut.csv

A manifest says in which order shots follow each other, and which are
missing: those become gaps with their ids. A directory knows the order in
which they were first planned. A shot that was changed since is exported as
it was made.

Exit codes:
  0  there is a cut, with or without gaps
  2  a mistake in the command or the manifest, or nothing to export";

pub(super) const VERIFY: &str = "\
Examples:
  rushes verify shots.csv
  rushes verify out/shots --format json

Exit codes:
  0  every stored video has its bytes
  1  there are files that the ledger does not know
  5  some video is damaged or missing";

pub(super) const RESOLVE: &str = "\
Examples:
  rushes status shots.csv                   what is known of each take
  rushes resolve SC010_SH020_T01 shots.csv --task-id ID
  rushes resolve SC010_SH020 out/shots --not-made
  rushes resolve SC010_SH020 out/shots --not-made --yes

Look the take up at the provider first: `rushes status` ends with the time,
request, token and last answer of each that is unresolved. With --task-id
the next run asks for the video, which costs nothing; with --not-made it
submits the take again, which is paid for. This command itself sends nothing
and needs no key.";

pub(super) const SIMULATE: &str = "\
Examples:
  rushes simulate --speed 60 --seed 7
  rushes simulate --odds moderated=0.1 --odds lost_answer=0.05
  rushes run shots.csv --base-url http://127.0.0.1:8787 --key-file any

`rushes run --simulate` starts one by itself.";

pub(super) const RECEIVE: &str = "\
Examples:
  rushes receive --spool /var/spool/rushes          behind a proxy with TLS
  rushes run shots.csv --inbox /var/spool/rushes --callback-url https://…
  rsync -a host:/var/spool/rushes/ spool/           or on another machine,
  rushes run shots.csv --inbox spool                also days later

Whoever has not been told an address by a run is refused without a hint. The
first to use the folder makes the secret that addresses are sealed with; a copy
of the folder on another machine must have the same.";

pub(super) const COMPLETIONS: &str = "\
Examples:
  rushes completions bash > /etc/bash_completion.d/rushes
  rushes completions fish > ~/.config/fish/completions/rushes.fish";

pub(super) const MAN: &str = "\
Examples:
  rushes man > rushes.1";
