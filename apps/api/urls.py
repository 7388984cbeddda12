"""The addresses of the REST interface. None ends in a slash."""

from __future__ import annotations

from django.urls import path, re_path

from apps.api import base, schema
from apps.api.v1 import (
    anchors,
    audit,
    baselines,
    comparing,
    corpora,
    datasets,
    decisions,
    evals,
    evaluators,
    gates,
    labels,
    me,
    mixing,
    planning,
    projects,
    providers,
    registry,
    run_control,
    run_events,
    run_items,
)
from apps.api.v1 import scorecards as cards

V1 = [
    ("me", me.Me),
    ("providers", providers.Providers),
    ("endpoints", providers.Endpoints),
    ("audit-events", audit.Events),
    ("audit-events/verify", audit.Verification),
    ("projects", projects.Projects),
    ("projects/<str:project>", projects.Project),
]
IN_A_PROJECT = [
    ("models", registry.Models),
    ("models/<str:ref>", registry.Model),
    ("models/<str:ref>/versions", registry.Versions),
    ("models/<str:ref>/outputs", registry.Outputs),
    ("models/<str:ref>/corpora", corpora.Corpora),
    ("prices", registry.Prices),
    ("trials", registry.Trials),
    ("datasets", datasets.Datasets),
    ("datasets/<str:ref>", datasets.Dataset),
    ("datasets/<str:ref>/pin", datasets.DatasetPin),
    ("datasets/<str:ref>/plan", planning.DatasetPlan),
    ("datasets/<str:ref>/rows", datasets.DatasetRows),
    ("evaluators", evaluators.Evaluators),
    ("evaluators/<str:ref>", evaluators.Evaluator),
    ("suites", evaluators.Suites),
    ("suites/<str:ref>", evaluators.Suite),
    ("runs", evals.Runs),
    ("runs/estimate", evals.RunEstimate),
    ("runs/<str:ref>", evals.Run),
    ("runs/<str:ref>/pause", run_control.RunPause),
    ("runs/<str:ref>/resume", run_control.RunResume),
    ("runs/<str:ref>/cancel", run_control.RunCancel),
    ("runs/<str:ref>/retry", run_control.RunRetry),
    ("runs/<str:ref>/progress", run_events.RunProgress),
    ("runs/<str:ref>/events", run_events.RunEvents),
    ("runs/<str:ref>/items", run_items.RunItems),
    ("runs/<str:ref>/baselines", baselines.Baselines),
    ("runs/<str:ref>/anchors", anchors.Anchors),
    ("runs/<str:ref>/labels", labels.Labels),
    ("runs/<str:ref>/reseal", labels.RunReseal),
    ("scorecards", cards.Scorecards),
    ("scorecards/<str:ref>", cards.Scorecard),
    ("scorecards/<str:ref>/comparison", comparing.Comparison),
    ("scorecards/<str:ref>/mix", mixing.Mix),
    ("scorecards/<str:ref>/proposal", comparing.Proposal),
    ("gates", gates.Gates),
    ("gates/<str:ref>", gates.Gate),
    ("gates/<str:ref>/evaluations", gates.Evaluations),
    ("gate-replays", planning.GateReplays),
    ("decisions", decisions.Decisions),
    ("decisions/<str:ref>", decisions.Decision),
    ("decisions/<str:ref>/proof", decisions.DecisionProof),
]

urlpatterns = [
    path("docs", schema.page, name="api-docs"),
    path("v1/openapi.json", schema.OpenApi.as_view(), name="openapi"),
    *(path(f"v1/{address}", endpoint.as_view()) for address, endpoint in V1),
    *(path(f"v1/projects/<str:project>/{address}", endpoint.as_view()) for address, endpoint in IN_A_PROJECT),
    re_path(r"^.*\Z", base.NoSuchAddress.as_view()),
]
