"""Settings for every environment; what differs comes from environment variables (docs/configuration.md)."""

from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab

from streaming.lib.redis import pool_options
from streaming.settings import env

BASE_DIR = Path(__file__).resolve().parents[2]

# --- The process -----------------------------------------------------------------------------------------------------
SECRET_KEY = env.required("SECRET_KEY", "a long random text") or "not-set"
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
DEBUG = env.boolean("DEBUG")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", "localhost,127.0.0.1")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS")
BEHIND_TLS = env.boolean("BEHIND_TLS")
WEB_PROCESSES = env.integer("WEB_PROCESSES", 2)
WEB_THREADS = env.integer("WEB_THREADS", 8)
WORKER_PROCESSES = env.integer("WORKER_PROCESSES", 4)
DATABASE_CONNECTIONS = env.integer("DATABASE_CONNECTIONS", 80)

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.import_export",
    "accounts.roles.admin_config.StaffAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rules.apps.AutodiscoverRulesConfig",
    "streaming",
    # Before django-allauth: our templates of its mails are found first.
    "accounts",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.apple",
    "allauth.socialaccount.providers.google",
    "djstripe",
    "billing",
    "catalog",
    "playback",
    "offline",
    "analytics",
]

MIDDLEWARE = [
    "streaming.api.request_id.RequestIdMiddleware",
    "streaming.api.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "streaming.api.content_policy.ContentPolicyMiddleware",
    "streaming.api.body_limit.BodyLimitMiddleware",
    "streaming.api.nul.NoNulMiddleware",
    "streaming.api.limits.LimitHeadersMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "streaming.api.caching.PrivateAnswersMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.flows.middleware.FlowsMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "streaming.urls"
WSGI_APPLICATION = "streaming.wsgi.application"
WEB_DIST = BASE_DIR / "web" / "dist"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "streaming" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

# --- PostgreSQL ------------------------------------------------------------------------------------------------------
STATEMENT_TIMEOUT_MS = env.integer("DATABASE_STATEMENT_TIMEOUT_MS", 10_000)
DATABASES = {
    "default": {
        **env.database("DATABASE_URL"),
        # A thread keeps its connection: opening one costs eight times a small query.
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "options": f"-c statement_timeout={STATEMENT_TIMEOUT_MS}",
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Redis -----------------------------------------------------------------------------------------------------------
REDIS_URL = env.required("REDIS_URL", "redis://host:6379/0 (its maxmemory-policy must be noeviction)")
CACHE_URL = env.text("CACHE_URL", REDIS_URL)
CACHES = {
    "default": {
        "BACKEND": "streaming.lib.cache.OpenCache",
        "LOCATION": CACHE_URL or "redis://localhost",
        "OPTIONS": {
            "CLIENT_CLASS": "django_redis.client.DefaultClient",
            "IGNORE_EXCEPTIONS": True,
            "CONNECTION_POOL_KWARGS": pool_options(),
        },
    }
}
DJANGO_REDIS_LOG_IGNORED_EXCEPTIONS = True

# --- Celery ----------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "catalog.ingest.run_ingest": {"queue": "media"},
    "catalog.ingest.inspect_master": {"queue": "media"},
    "catalog.playlists.make_cover": {"queue": "media"},
}
CELERY_IMPORTS = (
    "accounts.flows.tasks",
    "accounts.mail.tasks",
    "accounts.privacy.tasks",
    "accounts.sessions.tasks",
    "billing.tasks",
    "catalog.music.tasks",
    "catalog.ingest.tasks",
    "catalog.playlists.tasks",
    "catalog.search.tasks",
    "playback.ads.tasks",
    "analytics.plays.tasks",
    "analytics.totals.tasks",
    "analytics.charts.tasks",
)
# A task is acknowledged when it is done: every task is idempotent, and what it works on is a row that beat picks up.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 0.2, "socket_timeout": 5, "max_retries": 0}
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "assert denials": {"task": "accounts.sessions.assert_denials", "schedule": 30, "options": {"expires": 30}},
    "pick up mail": {"task": "accounts.mail.pick_up", "schedule": 10, "options": {"expires": 10}},
    "pick up exports": {"task": "accounts.privacy.pick_up_exports", "schedule": 30, "options": {"expires": 30}},
    "revoke at Apple": {"task": "accounts.flows.pick_up_revocations", "schedule": 60, "options": {"expires": 60}},
    "discard old exports": {"task": "accounts.privacy.discard_old_exports", "schedule": 600},
    "push viewer records": {"task": "billing.push_viewer_records", "schedule": 2, "options": {"expires": 2}},
    "fold what has lapsed": {"task": "billing.fold_lapsed", "schedule": 5, "options": {"expires": 5}},
    "pick up provider events": {"task": "billing.pick_up_events", "schedule": 10, "options": {"expires": 10}},
    "check due purchases": {"task": "billing.check_due_purchases", "schedule": 60, "options": {"expires": 60}},
    "compare with the providers": {"task": "billing.reconcile", "schedule": crontab(hour=3, minute=20)},
    "push track records": {"task": "catalog.music.push_track_records", "schedule": 2, "options": {"expires": 2}},
    "expire invitations": {"task": "catalog.music.expire_invitations", "schedule": 600},
    "pick up ingest jobs": {"task": "catalog.ingest.pick_up_jobs", "schedule": 10, "options": {"expires": 10}},
    "pick up inspections": {"task": "catalog.ingest.pick_up_inspections", "schedule": 30, "options": {"expires": 30}},
    "discard abandoned uploads": {"task": "catalog.ingest.discard_abandoned_uploads", "schedule": 3600},
    "discard abandoned assets": {"task": "catalog.ingest.discard_abandoned_assets", "schedule": 600},
    "pick up covers": {"task": "catalog.playlists.pick_up_covers", "schedule": 60, "options": {"expires": 60}},
    "discard covers": {"task": "catalog.playlists.discard_covers", "schedule": 600},
    "work off the index backlog": {"task": "catalog.search.work_off_backlog", "schedule": 2, "options": {"expires": 2}},
    "repair the search index": {"task": "catalog.search.repair_index", "schedule": crontab(hour=4, minute=10)},
    "release ad holds": {"task": "playback.ads.release_expired", "schedule": 30, "options": {"expires": 30}},
    "roll up plays": {"task": "analytics.totals.roll_up", "schedule": 3, "options": {"expires": 3}},
    "pass on popularity": {"task": "analytics.totals.pass_on_popularity", "schedule": crontab(hour=3, minute=40)},
    "make charts": {"task": "analytics.charts.make_due", "schedule": 300, "options": {"expires": 300}},
    "make ledger partitions": {"task": "analytics.plays.make_partitions", "schedule": timedelta(hours=12)},
}

# --- Search ----------------------------------------------------------------------------------------------------------
# Empty: PostgreSQL searches.
ELASTICSEARCH_URL = env.text("ELASTICSEARCH_URL").rstrip("/")

# --- Media: R2 and the edge ------------------------------------------------------------------------------------------
R2_ENDPOINT_URL = env.required("R2_ENDPOINT_URL", "https://<account>.r2.cloudflarestorage.com")
R2_ACCESS_KEY_ID = env.required("R2_ACCESS_KEY_ID", "the id of an R2 API token that may read and write both buckets")
R2_SECRET_ACCESS_KEY = env.required("R2_SECRET_ACCESS_KEY", "the secret of that R2 API token")
R2_MEDIA_BUCKET = env.text("R2_MEDIA_BUCKET", "media")
R2_MASTERS_BUCKET = env.text("R2_MASTERS_BUCKET", "masters")
MEDIA_BASE_URL = env.required("MEDIA_BASE_URL", "the address that the edge serves media at").rstrip("/")
MEDIA_LINK_KEYS = env.keys("MEDIA_LINK_KEYS", "the key that the edge checks links with (a previous one may follow)")

# --- Playing ---------------------------------------------------------------------------------------------------------
TICKET_KEYS = env.keys("TICKET_KEYS", "a long random text (a previous one may follow after a comma)")
TICKETS_PER_MINUTE = env.integer("TICKETS_PER_MINUTE", 120)
# A break with an ad after so many whole tracks or minutes of listening, and so many seconds after the last at least.
ADS_EVERY_TRACKS = env.integer("ADS_EVERY_TRACKS", 3)
ADS_EVERY_MINUTES = env.integer("ADS_EVERY_MINUTES", 15)
ADS_SECONDS_APART = env.integer("ADS_SECONDS_APART", 60)

# --- Accounts --------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "accounts.users.passwords.MaximumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
# What has to be stored and is secret (keys of access tokens, one-time code secrets) is sealed under these.
SEALING_KEYS = env.keys("SEALING_KEYS", "a long random text (a previous one may follow after a comma)")
JWT_ISSUER = env.text("JWT_ISSUER", "backbeat")
JWT_AUDIENCE = env.text("JWT_AUDIENCE", "backbeat-api")
REFRESH_TOKEN_KEYS = env.keys("REFRESH_TOKEN_KEYS", "a long random text (a previous one may follow after a comma)")
AUDIT_KEY = env.required("AUDIT_KEY", "a long random text; changing it makes old address hashes incomparable")
DEFAULT_MARKET = env.text("DEFAULT_MARKET", "US")
ORIGIN_SECRET = env.text("ORIGIN_SECRET")

# --- Sign-in flows: django-allauth headless --------------------------------------------------------------------------
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("app",)
HEADLESS_TOKEN_STRATEGY = "accounts.flows.strategy.SessionStrategy"  # noqa: S105  a class
HEADLESS_ADAPTER = "accounts.flows.adapters.HeadlessAdapter"
HEADLESS_SERVE_SPECIFICATION = True
# The page that shows it would load its scripts from somebody else.
HEADLESS_SPECIFICATION_TEMPLATE_NAME = None
HEADLESS_FRONTEND_URLS = {
    "account_signup": "/sign-up",
    "account_reset_password": "/sign-in",
    "account_reset_password_from_key": "/sign-in?key={key}",
    "account_confirm_email": "/sign-in?key={key}",
    "socialaccount_login_error": "/sign-in?error=provider",
}
ACCOUNT_ADAPTER = "accounts.flows.adapters.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_SIGNUP_FORM_CLASS = "accounts.flows.forms.SignUpForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# By name and address together, see AccountAdapter: by name alone anybody could lock out anybody.
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/5m/key"}
SOCIALACCOUNT_ADAPTER = "accounts.flows.social.SocialAccountAdapter"
# An address that a vendor vouches for opens nobody's account here: only (issuer, sub) does.
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
SOCIALACCOUNT_STORE_TOKENS = False
# The first client id is the web's; those of apps follow. Without ids a vendor is not offered.
APPLE_CLIENT_IDS = env.words("APPLE_CLIENT_IDS")
GOOGLE_CLIENT_IDS = env.words("GOOGLE_CLIENT_IDS")
APPLE_KEY = env.text("APPLE_PRIVATE_KEY").replace("\\n", "\n")
SOCIALACCOUNT_PROVIDERS = {
    "apple": {
        "APPS": [
            {
                "client_id": client_id,
                "secret": env.text("APPLE_KEY_ID"),
                "key": env.text("APPLE_TEAM_ID"),
                "settings": {"certificate_key": APPLE_KEY, "hidden": place > 0},
            }
            for place, client_id in enumerate(APPLE_CLIENT_IDS)
        ]
    },
    "google": {
        "SCOPE": ["profile", "email"],
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {"client_id": client_id, "secret": env.text("GOOGLE_CLIENT_SECRET"), "settings": {"hidden": place > 0}}
            for place, client_id in enumerate(GOOGLE_CLIENT_IDS)
        ],
    },
}
# Address prefixes of vendors to the stand-ins that tests run; empty everywhere else.
VENDORS_ELSEWHERE: dict[str, str] = {}
MFA_ADAPTER = "accounts.flows.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Backbeat"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not BEHIND_TLS

