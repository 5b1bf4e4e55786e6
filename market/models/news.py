"""News about instruments, without pictures, for as long as retention lets them stay."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from market.models.instruments import Instrument
from market.querysets import ArticleQuerySet, MutedPublisherQuerySet


class Article(models.Model):
    """One piece of news.  Sources tell the same one under several addresses: `story` is equal for those with one title in one week."""

    fingerprint = models.CharField(max_length=64, unique=True)  # of the address without what only tracks
    story = models.CharField(max_length=64)
    url = models.URLField(max_length=1000)
    title = models.CharField(max_length=300)
    summary = models.CharField(max_length=1000, blank=True)
    publisher = models.CharField(max_length=80)
    language = models.CharField(max_length=2, blank=True)  # ISO 639-1
    published_at = models.DateTimeField()
    fetched_at = models.DateTimeField()
    source = models.CharField(max_length=20)
    instruments = models.ManyToManyField(Instrument, through="ArticleInstrument", related_name="articles")

    objects: ClassVar[Any] = ArticleQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        indexes = [models.Index(name="article_newest", fields=["-published_at", "-id"]), models.Index(name="article_story", fields=["story"])]

    def __str__(self) -> str:
        return self.title


class ArticleInstrument(models.Model):
    """An article is about an instrument."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, db_index=False)
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(name="article_about_once", fields=["article", "instrument"])]

    def __str__(self) -> str:
        return f"{self.article_id} about {self.instrument_id}"


class MutedPublisher(models.Model):
    """A publisher that a person does not want to read."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="muted_publishers", db_index=False)
    publisher = models.CharField(max_length=80)

    objects: ClassVar[Any] = MutedPublisherQuerySet.as_manager()

    class Meta:
        ordering = ["publisher"]
        constraints = [models.UniqueConstraint(name="muted_once", fields=["owner", "publisher"])]

    def __str__(self) -> str:
        return self.publisher


class OpenedArticle(models.Model):
    """A person opened an article: what they open ranks higher."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="opened_articles", db_index=False)
    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="opened_once", fields=["owner", "article"])]

    def __str__(self) -> str:
        return f"{self.article_id} by {self.owner_id}"


class NewsAsked(models.Model):
    """When sources were asked for news of an instrument, and when one answered."""

    instrument = models.OneToOneField(Instrument, on_delete=models.CASCADE, primary_key=True, related_name="news_asked")
    asked_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.instrument_id}: {self.asked_at:%Y-%m-%d %H:%M}"
