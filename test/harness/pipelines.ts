import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Writes files, by path relative to a directory. */
export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), text);
  }
}

/** The last value of a stream of JSON lines. */
export function lastJson(stdout: string): Record<string, unknown> {
  return jsonLines(stdout).at(-1) ?? {};
}

/** Every value of a stream of JSON lines. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Two jobs in a row that count lines; `double.ts` fails as long as the file `broken` lies in its input. */
export const twoSteps = {
  'data/words.txt': 'one\ntwo\nthree\n',
  'count.ts': `
import { appendFileSync, cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
const input = process.argv[2] as string;
const output = process.argv[3] as string;
console.log('counting');
writeFileSync(output + '/count.json', JSON.stringify({ lines: readFileSync(input + '/words.txt', 'utf8').trim().split('\\n').length }));
`,
  'double.ts': `
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
const [counted, switches, output] = process.argv.slice(2) as [string, string, string];
const { lines } = JSON.parse(readFileSync(counted + '/count.json', 'utf8'));
console.log('doubling', lines);
if (existsSync(switches + '/broken')) {
  console.error('the switch says broken');
  process.exit(3);
}
writeFileSync(output + '/double.json', JSON.stringify({ lines: lines * 2 }));
`,
  'pipeline.ts': `
import { json, processingTask, uri, workflow } from 'sluice';

const count = processingTask('count', {
  script: 'count.ts',
  instanceType: 'ml.m5.large',
  inputs: ['text'],
  outputs: ['result'],
  arguments: ['/opt/ml/processing/input/text', '/opt/ml/processing/output/result'],
});

const double = processingTask('double', {
  script: 'double.ts',
  instanceType: 'ml.m5.large',
  inputs: ['counted', 'switches'],
  outputs: ['result'],
  arguments: [
    '/opt/ml/processing/input/counted',
    '/opt/ml/processing/input/switches',
    '/opt/ml/processing/output/result',
  ],
  propertyFiles: { doubled: json<{ lines: number }>({ outputName: 'result', path: 'double.json' }) },
});

export default workflow(
  'words',
  { inputs: { text: uri({ default: './data' }), switches: uri({ default: './switches' }) } },
  (inputs) => {
    const { result } = count({ text: inputs.text });
    return { doubled: double({ counted: result, switches: inputs.switches }).doubled };
  },
);
`,
  'switches/note.txt': 'switches lie here\n',
} as const;