# --- Billing ---------------------------------------------------------------------------------------------------------
# A provider without keys is not offered.
STRIPE_SECRET_KEY = env.text("STRIPE_SECRET_KEY")
STRIPE_WEBHOOK_SECRETS = env.words("STRIPE_WEBHOOK_SECRETS")
STRIPE_LIVE_MODE = STRIPE_SECRET_KEY.startswith(("sk_live_", "rk_live_"))
# What we ask for and what our rules read. The webhook endpoint at Stripe has the same version; a newer library alone
# would change the shape of everything.
STRIPE_API_VERSION = "2026-05-27.dahlia"
STRIPE_API_BASE = env.text("STRIPE_API_BASE", "https://api.stripe.com")
if STRIPE_API_BASE != "https://api.stripe.com":
    STRIPE_API_HOST = STRIPE_API_BASE
DJSTRIPE_FOREIGN_KEY_TO_FIELD = "id"
GOOGLE_PLAY_PACKAGE = env.text("GOOGLE_PLAY_PACKAGE")
# The key as Google gives it out: a JSON document.
GOOGLE_PLAY_SERVICE_ACCOUNT = env.text("GOOGLE_PLAY_SERVICE_ACCOUNT")
GOOGLE_PLAY_PUSH_AUDIENCE = env.text("GOOGLE_PLAY_PUSH_AUDIENCE")
GOOGLE_PLAY_PUSH_ACCOUNT = env.text("GOOGLE_PLAY_PUSH_ACCOUNT")
GOOGLE_PLAY_API_BASE = env.text("GOOGLE_PLAY_API_BASE", "https://androidpublisher.googleapis.com")
GOOGLE_PLAY_CERTS_URL = env.text("GOOGLE_PLAY_CERTS_URL", "https://www.googleapis.com/oauth2/v1/certs")
# Which of the App Store's environments this installation belongs to. No third one is taken: in those of Xcode and of
# local tests nothing is signed, and everything would be believed.
APPLE_STORE_ENVIRONMENT = env.choice("APPLE_STORE_ENVIRONMENT", ["Production", "Sandbox"])
APPLE_STORE_BUNDLE_ID = env.text("APPLE_STORE_BUNDLE_ID")
APPLE_STORE_APP_ID = env.integer("APPLE_STORE_APP_ID", 0)
APPLE_STORE_ISSUER_ID = env.text("APPLE_STORE_ISSUER_ID")
APPLE_STORE_KEY_ID = env.text("APPLE_STORE_KEY_ID")
APPLE_STORE_KEY = env.text("APPLE_STORE_KEY").replace("\\n", "\n")
APPLE_STORE_ROOTS = env.words("APPLE_STORE_ROOTS", str(BASE_DIR / "billing/apple/AppleRootCA-G3.cer"))
APPLE_STORE_OCSP = env.boolean("APPLE_STORE_OCSP", True)
APPLE_STORE_API_BASE = env.text("APPLE_STORE_API_BASE")
# Purchases of a provider's sandbox cost nothing: outside development they give nothing.
BILLING_SANDBOX = env.boolean("BILLING_SANDBOX", False)

