//! Dynamic task mapping (section 4).

use crate::harness::{Play, check};

#[test]
fn literal_mapping_expands_at_creation() {
    check("m: map=3", "", "running | m[0]:running m[1]:running m[2]:running");
    check("m -> z; m: map=2", "m[0] ok; m[1] ok; z ok", "success | m[0]:success m[1]:success z:success");
    check("m -> z; m: map=2*2", "", "running | m[0]:running m[1]:running m[2]:running m[3]:running z:-");
    check("m -> z; m: map=0", "", "success | m:skipped z:skipped");
}

#[test]
fn runtime_mapping_expands_when_its_input_is_there() {
    let dag = "z -> m -> after; m: map=z";
    check(dag, "", "running | after:- m:- z:running");
    check(dag, "z pushes 2", "running | after:- m[0]:running m[1]:running z:success");
    check(dag, "z pushes 2; m[1] ok; m[0] ok; after ok", "success | after:success m[0]:success m[1]:success z:success");
    check(dag, "z pushes 0", "success | after:skipped m:skipped z:success");
    check(dag, "z ok-none", "failed | after:upstream_failed m:upstream_failed z:success");
    check(dag, "z fail", "failed | after:upstream_failed m:upstream_failed z:failed");
    check(dag, "z skip", "success | after:skipped m:skipped z:skipped");
}

#[test]
fn the_output_of_a_mapped_task_is_as_long_as_what_it_pushed() {
    // S-4.10: an instance that pushed nothing does not count.
    let dag = "z -> m -> n; m: map=z; n: map=m";
    let history = "z pushes 3; m[0] ok; m[1] ok-none; m[2] ok";
    check(dag, history, "running | m[0]:success m[1]:success m[2]:success n[0]:running n[1]:running z:success");
}

#[test]
fn one_failed_instance_fails_what_follows() {
    check("m -> z; m: map=2", "m[0] fail", "running | m[0]:failed m[1]:running z:upstream_failed");
}

#[test]
fn instances_of_a_mapped_group_pair_by_index() {
    // S-3.41
    let dag = "z -> p -> q -> after; group g over z: p, q";
    check(dag, "z pushes 2; p[0] ok", "running | after:- p[0]:success p[1]:running q[0]:running q[1]:- z:success");
    check(
        dag,
        "z pushes 2; p[0] ok; p[1] fail; q[0] ok",
        "failed | after:upstream_failed p[0]:success p[1]:failed q[0]:success q[1]:upstream_failed z:success",
    );
}

#[test]
fn a_literal_group_is_expanded_at_creation() {
    check("p -> q; group g over 2: p, q", "", "running | p[0]:running p[1]:running q[0]:- q[1]:-");
}

#[test]
fn an_empty_group_is_skipped() {
    let dag = "z -> p -> q -> after; group g over z: p, q";
    check(dag, "z pushes 0", "success | after:skipped p:skipped q:skipped z:success");
}

#[test]
fn a_branch_inside_a_mapped_group_decides_per_index() {
    // S-3.14
    let dag = "z -> br -> x, y; br: branch; group g over z: br, x, y";
    check(
        dag,
        "z pushes 2; br[0] follows x; br[1] follows y",
        "running | br[0]:success br[1]:success x[0]:running x[1]:skipped y[0]:skipped y[1]:running z:success",
    );
}

#[test]
fn a_mapped_branch_decides_for_each_instance() {
    let dag = "br -> m, x; br: branch, map=2; m: map=2";
    check(dag, "br[1] follows x", "running | br[0]:running br[1]:success m[0]:- m[1]:skipped x:-");
}

#[test]
fn a_skip_by_task_id_reaches_all_instances() {
    // S-3.19
    let dag = "br -> m; br -> x; br: branch; m: map=2";
    check(dag, "br skips m; br follows x", "running | br:success m[0]:skipped m[1]:skipped x:running");
}

#[test]
fn a_hundred_thousand_instances_are_ordinary() {
    let mut play = Play::with_dag("z -> m -> after; m: map=z");
    play.run("trigger r; z pushes 100000");
    assert_eq!(play.world.attempts().count(), 16, "max_active_tasks");
    play.run("m[0] ok; m[15] ok");
    assert_eq!(play.world.attempts().count(), 16);
}
