"""agentcron with a private PostgreSQL, for the benchmarks written in Python."""
import os
import pathlib
import signal
import subprocess
import sys
import time

bench = pathlib.Path(__file__).resolve().parent
agentcron = bench.parent.parent / "build" / "agentcron"


class Daemon:
    def __init__(self, directory, configuration, slots):
        self.environment = {**os.environ, "AGENTCRON_STATE_DIR": str(directory / "state")}
        for name in ("AGENTCRON_DATABASE_URL", "PGHOST", "PGSERVICE", "PGDATABASE"):
            self.environment.pop(name, None)
        (directory / "bench.yaml").write_text(configuration, encoding="utf-8")
        self.process = subprocess.Popen(
            [agentcron, "up", "--config", directory / "bench.yaml", "--slots", str(slots)],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "ready" in line:
                break
        else:
            sys.exit("agentcron did not start:\n" + "".join(said))
        # What it says from now on is not read: let it not wait for that.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stdout,
                                      stdout=subprocess.DEVNULL)

    def sql(self, statement):
        return subprocess.run(
            [agentcron, "sql", "-c", statement, "--", "-qAt"], env=self.environment, check=True,
            capture_output=True, text=True).stdout.split()

    def until(self, condition):
        """The times that count are the database's, so a look now and then is enough."""
        while self.sql(f"select {condition}") != ["t"]:
            time.sleep(0.5)

    def memory_mib(self):
        """The most that the daemon has had resident so far."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmHWM:")[1].split()[0]) / 1024

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()
        self.drain.wait()
