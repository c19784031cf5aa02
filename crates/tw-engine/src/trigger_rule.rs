//! Trigger rules as formulas over counts (S-3.21 to S-3.24).

use tw_model::TriggerRule;

use crate::instance::Tally;

/// What a trigger rule says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Verdict {
    /// The task may run.
    Run,
    /// Nothing yet.
    Wait,
    /// It will not run, by decision.
    Skip,
    /// It will not run, because of a failure.
    UpstreamFailed,
}

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Upstreams {
    /// Upstream instances by finished state.
    pub(crate) tally: Tally,
    /// How many there are.
    pub(crate) total: u32,
    /// Whether the task has direct upstream setups, and their states (for teardowns).
    pub(crate) setups: Option<Tally>,
}

/// Applies `rule` (rows S-3.24a to S-3.24m): first the state-setting column, then the passing one.
pub(crate) fn evaluate(rule: TriggerRule, upstreams: &Upstreams) -> Verdict {
    use Verdict::{Run, Skip, UpstreamFailed, Wait};
    let Tally { success, skipped, failed, upstream_failed, removed } = upstreams.tally;
    let total = upstreams.total;
    if total == 0 && upstreams.tally.done() == 0 {
        return Run;
    }
    let bad = failed + upstream_failed;
    let done = upstreams.tally.done() >= total;
    let reached = |count: u32| count >= total;
    let when = |met: bool| if met { Run } else { Wait };
    match rule {
        TriggerRule::Always => Run,
        TriggerRule::AllSuccess if bad > 0 => UpstreamFailed,
        TriggerRule::AllSuccess if skipped > 0 => Skip,
        TriggerRule::AllSuccess => when(reached(success + removed)),
        TriggerRule::AllFailed if success + skipped > 0 => Skip,
        TriggerRule::AllFailed => when(reached(bad + removed)),
        TriggerRule::AllDone => when(done),
        TriggerRule::AllDoneMinOneSuccess if skipped > 0 => Skip,
        TriggerRule::AllDoneMinOneSuccess if reached(bad + removed + skipped) && success == 0 => UpstreamFailed,
        TriggerRule::AllDoneMinOneSuccess => when(reached(success + bad + removed) && success > 0),
        TriggerRule::AllDoneSetupSuccess => teardown(done, upstreams.setups),
        TriggerRule::OneSuccess if success > 0 => Run,
        TriggerRule::OneSuccess if done && reached(skipped) => Skip,
        TriggerRule::OneSuccess if done => UpstreamFailed,
        TriggerRule::OneSuccess => Wait,
        TriggerRule::OneFailed if bad > 0 => Run,
        TriggerRule::OneFailed if done => Skip,
        TriggerRule::OneFailed => Wait,
        TriggerRule::OneDone if success + failed > 0 => Run,
        TriggerRule::OneDone if done => Skip,
        TriggerRule::OneDone => Wait,
        TriggerRule::NoneFailed if bad > 0 => UpstreamFailed,
        TriggerRule::NoneFailed => when(reached(success + skipped + removed)),
        TriggerRule::NoneFailedMinOneSuccess if bad > 0 => UpstreamFailed,
        TriggerRule::NoneFailedMinOneSuccess if reached(skipped) => Skip,
        TriggerRule::NoneFailedMinOneSuccess if done && success == 0 => UpstreamFailed,
        TriggerRule::NoneFailedMinOneSuccess => when(reached(success + skipped + removed) && success > 0),
        TriggerRule::NoneSkipped if skipped > 0 => Skip,
        TriggerRule::NoneSkipped => when(done),
        TriggerRule::AllSkipped if success + bad > 0 => Skip,
        TriggerRule::AllSkipped => when(reached(skipped)),
    }
}

