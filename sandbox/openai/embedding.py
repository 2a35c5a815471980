"""Embeddings without a model: texts are near each other whose words mean or look the same."""

from __future__ import annotations

import base64
import hashlib
import math
import struct
from collections.abc import Iterator
from typing import Any

from sandbox.openai.meanings import meanings
from sandbox.openai.refusal import Refusal, bad_request, no_such_model, wrong_type, wrong_value
from sandbox.openai.turn import tokens_in

MODELS = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072}
_KNOWN = {"model", "input", "dimensions", "encoding_format", "user"}
_MOST_INPUTS = 2048
_MOST_TOKENS = 8192
_MOST_TOKENS_TOGETHER = 300_000
_WORTH = 3.0  # of a word's meaning, where a part of a word is 1


def embed(body: Any) -> dict[str, Any]:
    """Answer a request for embeddings; raises Refusal in the API's own words."""
    if not isinstance(body, dict):
        raise bad_request("We could not parse the JSON body of your request: expected an object.")
    for name in body:
        if name not in _KNOWN:
            message = f"Unrecognized request argument supplied: {name}"
            raise bad_request(message, name, "unknown_parameter")
    for name in ("model", "input"):
        if body.get(name) is None:
            message = f"Missing required parameter: '{name}'."
            raise bad_request(message, name, "missing_required_parameter")
    model = body["model"]
    if not isinstance(model, str):
        raise wrong_type("model", "a string", model)
    if model not in MODELS:
        raise no_such_model(model)
    if not isinstance(body.get("user", ""), str):
        raise wrong_type("user", "a string", body["user"])
    texts = _texts(body.get("input"))
    size = _dimensions(body.get("dimensions"), MODELS[model])
    form = body.get("encoding_format") or "float"
    if form not in ("float", "base64"):
        raise wrong_value("encoding_format", form, "'float', 'base64'")
    used = sum(map(tokens_in, texts))
    return {
        "object": "list",
        "model": model,
        "data": [
            {"object": "embedding", "index": number, "embedding": _encoded(vector, form)}
            for number, vector in enumerate(_vector(text, size) for text in texts)
        ],
        "usage": {"prompt_tokens": used, "total_tokens": used},
    }


def _texts(given: Any) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise wrong_type("input", "a string or an array of strings", given)
    if not texts:
        message = "Invalid 'input': empty array. Expected an array with minimum length 1."
        raise bad_request(message, "input", "empty_array")
    if len(texts) > _MOST_INPUTS:
        raise bad_request(
            f"Invalid 'input': array too long. Expected an array with maximum length "
            f"{_MOST_INPUTS}, but got an array with length {len(texts)} instead.",
            "input",
            "array_above_max_length",
        )
    for text in texts:
        if not text:
            raise bad_request("Invalid 'input': input cannot be an empty string.", "input")
        if tokens_in(text) > _MOST_TOKENS:
            raise bad_request(
                f"This model's maximum context length is {_MOST_TOKENS} tokens, however you "
                f"requested {tokens_in(text)} tokens. Please reduce your prompt.",
                "input",
                "context_length_exceeded",
            )
    together = sum(map(tokens_in, texts))
    if together > _MOST_TOKENS_TOGETHER:
        message = f"Requested {together} tokens, max {_MOST_TOKENS_TOGETHER} tokens per request"
        code = "max_tokens_per_request"
        raise Refusal(400, message, kind=code, code=code)
    return texts


def _dimensions(wanted: Any, most: int) -> int:
    if wanted is None:
        return most
    if type(wanted) is not int:
        raise wrong_type("dimensions", "an integer", wanted)
    if not 1 <= wanted <= most:
        raise bad_request(f"Invalid 'dimensions': must be 1 to {most}.", "dimensions")
    return wanted


def _encoded(vector: list[float], form: str) -> list[float] | str:
    if form == "float":
        return vector
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _vector(text: str, size: int) -> list[float]:
    vector = [0.0] * size
    for feature, worth in _features(text):
        digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
        number = int.from_bytes(digest[:7], "big")
        vector[number % size] += worth if digest[7] % 2 else -worth
    norm = math.sqrt(sum(value * value for value in vector)) or 1.0
    return [value / norm for value in vector]


def _features(text: str) -> Iterator[tuple[str, float]]:
    """What the text is made of, each with its worth. No text is nowhere."""
    yield "a text", 0.5
    for meaning in dict.fromkeys(meanings(text)):
        yield meaning, _WORTH
    for word in text.casefold().split():
        marked = f"<{word}>"
        yield from ((marked[at : at + 3], 0.3) for at in range(len(marked) - 2))
