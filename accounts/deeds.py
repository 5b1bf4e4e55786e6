"""What the log of an account calls what happens to the account itself."""

from __future__ import annotations

from allauth.idp.oidc.models import Client
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession

from accounts.data_rights.models import DataExport
from accounts.keys.models import ApiKey
from accounts.viewing.models import SupportView
from portfolio_site.web.deeds import describe, owned_in

describe(
    "Account",
    {
        "account.created": "Account created",
        "session.started": "Signed in",
        "session.ended": "Signed out",
        "session.revoked": "Another device signed out",
        "session.revoked_others": "Signed out everywhere else",
        "factor.added": "Second factor added",
        "factor.removed": "Second factor removed",
        "factor.renewed": "New recovery codes",
        "password.changed": "Password changed",
        "password.reset": "Password set anew by mail",
        "email.changed": "E-mail address changed",
        "email.confirmed": "E-mail address confirmed",
        "token.issued": "Signed in over the API",
        "token.revoked": "Signed out over the API",
        "token.reused": "A spent API token was used again; everything that came from it was ended",
        "app.connected": "App let in",
        "app.disconnected": "App disconnected",
        "app.token_reused": "Something of an app was shown twice; the app was disconnected",
        "app.registered": "App registered",
        "app.changed": "App changed",
        "app.secret_renewed": "New secret for an app",
        "app.removed": "App removed",
        "key.made": "API key made",
        "key.revoked": "API key revoked",
        "profile.changed": "Profile changed",
        "preferences.changed": "Preferences changed",
        "site_role.given": "A role in running the site was given",
        "site_role.ended": "A role in running the site was ended",
    },
)

describe(
    "Refusals",
    {
        "session.refused": "Sign-in failed: the password was wrong",
        "factor.refused": "The code of the second factor was wrong",
        "access.refused": "Refused: not allowed",
        "access.not_theirs": "Refused: somebody without a role tried to open it",
    },
)

describe(
    "Support",
    {
        "support.allowed": "Support was allowed to look at the account",
        "support.ended": "Support was not allowed to look any more",
        "support.view_started": "Support began to look at the account",
        "support.view_ended": "Support stopped looking at the account",
        "support.page_refused": "Refused: support asked for a page of the account that it does not see",
    },
)

describe(
    "Your data",
    {
        "data.export_asked": "Export of all data asked for",
        "data.export_ready": "Export of all data ready",
        "data.exported": "Export of all data downloaded",
        "data.brought": "Export of Plumbline brought",
        "data.erasure_scheduled": "Erasure of the account scheduled",
        "data.erasure_cancelled": "Erasure of the account cancelled",
        "data.erased": "Account erased",
        "data.read_in": "Export of Plumbline read in",
        "processing.paused": "Processing of the data paused",
        "processing.resumed": "Processing of the data goes on",
        "consent.withdrawn": "Something that was agreed to was taken back",
    },
)

owned_in("api_key", ApiKey, "user_id")
owned_in("export", DataExport, "user_id")
owned_in("oauth_client", Client)
owned_in("passkey", Authenticator, "user_id")
owned_in("session", UserSession, "user_id")
owned_in("supportview", SupportView, "consent__person_id")
