//! An answer that many readers share: made once for all who ask at the same time, and no more often
//! than it is worth.

use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};

/// The last answer, with the number of the change that it contains and when it was made.
type Made<T> = (u64, Instant, T);

/// Makes an answer at most once per gap. Nobody gets one that is older than their question.
#[derive(Debug)]
pub(crate) struct Paced<T> {
    last: Mutex<Option<Made<T>>>,
    gap: Duration,
}

impl<T: Clone> Paced<T> {
    pub(crate) fn new(gap: Duration) -> Self {
        Self { last: Mutex::new(None), gap }
    }

    /// An answer that contains at least the change `version`. `current` tells the newest change.
    pub(crate) async fn get<E>(
        &self,
        version: u64,
        current: impl Fn() -> u64,
        make: impl AsyncFnOnce(u64) -> Result<T, E>,
    ) -> Result<T, E> {
        // Whoever waits here finds what the one before made.
        let mut last = self.last.lock().await;
        if let Some((contained, at, answer)) = last.as_ref() {
            if *contained >= version && at.elapsed() < KEPT_MAX {
                return Ok(answer.clone());
            }
            sleep_until(*at + self.gap).await;
        }
        let contains = current();
        let answer = make(contains).await?;
        *last = Some((contains, Instant::now(), answer.clone()));
        Ok(answer)
    }
}

/// An answer also tells what time has done, of which no change speaks.
const KEPT_MAX: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn one_answer_serves_all_who_may_have_it() {
        let (paced, made) = (Paced::new(Duration::from_millis(300)), AtomicU32::new(0));
        let ask = async |version| {
            let make = async |contains| {
                made.fetch_add(1, Ordering::Relaxed);
                Ok::<_, ()>(contains)
            };
            paced.get(version, || version, make).await.unwrap()
        };
        let begin = Instant::now();
        assert_eq!((ask(1).await, ask(1).await, made.load(Ordering::Relaxed)), (1, 1, 1));
        assert_eq!((ask(2).await, made.load(Ordering::Relaxed)), (2, 2));
        assert!(begin.elapsed() >= Duration::from_millis(300), "a change is not answered faster than the gap");
        assert_eq!(ask(1).await, 2, "newer than asked for is fine");
        tokio::time::advance(KEPT_MAX).await;
        assert_eq!((ask(2).await, made.load(Ordering::Relaxed)), (2, 3));
    }
}
