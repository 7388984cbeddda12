"""The board that all workers share, in Valkey. While it is away, each worker keeps to its own part of the limits."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from apps.inference.board import CREDIT_S, PROBE_EVERY_S, Board, Gate, LocalBoard, Rates, Seen

T = TypeVar("T")
SCHEMES = ("redis://", "rediss://", "valkey://", "valkeys://", "unix://")
# A store that does not answer holds up one call a second for so long, and none of the others.
ANSWERS_WITHIN_S = 0.5
AWAY_S = 1.0
PREFIX = "distillhub:endpoint:"

# The scripts take the time from the store, so that no worker's clock matters. All times in microseconds.
_NOW = "local t = redis.call('TIME') local now = t[1] * 1000000 + t[2] "
# What a worker holds or may take stands in a hash, so that all of it together is never more than the endpoint's limit:
# whoever has to give up places has them until their calls have ended, and only then they are somebody else's.
BEAT = (
    _NOW
    + """
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now - 3000000)) do
  redis.call('ZREM', KEYS[1], gone)
  redis.call('HDEL', KEYS[2], gone)
end
redis.call('ZADD', KEYS[1], now, ARGV[1])
local members, place, others = redis.call('ZRANGE', KEYS[1], 0, -1), 0, 0
for _, member in ipairs(members) do
  if member < ARGV[1] then place = place + 1 end
  if member ~= ARGV[1] then others = others + tonumber(redis.call('HGET', KEYS[2], member) or '0') end
end
-- What does not divide evenly goes round, so that nobody is left without for long.
place = (place + math.floor(now / 5000000)) % #members
local most, held = tonumber(ARGV[2]), tonumber(ARGV[3])
local part = math.floor(most / #members)
if place < most % #members then part = part + 1 end
local places = math.max(0, math.min(part, most - others))
redis.call('HSET', KEYS[2], ARGV[1], math.max(held, places))
redis.call('PEXPIRE', KEYS[1], 10000)
redis.call('PEXPIRE', KEYS[2], 10000)
return {places, #members, redis.call('EXISTS', KEYS[3])}
"""
)
LEAVE = "redis.call('ZREM', KEYS[1], ARGV[1]) redis.call('HDEL', KEYS[2], ARGV[1]) return 1"
RESERVE = (
    _NOW
    + """
local function take(key, step, amount, correction)
  if step == 0 then return 0 end
  local first = math.max(tonumber(redis.call('GET', key) or '0') + correction * step, now - tonumber(ARGV[1]))
  local after = first + amount * step
  redis.call('SET', key, string.format('%.3f', after), 'PX', math.ceil(math.max(0, after - now) / 1000) + 60000)
  return math.ceil(math.max(0, first - now))
end
return {take(KEYS[1], tonumber(ARGV[2]), tonumber(ARGV[3]), 0),
        take(KEYS[2], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]))}
"""
)
ASK = (
    _NOW
    + """
local gate = redis.call('HMGET', KEYS[1], 'since', 'next', 'fault')
if not gate[1] then return {1, 0, 0, 0, ''} end
local next, probe = tonumber(gate[2]), 0
if now >= next then
  probe, next = 1, now + tonumber(ARGV[1])
  redis.call('HSET', KEYS[1], 'next', string.format('%.0f', next))
end
return {0, probe, math.max(0, next - now), now - tonumber(gate[1]), gate[3]}
"""
)
CLOSE = (
    _NOW
    + """
local gate = redis.call('HMGET', KEYS[1], 'since', 'next')
local next = math.max(now + tonumber(ARGV[1]), tonumber(gate[2] or '0'))
redis.call('HSET', KEYS[1], 'since', gate[1] or string.format('%.0f', now), 'next', string.format('%.0f', next),
           'fault', ARGV[2])
