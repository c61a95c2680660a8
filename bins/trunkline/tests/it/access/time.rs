//! What belongs to others, against what does not exist: the same answer, in the same time.

use std::time::{Duration, Instant};

use rstest::rstest;
use uuid::Uuid;

use super::SETTINGS;
use super::rows::{Row, rows};
use super::scene::{Object, Scene, Target, Who};
use crate::engine::Engine;
use crate::payments::till::Till;

/// How often each of the two is asked, in turns.
const ROUNDS: usize = 60;

/// The same kind of thing, which nobody has.
fn absent(target: &Target) -> Target {
    let other = |value: &String| {
        if value.parse::<Uuid>().is_ok() { Uuid::now_v7().to_string() } else { value.clone() }
    };
    target.iter().map(|(name, value)| (*name, other(value))).collect()
}

/// A quarter of the answers came within it: noise only ever adds time.
fn quartile(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 4]
}

async fn timed(scene: &Scene, row: &Row, target: &Target) -> (Duration, (u16, String)) {
    let began = Instant::now();
    let answer = scene.ask(row, Who::Stranger, target).await;
    (began.elapsed(), answer)
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_anothers_answers_as_what_does_not_exist(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let scene = Scene::new(Till::on(engine, "500.00", &SETTINGS).await).await;
    let theirs =
        rows().into_iter().filter(|row| row.object != Object::Nothing && row.expected(Who::Stranger) == 404);
    for row in theirs {
        let theirs = scene.shared(row.object).clone();
        let nobodys = absent(&theirs);
        let (mut found, mut missed) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            let (took, answer) = timed(&scene, &row, &theirs).await;
            let (took_missed, answer_missed) = timed(&scene, &row, &nobodys).await;
            assert_eq!(answer, answer_missed, "{} {}", row.method, row.path);
            found.push(took);
            missed.push(took_missed);
        }
        let (found, missed) = (quartile(found), quartile(missed));
        let apart = found.abs_diff(missed);
        let allowed = found.max(missed) / 4 + Duration::from_micros(300);
        assert!(
            apart <= allowed,
            "{} {}: {found:?} for another's, {missed:?} for nobody's",
            row.method,
            row.path
        );
    }
}
