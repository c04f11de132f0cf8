"""An HTTP server for tests: prints its port, then answers each request as its path says.

/500/... answers 500 and so on, 429 with Retry-After: 100; /once/... answers 500 at first and then
200; /slow never answers; /to/PATH redirects to PATH; any other path answers 200. Each request is
one line of JSON in the file that is named on the command line.
"""

import http.server
import json
import sys
import threading

log = open(sys.argv[1], "a", buffering=1)
lock = threading.Lock()
seen = set()
never = threading.Event()


class Answers(http.server.BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        with lock:
            again = self.path in seen
            seen.add(self.path)
            record = {
                "method": self.command,
                "path": self.path,
                "headers": {name.lower(): value for name, value in self.headers.items()},
                "body": body,
            }
            log.write(json.dumps(record) + "\n")
        part = self.path.split("/")[1]
        if part == "slow":
            never.wait()
        status = 200
        if part.isdigit():
            status = int(part)
        elif part == "once" and not again:
            status = 500
        elif part == "to":
            status = 302
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "100")
        if status == 302:
            self.send_header("Location", self.path[len("/to"):])
        text = b"no room for it" if status >= 400 else b""
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # The default of 5 loses connections of a burst: the client then waits for a second or a minute.
    request_queue_size = 512


server = Server(("127.0.0.1", 0), Answers)
sys.stdout.write(f"{server.server_address[1]}\n")  # in one piece, whatever the buffering
sys.stdout.flush()
server.serve_forever()
