// Memory of `sluice serve` under 64 PUTs of 5 MiB at once. `node bench/s3-memory.ts [seconds [connections [MiB]]]`

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peakMemoryOf } from './support/peak-memory.ts';
import { startSluice } from './support/programs.ts';
import { printMachine } from './support/report.ts';

const LIMIT_MIB = 256;

await measure(Number(process.argv[2] ?? 600), Number(process.argv[3] ?? 64), Number(process.argv[4] ?? 5));

async function measure(seconds: number, connections: number, mebibytes: number): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const own = await startSluice(home);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const body = Buffer.alloc(mebibytes * 2 ** 20, 'sluice ');
  try {
    printMachine();
    await put(agent, `${own.url}/bucket`);
    const until = performance.now() + seconds * 1000;
    let puts = 0;
    const client = async (index: number) => {
      while (performance.now() < until) {
        await put(agent, `${own.url}/bucket/${index}`, body);
        puts += 1;
      }
    };
    await Promise.all(Array.from({ length: connections }, (_, index) => client(index)));
    const peak = peakMemoryOf(readFileSync(`/proc/${own.child.pid}/status`, 'utf8')) / 2 ** 20;
    const verdict = peak < LIMIT_MIB ? 'ok' : 'TOO MUCH';
    if (peak >= LIMIT_MIB) process.exitCode = 1;
    console.log(
      `${connections} PUTs of ${mebibytes} MiB at once, ${puts} in ${seconds} s: peak memory ${peak.toFixed(0)} MiB ` +
        `(below ${LIMIT_MIB}) ${verdict}, ${own.memory().toFixed(0)} MiB at the end`,
    );
  } finally {
    agent.destroy();
    await own.stop();
    rmSync(home, { recursive: true, force: true });
  }
}

function put(agent: Agent, url: string, body?: Buffer): Promise<void> {
  return new Promise((done, fail) => {
    const sent = request(url, { method: 'PUT', agent }, (answer) => {
      answer.resume().on('end', () => {
        if (answer.statusCode === 200) done();
        else fail(new Error(`${url}: ${answer.statusCode}`));
      });
    });
    sent.on('error', fail);
    sent.end(body);
  });
}