redis.call('PEXPIRE', KEYS[1], math.ceil((next - now) / 1000) + 60000)
return 1
"""
)


def is_store(url: str) -> bool:
    """Can a board stand at this URL? A message broker of another kind cannot carry it."""
    return url.startswith(SCHEMES)


class ValkeyBoard(Board):
    """Keys are kept for minutes at the most. Raises nothing for a store that is away: LocalBoard answers then."""

    def __init__(self, url: str) -> None:
        self._store = Redis.from_url(
            "redis" + url.removeprefix("valkey") if url.startswith("valkey") else url,
            socket_timeout=ANSWERS_WITHIN_S,
            socket_connect_timeout=ANSWERS_WITHIN_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._scripts = {text: self._store.register_script(text) for text in (BEAT, LEAVE, RESERVE, ASK, CLOSE)}
        self._local = LocalBoard(time.monotonic)
        self._away_until = 0.0

    async def aclose(self) -> None:
        await self._store.aclose()

    async def beat(self, key: str, member: str, *, concurrency: int, held: int) -> Seen:
        async def ask() -> Seen:
            keys = (_key(key, "workers"), _key(key, "places"), _key(key, "gate"))
            places, workers, is_closed = await self._run(BEAT, keys, member, concurrency, held)
            self._local.workers[key] = int(workers)
            return Seen(int(places), int(workers), bool(is_closed))

        return await self._or(ask, lambda: self._local.beat(key, member, concurrency=concurrency, held=held))

    async def leave(self, key: str, member: str) -> None:
        keys = (_key(key, "workers"), _key(key, "places"))
        await self._or(lambda: self._run(LEAVE, keys, member), lambda: self._local.leave(key, member))

    async def reserve(self, key: str, rates: Rates, *, calls: int, tokens: int, correction: int) -> tuple[float, float]:
        async def take() -> tuple[float, float]:
            keys = (_key(key, "calls"), _key(key, "tokens"))
            steps = _step_us(rates.requests), _step_us(rates.tokens)
            arguments = (CREDIT_S * 1e6, steps[0], calls, steps[1], tokens, correction)
            by_calls, by_tokens = await self._run(RESERVE, keys, *arguments)
            return int(by_calls) / 1e6, int(by_tokens) / 1e6

        return await self._or(
            take, lambda: self._local.reserve(key, rates, calls=calls, tokens=tokens, correction=correction)
        )

    async def ask(self, key: str) -> Gate:
        async def ask() -> Gate:
            is_open, is_probe, wait_us, since_us, fault = await self._run(
                ASK, (_key(key, "gate"),), PROBE_EVERY_S * 1e6
            )
            return Gate(bool(is_open), bool(is_probe), int(wait_us) / 1e6, int(since_us) / 1e6, fault.decode())

        return await self._or(ask, lambda: self._local.ask(key))

    async def close(self, key: str, *, wait_s: float, fault: str) -> None:
        # Kept on both: if the store goes away now, the endpoint is not asked all at once.
        await self._local.close(key, wait_s=wait_s, fault=fault)
        await self._or(lambda: self._run(CLOSE, (_key(key, "gate"),), wait_s * 1e6, fault), _nothing)

    async def open(self, key: str) -> None:
        await self._local.open(key)
        await self._or(lambda: self._store.delete(_key(key, "gate")), _nothing)

    async def _run(self, text: str, keys: tuple[str, ...], *arguments: str | int | float) -> Any:
        return await self._scripts[text](keys=list(keys), args=list(arguments))

    async def _or(self, shared: Callable[[], Awaitable[T]], alone: Callable[[], Awaitable[T]]) -> T:
        if time.monotonic() < self._away_until:
            return await alone()
        try:
            return await shared()
        except (RedisError, OSError):
            self._away_until = time.monotonic() + AWAY_S
            return await alone()


def _key(key: str, what: str) -> str:
    # In braces, so that a cluster keeps an endpoint's keys on one node.
    return f"{PREFIX}{{{key}}}:{what}"


def _step_us(per_minute: int | None) -> float:
    return 0.0 if per_minute is None else 60e6 / per_minute


async def _nothing() -> Any:
    return None
