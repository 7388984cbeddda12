"""Secrets, passwords, cookies, headers and the content security policy."""

from csp.constants import NONCE, NONE, SELF

from distillhub.settings.env import IS_EMBEDDED, env, secret

# The fallback serves static analysis only; tenancy.checks refuses to start a server with it.
SECRET_KEY = secret("DISTILLHUB_SECRET_KEY", "secret_key", fallback="unset-secret-key-refused-by-the-system-check")
ENCRYPTION_KEYS = [key for key in secret("DISTILLHUB_ENCRYPTION_KEYS", "encryption_keys").split(",") if key]
SIGNING_KEY = secret("DISTILLHUB_SIGNING_KEY", "signing_key")

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
# The form calls it "username" although the model's field is an address: without both of these, everybody's failures
# are counted together and the right password opens in spite of them.
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "apps.console.session.attempted_address"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "registration/locked.html"
AXES_SENSITIVE_PARAMETERS = ["username", "password"]

# Plain HTTP is for loopback only; behind TLS one variable turns every cookie and header on.
HTTPS = env.bool("DISTILLHUB_HTTPS", default=False)
SESSION_COOKIE_NAME = "__Host-distillhub" if HTTPS else "distillhub"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
CSRF_TRUSTED_ORIGINS = env.list("DISTILLHUB_ORIGINS", default=[])
CSRF_FAILURE_VIEW = "apps.console.problems.csrf_failed"
X_FRAME_OPTIONS = "DENY"

DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "apps.console.uploads.SizeGuard",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# Private addresses that an operator allows as model endpoints: "host-or-cidr:port", comma separated.
# The embedded installation is one machine, so its own loopback is open to it.
OUTBOUND_ALLOW = env.list("DISTILLHUB_OUTBOUND_ALLOW", default=["127.0.0.1:*", "localhost:*"] if IS_EMBEDDED else [])

__all__ = [name for name in dir() if name.isupper() and name not in {"NONCE", "NONE", "SELF"}]
