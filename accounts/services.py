"""What people can do with their own account, and the record of what anybody did."""

from __future__ import annotations

import re
from functools import partial

import structlog
from allauth.account.models import EmailAddress
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import get_random_string

from accounts import audit, signals
from accounts.consents.forces import tells_in_force
from accounts.consents.services import record_consent, withdraws
from accounts.consents.texts import Purpose, Source
from accounts.errors import AlreadyTaken, BadPreferences, BadProfile, WeakPassword
from accounts.guesses import guess_basics
from accounts.models import AuditEntry, AuditHead, Preferences, User, a_time_zone
from portfolio_site.kernel.errors import FieldError
from portfolio_site.kernel.words import unwritable

CHANGEABLE = frozenset(
    field.name
    for field in Preferences._meta.get_fields()
    if getattr(field, "concrete", False) and field.name not in {"id", "user", "paused_at", "leaves_at"}
)


def record_audit(
    actor: User | None, action: str, subject: int | None = None, object_type: str = "", object_id: object = "", **data: object
) -> AuditEntry:
    """Write one line of what was done, inside the caller's transaction.

    `actor` did it (None: the system); `subject` is the id of the person whose thing it is, the actor if not given.  `data` says what
    kind of change it was, never amounts or names (TypeError for decimals and floats).  Appends to one chain wait for each other.
    """
    if subject is None:
        if actor is None:
            raise ValueError("An audit entry of the system needs a subject.")
        subject = actor.pk
    tidied = audit.tidy(data)
    with transaction.atomic(savepoint=False):
        head = _locked_head(subject)
        entry = AuditEntry(
            subject=subject,
            sequence=head.sequence + 1,
            actor=None if actor is None else actor.pk,
            action=action[:60],
            object_type=object_type[:60],
            object_id=str(object_id)[:40],
            data=tidied,
            request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:64],
            at=timezone.now(),
            previous=head.hash,
        )
        entry.hash = audit.hash_of(entry)
        entry.save(force_insert=True)
        head.sequence, head.hash = entry.sequence, entry.hash
        head.seal = audit.seal_of(subject, head.sequence, head.hash)
        head.save(force_update=True)
    return entry


def _locked_head(subject: int) -> AuditHead:
    """The end of the chain, locked until the transaction ends."""
    heads = AuditHead.objects.select_for_update().filter(pk=subject)
    head = heads.first()
    if head is None:
        AuditHead.objects.bulk_create([AuditHead(subject=subject)], ignore_conflicts=True)
        head = heads.get()
    return head


def tell_access_changed(user: User) -> None:
    """Says, on commit, that what this person came in by may have ended: their sockets look again at once."""
    transaction.on_commit(partial(signals.access_changed.send, User, user_id=user.pk), robust=True)


def free_username(email: str) -> str:
    """A username that nobody has, made from the part of an address before the “@”."""
    base = re.sub(r"[^a-z0-9_.+-]", "", email.partition("@")[0].lower())[:40] or "person"
    name = base
    while User.objects.filter(username=name).exists():
        name = f"{base}{get_random_string(5, '0123456789')}"
    return name


def register(*, email: str, username: str = "", password: str, accept_language: str = "", time_zone: str = "") -> User:
    """Make an account; it works at once.  The confirmation of the address is asked for by mail.

    Without a username one is made from the address.  Raises WeakPassword, BadProfile, and AlreadyTaken if the address or the
    username belongs to somebody.
    """
    user = User(email=email.strip().lower(), username=(username or free_username(email)).strip().lower())
    try:
        user.clean_fields(exclude=["password"])
    except ValidationError as problem:
        raise BadProfile("The account was not made.", errors=_field_errors(problem)) from None
    taken = [field for field in ("email", "username") if User.objects.filter(**{field: getattr(user, field)}).exists()]
    if taken:
        raise _taken(taken)
    try:
        validate_password(password, user)
    except ValidationError as problem:
        raise WeakPassword(" ".join(problem.messages), errors=[FieldError("password", "weak", " ".join(problem.messages))]) from None
    user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
            EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=False)
            guess_preferences(user, accept_language=accept_language, time_zone=time_zone)
            record_audit(user, "account.created", object_type="user", object_id=user.pk)
            record_consent(user.pk, Purpose.TERMS, given=True, source=Source.API)
            transaction.on_commit(partial(signals.user_registered.send, User, user_id=user.pk), robust=True)
    except IntegrityError:
        raise _taken(["email", "username"]) from None
    return user


def _taken(fields: list[str]) -> AlreadyTaken:
    words = {"email": "This address has an account already. Sign in, or reset the password.", "username": "This username is taken. Choose another."}
    return AlreadyTaken(" ".join(words[field] for field in fields), errors=[FieldError(field, "already_taken", words[field]) for field in fields])


