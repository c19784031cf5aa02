//! Mapped tasks whose inputs ran again (S-4.17 to S-4.22).

use crate::harness::Play;

fn expanded() -> Play {
    let mut play = Play::with_dag("z -> m -> after; m: map=z");
    play.run("trigger r; z pushes 3; m[0] ok; m[1] ok; m[2] ok; after ok");
    play
}

/// S-4.18, with S-4.19 for the empty list.
#[test]
fn every_length_after_every_length() {
    let mut play = expanded();
    play.run("clear; z pushes 5");
    assert_eq!(
        play.show(),
        "running | after:- m[0]#2:running m[1]#2:running m[2]#2:running m[3]:running m[4]:running z#2:success"
    );
    play.run("m[0] ok; m[1] ok; m[2] ok; m[3] ok; m[4] ok; after ok; clear; z pushes 1");
    assert_eq!(
        play.show(),
        "running | after#2:- m[0]#3:running m[1]#2:removed m[2]#2:removed m[3]:removed m[4]:removed z#3:success"
    );
    play.run("m[0] ok; after ok; clear; z pushes 0");
    assert_eq!(
        play.show(),
        "success | after#3:skipped m:skipped m[0]#3:removed m[1]#2:removed m[2]#2:removed m[3]:removed m[4]:removed z#4:success"
    );
    play.run("clear; z pushes 2");
    assert_eq!(
        play.show(),
        "running | after#3:- m[0]#4:running m[1]#3:running m[2]#2:removed m[3]:removed m[4]:removed z#5:success"
    );
    play.run("m[0] ok; m[1] ok; after ok");
    assert!(play.show().starts_with("success | after#4:success"), "{}", play.show());
}

#[test]
fn a_restart_in_between_changes_nothing() {
    let mut play = expanded();
    play.run("clear; restart; wait 1; z pushes 1; restart; wait 1; m[0] ok; after ok");
    assert!(play.show().starts_with("success |"), "{}", play.show());
    assert!(play.show().contains("m[1]:removed m[2]:removed"), "{}", play.show());
}

#[test]
fn an_unknown_length_is_left_alone() {
    let mut play = expanded();
    play.run("clear; z ok-none");
    assert_eq!(play.show(), "running | after:- m[0]#2:running m[1]#2:running m[2]#2:running z#2:success");
}

#[test]
fn a_running_instance_beyond_the_new_length_is_stopped() {
    let mut play = Play::with_dag("z -> m; m: map=z, retries=1");
    play.run("trigger r; z pushes 3; m[0] retry; m[1] ok; clear z; z pushes 1; wait 301");
    assert_eq!(play.show(), "running | m[0]#2:running m[1]:removed m[2]:removed z#2:success");
    assert_eq!(play.killed.len(), 1);
}

#[test]
fn the_tasks_of_a_group_stay_paired() {
    let mut play = Play::with_dag("z -> p -> q; group g over z: p, q");
    play.run("trigger r; z pushes 2; p[0] ok; p[1] ok; q[0] ok; q[1] ok; clear; z pushes 3; p[1] fail");
    assert_eq!(
        play.show(),
        "running | p[0]#2:running p[1]#2:failed p[2]:running q[0]:- q[1]:upstream_failed q[2]:- z#2:success"
    );
    play.run("p[0] ok; p[2] ok; q[0] ok; q[2] ok");
    assert!(play.show().starts_with("failed |"), "{}", play.show());
}

#[test]
fn what_comes_back_keeps_its_history() {
    // S-4.22, S-1.51
    let mut play = expanded();
    play.run("clear; z pushes 1; m[0] ok; after ok; clear; z pushes 2; m[0] ok; m[1] ok; after ok");
    assert!(play.show().contains("m[1]#2:success m[2]:removed"), "{}", play.show());
    let tries: Vec<_> = play.archive.iter().filter(|t| t.task_id.as_str() == "m" && t.map_index == 1).collect();
    assert_eq!(tries.len(), 1, "{}", play.history());
}