# --- Limits ----------------------------------------------------------------------------------------------------------
# How many proxies of ours a request passes: so many addresses from the right of X-Forwarded-For are believed.
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", 0)
API_PER_MINUTE_ACCOUNT = env.integer("API_PER_MINUTE_ACCOUNT", 1200)
API_PER_MINUTE_SESSION = env.integer("API_PER_MINUTE_SESSION", 600)
API_PER_MINUTE_ADDRESS = env.integer("API_PER_MINUTE_ADDRESS", 600)
AUTH_PER_MINUTE_ADDRESS = env.integer("AUTH_PER_MINUTE_ADDRESS", 120)

# --- API -------------------------------------------------------------------------------------------------------------
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["billing.authentication.ViewerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["streaming.api.limits.ApiThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["streaming.api.renderers.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["streaming.api.renderers.OrjsonParser"],
    "DEFAULT_PAGINATION_CLASS": "streaming.api.pagination.CursorPages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "streaming.api.errors.handle",
    "UNAUTHENTICATED_USER": None,
    "DATETIME_FORMAT": "%Y-%m-%dT%H:%M:%S.%fZ",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Backbeat",
    "DESCRIPTION": "Music and video streaming: catalogue, play tickets, plays, dashboards.",
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "ReleaseKind": "catalog.music.models.Release.Kind",
        "SearchKind": "catalog.search.models.Kind",
        "TrackKind": ["audio", "video"],
        "ContextKind": ["album", "artist", "playlist", "search", "browse", "dashboard"],
        "Presentation": ["full", "preview"],
        "MembershipRole": "catalog.music.models.Membership.Role",
        "Tier": ["free", "paid"],
        "PaidTier": [("paid", "Paid")],
        "Provider": "billing.models.Provider",
        "StoreProvider": ["apple", "google"],
        "SubscriptionState": [
            "none",
            "granted",
            "trialing",
            "active",
            "ending",
            "past_due",
            "paused",
            "incomplete",
            "ended",
            "revoked",
        ],
    },
    "SCHEMA_PATH_PREFIX": r"/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "streaming.api.schema.add_problem_responses",
    ],
}

