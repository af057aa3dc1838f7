/**
 * What a job's own script may ask: `import { channel, files } from 'sluice/job'`. It runs inside the job and needs nothing but
 * Node.js.
 */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The directory of an input: of a training channel, or an input of a processing job. In Pipe mode it is what the names of the
 * channel's FIFOs begin with.
 *
 * @throws Error that lists the channels that there are
 */
export function channel(name: string): string {
  const path = process.env[`SM_CHANNEL_${name.toUpperCase()}`];
  if (path !== undefined) return path;
  const input = join(processingRoot(), name);
  if (isDirectory(input)) return input;
  throw new Error(`There is no channel '${name}'. ${listed('channel', channels())}`);
}

/**
 * The paths of the files of an input, sorted, with those in directories below it. Files whose name begins with a dot are left out.
 *
 * @throws Error where there is no such channel, it comes in Pipe mode, or it is empty; it lists what there is
 */
export function files(name: string): string[] {
  const directory = channel(name);
  if (existsSync(`${directory}_0`)) {
    throw new Error(
      `Channel '${name}' comes in Pipe mode: read the FIFO ${directory}_0, then ${directory}_1, and so on.`,
    );
  }
  const found = isDirectory(directory) ? filesBelow(directory) : [];
  if (found.length > 0) return found;
  throw new Error(`Channel '${name}' (${directory}) has no files. ${listed('channel', channels())}`);
}

/** The values that a processing job was given, by name. */
export function parameters(): Record<string, unknown> {
  let text = '';
  for (let index = 0; ; index++) {
    const piece = process.env[`SLUICE_PARAMETERS_${index}`];
    if (piece === undefined) break;
    text += piece;
  }
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((path) => !path.split('/').some((part) => part.startsWith('.')))
    .map((path) => join(directory, path))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile())
    .sort();
}

/** The names of all inputs. */
function channels(): string[] {
  const own = process.env['SM_CHANNELS'];
  if (own !== undefined) return JSON.parse(own) as string[];
  const root = processingRoot();
  return isDirectory(root)
    ? readdirSync(root)
        .filter((name) => name !== 'code' && isDirectory(join(root, name)))
        .sort()
    : [];
}

function listed(what: string, names: readonly string[]): string {
  if (names.length === 0) return `The job has no ${what}s.`;
  return `There ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}.`;
}

/** Where the inputs of a processing job lie, unless they say otherwise. */
function processingRoot(): string {
  return join(root(), 'processing', 'input');
}

/** `/opt/ml`; in the process executor, what stands for it. */
function root(): string {
  const config = process.env['SM_INPUT_CONFIG_DIR'];
  if (config?.endsWith('/input/config')) return config.slice(0, -'/input/config'.length);
  // A script of a processing job lies in it.
  const script = process.argv[1] ?? '';
  const at = script.indexOf('/opt/ml/');
  return at === -1 ? '/opt/ml' : script.slice(0, at + '/opt/ml'.length);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
