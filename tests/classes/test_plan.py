"""From a stored schema to the declared one: every step is told, and nothing is lost unasked."""

from dataclasses import replace

import pytest

from parse_shim.classes.model import NUMBER, STRING, ClassDef, FieldType
from parse_shim.classes.plan import DROP, KEEP, Policy, make_plan, plan_class
from parse_shim.classes.system import complete

SCORE = complete(ClassDef("Score", {"a": STRING, "n": NUMBER}))


def declared(**changes):
    return replace(SCORE, **changes)


def lines(stored, wanted, policy=KEEP):
    return [str(step) for step in plan_class(stored, wanted, policy).steps]


@pytest.mark.parametrize(
    ("wanted", "steps"),
    [
        (SCORE, []),
        (SCORE.with_fields({"b": FieldType("Pointer", "P")}), ["+ add field Score.b Pointer<P>"]),
        (
            SCORE.with_fields({"n": FieldType("Number", required=True, default=0)}),
            ["+ change field Score.n from Number to Number required, default 0"],
        ),
        (SCORE.with_fields({"n": STRING}), ["? field Score.n is declared as String but stored as Number"]),
        (SCORE.without_fields({"n"}), ["= field Score.n Number is stored but not declared"]),
        (declared(permissions={"find": {}}), ["+ change permissions of Score: find"]),
        (declared(indexes={"a_1": {"a": 1}}), ["+ add index Score.a_1 (a 1)"]),
    ],
)
def test_each_difference_is_a_step(wanted, steps):
    assert lines(SCORE, wanted) == steps


@pytest.mark.parametrize(
    ("wanted", "steps", "dropped"),
    [
        (SCORE.without_fields({"n"}), ["! drop field Score.n Number with its data"], ("n",)),
        (SCORE.with_fields({"n": STRING}), ["! drop field Score.n Number with its data, and make it anew as String"], ("n",)),
    ],
)
def test_columns_are_lost_only_when_asked(wanted, steps, dropped):
    plan = plan_class(SCORE, wanted, DROP)
    assert ([str(step) for step in plan.steps], plan.dropped) == (steps, dropped)
    assert plan_class(SCORE, wanted, KEEP).dropped == ()


def test_the_columns_of_the_server_are_never_dropped():
    stored = complete(ClassDef("_User"))
    assert plan_class(stored, ClassDef("_User"), DROP).dropped == ()


def test_an_index_is_replaced_under_its_name_and_kept_when_not_declared():
    stored = declared(indexes={"a_1": {"a": 1}, "old": {"n": 1}})
    wanted = declared(indexes={"a_1": {"a": -1}})
    assert lines(stored, wanted) == ["+ change index Score.a_1 (a -1)", "= index Score.old (n 1) is stored but not declared"]
    plan = plan_class(stored, wanted, Policy(drop_indexes=True))
    assert plan.wanted.indexes == {"a_1": {"a": -1}}


def test_how_a_default_was_sent_is_no_difference():
    stored = SCORE.with_fields({"n": FieldType("Number", default=1, sent_default=1)})
    plan = plan_class(stored, SCORE.with_fields({"n": FieldType("Number", default=1)}))
    assert (plan.steps, plan.changes) == ((), False)


def test_stored_classes_nobody_declared_are_named_and_stay():
    plan = make_plan(
        {"Score": SCORE, "Old": ClassDef("Old"), "_Role": ClassDef("_Role"), "_Join:a:B": ClassDef("_Join:a:B")}, [SCORE], DROP
    )
    assert [str(step) for step in plan.steps] == ["= class Old is stored but not declared"]
    assert not plan.changes


def test_a_new_class_is_told_with_its_own_columns():
    plan = make_plan({}, [SCORE])
    assert [str(step) for step in plan.steps] == ["+ create class Score (a String, n Number)"]
    assert plan.classes[0].wanted == SCORE
