import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FRAMEWORKS } from '../../src/contract/framework-images.ts';
import { DEFAULT_CONFIGURATION, ruleForImage } from '../../src/core/config.ts';
import { loadConfiguration } from '../../src/core/load-configuration.ts';
import { trustFile } from '../../src/core/trust.ts';

/** Writes the project's file, as one that its user trusts. */
async function trusted(text: string, name = 'sluice.yaml'): Promise<void> {
  const path = join(project, name);
  await writeFile(path, text);
  trustFile(home, path, text);
}

let root: string;
let home: string;
let project: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-config-'));
  home = join(root, 'home');
  project = join(root, 'project');
  await mkdir(home);
  await mkdir(project);
});
afterEach(() => rm(root, { recursive: true, force: true }));

test('without files the defaults hold', async () => {
  expect(await loadConfiguration(home, project)).toBe(DEFAULT_CONFIGURATION);
});

test("the project's file comes before the home's", async () => {
  await trusted(
    'images:\n  "a:*": { command: [node, ./a.js], environment: { N: 1 } }\nframeworks: { missingPackages: report }\ncontainers: { pull: missing }\nlimits: { processes: 100 }\n',
  );
  await writeFile(
    join(home, 'config.yaml'),
    'images:\n  "a:1": { serve: [x] }\n  b: { framework: pytorch }\n  c: { container: "localhost/c:dev" }\nframeworks: { missingPackages: install }\ncontainers: { pull: never, user: caller, arguments: [--gpus, all] }\nlimits: { processes: 200, openFiles: 1000 }\narchives: { maxUnpackedGiB: 5, maxRatio: 1000 }\n',
  );
  expect(await loadConfiguration(home, project)).toEqual({
    images: [
      { pattern: 'a:*', directory: project, command: ['node', './a.js'], environment: { N: '1' } },
      { pattern: 'a:1', directory: home, serve: ['x'] },
      { pattern: 'b', directory: home, framework: 'pytorch' },
      { pattern: 'c', directory: home, container: 'localhost/c:dev' },
    ],
    frameworks: { missingPackages: 'report' },
    containers: { pull: 'missing', user: 'caller', arguments: ['--gpus', 'all'] },
    limits: { processes: 100, openFiles: 1000, fileSizeInGiB: 1024, copiedInputInGiB: 4 },
    archives: { maxUnpackedGiB: 5, maxRatio: 1000 },
  });
});

test.each(FRAMEWORKS)('framework %s may be named', async (framework) => {
  await writeFile(join(project, 'sluice.yaml'), `images: { a: { framework: ${framework} } }`);
  expect((await loadConfiguration(home, project)).images).toMatchObject([{ framework }]);
});

test('an empty file is none', async () => {
  await writeFile(join(project, 'sluice.yaml'), '# later\n');
  expect(await loadConfiguration(home, project)).toEqual(DEFAULT_CONFIGURATION);
});

test("what holds for a server is the project's, else the home's, with whole paths", async () => {
  await trusted('server: { allowedHosts: [sluice], tls: { certificate: cert.pem, key: /etc/key.pem } }\n');
  await writeFile(
    join(home, 'config.yaml'),
    'server:\n  allowedHosts: [other]\n  accessLog: access.log\n  keys: { alice: { accessKeyId: a, secretAccessKey: b } }\n',
  );
  expect((await loadConfiguration(home, project)).server).toEqual({
    allowedHosts: ['sluice'],
    accessLog: join(home, 'access.log'),
    keys: { alice: { accessKeyId: 'a', secretAccessKey: 'b' } },
    tls: { certificate: join(project, 'cert.pem'), key: '/etc/key.pem' },
  });
});

describe('a wrong file names itself and the field', () => {
  test.each([
    ['images: [', /sluice\.yaml: .*flow/i],
    ['images: 3', /sluice\.yaml: .*expected record.*images/s],
    ['images: { a: {} }', /expected command, serve, container or framework.*images\.a/s],
    ['images: { a: { command: [] } }', /images\.a\.command/],
    ['images: { a: { command: node } }', /expected array.*images\.a\.command/s],
    ['images: { a: { framework: keras } }', /images\.a\.framework/],
    ['images: { a: { comand: [x], serve: [x] } }', /comand/],
    ['frameworks: { missingPackages: never }', /frameworks\.missingPackages/],
    ['containers: { pull: always }', /containers\.pull/],
    ['containers: { arguments: --gpus }', /containers\.arguments/],
    ['server: { allowedOrigins: [notebook.example.com] }', /https:.*server\.allowedOrigins/s],
    ['server: { keys: { a: { accessKeyId: "a/b", secretAccessKey: c } } }', /server\.keys\.a\.accessKeyId/],
    ['server: { tls: { certificate: a } }', /server\.tls\.key/],
    ['image: {}', /image/],
  ])('%s', async (text, message) => {
    await writeFile(join(project, 'sluice.yaml'), text);
    await expect(loadConfiguration(home, project)).rejects.toMatchObject({
      code: 'ConfigInvalid',
      message: expect.stringMatching(message),
    });
  });
});

describe('a pattern', () => {
  test.each([
    ['a:1', 'a:1', true],
    ['a:1', 'a:10', false],
    ['*', 'anything/at:all', true],
    ['1.dkr.ecr.*/my-image:*', '1.dkr.ecr.us-east-1.amazonaws.com/my-image:3', true],
    ['1.dkr.ecr.*/my-image:*', '1.dkr.ecr.us-east-1.amazonaws.com/my-image', false],
    ['a.b', 'axb', false],
    ['a+(b)', 'a+(b)', true],
  ])('%s for %s: %s', (pattern, image, fits) => {
    const rule = { pattern, directory: '/', command: ['x'] };
    expect(ruleForImage([rule], image)).toBe(fits ? rule : undefined);
  });
});

test('how many jobs a run starts at once on this machine is read, and a count that is none is named', async () => {
  await writeFile(join(home, 'config.yaml'), 'platforms: { local: { jobsAtOnce: 3 } }\n');
  expect((await loadConfiguration(home, project)).platforms).toEqual({ local: { jobsAtOnce: 3 } });
  await writeFile(join(project, 'sluice.yaml'), 'platforms: { local: { jobsAtOnce: 7 } }\n');
  expect((await loadConfiguration(home, project)).platforms).toEqual({ local: { jobsAtOnce: 7 } });
  await writeFile(join(project, 'sluice.yaml'), 'platforms: { local: { jobsAtOnce: 0 } }\n');
  await expect(loadConfiguration(home, project)).rejects.toMatchObject({
    code: 'ConfigInvalid',
    message: expect.stringContaining('platforms.local.jobsAtOnce') as string,
  });
});
