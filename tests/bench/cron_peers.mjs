// The same work as cron_bench, done by npm libraries. Run by ./cron, in the folder that has them.
//   node cron_peers.mjs croner|cron-parser EXPRESSIONS_FILE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [library, expressionsFile] = process.argv.slice(2);
const require = createRequire(process.cwd() + "/");
const start = new Date("2026-03-08T00:00:00Z");
const rounds = 5;

const peers = {
  croner() {
    const { Cron } = require("croner");
    return {
      parse: (pattern, timezone) => new Cron(pattern, { timezone, paused: true }),
      walk(pattern, timezone, times) {
        const cron = this.parse(pattern, timezone);
        let time = start;
        for (let i = 0; i < times; ++i) {
          const following = cron.nextRun(time);
          if (!following) return i + 1;
          time = following;
        }
        return times;
      },
    };
  },
  "cron-parser"() {
    const { CronExpressionParser } = require("cron-parser");
    const parse = (pattern, tz) => CronExpressionParser.parse(pattern, { tz, currentDate: start });
    return {
      parse,
      walk(pattern, tz, times) {
        const cron = parse(pattern, tz);
        for (let i = 0; i < times; ++i) cron.next();
        return times;
      },
    };
  },
};

function measure(name, work) {
  let best = 0;
  for (let round = 0; round < rounds; ++round) {
    const before = process.hrtime.bigint();
    const operations = work();
    best = Math.max(best, operations / (Number(process.hrtime.bigint() - before) / 1e9));
  }
  console.log(`${name}\t${Math.round(best)}`);
}

const peer = peers[library]();
const patterns = readFileSync(expressionsFile, "utf8").trim().split("\n");
// Some libraries refuse some patterns, such as repeated values or dates that never come.
const accepted = patterns.filter((pattern) => {
  try {
    peer.walk(pattern, "UTC", 1);
    return true;
  } catch {
    return false;
  }
});

measure("parse", () => {
  for (const pattern of accepted) peer.parse(pattern, "UTC");
  return accepted.length;
});
for (const zone of ["UTC", "America/New_York", "Europe/Berlin"]) {
  measure(`next, ${zone}`, () => {
    let count = 0;
    for (const pattern of accepted) {
      try {
        count += peer.walk(pattern, zone, 20);
      } catch {
        // gives up on a sparse pattern: not counted
      }
    }
    return count;
  });
}
const singles = [
  "*/5 * * * *",
  "59 23 31 12 *",
  "0 0 29 2 *",
  "0 0 13 * 5#2",
  "0 0 * * 5#5",
  "0 0 31 2 *",
];
for (const pattern of singles) {
  try {
    measure(`next, ${pattern}`, () => peer.walk(pattern, "America/New_York", 20));
  } catch {
    console.log(`next, ${pattern}\trefused`);
  }
}
