"""The model engine behind its OpenAI-compatible API."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2
from openai import APIError, AsyncOpenAI, Timeout
from openai.types.chat import ChatCompletionMessageParam

from app.errors import ModelUnavailable

SEED = 7
"""With temperature 0, so that an answer can be rebuilt."""


@dataclass(frozen=True)
class ChatModel:
    """One model at one endpoint. Every call carries a cache salt: vLLM shares its prefix cache
    only between calls with the same one, so timing tells nobody what others asked."""

    client: AsyncOpenAI
    model: str
    temperature: float = 0.0
    seed: int = SEED

    @classmethod
    def connect(cls, url: str, model: str, api_key: str | None) -> ChatModel:
        """`url` ends in /v1."""
        timeout = Timeout(60, connect=3)
        client = AsyncOpenAI(
            base_url=url, api_key=api_key or "none", timeout=timeout, max_retries=0
        )
        return cls(client, model)

    async def complete(
        self, prompt: str, *, salt: str, stop: Sequence[str], max_tokens: int
    ) -> AsyncGenerator[str]:
        """Continue a text; its pieces as they come. Raises ModelUnavailable."""
        try:
            stream = await self.client.completions.create(
                model=self.model,
                prompt=prompt,
                max_tokens=max_tokens,
                stop=list(stop),
                temperature=self.temperature,
                seed=self.seed,
                stream=True,
                extra_body={"cache_salt": salt},
            )
            async for part in stream:
                if part.choices and part.choices[0].text:
                    yield part.choices[0].text
        except (APIError, httpx2.HTTPError) as error:
            raise ModelUnavailable from _without_text(error)

    async def chat(
        self,
        system: str,
        user: str,
        *,
        salt: str,
        max_tokens: int,
        schema: Mapping[str, Any] | None = None,
    ) -> AsyncGenerator[str]:
        """Answer a message; the pieces of the answer as they come. Raises ModelUnavailable.

        vLLM keeps to a JSON `schema`; other engines may ignore it, so the caller checks.
        """
        extra: dict[str, Any] = {"cache_salt": salt}
        if schema is not None:
            extra["structured_outputs"] = {"json": schema}
        messages: list[ChatCompletionMessageParam] = [
            {"role": "system", "content": system},
            {"role": "user", "content": user},
        ]
        try:
            stream = await self.client.chat.completions.create(
                model=self.model,
                messages=messages,
                max_tokens=max_tokens,
                temperature=self.temperature,
                seed=self.seed,
                stream=True,
                extra_body=extra,
            )
            async for part in stream:
                if part.choices and part.choices[0].delta.content:
                    yield part.choices[0].delta.content
        except (APIError, httpx2.HTTPError) as error:
            raise ModelUnavailable from _without_text(error)

    async def healthy(self) -> bool:
        """Whether the engine answers and has the model."""
        try:
            models: Any = await self.client.models.list(timeout=3)
        # what is no engine answers with a page or another list, on which the client stumbles
        except (APIError, httpx2.HTTPError, AttributeError):
            return False
        return any(model.id == self.model for model in getattr(models, "data", None) or ())

    async def close(self) -> None:
        await self.client.close()


def _without_text(error: Exception) -> Exception:
    """An engine's error may repeat the prompt; only its kind is kept."""
    return RuntimeError(type(error).__name__)
