"""What single figures show, and which of them a study gets."""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PIL import Image

from ltk8s.report import collect
from ltk8s.report.figures import (
    Drawing,
    architectures,
    bagging,
    bags,
    balancing,
    fit,
    gains,
    heat_map,
    letters,
    lines,
    per_class,
    points,
    reliability,
    staircase,
)
from ltk8s.report.figures.palette import DARK, dark_rules
from ltk8s.report.page import compose, draw
from ltk8s.report.page.panels import sampling, sweeps, training
from ltk8s.report.page.panels.panel import Panel
from ltk8s.report.page.part import Part, parts
from ltk8s.report.study import Study
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord
from tests.report.page.whole_study import whole_study


def texts(drawing: Drawing) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", drawing.svg)


@pytest.fixture
def part(study: Study) -> Part:
    return parts(study)[0]


def test_balancing_says_what_is_removed_and_what_is_added() -> None:
    drawing = balancing.draw("a", "T", [500, 300, 100, 50], 300)
    assert "950 images become 1,200" in drawing.alt  # 4 classes of 300
    assert "200 are removed" in drawing.alt  # 500 - 300
    assert "450 copies added" in drawing.alt  # (300 - 100) + (300 - 50)
    assert "threshold 300" in texts(drawing)


def test_balancing_draws_kept_removed_and_added_in_three_colours() -> None:
    svg = balancing.draw("a", "T", [500, 100], 300).svg
    assert [svg.count(f"fill: {colour}") > 0 for colour in ("#0072b2", "#c3ccd5", "#e69f00")] == [True] * 3


def test_the_bags_hold_the_minority_and_a_share() -> None:
    drawing = bags.draw("a", "T", 100, [51, 50])
    assert {"201", "151", "150"} <= set(texts(drawing))  # all of it; then each bag
    assert "The bags hold 151, 150." in drawing.alt


def test_a_bag_is_on_the_scale_of_the_training_set() -> None:
    whole = bagging.draw("a", "T", [500, 10], majority=[True, False], threshold=120)
    bag = bagging.draw("b", "T", [125, 10], majority=[True, False], top=500)
    ticks = [[text for text in texts(each) if text.isdigit()] for each in (whole, bag)]
    assert ticks[0] == ticks[1]


def test_a_map_writes_every_value_and_leaves_out_what_was_not_tried() -> None:
    data = heat_map.HeatMap("batch size", "lr", ["32", "64"], ["0.001", "0.002"], [[0.61, None], [0.6, 0.655]], (1, 1), (0, 0))
    drawing = heat_map.draw("a", "T", data)
    assert {".610", ".600", ".655", "0.001", "0.002", "32", "64"} <= set(texts(drawing))
    assert "Chosen: 32 × 0.001." in drawing.alt


def test_labels_of_points_that_lie_close_stand_apart() -> None:
    networks = [
        architectures.Network(name, 20e6 + i * 1e5, 0.77) for i, name in enumerate(("resnet50", "densenet121", "resnet34"))
    ]
    svg = architectures.draw("a", "T", networks, measured="test accuracy").svg
    places = [
        re.search(rf'translate\(([\d.]+) ([\d.]+)\)[^>]*>{n.name}<|x="([\d.]+)" y="([\d.]+)"[^>]*>{n.name}<', svg)
        for n in networks
    ]
    assert len({place.groups() for place in places if place}) == 3


@pytest.mark.parametrize("title", [r"Costs $\bad and $y", "5 $ or 10 $"])
def test_a_dollar_sign_is_a_dollar_sign(title: str) -> None:
    line = lines.Line(title, [0, 1], [0, 1])
    assert texts(lines.draw("a", title, [line, line], x_label=title, y_label="y")).count(title) >= 2


def test_a_drawing_on_its_own_is_xml_whatever_its_title_holds() -> None:
    title = 'A > B & C < "D"'
    root = ET.fromstring(balancing.draw("a", title, [500, 100], 300).standalone())
    assert root.get("aria-label", "").startswith(f"{title}. Images per class")
    assert title in list(root.itertext())


