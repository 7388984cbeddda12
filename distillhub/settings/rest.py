"""The REST door: JSON in, JSON or problem+json out, nothing allowed by default."""

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.AllowAny"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.api.problems.answer_exception",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    # Answers have one format; without this, ?format= would be a parameter of every address.
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS = {
    "TITLE": "DistillHub",
    "VERSION": "1",
    "DESCRIPTION": "Decides, per cohort, whether a student model may replace its teacher, and proves the decision.",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "TAGS": [
        {"name": "me", "description": "The key that calls."},
        {"name": "projects", "description": "Working units of the organization."},
        {"name": "providers", "description": "Providers and their callable endpoints."},
        {"name": "models", "description": "Models, their immutable versions and recorded outputs."},
        {"name": "prices", "description": "Dated prices of model versions."},
        {"name": "datasets", "description": "Golden datasets, pinned before they are evidence."},
        {"name": "traffic", "description": "Samples of live traffic, held against golden rows."},
        {"name": "evaluators", "description": "Evaluators and the suites they are frozen into."},
        {"name": "runs", "description": "One suite over one dataset for a teacher and a student."},
        {"name": "labels", "description": "What people find of answers, and the scorecards that take it in."},
        {"name": "scorecards", "description": "Sealed comparisons per cohort and evaluator."},
        {"name": "gates", "description": "Policies by version, and their verdicts."},
        {"name": "decisions", "description": "What people decided, signed."},
        {"name": "trail", "description": "Every change, linked so that a later edit shows."},
    ],
}
