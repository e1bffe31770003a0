"""All settings, from the environment (design 10). Anything unsafe in production refuses to start."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from avntracker.mail import mail_server

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

AVN_MODE = env.str("AVN_MODE", "demo")
if AVN_MODE not in {"demo", "production"}:
    raise ImproperlyConfigured(f"AVN_MODE is {AVN_MODE!r}; it must be 'demo' or 'production'.")
PRODUCTION = AVN_MODE == "production"
DEMO = AVN_MODE == "demo"

# Everything the app writes lies here.
DATA_DIR = Path(env.str("AVN_DATA_DIR", str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
# A file whose text (`+3d`, or an ISO moment) shifts the clock of every process: tests only.
CLOCK_FILE = env.str("AVN_CLOCK_FILE", "")

DEMO_KEY = "demo-key-not-for-production-0123456789-abcdefghijklmnopqrstuvwxyz"
_key_file = env.str("SECRET_KEY_FILE", "")
try:
    SECRET_KEY = Path(_key_file).read_text().strip() if _key_file else env.str("SECRET_KEY", DEMO_KEY)
except OSError as problem:
    raise ImproperlyConfigured(f"SECRET_KEY_FILE cannot be read: {problem.strerror}.") from problem
# Older keys that still read what they wrote: sessions and second factors outlive a change of the key.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[] if PRODUCTION else ["localhost", "127.0.0.1", "[::1]"])
SITE_ORIGIN = env.str("SITE_ORIGIN", "" if PRODUCTION else "http://localhost:8000").rstrip("/")


def _refuse_what_is_unsafe() -> None:
    """Production starts only when nothing that guards a record has been left at its default."""
    wrong = {
        "SECRET_KEY is the demo key or easy to guess (50 characters or more, drawn at random)": SECRET_KEY == DEMO_KEY
        or SECRET_KEY.startswith("django-insecure-")
        or len(SECRET_KEY) < 50
        or len(set(SECRET_KEY)) < 5,
        "DEBUG is on": DEBUG,
        "ALLOWED_HOSTS is empty or holds '*'": not ALLOWED_HOSTS or "*" in ALLOWED_HOSTS,
        "SITE_ORIGIN is not an https address": urlsplit(SITE_ORIGIN).scheme != "https"
        or not urlsplit(SITE_ORIGIN).hostname,
        "AVN_CLOCK_FILE is set": bool(CLOCK_FILE),
    }
    if reasons := [sentence for sentence, holds in wrong.items() if holds]:
        raise ImproperlyConfigured("AVN Tracker does not start in production: " + "; ".join(reasons) + ".")


if PRODUCTION:
    _refuse_what_is_unsafe()

INSTALLED_APPS = [
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_htmx",
    "accounts",
    "patients",
    "followups",
    "portal",
    "interop",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.AccessMiddleware",
    # Behind our own gate, in case it is ever opened too far.
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]

ROOT_URLCONF = "avntracker.urls"
WSGI_APPLICATION = "avntracker.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "OPTIONS": {
            "loaders": [
                (
                    "django.template.loaders.cached.Loader",
                    ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"],
                )
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context.site",
                "followups.context.top_bar",
            ],
        },
    }
]

# --- Where things are kept -------------------------------------------------------------------------------------------
_database_url = env.str("DATABASE_URL", "")
DATABASES: dict[str, dict[str, Any]] = {
    "default": env.db_url_config(_database_url)
    if _database_url
    else {"ENGINE": "django.db.backends.sqlite3", "NAME": str(DATA_DIR / "avntracker.sqlite3")}
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: WAL alone makes read-then-write transactions fail; FULL: a saved entry survives a power cut.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}

# Only sign-in counts its attempts here. In the database, so that nobody is locked out, or let in, when Redis is away.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "django_cache"}}
REDIS_URL = env.str("REDIS_URL", "")

# --- Background work: the database is the truth, Celery is the hands (dependencies.md 5) -----------------------------
_queue_dir = DATA_DIR / "queue"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_WORKER_ETA_TASK_LIMIT = 100
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_max": 0.2}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TIMEZONE = "UTC"
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_TASK_ACKS_LATE = True
    CELERY_TASK_REJECT_ON_WORKER_LOST = True
    CELERY_WORKER_PREFETCH_MULTIPLIER = 1
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 900,
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_keepalive": True,
        # A person waits behind a publish: a silent broker may cost them two seconds, never more. The sweep finds
        # what was not published.
        "socket_timeout": 2,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    }
else:
    CELERY_BROKER_URL = "filesystem://localhost"
    CELERY_WORKER_PREFETCH_MULTIPLIER = 4
    for _name in ("messages", "processed", "control"):
        (_queue_dir / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(_queue_dir / "messages"),
        "data_folder_out": str(_queue_dir / "messages"),
        "processed_folder": str(_queue_dir / "processed"),
        "control_folder": str(_queue_dir / "control"),
        "store_processed": False,
        "polling_interval": 0.2,
    }
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # The tick asks what should be true now, so a stale one is worth nothing.
    "sweep": {"task": "followups.tasks.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "imports": {"task": "interop.tasks.take_over", "schedule": 60.0, "options": {"expires": 60}},
    "rule lab": {"task": "followups.tasks.take_over_policy_runs", "schedule": 60.0, "options": {"expires": 60}},
    "prove": {"task": "followups.tasks.prove", "schedule": 60.0 * 60, "options": {"expires": 3600}},
}

# --- Messages --------------------------------------------------------------------------------------------------------
EMAIL_URL = env.str("EMAIL_URL", "")
if EMAIL_URL:
    try:
        _mail = mail_server(EMAIL_URL)
    except ValueError as problem:
        raise ImproperlyConfigured(str(problem)) from problem
    EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    EMAIL_HOST, EMAIL_PORT = _mail.host, _mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail.user, _mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = _mail.starttls, _mail.implicit_tls
else:
    EMAIL_BACKEND = "followups.outbox.EmailBackend"
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", "Your clinic <diary@localhost>")
SMS_GATEWAY_URL = env.str("SMS_GATEWAY_URL", "")
SMS_GATEWAY_KIND = env.str("SMS_GATEWAY_KIND", "generic")  # generic JSON, or Twilio's API
SMS_USER = env.str("SMS_USER", "")
SMS_TOKEN = env.str("SMS_TOKEN", "")
SMS_SENDER = env.str("SMS_SENDER", "")
SMS_TIMEOUT = 20

# --- Who may come in -------------------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = ["accounts.backends.Backend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "accounts.passwords.NotTooLong"},
    {"NAME": "accounts.passwords.NotOurWords"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "door"
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if PRODUCTION else "http"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_USER_MODEL_USERNAME_FIELD = "username"
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "change_password": "accounts.forms.OwnPasswordForm",
    "set_password": "accounts.forms.FirstPasswordForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetForm",
}
# At most 20 guesses an hour at one account; a clinic behind one address still gets in. The sample clinic is tried
# by everybody from one machine.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip" if PRODUCTION else "1000/m/ip",
    "login_failed": "5/15m/key," + ("20/h/ip" if PRODUCTION else "1000/h/ip"),
}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.CodeForm",
    "activate_totp": "accounts.forms.AppForm",
    "add_webauthn": "accounts.forms.PasskeyForm",
}
# Addresses come from the clinic, which knows the person; the library's own check of them is not used.
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not PRODUCTION
MFA_TOTP_ISSUER = "AVN Tracker"
SECOND_FACTOR_REQUIRED = env.bool("SECOND_FACTOR_REQUIRED", PRODUCTION)
if PRODUCTION and not SECOND_FACTOR_REQUIRED:
    raise ImproperlyConfigured("AVN Tracker does not start in production without a second factor for staff.")

SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_IDLE_SECONDS = 30 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "accounts.views.csrf_failure"
PASSWORD_RESET_TIMEOUT = 30 * 60
if PRODUCTION:
    SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "__Host-session", "__Host-csrf"
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_REDIRECT_EXEMPT = [r"^health/"]
    SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60
    SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    CSRF_TRUSTED_ORIGINS = [SITE_ORIGIN]
# The support pages of an operator: clinics and who signs in, read-only, no patient.
SUPPORT_PAGES = env.bool("SUPPORT_PAGES", not PRODUCTION)
# How many proxies stand in front: 0 means the peer's address is the client's.
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 1 if PRODUCTION else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- Words, days, numbers --------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

# --- Files of the pages ----------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static" / "src"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "avntracker.assets.NodeModulesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    },
}
WHITENOISE_MAX_AGE = 60
MEDIA_ROOT = DATA_DIR / "media"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", "WARNING")},
}
