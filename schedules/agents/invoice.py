"""Reads an invoice in three steps, each a program of its own: parse, extract, store.

Each gets its input on stdin and writes its result as one JSON line to file descriptor 3.
"""
import json
import os
import pathlib
import re
import sys

store_path = pathlib.Path(os.environ.get("INVOICE_STORE", "/tmp/agentcron-invoices.jsonl"))


def finish(result, summary):
    with os.fdopen(3, "w") as events:
        json.dump({"type": "result", "result": result, "summary": summary}, events)
        events.write("\n")


def parse(path):
    text = pathlib.Path(path.strip()).read_text()
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    finish({"lines": len(lines), "text": "\n".join(lines)}, f"{len(lines)} lines")


def extract(text):
    """Stands for a language model: any agent that gives a JSON result fits here."""
    fields = {
        "number": r"Invoice\s+(\S+)",
        "due": r"Due\s+(\d{4}-\d\d-\d\d)",
        "total": r"Total\s+([\d.]+)\s+EUR",
    }
    found = {name: match[1] for name, pattern in fields.items()
             if (match := re.search(pattern, text))}
    missing = sorted(fields.keys() - found.keys())
    if missing:
        sys.exit("not found in the document: " + ", ".join(missing))
    finish(found, f"invoice {found['number']}: {found['total']} EUR, due {found['due']}")


def stored():
    lines = store_path.read_text().splitlines() if store_path.exists() else []
    return {record["number"]: record for record in map(json.loads, lines)}


def store(text):
    """Execution is at least once, so that the same invoice twice is stored once."""
    record = json.loads(text)
    is_new = record["number"] not in stored()
    if is_new:
        with store_path.open("a") as file:
            file.write(json.dumps(record) + "\n")
    finish({"number": record["number"], "new": is_new},
           f"{record['number']} {'stored' if is_new else 'was stored already'}")


def check(text):
    """Proof of outcome: what was claimed to be stored is there."""
    number = json.loads(text)["number"]
    if number not in stored():
        sys.exit(f"{number} is not in {store_path}")


commands = {"parse": parse, "extract": extract, "store": store, "check": check}
commands[sys.argv[1]](sys.stdin.read())
