import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readFifo } from '../channels/support/readers.ts';
import { type Moto, startMoto } from '../harness/moto.ts';
import { sluice, startSluice, temporaryDirectories } from '../harness/sluice.ts';

const temporary = temporaryDirectories();
/** In two parts. */
const big = randomBytes(17 * 1024 * 1024 + 3);
let moto: Moto | undefined;
let environment: Record<string, string>;
beforeAll(async () => {
  moto = await startMoto();
  environment = {
    SLUICE_S3: moto.url,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_REGION: 'us-east-1',
  };
  await upload('read');
}, 15 * 60_000);
afterAll(() => moto?.close());

/** A home of its own, and what runs `sluice s3` there. */
async function open() {
  const home = await temporary();
  const s3 = async (...args: string[]) => {
    const { code, stdout, stderr } = await sluice(['s3', ...args], { home, environment });
    return { code, stdout, stderr };
  };
  return { home, s3 };
}

/** A bucket with objects, uploaded by `sluice s3 cp`. Those that are only read have one, `read`: moto takes its time. */
async function upload(bucket: string) {
  const { home, s3 } = await open();
  const data = join(home, 'data');
  mkdirSync(join(data, 'sub dir'), { recursive: true });
  writeFileSync(join(data, 'a.csv'), 'a,b\n1,2\n');
  writeFileSync(join(data, 'sub dir', 'ünï+code.txt'), 'text');
  writeFileSync(join(data, 'big.bin'), big);
  writeFileSync(join(data, 'empty'), '');
  await s3('mb', `s3://${bucket}`);
  const up = await s3('cp', data, `s3://${bucket}/data`, '--recursive');
  expect(up).toMatchObject({ code: 0, stderr: '' });
  expect(up.stdout.split('\n').filter(Boolean)).toHaveLength(4);
  return { home, data, s3 };
}

test('sluice s3 copies, lists, synchronises, prints and removes', { timeout: 300_000 }, async () => {
  const { home, data, s3 } = await upload('commands');
  expect((await s3('ls', 's3://commands/data/')).stdout).toMatch(
    /^ +PRE sub dir\/\n.* 8 a\.csv\n.* 17825795 big\.bin\n.* 0 empty\n$/s,
  );
  expect((await s3('ls')).stdout).toContain(' commands\n');
  const back = join(home, 'back');
  expect(await s3('cp', 's3://commands/data', back, '--recursive')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(back, 'big.bin')).equals(big)).toBe(true);
  expect(readFileSync(join(back, 'sub dir', 'ünï+code.txt'), 'utf8')).toBe('text');
  expect((await s3('sync', 's3://commands/data', back)).stdout).toBe('');
  writeFileSync(join(data, 'a.csv'), 'longer than it was');
  rmSync(join(data, 'empty'));
  const { stdout } = await s3('sync', data, 's3://commands/data', '--delete');
  expect(stdout.split('\n').filter(Boolean).sort()).toEqual([
    'delete: s3://commands/data/empty',
    `upload: ${data}/a.csv to s3://commands/data/a.csv`,
  ]);
  await s3('cp', 's3://commands/data/a.csv', 's3://commands/copied.csv', '--metadata', 'name=groß');
  expect((await s3('cat', 's3://commands/copied.csv')).stdout).toBe('longer than it was');
  expect(await s3('cat', 's3://commands/none')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('s3://commands/none'),
  });
  await s3('rm', 's3://commands', '--recursive');
  expect((await s3('ls', 's3://commands', '--recursive')).stdout).toBe('');
});

test('sluice pipe feeds a channel', { timeout: 300_000 }, async () => {
  const { home } = await open();
  const target = join(home, 'target');
  mkdirSync(target);
  const program = startSluice(['pipe', '--epochs', '1', 'train', 's3://read/data/', target], {
    home,
    environment,
  });
  const expected = Buffer.concat([Buffer.from('a,b\n1,2\n'), big, Buffer.from('text')]);
  const sum = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  expect(sum(await readFifo(join(target, 'train_0')))).toBe(sum(expected));
  expect((await program.ended).code).toBe(0);
});

test.each(['File', 'FastFile', 'Pipe'])(
  'a job reads a channel in %s mode, and its model is stored',
  { timeout: 120_000 },
  async (mode) => {
    const { home, s3 } = await open();
    const script = join(home, 'train.ts');
    writeFileSync(
      script,
      `
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
const root = process.env['SM_INPUT_DIR'] ?? '/opt/ml/input';
const hash = createHash('sha256');
if (${mode === 'Pipe'}) for await (const piece of createReadStream(join(root, 'data', 'train_0'))) hash.update(piece);
else for (const name of ['a.csv', 'big.bin', 'empty', 'sub dir/ünï+code.txt']) hash.update(readFileSync(join(root, 'data', 'train', name)));
writeFileSync(join(process.env['SM_MODEL_DIR'] ?? '/opt/ml/model', 'sum'), hash.digest('hex'));
`,
    );
    const { code, stdout, stderr } = await sluice(
      ['--json', 'train', '--script', script, '--channel', 'train=s3://read/data/', '--input-mode', mode],
      { home, environment },
    );
    expect({ code, stdout, stderr }).toMatchObject({ code: 0 });
    const model = /s3:\/\/[^"]*model\.tar\.gz/.exec(stdout)?.[0] ?? '';
    expect((await s3('cp', model, join(home, 'model.tar.gz'))).code).toBe(0);
  },
);