# --- Pages and static files ------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [("web", WEB_DIST)] if WEB_DIST.is_dir() else []
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Vite hashes its names: name-<hash>.js may be kept for ever.
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/web/assets/.+-[A-Za-z0-9_-]{8}\.\w+$"
CSRF_FAILURE_VIEW = "streaming.api.errors.csrf_failure"
# Where the staff admin is; a name that nobody guesses keeps most of the noise away.
ADMIN_PATH = env.folder("ADMIN_PATH", "admin/")
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
LANGUAGE_CODE = "en"
# All that we say is English. Looking for translations took a fifth of an admin page's time.
USE_I18N = False
FORMAT_MODULE_PATH = "streaming.formats"
USE_TZ = True
TIME_ZONE = "UTC"

UNFOLD = {
    "SITE_TITLE": "Backbeat",
    "SITE_HEADER": "Backbeat",
    "SITE_SYMBOL": "graphic_eq",
    "LOGIN": {"form": "accounts.roles.forms.StaffSignInForm"},
    "DASHBOARD_CALLBACK": "catalog.home.waiting",
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "STYLES": ["/static/admin/backbeat.css"],
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "/static/web/favicon.svg"}],
}

# --- Security --------------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_SECURE = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_HSTS_PRELOAD = BEHIND_TLS

# --- Mail ------------------------------------------------------------------------------------------------------------
MAILBOX_DIR = env.text("MAILBOX_DIR")
EMAIL_BACKEND = f"django.core.mail.backends.{'filebased' if MAILBOX_DIR else 'smtp'}.EmailBackend"
EMAIL_FILE_PATH = MAILBOX_DIR or None
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.text("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS")
# A server that hangs must not hold a worker and the mail's row.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "Backbeat <hello@localhost>")

# --- Logs ------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "streaming.api.logs.RequestIdFilter"}},
    "formatters": {
        "json": {
            "()": "pythonjsonlogger.json.JsonFormatter",
            "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s %(request_id)s",
            "rename_fields": {"asctime": "at", "levelname": "level", "name": "logger"},
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {
        # It writes two lines for each call.
        "stripe": {"level": "WARNING"},
        "django.server": {"handlers": ["stderr"], "propagate": False},
        # The sweepers run every two or three seconds, and each would write three lines.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # It writes a line for each call.
        "elastic_transport": {"level": "WARNING"},
    },
}
