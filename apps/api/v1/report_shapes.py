"""The document of a scorecard as terminal, page and REST show it (kernel/report.py)."""

from __future__ import annotations

from rest_framework import serializers

from apps.api.fields import OPEN_PAIR, PAIR
from apps.api.v1.judge_shapes import JudgeShape


class FindingShape(serializers.Serializer):
    """One rule's answer about one cohort, "*" for all traffic."""

    rule = serializers.CharField()
    kind = serializers.CharField()
    figure = serializers.CharField()
    cohort = serializers.CharField()
    evaluator = serializers.CharField(allow_null=True)
    verdict = serializers.CharField()
    reason = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()
    delta_pp = serializers.FloatField(allow_null=True)
    interval_pp = PAIR
    level = serializers.FloatField(allow_null=True)
    margin_pp = serializers.FloatField(allow_null=True)
    value = serializers.FloatField(allow_null=True)
    interval = PAIR
    at_most = serializers.FloatField(allow_null=True)
    p_pass = serializers.FloatField(allow_null=True)
    p_fail = serializers.FloatField(allow_null=True)
    rows_to_decide = serializers.IntegerField(allow_null=True)
    noticeable_pp = serializers.FloatField(allow_null=True)
    at_least = serializers.FloatField(required=False, help_text="Only of a judge rule and of a pass rate.")
    noticeable_share = serializers.FloatField(
        required=False, allow_null=True,
        help_text="Of a clear guard: the highest share of rows passed, or in time, it would have noticed.",
    )  # fmt: skip
    value_ms = serializers.FloatField(
        required=False, allow_null=True, help_text="Only of a latency rule; null where the answer never came."
    )
    interval_ms = OPEN_PAIR
    at_most_ms = serializers.FloatField(required=False, help_text="Only of a latency rule.")
    quantile = serializers.FloatField(required=False, help_text="Only of a latency rule: 0.99 is p99.")
    until = serializers.CharField(required=False, help_text='Only of a latency rule: "answer" or "first_token".')
    judge = serializers.CharField(required=False, help_text='"corrected": figures freed of the judge\'s error.')
    measure = serializers.CharField(required=False, help_text='"bits_per_byte": a divergence read by whole answers.')


class MissingShape(serializers.Serializer):
    teacher = serializers.IntegerField()
    student = serializers.IntegerField()
    pairs = serializers.IntegerField()
    reasons = serializers.DictField(child=serializers.IntegerField())


class RateShape(serializers.Serializer):
    count = serializers.IntegerField()
    share = serializers.FloatField()
    interval = PAIR


class RatesShape(serializers.Serializer):
    """A rate of both arms over the same rows, and student − teacher in percentage points."""

    rows = serializers.IntegerField()
    teacher = RateShape()
    student = RateShape()
    difference_pp = serializers.FloatField()
    difference_interval_pp = PAIR


class ClustersShape(serializers.Serializer):
    """How many clusters the rows come from; ``few`` cannot be judged, ``thin`` makes a rough interval."""

    count = serializers.IntegerField()
    few = serializers.BooleanField()
    thin = serializers.BooleanField()


class NoiseShape(serializers.Serializer):
    """The teacher against itself."""

    rows = serializers.IntegerField()
    runs = serializers.IntegerField()
    incomplete = serializers.IntegerField()
    flip_share = serializers.FloatField(allow_null=True)
    flip_interval = PAIR
    self_size_pp = serializers.FloatField()
    self_interval_pp = PAIR
    explained = serializers.FloatField(allow_null=True)
    p_repetition = serializers.FloatField(allow_null=True)


class HeterogeneityShape(serializers.Serializer):
    """A cohort's difference less that of the others; never a verdict."""

    delta_pp = serializers.FloatField()
    p = serializers.FloatField()
    q = serializers.FloatField()
    worth_a_look = serializers.BooleanField()


class CellShape(serializers.Serializer):
    """One cohort × evaluator; delta is student − teacher in percentage points."""

    cohort = serializers.CharField()
    evaluator = serializers.CharField()
    n = serializers.IntegerField()
    teacher = serializers.FloatField(allow_null=True)
    student = serializers.FloatField(allow_null=True)
    delta_pp = serializers.FloatField(allow_null=True)
    interval_pp = PAIR
    level = serializers.FloatField(allow_null=True)
    losses = serializers.IntegerField(allow_null=True)
    wins = serializers.IntegerField(allow_null=True)
    verdict = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_null=True)
    rule = serializers.CharField(allow_null=True)
    rows_to_decide = serializers.IntegerField(allow_null=True)
    margin_pp = serializers.FloatField(allow_null=True)
    missing = MissingShape()
    teacher_interval = PAIR
    student_interval = PAIR
    smallest_loss_seen_pp = serializers.FloatField(allow_null=True)
    missing_rates = RatesShape(allow_null=True)
    clusters = ClustersShape(allow_null=True)
    noise = NoiseShape(allow_null=True)
    heterogeneity = HeterogeneityShape(allow_null=True)


class LatencyShape(serializers.Serializer):
    teacher = serializers.FloatField(allow_null=True)
    student = serializers.FloatField(allow_null=True)


class PercentileLimitsShape(serializers.Serializer):
    """Limits of a percentile in each model, null where no row bounds it, and student ÷ teacher with its interval."""

    teacher = serializers.ListField(child=serializers.FloatField(allow_null=True), min_length=2, max_length=2)
    student = serializers.ListField(child=serializers.FloatField(allow_null=True), min_length=2, max_length=2)
    ratio = serializers.FloatField(allow_null=True)
    ratio_interval = PAIR


