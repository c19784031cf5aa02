//! Histories by seed.

use std::time::{Duration, Instant};

use tw_sim::{Plan, Simulation};

/// Seeds of each kind that every test run plays.
const SEEDS: u64 = 150;
/// Where the time-boxed search begins, above the fixed seeds.
const SEARCH_FROM: u64 = 1_000_000;

#[track_caller]
fn play(plan: Plan) {
    if let Err(violation) = Simulation::play(plan) {
        panic!("{violation}");
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn whatever_happens_the_invariants_hold() {
    match number("TRADEWIND_SIM_SEED") {
        Some(seed) => play(Plan::wild(seed)),
        None => (0..SEEDS).for_each(|seed| play(Plan::wild(seed))),
    }
}

#[test]
fn final_states_are_those_of_the_table() {
    match number("TRADEWIND_SIM_SEED") {
        Some(seed) => play(Plan::plain(seed)),
        None => (0..SEEDS).for_each(|seed| play(Plan::plain(seed))),
    }
}

#[test]
fn the_same_seed_gives_the_same_outcomes() {
    for seed in 0..10 {
        let once = Simulation::play(Plan::wild(seed)).map_err(|v| v.to_string()).unwrap();
        let again = Simulation::play(Plan::wild(seed)).map_err(|v| v.to_string()).unwrap();
        assert_eq!(once, again, "seed {seed}");
        assert_ne!(once.digest, 0);
    }
}

#[test]
fn the_histories_are_worth_playing() {
    let summaries = (0..40).map(|seed| Simulation::play(Plan::wild(seed)).map_err(|v| v.to_string()).unwrap());
    let (mut runs, mut begun, mut rebuilds) = (0, 0, 0);
    for summary in summaries {
        runs += summary.runs;
        begun += summary.begun;
        rebuilds += summary.rebuilds;
    }
    assert!(runs > 100 && begun > 500 && rebuilds > 150, "{runs} runs, {begun} attempts, {rebuilds} rebuilds");
}

#[test]
fn further_seeds_for_as_long_as_asked() {
    let Some(seconds) = number("TRADEWIND_SIM_SECONDS") else { return };
    let end = Instant::now() + Duration::from_secs(seconds);
    let mut seed = SEARCH_FROM;
    while Instant::now() < end {
        play(Plan::wild(seed));
        play(Plan::plain(seed));
        seed += 1;
    }
    println!("{} seeds of each kind held", seed - SEARCH_FROM);
}
