//! The output directory in a real one: bytes under their digests, names that follow them, and nothing half done.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use futures::future::join_all;
use rushes::digest::Digest;
use rushes::layout;
use rushes::shot::TakeName;
use rushes::sniff::ENOUGH;
use rushes::store::{Finding, Inventory, Received, Store, StoreError, has};
use rushes::take::Asset;

#[tokio::test]
async fn a_video_of_any_size_lies_under_its_digest_and_under_its_takes_name() {
    const PIECE: usize = 256 * 1024;
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    for (number, size) in [0, 1, 1000, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 17].into_iter().enumerate() {
        let (bytes, take) = (film(size), name(number));
        for piece in [1 << 10, 1 << 17, usize::MAX] {
            let received = receive_in(&store, &bytes, piece).await;
            let asset = *received.asset();
            assert_eq!(asset, Asset { digest: Digest::of(&bytes), bytes: size as u64 });
            store.keep(received, &take, "{}".into()).await.unwrap();
            assert!(has(root.path(), &asset));
            assert_eq!(fs::read(root.path().join(layout::object(&asset.digest))).unwrap(), bytes);
            assert_eq!(fs::read(root.path().join(layout::video(&take))).unwrap(), bytes);
            assert_eq!(fs::read_to_string(root.path().join(layout::sidecar(&take))).unwrap(), "{}");
        }
    }
    assert_eq!(files(root.path()).len(), 7 * 3, "{:?}", files(root.path()).keys());
}

#[cfg(unix)]
#[tokio::test]
async fn one_set_of_bytes_is_one_read_only_file_with_many_names() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    fs::write(root.path().join("probe"), "").unwrap();
    let plain = fs::metadata(root.path().join("probe")).unwrap().permissions().mode();
    for size in [10, 1 << 20] {
        let digest = Digest::of(&film(size));
        keep(&store, &name(1), &film(size)).await;
        let object = fs::metadata(root.path().join(layout::object(&digest))).unwrap();
        assert_eq!(object.permissions().mode() & 0o777, plain & 0o444, "whoever may read the reports may watch the film");
        keep(&store, &name(2), &film(size)).await;
        for take in [name(1), name(2)] {
            assert_eq!(fs::metadata(root.path().join(layout::video(&take))).unwrap().ino(), object.ino());
        }
    }
}

#[tokio::test]
async fn a_name_follows_the_bytes_and_the_old_ones_stay() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let video = root.path().join(layout::video(&name(1)));
    let replaced: [fn(&Path); 4] = [
        |_| {},
        |video| fs::remove_file(video).unwrap(),
        |video| {
            fs::remove_file(video).unwrap();
            fs::write(video, "somebody's own").unwrap();
        },
        |video| {
            fs::remove_file(video).unwrap();
            #[cfg(unix)]
            std::os::unix::fs::symlink("../objects/nowhere.mp4", video).unwrap();
        },
    ];
    for (size, replace) in (1..).zip(replaced) {
        keep(&store, &name(1), &film(size)).await;
        replace(&video);
        fs::write(root.path().join(layout::poster(&name(1))), "a still of it").unwrap();
        keep(&store, &name(1), &film(size + 1)).await;
        assert_eq!(fs::read(&video).unwrap(), film(size + 1));
        assert_eq!(fs::read(root.path().join(layout::object(&Digest::of(&film(size))))).unwrap(), film(size));
        assert!(!root.path().join(layout::poster(&name(1))).exists(), "no still outlives its video");
    }
    keep(&store, &name(1), &film(1)).await;
    assert_eq!(fs::read(&video).unwrap(), film(1), "and back");
    assert_eq!(hidden(root.path()), [""; 0]);
}

#[tokio::test]
async fn what_is_there_is_not_touched() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let asset = keep(&store, &name(1), &film(10)).await;
    store.write("index.html", "<p>").unwrap();
    let before = files(root.path());

    let store = Store::open(root.path()).unwrap();
    assert!(!store.mend(&name(1), &asset, || unreachable!("nothing is missing")).unwrap());
    store.write("index.html", "<p>").unwrap();
    assert_eq!(files(root.path()), before);

    let object = root.path().join(layout::object(&asset.digest));
    keep(&store, &name(2), &film(10)).await;
    assert_eq!(files(root.path())[&object], before[&object]);

    store.write("index.html", "<b>").unwrap();
    assert_eq!(fs::read_to_string(root.path().join("index.html")).unwrap(), "<b>");
}