def guess_preferences(user: User, *, accept_language: str, time_zone: str = "") -> Preferences:
    """Give a new person the basics that their browser suggests.  What cannot be guessed stays at its default."""
    basics = guess_basics(accept_language)
    try:
        a_time_zone(time_zone)
    except ValidationError:
        time_zone = "UTC"
    preferences = user.preferences
    preferences.locale, preferences.base_currency = basics.locale, basics.base_currency
    preferences.tax_residence, preferences.cost_method, preferences.time_zone = basics.tax_residence, basics.cost_method, time_zone
    preferences.save()
    return preferences


def confirm_address(user: User) -> None:
    """Takes the address as confirmed without asking it: of the demo person, whom nobody's mailbox stands behind."""
    EmailAddress.objects.update_or_create(user=user, email=user.email, defaults={"verified": True, "primary": True})


@transaction.atomic
def update_profile(actor: User, *, name: str | None = None, username: str | None = None) -> User:
    """Change what a person is called.  Raises BadProfile or AlreadyTaken."""
    user = User.objects.select_for_update().get(pk=actor.pk)
    wanted = {"first_name": name, "username": username.strip().lower() if username is not None else None}
    changes = {field: value.strip() for field, value in wanted.items() if value is not None and value.strip() != getattr(user, field)}
    for field, value in changes.items():
        setattr(user, field, value)
    try:
        user.clean_fields(exclude=[field.name for field in User._meta.fields if field.name not in changes])
    except ValidationError as problem:
        raise BadProfile("The profile was not saved.", errors=_field_errors(problem)) from None
    if said := _misleading(changes.get("first_name", "")):
        raise BadProfile("The profile was not saved.", errors=[FieldError("first_name", "invalid", said)])
    if "username" in changes and User.objects.filter(username=user.username).exclude(pk=user.pk).exists():
        raise _taken(["username"])
    if changes:
        user.save(update_fields=sorted(changes))
        record_audit(actor, "profile.changed", object_type="user", object_id=user.pk, fields=sorted(changes))
        for field, value in changes.items():
            setattr(actor, field, value)
    return actor


def _misleading(name: str) -> str:
    """What is wrong with what a person is called: others read it, also in mails, where an address would be a link."""
    return unwritable(name) or ("A name holds no address. Write it without “//” and “www.”." if "//" in name or "www." in name.lower() else "")


@transaction.atomic
def update_preferences(actor: User, **changes: object) -> Preferences:
    """Change how things are computed and shown for `actor`.  Raises BadPreferences, naming each field that is refused."""
    unknown = sorted(set(changes) - CHANGEABLE)
    if unknown:
        raise BadPreferences(
            f"There is no setting called {', '.join(unknown)}.", errors=[FieldError(name, "unknown", "There is no such setting.") for name in unknown]
        )
    preferences, _ = Preferences.objects.select_for_update().get_or_create(user=actor)
    changed = sorted(name for name, value in changes.items() if getattr(preferences, name) != value)
    for name in changed:
        setattr(preferences, name, changes[name])
    try:
        preferences.clean_fields(exclude=sorted(CHANGEABLE - set(changed)))
    except ValidationError as problem:
        raise BadPreferences("A setting was refused.", errors=_field_errors(problem)) from None
    if changed:
        preferences.save(update_fields=changed)
        record_audit(actor, "preferences.changed", object_type="preferences", object_id=preferences.pk, fields=changed)
        if "peer_comparison" in changed:
            record_consent(actor.pk, Purpose.PEERS, given=preferences.peer_comparison, source=Source.SETTINGS, was_on=True)
    preferences.user = actor  # also what selectors.preferences_of answers from now on
    return preferences


@tells_in_force(Purpose.PEERS)
def is_compared(person: User) -> bool:
    return Preferences.objects.filter(user=person, peer_comparison=True).exists()


@withdraws(Purpose.PEERS)
def leave_peers(actor: User) -> None:
    """Their returns count in no comparison from the next one on."""
    update_preferences(actor, peer_comparison=False)


@transaction.atomic
def update_me(actor: User, *, name: str | None = None, username: str | None = None, preferences: dict[str, object]) -> User:
    """Profile and preferences at once, or neither.  Raises BadProfile, AlreadyTaken, BadPreferences."""
    update_profile(actor, name=name, username=username)
    update_preferences(actor, **preferences)
    return actor


def _field_errors(problem: ValidationError) -> list[FieldError]:
    """Django's errors of fields in the shape of the error tree."""
    return [
        FieldError(field, str(error.code or "invalid"), " ".join(error.messages)) for field, errors in problem.error_dict.items() for error in errors
    ]


def one_at_a_time(actor: User) -> None:
    """Inside the caller's transaction: what the same person does at the same moment waits, so that both are counted, or the first is found.

    The lock is on the person's row, and none of those that only refer to it waits.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=actor.pk)
