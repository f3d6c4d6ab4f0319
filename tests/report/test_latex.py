from __future__ import annotations

from collections.abc import Callable

from ltk8s.report import collect
from ltk8s.report.latex import to_latex
from ltk8s.report.latex_text import escaped
from ltk8s.store import Store
from ltk8s.store.runs import RunRecord

MakeRun = Callable[..., RunRecord]


def test_the_table_has_a_line_a_technique_and_its_interval_below(store: Store, make_run: MakeRun) -> None:
    text = to_latex(collect(store, [make_run("baseline", (90, 50, 10)), make_run("stack-wl", (88, 60, 40))]))
    assert r"Technique & 0.02 \\" in text
    assert r"Baseline & 50.0 \\" in text
    assert r"Stack wl & 62.7 ($+12.7$$^{*}$) \\" in text
    assert r" & {\footnotesize [$+9.0$, $+16.3$]} \\" in text
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))


def test_each_row_has_as_many_columns_as_the_head(store: Store, make_run: MakeRun) -> None:
    runs = [make_run(name, (90, 50, 10), ratio=ratio) for name in ("baseline", "stack-wl") for ratio in (None, 0.1, 0.02)]
    rows = [line for line in to_latex(collect(store, runs)).splitlines() if line.endswith(r"\\")]
    assert {row.count("&") for row in rows} == {5}  # technique, three ratios, average, the report's


def test_special_characters_are_escaped(store: Store, make_run: MakeRun) -> None:
    assert r"A \& B\_c 50\%" in to_latex(collect(store, [make_run("baseline", (90, 50, 10), title="A & B_c 50%")]))


def test_a_label_that_begins_like_an_argument_is_none(store: Store, make_run: MakeRun) -> None:
    text = to_latex(collect(store, [make_run("baseline", (90, 50, 10), title="[wip]"), make_run("x", (9, 9, 9), title="*")]))
    assert "    {}[wip] &" in text
    assert "    {}* &" in text


def test_what_pdftex_lacks_is_a_command_or_a_number() -> None:
    assert escaped("τ-normalised × 2 –…") == r"\ensuremath{\tau}-normalised \ensuremath{\times} 2 --\dots{}"
    assert escaped("Müller, Łódź, naïve ΑΩ") == r"M\"{u}ller, \L{}\'{o}d\'{z}, na\"{\i}ve A\ensuremath{\Omega}"
    assert escaped("长 ế") == "U+957F U+1EBF"


def test_text_is_ascii_whatever_it_holds() -> None:
    assert escaped("".join(map(chr, range(32, 0x3000)))).isascii()
