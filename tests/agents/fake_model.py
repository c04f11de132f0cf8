"""A model for tests: an HTTP server that plays the Anthropic Messages API and the OpenAI Responses
API so far that the real Claude Code and Codex command lines run complete turns against it.

    python3 fake_model.py LOG        listens on 127.0.0.1, prints its port, runs until it is ended

What the model does stands in the prompt, after its first @@, as steps with @@ between them:

    Make a file @@ TOOL Bash {"command":"touch a"} @@ ECHO

    SAY text               says the text
    TOOL name {json}       calls one tool
    TOOLS [{"name":"Bash","input":{...}}, ...]    calls several tools in one response
    ECHO                   says "ECHO: " and the result of the last tool call
    FAIL status [times [seconds]]    answers with an HTTP error: so many times, or always; a 429 as
                           of a subscription's limit that ends after so many seconds
    HANG                   begins a response that never ends

One step is one response, and the one to play is found by counting the model's responses in the
request's history, so a resumed session goes on where it was and the server keeps nothing in mind
but how often a FAIL has failed. The latest prompt with @@ counts: a prompt without goes on with the
script before it, a prompt with a script of its own begins that one. What the command lines ask for
themselves (titles, summaries: without tools; suggestions of the next prompt) are side requests:
they are answered shortly and play no step.

Each model request is one line of JSON in LOG: path, model, session, number of messages, step.
"""

import http.server
import json
import re
import secrets
import sys
import threading
import time

log = open(sys.argv[1], "a", buffering=1)
lock = threading.Lock()
failures = {}
never = threading.Event()
# What Claude Code itself puts in the model's mouth: a turn was cut off and another prompt comes.
NOT_SAID = ["No response requested."]

ERROR_KINDS = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
ERROR_KINDS |= {400: "invalid_request_error", 429: "rate_limit_error", 529: "overloaded_error"}


def texts_of(content):
    """The texts of a message's content; tool results are none of them."""
    if isinstance(content, str):
        return [content]
    return [block["text"] for block in content or [] if isinstance(block.get("text"), str)]


def script_of(content):
    """The steps in a prompt, or None. What the command lines add to a prompt is no prompt."""
    for text in texts_of(content):
        if "@@" in text and not text.lstrip().startswith("<system-reminder>"):
            return [step.strip() for step in re.split(r"(?:^|\s)@@(?:\s|$)", text)[1:]]
    return None


def is_side_request(request, messages):
    last = texts_of(messages[-1].get("content")) if messages else []
    return not request.get("tools") or any(text.startswith("[SUGGESTION MODE") for text in last)


def next_step(script, turns, session):
    """The step to play after so many responses. A FAIL is none of them: it leaves no trace in the
    history, so a FAIL with a count is passed over when it has failed as often."""
    played = 0
    for index, step in enumerate(script):
        word, _, rest = step.partition(" ")
        if word != "FAIL":
            if played == turns:
                return step
            played += 1
        elif played == turns:
            times = rest.split()[1:]
            key = (session, index, step)
            with lock:
                failures[key] = failures.get(key, 0) + 1
                if not times or failures[key] <= int(times[0]):
                    return step
    return "SAY The script is at its end."


def parts_of(step, last_result):
    """What a step says and calls: (text, [(tool, input), ...])."""
    word, _, rest = step.partition(" ")
    if word == "SAY":
        return rest, []
    if word == "ECHO":
        return f"ECHO: {last_result}", []
    if word == "TOOL":
        name, _, arguments = rest.partition(" ")
        return "", [(name, json.loads(arguments or "{}"))]
    if word == "TOOLS":
        return "", [(call["name"], call["input"]) for call in json.loads(rest)]
    return f"No such step: {step}", []


def instance_of(schema):
    """The least value that fits a JSON schema: what a side request for JSON is answered with."""
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: instance_of(value) for name, value in properties.items()}
    if "enum" in schema:
        return schema["enum"][0]
    return {"array": [], "boolean": False, "integer": 0, "number": 0}.get(kind, "a task")


def events(*each):
    """Server-sent events, named as their data says."""
    return "".join(f"event: {data['type']}\ndata: {json.dumps(data)}\n\n" for data in each)


