"""Addresses of pages, as people read and send them: /o/organization/p/project/scorecards/128/."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, register_converter

from apps.console import (
    audit,
    baselines,
    comparison,
    corpora,
    datasets,
    decisions,
    evals,
    gates,
    home,
    judges,
    labels,
    live_run,
    members,
    method,
    projects,
    registry,
    run_control,
    scorecards,
    session,
    traffic,
)


class ReferenceConverter:
    """``slug@2`` or a typed id; a model's name may hold slashes, nothing holds control characters."""

    regex = r"[^\x00-\x1f\x7f]{1,250}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: object) -> str:
        return str(value)


class NumberConverter(ReferenceConverter):
    """A short number, or a typed id pasted from a log."""

    regex = r"[A-Za-z0-9_]{1,60}"


class ExportConverter(ReferenceConverter):
    regex = "json|csv"


register_converter(ReferenceConverter, "ref")
register_converter(NumberConverter, "number")
register_converter(ExportConverter, "export")

app_name = "console"

in_project: list[URLPattern | URLResolver] = [
    path("", projects.overview, name="overview"),
    path("models/", registry.models, name="models"),
    path("models/new/", registry.model_new, name="model_new"),
    path("models/<ref:ref>/trial/", registry.trial, name="trial"),
    path("models/<ref:ref>/trial/new/", registry.trial_new, name="trial_new"),
    path("models/<ref:ref>/prices/new/", registry.price_new, name="price_new"),
    path("models/<ref:ref>/corpora/new/", corpora.corpus_new, name="corpus_new"),
    path("models/<ref:ref>/", registry.model, name="model"),
    path("datasets/", datasets.datasets, name="datasets"),
    path("datasets/new/", datasets.dataset_new, name="dataset_new"),
    path("traffic/", traffic.traffic, name="traffic"),
    path("traffic/new/", traffic.traffic_new, name="traffic_new"),
    path("traffic/<ref:ref>/compare/", traffic.traffic_compare, name="traffic_compare"),
    path("traffic/<ref:ref>/forget/", traffic.traffic_forget, name="traffic_forget"),
    path("datasets/<ref:ref>/pin/", datasets.dataset_pin, name="dataset_pin"),
    path("datasets/<ref:ref>/", datasets.dataset, name="dataset"),
    path("runs/", evals.runs, name="runs"),
    path("runs/new/", evals.run_new, name="run_new"),
    path("runs/<number:number>/", evals.run, name="run"),
    path("runs/<number:number>/progress/", live_run.run_progress, name="run_progress"),
    path("runs/<number:number>/events", live_run.run_events, name="run_events"),
    path("runs/<number:number>/pause/", run_control.run_pause, name="run_pause"),
    path("runs/<number:number>/resume/", run_control.run_resume, name="run_resume"),
    path("runs/<number:number>/cancel/", run_control.run_cancel, name="run_cancel"),
    path("runs/<number:number>/retry/", run_control.run_retry, name="run_retry"),
    path("runs/<number:number>/freeze/", baselines.baseline_new, name="baseline_new"),
    path("runs/<number:number>/judges/", judges.run_judges, name="run_judges"),
    path("runs/<number:number>/labels/", labels.run_labels, name="run_labels"),
    path("runs/<number:number>/labels/import/", labels.labels_import, name="labels_import"),
    path("runs/<number:number>/labels/<number:sample>/", labels.label_next, name="label_next"),
    path("runs/<number:number>/reseal/", labels.run_reseal, name="run_reseal"),
    path("scorecards/", scorecards.scorecards, name="scorecards"),
    path("scorecards/<number:number>/", scorecards.scorecard, name="scorecard"),
    path("scorecards/<number:number>/report.<export:form>", scorecards.export, name="scorecard_export"),
    path("scorecards/<number:number>/vs/<number:other>/", comparison.scorecard_vs, name="scorecard_vs"),
    path("scorecards/<number:number>/gate/", scorecards.gate_ask, name="gate_ask"),
    path("scorecards/<number:number>/decide/", decisions.decision_new, name="decision_new"),
    path("gates/", gates.gates, name="gates"),
    path("gates/new/", gates.gate_new, name="gate_new"),
    path("gates/<ref:ref>/", gates.gate, name="gate"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("decisions/<number:number>/", decisions.decision, name="decision"),
    path("decisions/<number:number>/approve/", decisions.decision_approve, name="decision_approve"),
    path("audit/", audit.audit, name="audit"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", session.SignIn.as_view(), name="login"),
    path("logout/", session.SignOut.as_view(), name="logout"),
    path("method/", method.method, name="method"),
    path("o/<slug:org>/", home.organization, name="organization"),
    path("o/<slug:org>/settings/members/", members.members, name="members"),
    path("o/<slug:org>/settings/keys/", members.keys, name="keys"),
    path("o/<slug:org>/settings/keys/<number:prefix>/revoke/", members.key_revoke, name="key_revoke"),
    path("o/<slug:org>/p/<slug:project>/", include(in_project)),
]