/// S-3.24e: a teardown runs once all is done and one of its setups succeeded.
fn teardown(done: bool, setups: Option<Tally>) -> Verdict {
    match (done, setups) {
        (false, _) => Verdict::Wait,
        (true, None) => Verdict::Run,
        (true, Some(setups)) if setups.success > 0 => Verdict::Run,
        (true, Some(setups)) if setups.skipped >= setups.done() => Verdict::Skip,
        (true, Some(_)) => Verdict::UpstreamFailed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upstreams(states: &str) -> Upstreams {
        let mut tally = Tally::default();
        for c in states.chars() {
            match c {
                's' => tally.success += 1,
                'f' => tally.failed += 1,
                'k' => tally.skipped += 1,
                'u' => tally.upstream_failed += 1,
                'r' => {}
                other => panic!("unknown state {other}"),
            }
        }
        Upstreams { tally, total: states.len() as u32, setups: None }
    }

    fn check(header: &str, table: &str) {
        let columns: Vec<&str> = header.split_whitespace().collect();
        for line in table.lines().filter(|l| !l.trim().is_empty()) {
            let (rule, cells) = line.trim().split_once(char::is_whitespace).unwrap();
            let rule: TriggerRule = rule.parse().unwrap();
            let cells: Vec<&str> = cells.split_whitespace().collect();
            assert_eq!(cells.len(), columns.len(), "{line}");
            for (states, cell) in columns.iter().zip(cells) {
                let expected = match cell {
                    "run" => Verdict::Run,
                    "skip" => Verdict::Skip,
                    "UF" => Verdict::UpstreamFailed,
                    "-" => Verdict::Wait,
                    other => panic!("unknown cell {other}"),
                };
                assert_eq!(evaluate(rule, &upstreams(states)), expected, "{rule} with upstreams {states}");
            }
        }
    }

    #[test]
    fn finished_upstreams_as_observed_on_airflow() {
        check(
            "s f k u ss sf sk su fk kk ku",
            "all_success                 run  UF   skip UF   run  UF   skip UF   UF   skip UF
             all_failed                  skip run  skip run  skip skip skip skip skip skip skip
             all_done                    run  run  run  run  run  run  run  run  run  run  run
             always                      run  run  run  run  run  run  run  run  run  run  run
             all_done_setup_success      run  run  run  run  run  run  run  run  run  run  run
             all_done_min_one_success    run  UF   skip UF   run  run  skip run  skip skip skip
             all_skipped                 skip skip run  skip skip skip skip skip skip run  skip
             none_failed                 run  UF   run  UF   run  UF   run  UF   UF   run  UF
             none_failed_min_one_success run  UF   skip UF   run  UF   run  UF   UF   skip UF
             none_skipped                run  run  skip run  run  run  skip run  skip skip skip
             one_done                    run  run  skip skip run  run  run  run  run  skip skip
             one_failed                  skip run  skip run  skip run  skip run  run  skip run
             one_success                 run  UF   skip UF   run  run  run  run  UF   skip UF",
        );
    }

    #[test]
    fn one_upstream_still_running_as_observed_on_airflow() {
        check(
            "r sr fr kr ur skr sfr kkr kfr",
            "all_success                 -    -    UF   skip UF   skip UF   skip UF
             all_failed                  -    skip -    skip -    skip skip skip skip
             all_done                    -    -    -    -    -    -    -    -    -
             all_done_setup_success      -    -    -    -    -    -    -    -    -
             always                      run  run  run  run  run  run  run  run  run
             all_done_min_one_success    -    -    -    skip -    skip -    skip skip
             all_skipped                 -    skip skip -    skip skip skip -    skip
             none_failed                 -    -    UF   -    UF   -    UF   -    UF
             none_failed_min_one_success -    -    UF   -    UF   -    UF   -    UF
             none_skipped                -    -    -    skip -    skip -    skip skip
             one_done                    -    run  run  -    -    run  run  -    run
             one_failed                  -    -    run  -    run  -    run  -    run
             one_success                 -    run  -    -    -    run  run  -    -",
        );
    }
}