class LatencyLimitsShape(serializers.Serializer):
    n = serializers.IntegerField()
    level = serializers.FloatField()
    p50 = PercentileLimitsShape()
    p95 = PercentileLimitsShape()
    p99 = PercentileLimitsShape()


class MeanCostShape(serializers.Serializer):
    usd = serializers.FloatField()
    interval = PAIR


class CostsShape(serializers.Serializer):
    """US dollars of 1,000 rows; with few rows the intervals are rough."""

    n = serializers.IntegerField()
    few = serializers.BooleanField()
    level = serializers.FloatField()
    teacher = MeanCostShape()
    student = MeanCostShape()


class FirstTokenShape(serializers.Serializer):
    n = serializers.IntegerField()
    p50 = LatencyShape()
    p95 = LatencyShape()
    p99 = LatencyShape()


class EndingCodesShape(serializers.Serializer):
    teacher = serializers.DictField(child=serializers.IntegerField())
    student = serializers.DictField(child=serializers.IntegerField())


class EndingsShape(serializers.Serializer):
    """Answers that did not end well, by kind; null where none ended so."""

    codes = EndingCodesShape()
    fault = RatesShape(allow_null=True)
    refused = RatesShape(allow_null=True)
    cut_off = RatesShape(allow_null=True)


class DivergenceShape(serializers.Serializer):
    """Bounds of the divergence of next tokens over shared prefixes, nats a token; null with its reason."""

    n = serializers.IntegerField()
    positions = serializers.IntegerField()
    missing = serializers.DictField(child=serializers.IntegerField())
    reason = serializers.CharField(allow_null=True)
    at_least_nats = serializers.FloatField(allow_null=True)
    interval_nats = PAIR
    tv_bounds = PAIR
    covered = serializers.FloatField(allow_null=True)
    thin = serializers.BooleanField(allow_null=True)


class ByteGapShape(serializers.Serializer):
    """How much likelier its answers are to the teacher than to the student, bits a byte; null with its reason."""

    n = serializers.IntegerField()
    missing = serializers.DictField(child=serializers.IntegerField())
    reason = serializers.CharField(allow_null=True)
    means = serializers.CharField(allow_null=True, help_text="kl_rate, or cross_entropy_gap, which is no divergence.")
    sampling = serializers.CharField(allow_null=True, help_text="temperature_1, greedy or other.")
    gap = serializers.FloatField(allow_null=True)
    interval = PAIR
    level = serializers.FloatField(allow_null=True)
    teacher = serializers.FloatField(allow_null=True)
    student = serializers.FloatField(allow_null=True)


class CohortFiguresShape(serializers.Serializer):
    cohort = serializers.CharField()
    n = serializers.IntegerField()
    high_value = serializers.BooleanField(allow_null=True)
    weight = serializers.FloatField()
    cost_ratio = serializers.FloatField(allow_null=True)
    cost_ratio_interval = PAIR
    cost_ratio_level = serializers.FloatField(allow_null=True)
    cost_ratio_reason = serializers.CharField(allow_null=True)
    latency_p50_ms = LatencyShape()
    latency_p95_ms = LatencyShape()
    latency_p99_ms = LatencyShape()
    latency_reason = serializers.CharField(allow_null=True)
    cost_usd_per_1000 = CostsShape(allow_null=True, required=False)
    cost_ratio_at_use = serializers.DictField(
        child=serializers.FloatField(),
        allow_null=True,
        required=False,
        help_text="The cost ratio if own hardware were busy for this share of the time.",
    )
    latency_limits_ms = LatencyLimitsShape(allow_null=True, required=False)
    first_token_ms = FirstTokenShape(allow_null=True)
    endings = EndingsShape(allow_null=True)
    divergence = DivergenceShape()
    bits_per_byte = ByteGapShape(required=False, help_text="Where the run measured it.")


class UnpairedShape(serializers.Serializer):
    teacher_only = serializers.IntegerField()
    student_only = serializers.IntegerField()
    neither = serializers.IntegerField()


class RemarkShape(serializers.Serializer):
    """Something worth knowing beside a verdict; it decides nothing."""

    code = serializers.CharField()
    sentence = serializers.CharField()


class ToCollectShape(serializers.Serializer):
    """What would decide a finding that is open; price and time are of both models' answers, null where unknown."""

    rule = serializers.CharField()
    cohort = serializers.CharField()
    evaluator = serializers.CharField(allow_null=True)
    rows_to_decide = serializers.IntegerField()
    rows_missing = serializers.IntegerField()
    usd = serializers.FloatField(allow_null=True)
    minutes = serializers.FloatField(allow_null=True)


class ReportShape(serializers.Serializer):
    """A comparison as terminal, REST and page show it; null where unknown, with the reason beside it."""

    verdict = serializers.CharField(allow_null=True)
    findings = FindingShape(many=True)
    cells = CellShape(many=True)
    cohorts = CohortFiguresShape(many=True)
    unpaired = UnpairedShape()
    weights_source = serializers.CharField()
    facts = serializers.DictField()
    judges = JudgeShape(many=True, required=False)
    policy_digest = serializers.CharField(allow_null=True)
    digest = serializers.CharField()
    circumstances = serializers.DictField(
        required=False, help_text="What stood around the card when the gate was asked; absent in older verdicts."
    )
    remarks = RemarkShape(many=True, required=False)
    to_collect = ToCollectShape(many=True, required=False)