def test_networks_scored_out_of_fold_are_not_called_tested(study: Study) -> None:
    ours = study.sweeps[0]
    assert ours.ranking is not None
    ranking = ours.ranking.model_copy(update={"selects": "oof", "folds": 3})
    (panel,) = sweeps.panels(ours.model_copy(update={"ranking": ranking}))
    drawing = panel.drawing()
    assert "out-of-fold accuracy" in texts(drawing)
    assert "Out-of-fold accuracy against parameters" in drawing.alt
    assert "test accuracy" not in drawing.svg.lower()
    assert "resnet50d" not in texts(drawing)  # the student report's are test accuracies


def map_of(study: Study, settings: list[tuple[object, object]]) -> Drawing:
    """The figure of a sweep with these learning rates and batch sizes."""
    grid = study.sweeps[1]
    assert grid.ranking is not None
    points = tuple(
        point.model_copy(update={"settings": {"train.lr": lr, "train.batch_size": size}})
        for (lr, size), point in zip(settings, grid.ranking.points, strict=False)
    )
    ranking = grid.ranking.model_copy(update={"points": points, "best": 0, "chosen": 1})
    (panel,) = sweeps.panels(grid.model_copy(update={"ranking": ranking}))
    return panel.drawing()


def test_a_number_that_yaml_reads_as_a_string_stands_among_the_numbers(study: Study) -> None:
    drawing = map_of(study, [("2e-3", 32), (0.01, 32), ("1e-3", 64), ("none", 64)])
    assert drawing.name.startswith("fig2-")
    assert [text for text in texts(drawing) if text in {"0.001", "0.002", "0.01", "none"}] == ["0.001", "0.002", "0.01", "none"]


def test_one_value_that_is_written_in_two_ways_is_one_row(study: Study) -> None:
    drawing = map_of(study, [(1, 32), (1.0, 64), (2, 32), ("2e0", 64)])
    assert "1 × 32: 0.610; 1 × 64: 0.630; 2 × 32: 0.620; 2 × 64: 0.600." in drawing.alt


def test_a_moving_mean_keeps_a_constant() -> None:
    assert lines.moving_mean([2.0] * 5, 9) == [2.0] * 5


def test_bins_with_few_images_are_not_drawn() -> None:
    each = reliability.Reliability("A", [0.1, 0.5, 0.9], [0.0, 0.5, 1.0], [9, 10, 100], 0.0312)
    drawing = reliability.draw("a", "T", [each])
    assert drawing.svg.count("<use") == 3  # two bins and the legend's
    assert "A (ECE .031)" in texts(drawing)


def test_class_gains_are_counted_by_sign() -> None:
    classes = [per_class.ClassGain("a_b", 500, -3.0), per_class.ClassGain("c", 10, 30.0), per_class.ClassGain("d", 20, 0.0)]
    drawing = per_class.draw("a", "T", classes)
    assert "1 classes gain, 1 lose" in drawing.alt
    assert [text for text in texts(drawing) if re.match(r"a b|c|d", text)] == ["a b  500", "d  20", "c  10"]


def test_what_is_written_is_never_rounded() -> None:
    line = lines.Line("0.005", [0, 1], [0.1, 0.2])
    assert "0.005" in texts(lines.draw("a", "ratio 0.005", [line], x_label="x", y_label="y"))


@pytest.mark.parametrize("error", [0.005, 0.2])
def test_ticks_have_the_digits_that_tell_them_apart(error: float) -> None:
    scores = [points.Score("a", 0.836, error), points.Score("b", 0.842, error)]
    ticks = [text for text in texts(points.draw("x", "t", scores, best=1, chosen=None, measured="m")) if text.startswith(".")]
    assert len(ticks) == len(set(ticks)) > 2


def test_a_drawing_has_names_of_its_own_and_no_rule_for_others() -> None:
    drawing = lines.draw("mine", "T", [lines.Line("a", [0, 1], [0, 1])], x_label="x", y_label="y")
    ids = re.findall(r'id="([^"]+)"', drawing.svg)
    assert ids
    assert all(name.startswith("mine-") for name in ids)
    assert set(re.findall(r"url\(#([^)]+)\)", drawing.svg)) <= set(ids)
    assert "<style" not in drawing.svg


