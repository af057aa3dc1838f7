"""What a display of a run shows, and what it never does."""

from __future__ import annotations

import sluice
from sluice.display import html, text
from sluice.node_log import MOST_POINTS, NodeLog, shown_line


class Pages:
    """A server that has a log in pages."""

    def __init__(self, *pages: list[str]) -> None:
        self.pages = list(pages)
        self.asked: list[str] = []

    def ask(self, _: str, path: str) -> dict:
        self.asked.append(path)
        count = len(self.asked)
        lines = self.pages.pop(0) if self.pages else []
        made = [{"message": line, "cursor": f"{count}.{index}"} for index, line in enumerate(lines)]
        return {"lines": made, **({"nextCursor": f"{count}.next"} if self.pages else {})}


def test_a_line_holds_no_signed_url_no_key_and_no_control_characters():
    for line, expected in {
        "GET https://b.s3.amazonaws.com/k?X-Amz-Signature=abc&X-Amz-Credential=x done": "GET https://b.s3.amazonaws.com/k?… done",
        "\x1b[31mred\x1b[0m\x07": "red",
        "git clone https://me:pw@host/repo": "git clone https://…@host/repo",
        "Authorization: Bearer abc.def": "Authorization: …",
        "aws_secret_access_key=abc": "aws_secret_access_key=…",
        '{"token": "abc", "loss": 1}': '{"token": …, "loss": 1}',
        "key AKIAIOSFODNN7EXAMPLE here": "key … here",
        "tokens=12 epoch=3": "tokens=12 epoch=3",
        "x" * 5000: "x" * 299 + "…",
    }.items():
        assert shown_line(line) == expected


def test_a_log_is_read_on_from_where_the_last_look_ended_and_metrics_are_found_in_it():
    pages = Pages(["loss=3", "loss=nan"], ["loss=1 acc=0.5"])
    log = NodeLog(pages, "/logs", {"loss": r"loss=(\S+)", "acc": r"acc=(\S+)", "broken": "("})  # type: ignore[arg-type]
    log.read()
    assert list(log.lines) == ["loss=3", "loss=nan", "loss=1 acc=0.5"]
    assert log.series["acc"] == [0.5] and log.series["loss"][0] == 3 and log.series["loss"][2] == 1
    pages.pages = [["loss=0.5"]]
    log.read()
    assert pages.asked == ["/logs", "/logs?cursor=1.next", "/logs?cursor=2.0"]
    pages.pages = [[f"loss={index}" for index in range(3000)]]
    log.read()
    assert len(log.series["loss"]) <= MOST_POINTS and len(log.lines) == 30


HOSTILE = "<script>alert(1)</script>"
RUN = {
    "id": "r-1",
    "workflow": HOSTILE,
    "phase": "Failed",
    "durationMs": 61_000,
    "cost": {"onDemand": 0.0123},
    "nodes": [
        {
            "id": "train",
            "type": "training",
            "phase": "Succeeded",
            "dependsOn": [],
            "attempt": 1,
            "durationMs": 1500,
            "costUsd": 0.01,
            "instanceType": "ml.m5.large",
            "metrics": {HOSTILE: 2.0, "loss": 0.5},
            "series": {"loss": [3.0, float("nan"), 1.0, 0.5]},
            "log": [HOSTILE, "loss=0.5"],
        },
        {"id": HOSTILE, "type": "processing", "phase": "Failed", "dependsOn": ["train"], "attempt": 1, "log": ["bad"]},
    ],
    "outputs": {"model": "https://b/k?X-Amz-Signature=abc", HOSTILE: {"a": HOSTILE}},
    "error": {"message": f"{HOSTILE} https://b/k?X-Amz-Signature=abc"},
}


def test_a_display_has_graph_times_costs_plots_and_logs_and_all_of_it_is_escaped():
    shown = html(RUN)
    assert "<script" not in shown and "X-Amz-Signature" not in shown + text(RUN)
    for part in ["1 min 1 s", "$0.0123 on SageMaker", "$0.0100", "Succeeded · 1.5 s", "<polyline points=", "loss 0.5"]:
        assert part in shown
    # The log of what has failed is open, the others are folded.
    assert shown.count("<details>") == 1 and shown.count("<details open>") == 1
    assert "nan" not in shown


def test_a_run_shows_the_log_and_the_metrics_of_its_steps(load, sluice_session_server):
    module = load("""
from sluice import training_task, workflow

@training_task(metric_definitions={"loss": r"loss=(\\S+)"})
def fit(epochs: int) -> float:
    for epoch in range(epochs):
        print(f"loss={1 / (epoch + 1)}")
    return 1.0

@workflow
def flow(epochs: int = 5) -> float:
    return fit(epochs=epochs)
""")
    execution = sluice.run(module.flow, wait=True)
    [node] = execution.look()["nodes"]
    assert node["series"]["loss"] == [1.0, 0.5, 1 / 3, 0.25, 0.2]
    assert node["metrics"]["loss"] == 0.2 and node["costUsd"] > 0
    shown = execution._repr_mimebundle_()["text/html"]
    assert "log of fit" in shown and "loss=0.25" in shown and "<polyline" in shown
