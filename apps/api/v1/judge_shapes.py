"""What a report says of an evaluator that people labelled, or whose judge was checked."""

from __future__ import annotations

from rest_framework import serializers

from apps.api.fields import PAIR


class TableShape(serializers.Serializer):
    """Answers by the judge's verdict and people's."""

    both_pass = serializers.IntegerField()
    judge_only = serializers.IntegerField(help_text="The judge passes what people fail.")
    human_only = serializers.IntegerField(help_text="People pass what the judge fails.")
    both_fail = serializers.IntegerField()


class TablesShape(serializers.Serializer):
    teacher = TableShape()
    student = TableShape()


class MeasureShape(serializers.Serializer):
    value = serializers.FloatField(allow_null=True)
    interval = PAIR
    reason = serializers.CharField(allow_null=True)


class SamenessShape(serializers.Serializer):
    value = serializers.BooleanField(allow_null=True)
    p_sensitivity = serializers.FloatField(allow_null=True)
    p_specificity = serializers.FloatField(allow_null=True)


class CorrectedScoreShape(serializers.Serializer):
    raw = serializers.FloatField(allow_null=True)
    corrected = serializers.FloatField(allow_null=True)
    interval = PAIR
    reason = serializers.CharField(allow_null=True)


class CorrectedScoresShape(serializers.Serializer):
    teacher = CorrectedScoreShape()
    student = CorrectedScoreShape()


class CorrectedDeltaShape(serializers.Serializer):
    """student − teacher as the judge says and corrected by people's labels; lean is λ of PPI++, 0 to 1."""

    cohort = serializers.CharField()
    raw_pp = serializers.FloatField(allow_null=True)
    corrected_pp = serializers.FloatField(allow_null=True)
    interval_pp = PAIR
    level = serializers.FloatField(allow_null=True)
    lean = serializers.FloatField(allow_null=True)
    labelled = serializers.IntegerField()
    labels_wanted = serializers.IntegerField()
    reason = serializers.CharField(allow_null=True)


class PlantedShape(serializers.Serializer):
    asked = serializers.IntegerField()
    missing = serializers.IntegerField()
    misjudged = serializers.DictField(child=serializers.IntegerField())


class ToldShape(serializers.Serializer):
    then = serializers.ListField(child=serializers.CharField())
    now = serializers.ListField(child=serializers.CharField())


class AnchorsShape(serializers.Serializer):
    """What the judge says of stored answers that it judged before. ``p`` is two-sided; ``told`` names of the provider.

    ``drift`` is null while nothing shows a change, else flipped, shifted, renamed or silent.
    """

    set = serializers.CharField()
    revision = serializers.IntegerField()
    drawn_on = serializers.DateField()
    size = serializers.IntegerField()
    judged = serializers.IntegerField()
    missing = serializers.DictField(child=serializers.IntegerField())
    stricter = serializers.IntegerField(help_text="Passed then, not now.")
    kinder = serializers.IntegerField(help_text="Passes now, did not then.")
    shift_pp = serializers.FloatField(allow_null=True)
    p = serializers.FloatField(allow_null=True)
    told = ToldShape()
    drift = serializers.CharField(allow_null=True)
    sentence = serializers.CharField()


class JudgeShape(serializers.Serializer):
    """What people's labels and planted answers say of one evaluator."""

    evaluator = serializers.CharField()
    answers = serializers.IntegerField()
    split = serializers.IntegerField()
    tables = TablesShape()
    level = serializers.FloatField()
    sensitivity = MeasureShape()
    specificity = MeasureShape()
    agreement = MeasureShape()
    kappa = MeasureShape()
    ac1 = MeasureShape()
    alpha = MeasureShape()
    alpha_people = MeasureShape()
    youden = serializers.FloatField(allow_null=True)
    too_weak = serializers.BooleanField()
    errs_alike = SamenessShape()
    scores = CorrectedScoresShape()
    deltas = CorrectedDeltaShape(many=True)
    planted = PlantedShape(allow_null=True)
    anchors = AnchorsShape(required=False, help_text="Absent where the judge had no anchors.")
