import io

import pytest
from rich.console import Console

from ltk8s.cli.live import Lines, epoch_text, frame, progress_text
from ltk8s.cluster.state import JobState
from ltk8s.store.progress import Progress


def progress(step=10, **fields):
    fields = {"epoch": 1.25, "epochs": 2.0, **fields}
    return Progress(attempt="a", phase="training", step=step, steps=40, updated="2026-01-01T00:00:00+00:00", **fields)


def row(id="learner-1", phase="running", kind="learner", **fields):
    return JobState(id=id, kind=kind, phase=phase, **fields)


def text_of(renderable, width=100):
    console = Console(width=width, file=io.StringIO())
    console.print(renderable)
    return console.file.getvalue()


class TestFrame:
    def test_a_running_learner_shows_epoch_speed_time_left_and_loss(self):
        rows = [row(progress=progress(images_per_second=1612.4, eta_seconds=65, loss=1.5, accuracy=0.25))]
        shown = text_of(frame(rows, {"learner-1": "stack-wl lite0"}, width=120, height=20), 120)
        for part in ("stack-wl lite0", "training", "1.2/2", "1,612", "1:05", "1.500", "0.250"):
            assert part in shown

    def test_a_finished_one_shows_its_accuracy(self):
        assert "0.7250" in text_of(frame([row(phase="done", accuracy=0.725)], {}, width=100, height=20))

    def test_the_last_line_counts_phases(self):
        rows = [row("a"), row("b"), row("c", phase="waiting")]
        assert text_of(frame(rows, {}, width=100, height=20)).rstrip().splitlines()[-1].strip() == "2 running, 1 waiting"

    def test_only_what_moves_is_shown_where_not_all_fits(self):
        rows = [*(row(f"done-{i}", phase="done") for i in range(50)), row("moving")]
        shown = text_of(frame(rows, {}, width=100, height=20))
        assert "moving" in shown
        assert "done-1" not in shown
        assert "50 done" in shown

    def test_it_fits_a_narrow_terminal(self):
        rows = [row(progress=progress(images_per_second=1612.4, eta_seconds=65, loss=1.5, accuracy=0.25))]
        shown = text_of(frame(rows, {"learner-1": "stack-wl lite0"}, width=80, height=20), 80)
        for part in ("stack-wl lite0", "training", "1.2/2", "1,612", "1:05", "0.250"):
            assert part in shown


class TestLines:
    def setup_method(self):
        self.written, self.now = [], 0.0
        self.lines = Lines(self.written.append, clock=lambda: self.now)

    def test_one_line_at_each_change_of_phase(self):
        for phase in ("pending", "pending", "running", "running", "done"):
            self.lines.show([row(phase=phase)])
        assert [line.split()[-1] for line in self.written] == ["pending", "running", "done"]

    def test_progress_at_most_every_ten_seconds_for_each_job(self):
        for second in range(25):
            self.now = float(second)
            self.lines.show([row(progress=progress(step=second))])
        assert len(self.written) == 3

    def test_no_line_where_nothing_moved(self):
        for second in (0, 11, 22):
            self.now = float(second)
            self.lines.show([row(progress=progress(step=5))])
        assert len(self.written) == 1

    def test_the_full_name_is_in_each_line(self):
        self.lines.show([row("glyphs50-0-02-lite0-ce-s0-1a2b3c4d5e", phase="failed", failures=2)])
        assert "glyphs50-0-02-lite0-ce-s0-1a2b3c4d5e  failed (2 failed attempts)" in self.written[0]


@pytest.mark.parametrize("epochs", [None, 0.0505])
def test_a_duration_that_is_no_whole_number_of_epochs_is_shown_in_steps(epochs):
    assert epoch_text(progress(epochs=epochs)) == "step 10/40"
    assert progress_text(progress(epochs=epochs)) == "training, step 10/40"


def test_what_is_not_known_yet_is_left_out():
    assert progress_text(progress()) == "training, epoch 1.2/2"
