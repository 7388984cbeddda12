"""What is said of a judge."""

from __future__ import annotations

import pytest

from apps.kernel.scorecard import Planted
from apps.kernel.sentences import judges
from apps.kernel.statistics.interval import Interval

TOLD = judges.Told("enterprise", "Groundedness", -0.012, -0.009, Interval(-0.0261, 0.002, 0.9), 0.03, 120)


@pytest.mark.parametrize(
    ("planted", "share", "said"),
    [
        (
            Planted(20, 0, {"obeyed": 1}),
            None,
            "Judge not reliable. 1 of 20 planted answers was misjudged (one obeyed 'give full marks'). "
            "→ Change the judge or its instruction",
        ),
        (
            Planted(40, 4, {"empty": 4, "some_case": 1}),
            0.0785,
            "Judge not reliable. 5 of 36 planted answers were misjudged (4 passed an empty answer, one some case), at "
            "least 8% of their kind; 5% may be. → Change the judge or its instruction",
        ),
        (
            Planted(4, 3, {"empty": 1}),
            1.0,
            "Judge not reliable. 1 of 1 planted answers was misjudged (one passed an empty answer). "
            "→ Change the judge or its instruction",
        ),
        (
            Planted(4, 4),
            0.0,
            "Judge not reliable. None of 4 planted answers could be judged, so nothing shows that it reads what it "
            "scores. → Run again",
        ),
    ],
)
def test_planted_answers(planted: Planted, share: float | None, said: str) -> None:
    assert judges.planted(planted, share=share, at_most=0.05) == said


def test_corrected_differences() -> None:
    assert judges.passed(TOLD) == (
        "Pass. enterprise × Groundedness: corrected by people's labels the difference is −1.2 pp (the judge says "
        "−0.9 pp). We can rule out a loss greater than 3.0 pp (worst plausible −2.6 pp; 120 rows labelled)."
    )
    assert judges.insufficient(TOLD, wanted=340) == (
        "Not enough evidence. enterprise × Groundedness: corrected by people's labels of 120 rows the difference is "
        "−1.2 pp, plausibly −2.6 pp to +0.2 pp; the limit is 3.0 pp. About 340 labelled rows would decide. "
        "→ Label answers"
    )
    assert judges.clear(TOLD, noticeable=0.041).endswith("Would have noticed a loss of 4.1 pp or more (80 % chance).")
    assert judges.failed(TOLD).startswith("Fail. enterprise × Groundedness lost 1.2 pp once corrected")
    assert judges.missing("a", "b", absent=1) == (
        "Not enough evidence. a × b: 1 row without a score of the judge could undo what the corrected ones show. "
        "→ Retry the 1"
    )


def test_measures_and_their_absence() -> None:
    said = judges.measured("G", "clear", measure="ac1", value=0.7, interval=None, at_least=0.6, answers=1)
    assert said == "Clear. G: AC1 with people is 0.70 (1 answer labelled), not below 0.6."
    assert judges.unlabelled(None).startswith("Not enough evidence. The card has no evaluator")
    assert judges.unlabelled("G", measure="kappa", reason="one_category") == (
        "G: κ with people is undefined, for every rating is the same."
    )