def test_a_drawing_on_its_own_brings_its_dark_colours() -> None:
    drawing = lines.draw("mine", "T", [lines.Line("a", [0, 1], [0, 1])], x_label="x", y_label="y")
    assert dark_rules() in drawing.standalone()


def test_equal_data_make_equal_files() -> None:
    one, other = (balancing.draw("a", "T", [500, 100], 300) for _ in range(2))
    assert (one.svg, one.png) == (other.svg, other.png)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_dark_colours_are_as_many_and_stand_out() -> None:
    assert len(set(DARK.values())) == len(DARK)
    paper = luminance("#15191e")
    drawn = [
        dark for light, dark in DARK.items() if light in ("#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9")
    ]
    assert all((luminance(dark) + 0.05) / (paper + 0.05) >= 3 for dark in drawn)  # WCAG's bound for graphics


def test_the_baseline_comes_first_and_unsubmitted_techniques_last(part: Part) -> None:
    labels = part.labels()
    assert labels[:2] == ["Baseline", "Artificial balancing"]
    assert labels[-1] == "One larger network"


def test_the_best_is_no_other_name_of_the_baseline(part: Part) -> None:
    best = {ratio: cell.title for ratio in part.ratios if (cell := part.best(ratio))}
    assert best == {None: "Stacking", 0.1: "Best", 0.02: "Best", 0.005: "Best"}


def test_bags_are_dealt_from_what_is_above_the_median(part: Part) -> None:
    drawing = next(iter(sampling.dealt(part))).drawing()
    split = part.splits[0.1]
    minority = sum(sorted(split.counts)[:25])
    assert f"{minority:,} images of the minority are in each of 4 bags" in drawing.alt
    assert f"{sum(split.counts) - minority:,} of the majority are dealt" in drawing.alt


def test_weightings_are_compared_on_learners_that_differ_in_nothing_else(study: Study, part: Part) -> None:
    """A bag's learner has the same loss and other images: it stays out."""
    bag = study.curves[3].model_copy(update={"id": "bag", "experiments": ("bagging-wl",), "loss": (9.0,) * 132})
    both = study.model_copy(update={"curves": (bag, *study.curves)})
    pair = next(p for p in training.weightings(both, part) if p.name.endswith("ins-ens"))
    assert "ends at 9" not in pair.drawing().alt


def test_a_technique_has_one_learning_curve_however_many_share_its_learners(study: Study, part: Part) -> None:
    shared = [
        study.curves[0].model_copy(update={"id": f"seed-{seed}", "fold": None, "experiments": names})
        for seed, names in enumerate(
            (("baseline", "stacking", "best"), ("baseline",), ("stack-wl", "weighted-loss"), ("stack-wl",))
        )
    ]
    panel = next(training.learning_curves(study.model_copy(update={"curves": tuple(shared)}), part))
    legend = [text for text in texts(panel.drawing()) if text in {cell.title for cell in part.cells()}]
    assert legend == ["Baseline", "Stacking / WL"]


def test_pairs_share_their_axes(study: Study, part: Part) -> None:
    drawn = [p.drawing() for p in training.weightings(study, part) if not p.name.endswith(("plain", "accuracy"))]
    assert len(drawn) == 4
    assert len({tuple(text for text in texts(each) if re.fullmatch(r"\d\.\d", text)) for each in drawn}) == 1


@pytest.mark.parametrize(("number", "start"), [(0, "fig1-"), (1, "fig2-"), (2, "sweep-")])
def test_a_sweep_gets_the_figure_that_suits_it(study: Study, number: int, start: str) -> None:
    (panel,) = sweeps.panels(study.sweeps[number])
    assert panel.name.startswith(start)


def test_an_unfinished_sweep_has_no_figure(study: Study) -> None:
    assert list(sweeps.panels(study.sweeps[0].model_copy(update={"ranking": None, "unfinished": "0 of 9"}))) == []


def test_the_reports_networks_stand_beside_ours_on_its_own_data_only(study: Study) -> None:
    ours = study.sweeps[0]
    (panel,) = sweeps.panels(ours)
    assert "resnet50d" in texts(panel.drawing())
    other = ours.model_copy(update={"setting": ours.setting.model_copy(update={"dataset": "glyphs50"})})
    (panel,) = sweeps.panels(other)
    assert "resnet50d" not in texts(panel.drawing())