class Anthropic:
    """The Messages API: one request."""

    def __init__(self, request, _):
        self.request = request
        self.messages = request.get("messages", [])
        self.session = str(request.get("metadata", {}).get("user_id"))
        self.id = secrets.token_hex(8)

    def conversation(self):
        """(script, responses since, last tool result)."""
        script, turns, result, before = None, 0, "", "user"
        for message in self.messages:
            content = message["content"]
            if message["role"] == "user":
                found = script_of(content)
                if found is not None:
                    script, turns = found, 0
                for block in content if isinstance(content, list) else []:
                    if block["type"] == "tool_result":
                        result = "\n".join(texts_of(block.get("content")))
            elif message["role"] == "assistant" and before != "assistant":
                turns += texts_of(content) != NOT_SAID
            if message["role"] in ("user", "assistant"):
                before = message["role"]
        return script, turns, result

    def schema(self):
        return self.request.get("output_config", {}).get("format", {}).get("schema")

    def error(self, status, seconds):
        headers = {"request-id": f"req_{self.id}"}
        if seconds:
            unified = "anthropic-ratelimit-unified-"
            headers[unified + "status"] = "rejected"
            headers[unified + "representative-claim"] = "five_hour"
            headers[unified + "reset"] = str(int(time.time()) + int(seconds))
        error = {"type": ERROR_KINDS.get(status, "api_error"), "message": f"played: {status}"}
        return headers, {"type": "error", "error": error, "request_id": f"req_{self.id}"}

    def usage(self, output_tokens):
        return {
            "input_tokens": 100,
            "cache_creation_input_tokens": 20,
            "cache_read_input_tokens": 30,
            "output_tokens": output_tokens,
        }

    def message(self, blocks, stop_reason, output_tokens):
        return {
            "id": f"msg_{self.id}",
            "type": "message",
            "role": "assistant",
            "model": self.request.get("model"),
            "content": blocks,
            "stop_reason": stop_reason,
            "stop_sequence": None,
            "usage": self.usage(output_tokens),
        }

    def start(self):
        return {"type": "message_start", "message": self.message([], None, 1)}

    def answer(self, text, calls):
        blocks = [{"type": "text", "text": text}] if text or not calls else []
        for number, (name, arguments) in enumerate(calls):
            call = {"type": "tool_use", "id": f"toolu_{self.id}_{number}", "name": name}
            blocks.append(call | {"input": arguments})
        stop_reason = "tool_use" if calls else "end_turn"
        if not self.request.get("stream"):
            return json.dumps(self.message(blocks, stop_reason, 10))
        stream = [self.start()]
        for index, block in enumerate(blocks):
            if block["type"] == "text":
                empty = block | {"text": ""}
                delta = {"type": "text_delta", "text": text}
            else:
                empty = block | {"input": {}}
                delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
            stream += [
                {"type": "content_block_start", "index": index, "content_block": empty},
                {"type": "content_block_delta", "index": index, "delta": delta},
                {"type": "content_block_stop", "index": index},
            ]
        end = {"stop_reason": stop_reason, "stop_sequence": None}
        stream += [
            {"type": "message_delta", "delta": end, "usage": self.usage(10)},
            {"type": "message_stop"},
        ]
        return events(*stream)


