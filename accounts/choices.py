"""Choices of people's preferences."""

from django.db import models


class Theme(models.TextChoices):
    SYSTEM = "system", "System"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Trend(models.TextChoices):
    """Colours of gain and loss."""

    GREEN_RED = "standard", "Green, red"
    BLUE_ORANGE = "safe", "Blue, orange"
    RED_GREEN = "inverse", "Red, green"


class Density(models.TextChoices):
    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"


class CostMethod(models.TextChoices):
    """What a new portfolio starts with; portfolios keep a choice of their own, by the same names."""

    AVERAGE = "average", "Average cost"
    FIFO = "fifo", "First in, first out"
    LIFO = "lifo", "Last in, first out"
    HIFO = "hifo", "Highest cost first"
    LOFO = "lofo", "Lowest cost first"
    SPECIFIC = "specific", "Lots named on each sale"
    SECTION104 = "section104", "UK share matching (section 104)"


# How numbers and dates are written.  Each is a locale that the formatting data knows; the words of the product are English.
LOCALES = (
    ("en-GB", "English (United Kingdom)"),
    ("en-IE", "English (Ireland)"),
    ("en-US", "English (United States)"),
    ("en-CA", "English (Canada)"),
    ("en-AU", "English (Australia)"),
    ("en-NZ", "English (New Zealand)"),
    ("en-IN", "English (India)"),
    ("en-SG", "English (Singapore)"),
    ("en-ZA", "English (South Africa)"),
    ("da-DK", "Danish (Denmark)"),
    ("de-AT", "German (Austria)"),
    ("de-CH", "German (Switzerland)"),
    ("de-DE", "German (Germany)"),
    ("es-ES", "Spanish (Spain)"),
    ("es-MX", "Spanish (Mexico)"),
    ("fi-FI", "Finnish (Finland)"),
    ("fr-BE", "French (Belgium)"),
    ("fr-CA", "French (Canada)"),
    ("fr-CH", "French (Switzerland)"),
    ("fr-FR", "French (France)"),
    ("it-CH", "Italian (Switzerland)"),
    ("it-IT", "Italian (Italy)"),
    ("ja-JP", "Japanese (Japan)"),
    ("nb-NO", "Norwegian (Norway)"),
    ("nl-BE", "Dutch (Belgium)"),
    ("nl-NL", "Dutch (Netherlands)"),
    ("pl-PL", "Polish (Poland)"),
    ("pt-BR", "Portuguese (Brazil)"),
    ("pt-PT", "Portuguese (Portugal)"),
    ("sv-SE", "Swedish (Sweden)"),
)
