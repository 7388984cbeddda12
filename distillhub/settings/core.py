"""What Django needs to be a site at all: apps, middleware, templates, language, static files."""

from distillhub.settings.env import BASE_DIR, env

DEBUG = env.bool("DISTILLHUB_DEBUG", default=False)
ALLOWED_HOSTS = env.list("DISTILLHUB_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
ROOT_URLCONF = "distillhub.urls"
WSGI_APPLICATION = "distillhub.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "console:login"
LOGIN_REDIRECT_URL = "console:home"
LOGOUT_REDIRECT_URL = "console:login"
APPEND_SLASH = True

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "apps.tenancy.admin_config.AuditorAdminConfig",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_htmx",
    "csp",
    "axes",
    "apps.accounts",
    "apps.tenancy",
    "apps.audit",
    "apps.replies",
    "apps.projects",
    "apps.registry",
    "apps.datasets",
    "apps.evaluators",
    "apps.corpora",
    "apps.traffic",
    "apps.evals",
    "apps.baselines",
    "apps.labels",
    "apps.scorecards",
    "apps.gates",
    "apps.decisions",
    "apps.api",
    "apps.console",
    "apps.terminal",
    "apps.demo",
]

MIDDLEWARE = [
    "apps.tenancy.middleware.RequestId",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