class OpenAI:
    """The Responses API: one request."""

    def __init__(self, request, headers):
        self.request = request
        given = request.get("input", [])
        self.messages = [{"role": "user", "content": given}] if isinstance(given, str) else given
        self.session = str(request.get("prompt_cache_key") or headers.get("session_id"))
        self.id = secrets.token_hex(8)

    def conversation(self):
        """(script, responses since, last tool result). Calls of one response carry its id, as the
        command line may put their results between them."""
        script, turns, result, seen = None, 0, "", set()
        answering = False
        for item in self.messages:
            kind, role = item.get("type", "message"), item.get("role")
            if kind == "message" and role == "user":
                found = script_of(item.get("content"))
                if found is not None:
                    script, turns = found, 0
                answering = False
            elif kind == "message" and role == "assistant":
                turns += not answering
                answering = True
            elif kind.endswith("_call"):
                response = str(item.get("call_id")).rpartition("_")[0]
                turns += not answering and response not in seen
                seen.add(response)
                answering = True
            elif kind.endswith("_output"):
                output = item.get("output")
                result = "\n".join(texts_of(output))
                answering = False
        return script, turns, result

    def schema(self):
        return self.request.get("text", {}).get("format", {}).get("schema")

    def error(self, status, _):
        headers = {"x-request-id": f"req_{self.id}"}
        if status == 429:
            headers |= {"retry-after": "1"}
        kind = "server_error" if status >= 500 else ERROR_KINDS.get(status, "api_error")
        return headers, {"error": {"message": f"played: {status}", "type": kind, "code": None}}

    def response(self, status, output):
        usage = {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 30},
            "output_tokens": 10,
            "output_tokens_details": {"reasoning_tokens": 2},
            "total_tokens": 110,
        }
        return {
            "id": f"resp_{self.id}",
            "object": "response",
            "status": status,
            "model": self.request.get("model"),
            "output": output,
            "usage": usage if status == "completed" else None,
        }

    def start(self):
        return {"type": "response.created", "response": self.response("in_progress", [])}

    def call(self, number, name, arguments):
        """A call as the request declares the tool: free text, in a namespace, or a function."""
        item = {"id": f"fc_{self.id}_{number}", "call_id": f"call_{self.id}_{number}"}
        for tool in self.request.get("tools", []):
            if tool.get("type") == "custom" and tool.get("name") == name:
                text = arguments if isinstance(arguments, str) else arguments.get("input", "")
                return item | {"type": "custom_tool_call", "name": name, "input": text}
            space = tool.get("name", "")
            for inner in tool.get("tools", []):
                if name in (space + inner["name"], f"{space}__{inner['name']}"):
                    item |= {"namespace": space}
                    name = inner["name"]
        return item | {"type": "function_call", "name": name, "arguments": json.dumps(arguments)}

    def answer(self, text, calls):
        items, stream = [], [self.start()]
        if text or not calls:
            item = {"type": "message", "role": "assistant", "id": f"msg_{self.id}"}
            said = {"type": "output_text", "text": text, "annotations": []}
            items.append(item | {"status": "completed", "content": [said]})
        items += [self.call(number, *call) for number, call in enumerate(calls)]
        for index, item in enumerate(items):
            place = {"output_index": index, "item_id": item["id"]}
            first = item | {"content": []} if item["type"] == "message" else item
            stream.append({"type": "response.output_item.added", "item": first} | place)
            if item["type"] == "message":
                delta = {"type": "response.output_text.delta", "content_index": 0, "delta": text}
                stream.append(delta | place)
            stream.append({"type": "response.output_item.done", "item": item} | place)
        completed = self.response("completed", items)
        if not self.request.get("stream"):
            return json.dumps(completed)
        return events(*stream, {"type": "response.completed", "response": completed})


class Model(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 65536

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = self.path.partition("?")[0]
        if path.endswith("/messages"):
            self.play(Anthropic(json.loads(body), self.headers), path)
        elif path.endswith("/responses"):
            self.play(OpenAI(json.loads(body), self.headers), path)
        elif path.endswith("/messages/count_tokens"):
            self.send(200, {}, json.dumps({"input_tokens": 100}))
        else:
            self.send(200, {}, "{}")

    def do_GET(self):
        self.send(200, {}, json.dumps({"data": [], "models": [], "has_more": False}))

    do_HEAD = do_GET

    def play(self, api, path):
        script, turns, last_result = api.conversation()
        side = is_side_request(api.request, api.messages)
        if side:
            schema = api.schema()
            step = "SAY " + (json.dumps(instance_of(schema)) if schema else "a task")
        elif script is None:
            step = "SAY There is no script."
        else:
            step = next_step(script, turns, api.session)
        record = {
            "path": path,
            "model": api.request.get("model"),
            "session": api.session,
            "messages": len(api.messages),
            "step": "side request" if side else step,
        }
        with lock:
            log.write(json.dumps(record) + "\n")
        word, _, rest = step.partition(" ")
        if word == "FAIL":
            words = rest.split()
            headers, error = api.error(int(words[0]), words[2] if len(words) > 2 else None)
            self.send(int(words[0]), headers, json.dumps(error))
        elif word == "HANG":
            self.hang(api)
        else:
            kind = "text/event-stream" if api.request.get("stream") else "application/json"
            self.send(200, {}, api.answer(*parts_of(step, last_result)), kind)

    def send(self, status, headers, text, kind="application/json"):
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def hang(self, api):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(events(api.start()).encode())
        self.wfile.flush()
        never.wait()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 loses connections of a burst: the client then waits for a second or a minute.
    request_queue_size = 1024


server = Server(("127.0.0.1", 0), Model)
print(server.server_address[1], flush=True)
server.serve_forever()
