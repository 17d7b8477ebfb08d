"""The Messages API's answers as data: one message, and the stream of events that tells it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

USAGE = {
    "input_tokens": 100,
    "output_tokens": 20,
    "cache_creation_input_tokens": 0,
    "cache_read_input_tokens": 0,
}


def answer(model: str, text: str, tools: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """Return a whole assistant message, as a client gets it that did not ask for a stream."""
    content: list[dict[str, Any]] = [{"type": "text", "text": text}] if text or not tools else []
    content += [{"type": "tool_use", "id": f"toolu_{uuid4().hex}", "name": name, "input": dict(g)} for name, g in tools]
    return {
        "id": f"msg_{uuid4().hex}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": content,
        "stop_reason": "tool_use" if tools else "end_turn",
        "stop_sequence": None,
        "usage": USAGE,
    }


def sse_events(message: Mapping[str, Any]) -> list[str]:
    """Return the server-sent events that tell `message`; the first one opens it."""
    opening = {**message, "content": [], "stop_reason": None}
    events: list[dict[str, Any]] = [{"type": "message_start", "message": opening}]
    for index, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty, delta = {**block, "text": ""}, {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        events.append({"type": "content_block_start", "index": index, "content_block": empty})
        events.append({"type": "content_block_delta", "index": index, "delta": delta})
        events.append({"type": "content_block_stop", "index": index})
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    events.append({"type": "message_delta", "delta": ending, "usage": message["usage"]})
    events.append({"type": "message_stop"})
    return [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events]
