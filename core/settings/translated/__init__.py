"""The product's own sentences in languages other than English and Chinese, a file each."""

from __future__ import annotations

from collections.abc import Mapping

from core.settings.translated import de, es, fr, ru

TRANSLATED: Mapping[str, Mapping[str, str]] = {
    "de": de.SENTENCES,
    "es": es.SENTENCES,
    "fr": fr.SENTENCES,
    "ru": ru.SENTENCES,
}
"""By language, then by the sentence's name in `core.settings.texts`."""
