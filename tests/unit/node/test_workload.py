"""What drives a program, without a program."""

import pytest

from pytest_nodeleak.base.deadline import Deadline
from pytest_nodeleak.node.workload import every, make_runner


class Watched:
    """A program that works by itself, and how often it was looked at."""

    iterations = 0

    def check_alive(self, doing: str) -> None:
        assert doing == "it was watched"


@pytest.mark.parametrize(("n", "seconds", "most"), [(3, 9.0, 3), (512, 0.05, 4), (512, 0.001, 1)])
def test_watching_ends_with_its_time_and_not_with_its_iterations(n, seconds, most):
    app = Watched()
    runner = make_runner(app, every(0.012))
    assert runner.run(n, seconds, Deadline(9)) == app.iterations
    assert 1 <= app.iterations <= most