#[tokio::test]
async fn only_what_is_missing_is_mended() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let asset = keep(&store, &name(1), &film(10)).await;
    let video = root.path().join(layout::video(&name(1)));
    let sidecar = root.path().join(layout::sidecar(&name(1)));
    let mend = || store.mend(&name(1), &asset, || "mended".into());

    fs::remove_file(&video).unwrap();
    assert!(mend().unwrap());
    assert_eq!((fs::read(&video).unwrap(), fs::read_to_string(&sidecar).unwrap()), (film(10), "{}".into()));

    fs::remove_file(&video).unwrap();
    fs::write(&video, "half").unwrap();
    fs::write(&sidecar, "").unwrap();
    assert!(mend().unwrap());
    assert_eq!((fs::read(&video).unwrap(), fs::read_to_string(&sidecar).unwrap()), (film(10), "mended".into()));
    assert!(!mend().unwrap());

    for path in [&video, &root.path().join(layout::object(&asset.digest))] {
        fs::remove_file(path).unwrap();
    }
    let error = mend().unwrap_err();
    assert_eq!(error.path, video, "nothing to link to");
    assert!(fs::symlink_metadata(&video).is_err(), "and no link to nothing");
}

#[tokio::test]
async fn what_was_received_by_half_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let mut incoming = store.receive();
    incoming.take_in(&film(1 << 20)).await.unwrap();
    incoming.take_in(&film(1)).await.unwrap();
    assert_eq!((incoming.bytes(), incoming.head()), ((1 << 20) + 1, &film(1 << 20)[..ENOUGH]));
    assert!(hidden(root.path()).len() <= 1, "no name at all where the system knows how to");
    drop(incoming);
    drop(receive_in(&store, &film(1 << 20), 1 << 18).await);
    assert_eq!(hidden(root.path()), [""; 0], "dropped");

    let objects = root.path().join(layout::OBJECTS);
    fs::write(objects.join(".incoming-Xy12"), "half").unwrap();
    fs::write(objects.join("somebody's.mp4"), "whole").unwrap();
    Store::open(root.path()).unwrap();
    assert_eq!(hidden(root.path()), [""; 0], "left by a run that was killed");
    assert!(objects.join("somebody's.mp4").exists());
}

#[tokio::test]
async fn many_videos_are_kept_at_once() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let takes: Vec<_> = (0..50).map(name).collect();
    let assets = join_all((0..).zip(&takes).map(|(number, take)| keep_film(&store, take, film(number % 7)))).await;
    let found = Inventory::take(root.path(), takes.iter().zip(&assets)).unwrap();
    assert_eq!((found.takes, found.sound, found.findings), (50, 7, vec![]));
}

#[tokio::test]
async fn a_folder_where_a_file_should_be_is_named() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let at = |path: String| {
        let path = root.path().join(path);
        fs::create_dir_all(&path).unwrap();
        path
    };
    let index = at("index.html".into());
    assert_eq!(store.write("index.html", "<p>").unwrap_err().path, index);

    let places = [layout::video(&name(1)), layout::sidecar(&name(2)), layout::object(&Digest::of(&film(3)))];
    for (number, place) in (1..).zip(places) {
        let folder = at(place);
        // After an error a store keeps nothing more.
        let store = Store::open(root.path()).unwrap();
        let received = receive_in(&store, &film(number), 1).await;
        let error = store.keep(received, &name(number), "{}".into()).await.unwrap_err();
        assert_eq!(error.path, folder);
        assert!(error.to_string().contains(&folder.display().to_string()), "{error}");
        let again: StoreError = store.keep(receive_in(&store, b"x", 1).await, &name(9), "{}".into()).await.unwrap_err();
        assert_eq!(again.path, folder);
    }
    assert_eq!(hidden(root.path()), [""; 0]);
    fs::write(root.path().join("file"), "").unwrap();
    assert_eq!(Store::open(&root.path().join("file")).err().unwrap().path, root.path().join("file").join(layout::OBJECTS));
}

