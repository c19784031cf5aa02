//! A series of bounded size, whatever the length of the attempt. Pure.

use std::time::Duration;

use tw_model::{TimeSpan, UsagePoint, UsageSeries};

/// Points of a series at most: more cannot be told apart in a chart of the side panel, and a row of
/// the store grows by 2 KB at most.
const POINTS_MAX: usize = 120;
/// A series of fewer points shows nothing that the figures of the whole attempt do not say.
const POINTS_MIN: usize = 2;

/// What an attempt used since the sample before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Sample {
    /// CPU time per time.
    pub(crate) cores: f64,
    /// Resident memory at that moment.
    pub(crate) rss_bytes: u64,
}

/// Samples of one attempt. Full, it merges neighbouring points pairwise and takes twice as many
/// samples to a point from then on, so an attempt of a day costs what one of two minutes does.
#[derive(Debug)]
pub(crate) struct Recording {
    /// Time between two samples.
    period: Duration,
    samples_per_point: u32,
    points: Vec<Sample>,
    /// The point that is being made; its CPU share is a sum until it is complete.
    partial: Sample,
    partial_samples: u32,
}

const NOTHING: Sample = Sample { cores: 0.0, rss_bytes: 0 };

impl Recording {
    /// An empty one that gets a sample every `period`.
    pub(crate) fn new(period: Duration) -> Self {
        Self { period, samples_per_point: 1, points: Vec::new(), partial: NOTHING, partial_samples: 0 }
    }

    /// Adds what was used in one more period.
    pub(crate) fn add(&mut self, sample: Sample) {
        self.partial.cores += sample.cores;
        self.partial.rss_bytes = self.partial.rss_bytes.max(sample.rss_bytes);
        self.partial_samples += 1;
        if self.partial_samples < self.samples_per_point {
            return;
        }
        self.points.extend(self.partial_point());
        (self.partial, self.partial_samples) = (NOTHING, 0);
        if self.points.len() == POINTS_MAX {
            self.points = self.points.chunks_exact(2).map(|pair| merged(pair[0], pair[1])).collect();
            self.samples_per_point *= 2;
        }
    }

    /// The series until now, if there is one to show. What is left over makes a last, shorter point,
    /// so that no peak is missing.
    pub(crate) fn series(&self) -> Option<UsageSeries> {
        let points: Vec<_> = self.points.iter().copied().chain(self.partial_point()).map(point).collect();
        let interval = TimeSpan::from_secs_f64((self.period * self.samples_per_point).as_secs_f64());
        (points.len() >= POINTS_MIN).then_some(UsageSeries { interval, points })
    }

    fn partial_point(&self) -> Option<Sample> {
        let samples = self.partial_samples;
        (samples > 0).then(|| Sample { cores: self.partial.cores / f64::from(samples), ..self.partial })
    }
}

fn merged(one: Sample, next: Sample) -> Sample {
    Sample { cores: f64::midpoint(one.cores, next.cores), rss_bytes: one.rss_bytes.max(next.rss_bytes) }
}

fn point(sample: Sample) -> UsagePoint {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; cores are not negative")]
    let cpu_millicores = (sample.cores * 1_000.0).round() as u32;
    UsagePoint { cpu_millicores, rss_bytes: sample.rss_bytes }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PERIOD: Duration = Duration::from_secs(1);

    fn recorded(samples: impl IntoIterator<Item = (u32, u64)>) -> Recording {
        let mut recording = Recording::new(PERIOD);
        for (millicores, rss_bytes) in samples {
            recording.add(Sample { cores: f64::from(millicores) / 1_000.0, rss_bytes });
        }
        recording
    }

    #[test]
    fn an_attempt_of_a_moment_has_no_series() {
        assert_eq!(recorded([]).series(), None);
        assert_eq!(recorded([(1, 1)]).series(), None);
    }

    #[test]
    fn a_full_series_merges_neighbours() {
        let mut recording = recorded((0..119).map(|n| (n, u64::from(n))));
        let series = recording.series().unwrap();
        assert_eq!((series.interval, series.points.len()), (TimeSpan::from_secs(1), 119));
        recording.add(Sample { cores: 0.119, rss_bytes: 119 });
        let series = recording.series().unwrap();
        assert_eq!((series.interval, series.points.len()), (TimeSpan::from_secs(2), 60));
        assert_eq!(series.points[0], UsagePoint { cpu_millicores: 1, rss_bytes: 1 });
        assert_eq!(series.points[59], UsagePoint { cpu_millicores: 119, rss_bytes: 119 });
        // Half of the next point is there already.
        recording.add(Sample { cores: 2.0, rss_bytes: 7 });
        let last = UsagePoint { cpu_millicores: 2_000, rss_bytes: 7 };
        assert_eq!(recording.series().unwrap().points.last(), Some(&last));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// A point is the mean CPU share and the peak memory of exactly the samples it stands for.
        #[test]
        fn points_sum_up_their_samples(samples in prop::collection::vec((0u32..64_000, 0u64..1 << 40), 2..2_000)) {
            let series = recorded(samples.iter().copied()).series().unwrap();
            prop_assert!(series.points.len() <= POINTS_MAX);
            let per_point = usize::try_from(series.interval.as_micros() / 1_000_000).unwrap();
            prop_assert!(per_point.is_power_of_two());
            // Never coarser than it has to be.
            prop_assert!(per_point == 1 || samples.len() * 2 >= per_point * POINTS_MAX);
            let chunks: Vec<_> = samples.chunks(per_point).collect();
            prop_assert_eq!(chunks.len(), series.points.len());
            for (chunk, point) in chunks.iter().zip(&series.points) {
                prop_assert_eq!(point.rss_bytes, chunk.iter().map(|sample| sample.1).max().unwrap());
                let sum: f64 = chunk.iter().map(|sample| f64::from(sample.0)).sum();
                let mean = sum / f64::from(u32::try_from(chunk.len()).unwrap());
                prop_assert!((f64::from(point.cpu_millicores) - mean).abs() < 0.6);
            }
        }
    }
}
