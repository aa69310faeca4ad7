"""The time of a measurement: waiting for a processor is none of it, nor are workers' answers."""

import os
import time

from pytest_nodeleak.measuring.budget import Budget
from pytest_nodeleak.node.process.schedule import Schedule


class Waited(Schedule):
    """A process that has waited ``seconds`` for a processor."""

    seconds = 0.0

    def read(self):
        return 0.0, self.seconds


def test_waiting_for_a_processor_is_no_time():
    schedule = Waited(os.getpid())
    budget = Budget(10, schedule)
    schedule.seconds = 4.0
    assert budget.left > 9.9


def test_what_is_known_late_takes_nothing_away():
    budget = Budget(10, Waited(os.getpid()))
    budget.give_back(-0.5)
    assert budget.left > 9.9


def test_a_longer_one_adds_what_is_more():
    budget = Budget(10, Waited(os.getpid()))
    budget.extend(15)
    assert 14.9 < budget.left <= 15
    budget.extend(12)
    assert (budget.seconds, budget.left > 14.9) == (15, True)


def test_workers_and_children_are_asked_beside_it_unless_it_is_the_users():
    for strict in (False, True):
        budget = Budget(10, Waited(os.getpid()), strict=strict)
        with budget.beside():
            time.sleep(0.2)
        assert (budget.left > 9.9) is not strict


def test_what_is_given_back_is_so_once():
    budget = Budget(10, Waited(os.getpid()))
    began = budget.clock()
    with budget.beside():
        time.sleep(0.2)
    budget.give_back(budget.clock() - began)
    assert budget.left <= 10


def test_it_is_extended_for_what_must_be_waited_for_unless_it_is_the_users():
    for strict in (False, True):
        budget = Budget(10, Waited(os.getpid()), strict=strict)
        budget.extend_for(25)
        assert (budget.left > 24.9) is not strict


def test_where_both_wait_at_once_the_clock_does_not_run_back():
    schedule = Waited(os.getpid())
    budget = Budget(10, schedule)
    began = budget.clock()
    schedule.seconds = 60.0
    assert budget.clock() >= began
