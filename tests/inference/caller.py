"""One worker of many, as a process of its own: calls an endpoint as fast as it may, and prints how its calls ended.

python -m tests.inference.caller '{"base_url": …, "board_url": …, "seconds": …, "at_once": …, "address": {…}}'
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from typing import Any

from apps.inference.client import Address, Client
from apps.kernel.chat import ChatRequest, Message


async def call(told: dict[str, Any]) -> dict[str, int]:
    until, ends = time.monotonic() + told["seconds"], Counter[str]()
    address = Address(told["base_url"], **told["address"])

    async def go_on(client: Client, number: int) -> None:
        while time.monotonic() < until:
            request = ChatRequest("m", (Message("user", f"hi {number}"),))
            answer = await client.complete(address, request, deadline_s=5)
            ends[answer.fault or "answered"] += 1

    async with Client(allow=("127.0.0.1:*",), board_url=told["board_url"]) as client:
        await asyncio.gather(*(go_on(client, number) for number in range(told["at_once"])))
    return dict(ends)


if __name__ == "__main__":
    print(json.dumps(asyncio.run(call(json.loads(sys.argv[1])))))
