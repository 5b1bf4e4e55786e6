"""What becomes of what this app keeps about people (portfolio_site/web/personal.py), and of what packages keep."""

from __future__ import annotations

from portfolio_site.web.personal import DERIVED, GIVEN, INTERNAL, NOBODYS, SECRET, UNLINKED, kept, rows

_CHAIN = kept("what was done must stay provable; an entry holds numbers, no name and no amount", "the records of this installation end")
_PROOF = kept(
    "that the erasure was asked for and done must be provable, and done again after a backup is restored", "thirteen months after it was done"
)
_WORD = kept("that something was agreed to or taken back must be provable; a row holds a number and no name", "the records of this installation end")
_CHAIN_INSIDE = kept(_CHAIN.reason, _CHAIN.until, exported=False)

PERSONAL = [
    rows(
        "accounts.User",
        "The account: names and the address that signs in",
        person="pk",
        fields={
            GIVEN: "id first_name last_name username email date_joined last_login is_active is_staff is_superuser groups user_permissions",
            SECRET: "password",
        },
    ),
    rows(
        "accounts.Preferences",
        "How figures are computed and shown",
        person="user",
        fields={
            GIVEN: "id user base_currency locale time_zone tax_residence cost_method theme trend density hide_amounts flash_prices shortcuts"
            " peer_comparison welcome_done paused_at leaves_at"
        },
    ),
    rows(
        "accounts.RefreshToken",
        "Sign-ins over the API",
        person="user",
        fields={GIVEN: "id user family issued_at expires_at used_at revoked_at", SECRET: "digest password_mark"},
    ),
    rows("accounts.KnownDevice", "Browsers and networks that signed in", person="user", fields={GIVEN: "id user seen_at", SECRET: "mark"}),
    rows(
        "accounts.ApiKey",
        "API keys, without what opens them",
        person="user",
        fields={GIVEN: "id user name prefix scopes created_at expires_at last_used_at revoked_at", SECRET: "digest password_mark"},
    ),
    rows(
        "accounts.AuthorizationCode",
        "Codes on their way to apps that were let in, for a minute",
        person="user",
        fields={SECRET: "id digest client user data expires_at spent_at"},
    ),
    rows(
        "accounts.SpentRefreshToken",
        "What connected apps exchanged, to tell a thief by",
        person="user",
        fields={SECRET: "id digest client user spent_at"},
    ),
    rows(
        "accounts.SocketTicket",
        "Tickets for live prices that were not used, for half a minute",
        person="user",
        fields={SECRET: "id digest user kind reference password_mark scopes expires_at"},
    ),
    rows("accounts.ApiKeyCall", "What was called with API keys", person="key__user", fields={GIVEN: "id key method path status address at"}),
    rows(
        "accounts.IdempotencyKey",
        "Answers kept for a day, so that sending twice does once",
        person="user",
        fields={GIVEN: "id user key status content_type created_at", DERIVED: "fingerprint body"},
    ),
    rows(
        "accounts.DataExport",
        "Requests for one’s own data",
        person="user",
        fields={
            GIVEN: "id user status asked_at problem size ready_at expires_at taken_at",
            INTERNAL: "touched_at attempts done total",
            DERIVED: "content",
        },
    ),
    rows(
        "accounts.DataArrival",
        "Exports that were brought",
        person="user",
        fields={GIVEN: "id user status asked_at problem notes finished_at", INTERNAL: "touched_at attempts done total", DERIVED: "content"},
    ),
    rows(
        "accounts.Erasure",
        "Requests to be erased",
        person="person",
        fields={_PROOF: "id person mark status asked_at due_at cancelled_at done_at", INTERNAL: "step touched_at", SECRET: "address"},
    ),
    rows(
        "accounts.SupportConsent",
        "When support was allowed to look at the account",
        person="person",
        fields={GIVEN: "id person given_at ends_at ended_at"},
    ),
    rows(
        "accounts.SupportView",
        "When support looked at the account",
        person="consent__person",
        fields={GIVEN: "id consent started_at ended_at ending", UNLINKED: "staff"},
    ),
    rows(
        "accounts.Consent",
        "What was agreed to, and taken back",
        person="person",
        fields={_WORD: "id person purpose given version digest source at"},
    ),
    rows(
        "accounts.AuditEntry",
        "What was done in the account",
        person="subject",
        fields={_CHAIN: "id subject sequence actor action object_type object_id data request_id at previous hash"},
    ),
    rows("accounts.AuditHead", "Where the record of an account ends", person="subject", fields={_CHAIN_INSIDE: "subject sequence hash seal"}),
    # ── of packages ─────────────────────────────────────────────────────────
    rows("account.EmailAddress", "Addresses and whether they are confirmed", person="user", fields=GIVEN),
    rows("account.EmailConfirmation", "Confirmations under way", person="email_address__user", fields=SECRET),
    rows("mfa.Authenticator", "Second factors and passkeys", person="user", fields=SECRET),
    rows("usersessions.UserSession", "Devices that are signed in", person="user", fields=GIVEN),
    rows("socialaccount.SocialAccount", "Accounts elsewhere that sign in here", person="user", fields=GIVEN),
    rows("socialaccount.SocialToken", "Tokens of accounts elsewhere", person="account__user", fields=SECRET),
    rows("socialaccount.SocialApp", "Sign-in services of this installation", fields=NOBODYS),
    rows("allauth_idp_oidc.Client", "Programs of a person's own", person="owner", fields=SECRET),
    rows("allauth_idp_oidc.Token", "Programs that were let in", person="user", fields=SECRET),
    rows("guardian.UserObjectPermission", "What was shared with a person", person="user", fields=DERIVED),
    rows("guardian.GroupObjectPermission", "What was shared with a group", fields=NOBODYS),
    rows("sessions.Session", "Browser sessions", fields=INTERNAL),  # erased by what they hold: data_rights/erasing.py
    rows("admin.LogEntry", "What an administrator changed in the administration", person="user", fields=GIVEN),
    rows("auth.Permission", "Kinds of rights", fields=NOBODYS),
    rows("auth.Group", "Groups of administrators", fields=NOBODYS),
    rows("contenttypes.ContentType", "Kinds of rows", fields=NOBODYS),
    rows("sites.Site", "The address of this installation", fields=NOBODYS),
    *(
        rows(f"django_celery_beat.{name}", "The schedule of jobs", fields=NOBODYS)
        for name in ("SolarSchedule", "IntervalSchedule", "ClockedSchedule", "CrontabSchedule", "PeriodicTasks", "PeriodicTask")
    ),
]