#[tokio::test]
async fn an_inventory_finds_what_is_missing_damaged_and_foreign() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    let takes: Vec<_> = (0..6).map(name).collect();
    let mut assets = Vec::new();
    for (size, take) in (10..).zip(&takes) {
        assets.push(keep(&store, take, &film(size)).await);
    }
    let found = || Inventory::take(root.path(), takes.iter().zip(&assets)).unwrap();
    let bytes = assets.iter().map(|asset| asset.bytes).sum();
    assert_eq!(found(), Inventory { takes: 6, sound: 6, bytes, findings: vec![] });

    let object = |number: usize| layout::object(&assets[number].digest);
    let overwrite = |path: String, text: &[u8]| {
        fs::remove_file(root.path().join(&path)).ok();
        fs::write(root.path().join(path), text).unwrap();
    };
    overwrite(object(0), &[0; 10]);
    fs::remove_file(root.path().join(object(1))).unwrap();
    fs::remove_file(root.path().join(layout::video(&takes[2]))).unwrap();
    fs::remove_file(root.path().join(layout::sidecar(&takes[3]))).unwrap();
    overwrite(layout::video(&takes[4]), b"short");
    overwrite("shots/notes.txt".into(), b"mine");
    overwrite("objects/stray.mp4".into(), b"mine");
    overwrite("elsewhere.txt".into(), b"not asked about");

    let of = |number: usize| vec![takes[number].clone()];
    let mut expected = vec![
        Finding::Damaged { path: object(0), takes: of(0) },
        Finding::Missing { path: object(1), takes: of(1) },
        Finding::Missing { path: layout::video(&takes[2]), takes: of(2) },
        Finding::Missing { path: layout::sidecar(&takes[3]), takes: of(3) },
        Finding::Damaged { path: layout::video(&takes[4]), takes: of(4) },
        Finding::Foreign { path: "shots/notes.txt".into() },
        Finding::Foreign { path: "objects/stray.mp4".into() },
    ];
    expected.sort();
    let found = found();
    assert_eq!((found.sound, &found.findings), (4, &expected));
    assert!(found.has_losses());

    let nothing = tempfile::tempdir().unwrap();
    assert_eq!(Inventory::take(nothing.path(), []).unwrap(), Inventory::default());
}

async fn keep(store: &Store, take: &TakeName, bytes: &[u8]) -> Asset {
    keep_film(store, take, bytes.to_vec()).await
}

async fn keep_film(store: &Store, take: &TakeName, bytes: Vec<u8>) -> Asset {
    let received = receive_in(store, &bytes, usize::MAX).await;
    let asset = *received.asset();
    store.keep(received, take, "{}".into()).await.unwrap();
    asset
}

/// Receives `bytes` in pieces of this size.
async fn receive_in(store: &Store, bytes: &[u8], piece: usize) -> Received {
    let mut incoming = store.receive();
    for piece in bytes.chunks(piece) {
        incoming.take_in(piece).await.unwrap();
    }
    incoming.finish().await.unwrap()
}

/// Some bytes, different for every size.
fn film(size: usize) -> Vec<u8> {
    let seed = size.to_le_bytes();
    (0..size).map(|at| seed[at % 8].wrapping_add(u8::try_from(at % 251).unwrap())).collect()
}

fn name(number: usize) -> TakeName {
    format!("SH{number:03}_T01").parse().unwrap()
}

/// Every file with its bytes, its identity and the time of its last change.
fn files(root: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u64, SystemTime)> {
    walk(root).into_iter().map(|path| (path.clone(), (fs::read(&path).unwrap(), identity(&path), changed(&path)))).collect()
}

/// The names that begin with a dot.
fn hidden(root: &Path) -> Vec<String> {
    let names = walk(root).into_iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with('.')).collect()
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[cfg(unix)]
fn identity(path: &Path) -> u64 {
    std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap())
}

#[cfg(not(unix))]
fn identity(_: &Path) -> u64 {
    0
}

fn changed(path: &Path) -> SystemTime {
    fs::metadata(path).unwrap().modified().unwrap()
}

#[tokio::test]
async fn what_cannot_be_kept_is_known_before_it_is_there() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    keep(&store, &name(1), &film(10)).await;
    let takes = [name(1), name(2)];
    let before = files(root.path());
    store.try_out(&takes).unwrap();
    assert_eq!(files(root.path()), before, "trying leaves nothing behind");
    assert_eq!(hidden(root.path()), [""; 0]);

    for place in [layout::video(&name(2)), layout::sidecar(&name(2))] {
        let path = root.path().join(place);
        fs::create_dir(&path).unwrap();
        assert_eq!(store.try_out(&takes).unwrap_err().path, path);
        store.try_out([&name(1)]).unwrap();
        fs::remove_dir(&path).unwrap();
    }
    fs::remove_dir_all(root.path().join(layout::SHOTS)).unwrap();
    assert_eq!(store.try_out(&takes).unwrap_err().path, root.path().join(layout::SHOTS));
}

#[tokio::test]
async fn there_is_room_for_one_video_and_not_for_any_number() {
    let root = tempfile::tempdir().unwrap();
    let store = Store::open(root.path()).unwrap();
    store.has_room_for(1).unwrap();
    if cfg!(any(target_os = "linux", target_os = "macos")) {
        let error = store.has_room_for(usize::MAX).unwrap_err();
        assert_eq!((error.path.as_path(), error.source.kind()), (root.path(), std::io::ErrorKind::StorageFull));
        assert!(error.source.to_string().contains("a video may have 4.1 MB"), "{}", error.source);
        keep(&store, &name(1), &film(5_000_000)).await;
        let error = store.has_room_for(usize::MAX).unwrap_err();
        assert!(error.source.to_string().contains("a video may have 5.0 MB"), "as long as the longest: {}", error.source);
    }
}
