import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { decodeRecords, readFifo, startReader } from '../channels/support/readers.ts';
import { startS3 } from '../harness/s3-server.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporary = temporaryDirectories();

test('takes the command line of sagemaker-pipe, and does what it promised, with -d, -x and -r', async () => {
  const { source, target, at } = await places({ a: gzipSync('first'), 'sub/b': gzipSync('second!') });
  const program = startSluice(['pipe', '-d', '-x', '-r', '--epochs', '1', 'training', source, target]);
  const records = decodeRecords(await readFifo(at('training_0')));
  expect(records.map(String)).toEqual(['first', 'second!']);
  const { code, stderr } = await program.ended;
  expect(code).toBe(0);
  expect(stderr).toContain(`training: 2 objects of file://${source}, at ${target}/training_0`);
  expect(readdirSync(target)).toEqual([]);
});

test('feeds several channels, and ends when their reader has ended', async () => {
  const { source, target, at } = await places({ 'train/a': 'for training', 'test/a': 'for testing' });
  const channels = ['--channel', `train=${source}/train`, '--channel', `test=${source}/test`];
  const program = startSluice(['pipe', '--json', '--linger', '0.3', ...channels, target]);
  // The reader thinks for longer than --linger between its epochs: it still runs.
  const script = 'exec 3< "$0"; cat <&3; sleep 1; cat "${0%_0}_1" "${0%train_0}test_0"';
  const reader = await startReader(at('train_0'), ['sh', '-c', script]);
  expect(String(await reader.bytes)).toBe('for trainingfor trainingfor testing');
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  expect(JSON.parse(stdout).channels).toEqual([
    { channel: 'train', epochs: 2, objects: 2, bytes: 24 },
    { channel: 'test', epochs: 1, objects: 1, bytes: 11 },
  ]);
  expect(readdirSync(target)).toEqual([]);
});

test('shards are disjoint and complete, and shuffled by the seed', async () => {
  const names = Array.from({ length: 12 }, (_, index) => `${index + 10}`);
  const { source, target, at } = await places(Object.fromEntries(names.map((name) => [name, `${name} `])));
  const shares = [1, 2, 3].map(async (host) => {
    const options = ['--shard', `${host}/3`, '--shuffle-seed', '5', '--epochs', '1'];
    const program = startSluice(['pipe', ...options, `host${host}`, source, target]);
    const text = String(await readFifo(at(`host${host}_0`)));
    expect(await program.ended).toMatchObject({ code: 0 });
    return text.trim().split(' ');
  });
  const read = await Promise.all(shares);
  expect(read.map((share) => share.length)).toEqual([4, 4, 4]);
  expect(read.flat().sort()).toEqual(names);
  expect(read.flat()).not.toEqual(names);
});

test.each([
  ['/proc/none', 'its file system takes no directories'],
  ['/proc/none/below', 'its file system takes no directories'],
  ['/dev/null/below', 'a part of the path is a file'],
  ['/dev/null', 'a file has that name'],
])('says why %s cannot be the place of FIFOs', async (target, reason) => {
  const { source } = await places({ a: 'x' });
  const { code, stderr } = await sluice(['pipe', 'train', source, target]);
  expect(code).toBe(2);
  expect(stderr).toContain(`DEST: the directory '${target}' cannot be made: ${reason}.`);
});

test('reads from an S3 endpoint over the wire', async () => {
  const server = await startS3();
  try {
    await server.store.createBucket('data');
    for (let index = 0; index < 200; index++)
      await server.store.put('data', `p/${1000 + index}`, `${index} `);
    await server.store.put('data', 'p/big', Buffer.alloc(20_000_000, 'x'));
    await server.store.put('data', 'm', '[{"prefix":"s3://data/p/"},"1007","1003"]');
    const { target, at } = await places({});
    const environment = {
      AWS_ACCESS_KEY_ID: server.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.credentials.secretAccessKey,
    };
    const run = (...args: string[]) =>
      startSluice(['pipe', '--epochs', '1', '--endpoint-url', server.url, ...args, target], { environment });
    const whole = run('train', 's3://data/p/');
    const numbers = Array.from({ length: 200 }, (_, index) => `${index} `).join('');
    const bytes = await readFifo(at('train_0'));
    expect(bytes.subarray(0, numbers.length).toString()).toBe(numbers);
    expect(bytes.subarray(numbers.length).equals(Buffer.alloc(20_000_000, 'x'))).toBe(true);
    expect(await whole.ended).toMatchObject({ code: 0 });
    const chosen = run('--manifest', 'chosen', 's3://data/m');
    expect(String(await readFifo(at('chosen_0')))).toBe('7 3 ');
    expect(await chosen.ended).toMatchObject({ code: 0 });
  } finally {
    await server.close();
  }
});

