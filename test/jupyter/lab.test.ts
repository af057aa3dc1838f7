import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { pollUntil } from '../../src/core/poll-until.ts';
import { Page } from '../harness/browser.ts';
import { pythonWith } from '../harness/python.ts';
import { pythonPackage } from '../harness/python-package.ts';
import { mainFile } from '../harness/sluice.ts';

const examples = fileURLToPath(new URL('../../examples', import.meta.url));
const PACKAGES = ['boto3', 'pathspec', 'pytest', 'jupyterlab', 'ipykernel'];
/** A machine with other work starts JupyterLab in a minute. */
const LIMIT = { everyMs: 500, limitMs: 600_000 };
/** Where people look at it: SLUICE_SCREENSHOT=display.png */
const SCREENSHOT = process.env['SLUICE_SCREENSHOT'];

let home: string;
let lab: Lab;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'jupyter-'));
  await cp(examples, join(home, 'examples'), { recursive: true });
  lab = await startLab(home);
}, 900_000);
afterAll(async () => {
  await lab?.[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});

test('a notebook that is run in JupyterLab shows its pipeline, and saves what it has shown without any key', {
  timeout: 1_500_000,
}, async () => {
  const path = 'examples/notebooks/diagnosis.ipynb';
  const url = `${lab.url}lab/tree/${path}?token=${lab.token}`;
  await using page = await Page.open(url, { width: 1300, height: 1500 });
  const is = async (expression: string): Promise<void> => {
    const became = await pollUntil(async () => {
      try {
        return (await page.evaluate(expression)) === true;
      } catch {
        // The page is still loading.
        return false;
      }
    }, LIMIT);
    if (!became && SCREENSHOT) await page.screenshot(SCREENSHOT);
    expect({ expression, became }).toEqual({ expression, became: true });
  };
  await is(`window.jupyterapp?.shell.currentWidget?.context?.isReady === true`);
  await is(`window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'`);
  await page.evaluate(`void window.jupyterapp.commands.execute('notebook:run-all-cells')`);
  await is(`document.querySelector('.jp-OutputArea-output')?.innerText?.includes('Succeeded') === true`);
  await is(
    `[...document.querySelectorAll('.jp-OutputArea-output')].at(-1)?.innerText?.includes("'accuracy'") === true`,
  );

  const shown = String(
    await page.evaluate(
      `[...document.querySelectorAll('.jp-OutputArea-output')].find((each) => each.querySelector('svg')).innerHTML`,
    ),
  );
  for (const part of [
    'preprocess',
    'train',
    'predict',
    'evaluate',
    'on SageMaker',
    '<polyline',
    'log of train',
  ])
    expect(shown).toContain(part);
  await page.evaluate(
    `document.querySelectorAll('details').forEach((each) => { if (each.innerText.includes('train')) each.open = true; })`,
  );
  await page.evaluate(
    `document.querySelector('.jp-OutputArea-output svg').scrollIntoView({ block: 'start' })`,
  );
  if (SCREENSHOT) await page.screenshot(SCREENSHOT);

  await page.evaluate(`window.jupyterapp.commands.execute('docmanager:save')`);
  const saved = await readFile(join(home, path), 'utf8');
  expect(saved).toContain('log of train');
  expect(saved).not.toMatch(/AKIA|X-Amz-|<script|127\.0\.0\.1/);
  expect(saved).not.toContain(lab.token);
});

interface Lab extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
}

/** JupyterLab on a free port, with directories of its own. */
async function startLab(directory: string): Promise<Lab> {
  const bin = join(await pythonWith(...PACKAGES), 'bin');
  const own = Object.fromEntries(
    ['JUPYTER_RUNTIME_DIR', 'JUPYTER_DATA_DIR', 'JUPYTER_CONFIG_DIR', 'IPYTHONDIR', 'HOME'].map((name) => [
      name,
      join(directory, name.toLowerCase()),
    ]),
  );
  const child = spawn(
    join(bin, 'python'),
    [
      '-m',
      'jupyterlab',
      '--no-browser',
      '--allow-root',
      '--ServerApp.ip=127.0.0.1',
      '--ServerApp.port=0',
      `--ServerApp.root_dir=${directory}`,
      '--LabApp.expose_app_in_browser=True',
      '--LabApp.news_url=',
      '--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate',
    ],
    {
      cwd: directory,
      stdio: ['ignore', 'ignore', process.env['SLUICE_SCREENSHOT'] ? 'inherit' : 'ignore'],
      env: {
        ...process.env,
        ...own,
        PATH: `${bin}:${process.env['PATH']}`,
        PYTHONPATH: `${pythonPackage}/src:${pythonPackage}/compat/src`,
        PYTHONDONTWRITEBYTECODE: '1',
        SLUICE: mainFile,
        SLUICE_HOME: join(directory, 'sluice'),
      },
    },
  );
  let told: { url: string; token: string } | undefined;
  const started = await pollUntil(async () => {
    if (child.exitCode !== null) throw new Error(`JupyterLab has ended with ${child.exitCode}.`);
    told = await serverFile(own['JUPYTER_RUNTIME_DIR'] ?? '');
    return told !== undefined;
  }, LIMIT);
  if (!started || !told) throw new Error('JupyterLab has not started.');
  return {
    ...told,
    [Symbol.asyncDispose]: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}

async function serverFile(runtime: string): Promise<{ url: string; token: string } | undefined> {
  const names = await readdir(runtime).catch(() => []);
  const name = names.find((each) => /^jpserver-\d+\.json$/.test(each));
  if (!name) return undefined;
  try {
    return JSON.parse(await readFile(join(runtime, name), 'utf8')) as { url: string; token: string };
  } catch {
    // It is being written.
    return undefined;
  }
}
