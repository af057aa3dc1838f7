// Needs: python
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pythonPackage, runPython } from '../harness/python-package.ts';

const notebooks = fileURLToPath(new URL('../../examples/notebooks', import.meta.url));

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'notebooks-'));
});
afterAll(() => rm(home, { recursive: true, force: true, maxRetries: 5 }));

it.each([
  ['guide', 'end-to-end-sagemaker-pipeline', /'accuracy': 0\.8/],
  ['diagnosis', 'diagnosis', /'accuracy': 0\.9/],
])(
  'the notebook %s runs, and what it saves holds neither keys nor programs',
  {
    timeout: 300_000,
  },
  async (name, workflow, result) => {
    const args = [join(pythonPackage, 'tests', 'notebooks.py'), join(notebooks, `${name}.ipynb`)];
    const directories = Object.fromEntries(
      ['JUPYTER_RUNTIME_DIR', 'JUPYTER_DATA_DIR', 'IPYTHONDIR'].map((variable) => [
        variable,
        join(home, variable),
      ]),
    );
    const { code, stdout, stderr } = await runPython(args, {
      home: join(home, 'home'),
      packages: ['nbclient', 'ipykernel'],
      environment: directories,
    });
    expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
    const cells = JSON.parse(stdout) as { data: Record<string, string> }[][];
    expect(cells.at(-1)?.[0]?.data['text/plain']).toMatch(result);
    const html = cells.flat().flatMap(({ data }) => data['text/html'] ?? []);
    expect(html).toHaveLength(1);
    expect(html[0]).toContain(`<b>${workflow}</b>`);
    expect(stdout).not.toMatch(/AKIA|<script|127\.0\.0\.1|X-Amz-/);
  },
);