def twice(change: Callable[[Study], Study]) -> Study:
    """A study with all its cells once more, changed."""
    one = whole_study()
    return one.model_copy(update={"cells": (*one.cells, *change(one).cells)})


def test_two_profiles_are_two_tables_with_figures_of_their_own() -> None:
    both = twice(lambda s: s.model_copy(update={"cells": tuple(c.model_copy(update={"profile": "paper"}) for c in s.cells)}))
    page = compose(both)
    names = [panel.name for panel in page.panels()]
    assert len(names) == len(set(names))
    results = next(section for section in page.sections if section.id == "results")
    assert [group.tables[0].caption for group in results.groups] == ["cifar50, profile cpu", "cifar50, profile paper"]


def test_what_another_profile_balanced_is_not_shown_for_one_that_did_not() -> None:
    both = twice(lambda s: s.model_copy(update={"cells": tuple(c.model_copy(update={"profile": "paper"}) for c in s.cells)}))
    balanced = {part.profile: [panel.name for panel in sampling.balanced(part)] for part in parts(both)}
    assert balanced == {"cpu": [f"fig3-cifar50-cpu-{ratio}" for ratio in ("0-1", "0-02", "0-005")], "paper": []}


def test_two_versions_of_a_data_set_have_figures_of_their_own() -> None:
    both = twice(
        lambda s: s.model_copy(update={"cells": tuple(c.model_copy(update={"fingerprint": "f" * 16}) for c in s.cells)})
    )
    names = [panel.name for panel in compose(both).panels()]
    assert len(names) == len(set(names))


LONG = "05729_Plantae_Tracheophyta_Liliopsida_Asparagales_Orchidaceae_Spiranthes_cernua"
TITLE = "A title of eighty letters, which goes on and on, to the end of the line and beyond"
ODD = ["$a$ and $b", r"\frac{x_{y", "50 % & <b>", "line\nbreak", "\x1b[31mred\x07", "שלום", "قطة", "猫の名前", "a" * 200, ""]


@pytest.fixture
def no_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def size(drawing: Drawing) -> tuple[float, float]:
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing.svg)
    assert found
    return float(found[1]), float(found[2])


@pytest.mark.usefixtures("no_warning")
def test_long_names_are_broken_or_shortened_and_leave_the_axes_their_room() -> None:
    drawing = per_class.draw("a", TITLE, [per_class.ClassGain(LONG, 9, 4.0), per_class.ClassGain("b", 500, -2.0)])
    assert "gain over the baseline, points" in texts(drawing)
    assert "Spiranthes cernua  9" in texts(drawing)
    assert any("…" in text for text in texts(drawing))
    assert len([text for text in texts(drawing) if text in TITLE]) >= 2  # the title, in lines
    (bar,) = re.findall(r'<path d="M ([\d.]+) [\d.]+ L ([\d.]+) [^"]*"[^>]*style="fill: #0072b2"', drawing.svg)
    assert abs(float(bar[1]) - float(bar[0])) > 0.3 * size(drawing)[0]


@pytest.mark.usefixtures("no_warning")
@pytest.mark.parametrize("count", [1, 2, 200, 3000])
def test_any_number_of_classes_is_one_picture(count: int) -> None:
    drawing = per_class.draw("a", "T", [per_class.ClassGain(f"{n}_{LONG}", n, n % 7 - 3) for n in range(count)])
    width, height = Image.open(io.BytesIO(drawing.png)).size
    assert width == 768
    assert height < 65_536
    assert drawing.svg.count("fill: #0072b2") + drawing.svg.count("fill: #d55e00") >= count


