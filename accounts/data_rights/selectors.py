"""Answers about requests for one's own data."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.data_rights import registry
from accounts.data_rights.choices import JobStatus
from accounts.errors import NoSuchExport
from accounts.models import DataArrival, DataExport, User


@dataclass(frozen=True, slots=True)
class DataPage:
    """What the page “Your data” shows."""

    export: DataExport | None  # the newest
    arrival: DataArrival | None
    may_bring: bool  # nothing is here yet that it would mix with

    @property
    def is_busy(self) -> bool:
        """A job is at work, so that the page asks again."""
        return any(job is not None and job.status in {JobStatus.WAITING, JobStatus.WORKING} for job in (self.export, self.arrival))


def data_page_of(user: User) -> DataPage:
    """Three queries."""
    portfolios = next(model for model, _ in registry.personal_models() if model._meta.label == "portfolios.Portfolio")
    return DataPage(
        DataExport.objects.visible_to(user).told().first(),
        DataArrival.objects.visible_to(user).told().first(),
        not registry.belonging_to(portfolios, user.pk).exists(),
    )


def get_export(user: User, pk: int) -> DataExport:
    """A request of the person's own, without its file.  Raises NoSuchExport."""
    found: DataExport | None = DataExport.objects.visible_to(user).told().filter(pk=pk).first()
    if found is None:
        raise NoSuchExport("There is no such file.").of("export", pk)
    return found