test('Ctrl-C removes its FIFOs, whether somebody reads or not', async () => {
  const { source, target, at } = await places({ a: Buffer.alloc(10_000_000) });
  for (const reading of [false, true]) {
    const program = startSluice(['pipe', '-d', 'train', source, target]);
    await program.printed('train: 1 objects');
    const script = 'exec 3< "$0"; head -c 5 <&3; exec sleep 60';
    const reader = reading ? await startReader(at('train_0'), ['sh', '-c', script]) : undefined;
    await reader?.started;
    program.child.kill('SIGINT');
    expect(await program.ended).toMatchObject({ code: 130 });
    expect(readdirSync(target)).toEqual([]);
    reader?.child.kill('SIGKILL');
    await reader?.bytes;
  }
});

test('goes on for ever when it is told to, whoever leaves early, comes back or stays away for long', async () => {
  const { source, target, at } = await places({ a: Buffer.alloc(300_000, 'a') });
  const program = startSluice(['pipe', '--forever', '--linger', '0', 'train', source, target]);
  expect(await readFifo(at('train_0'), ['head', '-c', '5'])).toHaveLength(5);
  // Longer than it takes to see that no reader is left.
  await sleep(1000);
  expect(program.child.exitCode).toBeNull();
  for (const epoch of [1, 2]) expect(await readFifo(at(`train_${epoch}`))).toHaveLength(300_000);
  program.child.kill('SIGINT');
  expect(await program.ended).toMatchObject({ code: 130 });
  expect(readdirSync(target)).toEqual([]);
});

test('an object that cannot be sent ends it with an error that names the object', async () => {
  const { source, target, at } = await places({ a: gzipSync('fine'), broken: 'no gzip' });
  const program = startSluice(['pipe', '-x', 'train', source, target]);
  const reader = await startReader(at('train_0'));
  const { code, stderr } = await program.ended;
  expect(code).toBe(1);
  expect(stderr).toContain('GzipInvalid');
  expect(stderr).toContain(`${source}/broken`);
  await reader.bytes;
  expect(readdirSync(target)).toEqual([]);
});

const usageErrors: [string[], string][] = [
  [['train', 'src'], 'Expected CHANNEL SRC DEST'],
  [['--channel', 'a=b', 'train', 'src', 'dest'], 'got 3 arguments'],
  [['bad/name', 'src', 'dest'], "got 'bad/name'"],
  [['--shard', '3/2', 'train', 'src', 'dest'], 'Expected i/n'],
  [['--epochs', '0', 'train', 'src', 'dest'], 'whole number above 0'],
  [['--epochs', '1', '--forever', 'train', 'src', 'dest'], 'Expected --forever or --epochs'],
];

test.each(usageErrors)('`sluice pipe %j` is a usage error that says: %s', async (args, message) => {
  const { code, stderr } = await sluice(['pipe', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});

test('a source that does not exist is an error', async () => {
  const { target } = await places({});
  const { code, stderr } = await sluice(['pipe', 'train', '/no/such/place', target]);
  expect(code).toBe(1);
  expect(stderr).toContain("ChannelNotFound: Channel 'train': /no/such/place does not exist.");
});

test('help has examples and fits 80 columns', async () => {
  const { code, stdout } = await sluice(['pipe', '--help']);
  expect(code).toBe(0);
  expect(stdout).toContain('Examples:\n  sluice pipe train data/train /tmp/channels');
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

async function places(files: Readonly<Record<string, string | Buffer>>) {
  const root = await temporary();
  const source = join(root, 'source');
  const target = join(root, 'channels');
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(source, name, '..'), { recursive: true });
    writeFileSync(join(source, name), content);
  }
  return { source, target, at: (fifo: string) => join(target, fifo) };
}
