"""What is said of a global figure that the mix moved."""

from __future__ import annotations

from apps.kernel.sentences import mix


def test_a_hidden_loss_is_named_with_its_share_of_traffic() -> None:
    assert mix.hidden("E", "b", whole=-0.01, delta=-0.2, share=0.05) == (
        "E: −1.0 pp on all traffic hides −20.0 pp in b (5.0 % of traffic)."
    )


def test_a_shift_is_told_between_its_two_mixes() -> None:
    said = {"golden": -0.01, "live": -0.001, "mix": 0.009}
    assert mix.by_rows("E", **said) == (
        "E: by share of rows the difference would read −1.0 pp, by traffic it is −0.1 pp; "
        "the mix of cohorts makes +0.9 pp of that."
    )
    assert mix.by_live_traffic("E", **said) == (
        "E: −1.0 pp by the weights of the card, −0.1 pp by live traffic; the mix of cohorts makes +0.9 pp of that."
    )
