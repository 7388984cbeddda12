"""Every claim that the code can answer today, by its number in statistics.md §6."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from simulations import (
    binary,
    canaries,
    corrections,
    coverage,
    divergences,
    drifts,
    error_bars,
    gates,
    graded,
    judged_clusters,
    judges,
    limits,
    money_and_time,
    planted,
    samples,
    scores,
    selection,
    splits,
    text_gaps,
)
from simulations.result import Claim

SEED = 20240611

CLAIMS: Mapping[str, Claim] = MappingProxyType(
    {
        "S-01": binary.false_pass,
        "S-02": binary.false_fail,
        "S-03": binary.many_rows,
        "S-04": graded.bounded_scores,
        "S-05": graded.weighted_cohorts,
        "S-06": graded.clustered_rows,
        "S-07": gates.overall_pass,
        "S-08": gates.overall_fail,
        "S-09": coverage.intervals,
        "S-10": gates.missing_answers,
        "S-11": money_and_time.latency_limits,
        "S-12": money_and_time.cost_ratios,
        "S-13": corrections.corrected_scores,
        "S-14": canaries.false_rollback,
        "S-15": canaries.false_promotion,
        "S-16": splits.intact_splits,
        "S-17": drifts.equal_mixes,
        "S-17b": drifts.equal_texts,
        "S-18": divergences.bounds_of_lists,
        "S-19": samples.window_samples,
        "S-20": selection.selection_bias,
        "S-21": planted.losses_in_a_small_cohort,
        "S-22": judges.corrected_rule,
        "S-23": limits.pass_rates,
        "S-24": limits.latency_limits,
        "S-25": error_bars.wrong_passes,
        "S-26": judged_clusters.corrected_clusters,
        "S-27": scores.one_models_score,
        "S-31": text_gaps.gap_intervals,
    }
)