@pytest.mark.usefixtures("no_warning")
def test_odd_names_are_drawn_in_every_figure_without_a_warning() -> None:
    assert per_class.draw("a", ODD[0], [per_class.ClassGain(name, n, n) for n, name in enumerate(ODD)]).png
    assert gains.draw("a", TITLE, [gains.Gain(name, 1, (-1, 2), False) for name in ODD]).png
    assert points.draw("a", TITLE, [points.Score(name, 0.5, 0.1) for name in ODD], best=0, chosen=8, measured=TITLE).png
    values = [[0.1] * len(ODD), [0.2] * len(ODD)]
    assert heat_map.draw("a", TITLE, heat_map.HeatMap(LONG, TITLE, ODD[-3:-1], ODD, values, (0, 0), (1, 1))).png
    assert lines.draw("a", TITLE, [lines.Line(name, [0, 1], [0, 1]) for name in ODD], x_label=TITLE, y_label=TITLE).png
    assert reliability.draw("a", TITLE, [reliability.Reliability(name, [0.5], [0.5], [20], 0.1) for name in ODD]).png
    step = staircase.Step(LONG, staircase.Bar(0.5), staircase.Bar(0.6))
    assert staircase.draw("a", TITLE, TITLE, [step] * 7).png
    assert architectures.draw("a", TITLE, [architectures.Network(LONG, 5e6, 0.5)], measured=TITLE).png


def test_what_would_act_on_a_reader_is_shown_as_a_picture_of_it() -> None:
    drawing = per_class.draw("a", "T", [per_class.ClassGain("\x1b[31mred", 9, 4.0)])
    ET.fromstring(drawing.standalone())
    assert "␛[31mred  9" in texts(drawing)


def test_a_letter_that_no_font_has_is_a_number_in_the_png_and_itself_in_the_svg() -> None:
    unknown = "\U000f0000"  # for private use: no font has it
    drawing = per_class.draw("a", unknown, [per_class.ClassGain(unknown, 9, 4.0)])
    assert drawing.missing == unknown
    assert f"{unknown}  9" in texts(drawing)
    assert drawing.png == per_class.draw("a", "U+F0000", [per_class.ClassGain("U+F0000", 9, 4.0)]).png


def test_another_installed_font_is_taken_for_letters_that_the_main_one_lacks() -> None:
    from matplotlib.font_manager import findfont
    from matplotlib.ft2font import FT2Font

    main, other = (FT2Font(findfont(name)).get_charmap() for name in (letters.MAIN, "STIXGeneral"))
    letter = chr(min(code for code in other if code not in main and code > 0x2000 and not 0xE000 <= code < 0xF900))
    assert letters.families("a") == [letters.MAIN]
    assert len(letters.families(letter)) == 2
    assert letters.drawable(letter) == letter
    assert not per_class.draw("a", "T", [per_class.ClassGain(letter, 9, 4.0)]).missing


def test_a_name_that_begins_with_an_underscore_is_in_the_legend() -> None:
    assert "_mine" in texts(lines.draw("a", "T", [lines.Line("_mine", [0, 1], [0, 1])], x_label="x", y_label="y"))
    assert "_mine (ECE .100)" in texts(reliability.draw("a", "T", [reliability.Reliability("_mine", [0.5], [0.5], [20], 0.1)]))
    assert "_mine" in texts(staircase.draw("a", "T", "_mine", [staircase.Step("b", staircase.Bar(0.5), staircase.Bar(0.6))]))


def test_a_number_is_never_broken() -> None:
    assert fit.wrapped("ratio 0.02", 45, 10, lines=2) == "ratio\n0.02"


def test_letters_that_no_font_has_are_named_once(caplog: pytest.LogCaptureFixture) -> None:
    classes = [per_class.ClassGain("\U000f0001\U000f0000", 9, 4.0)]
    panels = [Panel(name, partial(per_class.draw, title="T", classes=classes)) for name in ("a", "b")]
    assert set(draw(panels)) == {"a", "b"}
    (warning,) = caplog.messages
    assert "No installed font has the letters \U000f0000\U000f0001: " in warning
    assert "such as U+F0000" in warning


def test_two_tables_never_share_a_figures_name(store: Store, make_run: Callable[..., RunRecord]) -> None:
    places = [("mine-lab", "cpu", 0.02), ("mine", "lab-cpu", 0.02), ("mine", "lab-cpu", 0.0200001)]
    for dataset, profile, ratio in places:
        where = {"dataset": dataset, "profile": profile, "ratio": ratio}
        make_run("baseline", (90, 50, 10), **where)
        make_run("stack-wl", (90, 60, 40), **where)
    names = [panel.name for panel in compose(collect(store)).panels()]
    assert len(names) == len(set(names)) > 0
