import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import type { Command } from 'commander';
import { SluiceError, systemErrorCode } from '../../core/errors.ts';
import type { EndpointAnswer } from '../../platforms/endpoints/index.ts';
import { readContext } from '../context.ts';
import { addEndpointsOption, type EndpointsOption, openEndpoints } from '../endpoints/open-endpoints.ts';
import { printJson } from '../output.ts';
import { contentTypeOf } from '../s3/content-types.ts';

interface Options extends EndpointsOption {
  readonly body?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly targetModel?: string;
  readonly targetVariant?: string;
  readonly targetContainer?: string;
  readonly customAttributes?: string;
}

/** The largest body that InvokeEndpoint takes, bytes. */
const MAX_BODY_BYTES = 6_291_456;

/** `sluice endpoints invoke` */
export function configure(command: Command): void {
  addEndpointsOption(
    command
      .argument('<name>', 'the name of the endpoint')
      .argument('[file]', "what to send; '-' is stdin, which is also taken where nothing is named"),
  )
    .option('--body <text>', 'what to send')
    .option('--content-type <type>', "of what is sent (default: by the file's name, else by what it holds)")
    .option('--accept <type>', 'of the answer')
    .option('--target-model <name>', 'which of many models: model-1.tar.gz')
    .option('--target-variant <name>', 'which variant (default: by their weights)')
    .option('--target-container <name>', 'which container of a model with direct invocation')
    .option('--custom-attributes <text>', 'passed to the container')
    .addHelpText(
      'after',
      `
The answer is written to stdout as it is, which variant gave it to stderr.

Examples:
  sluice endpoints invoke diagnosis sample.csv
  sluice endpoints invoke diagnosis --body '{"radius": 17.9}'
  head -1 test.csv | sluice endpoints invoke diagnosis --content-type text/csv
  sluice endpoints invoke many --target-model b.tar.gz --body '[1, 2]' --json`,
    )
    .action(async (name: string, file: string | undefined, options: Options) => {
      const context = readContext(command);
      const { body, type } = await readInput(file, options);
      const endpoints = await openEndpoints(context, options);
      try {
        const { accept, targetModel, targetVariant, targetContainer, customAttributes } = options;
        const answer = await endpoints.invoke({
          EndpointName: name,
          Body: body,
          ContentType: options.contentType ?? type,
          ...(accept !== undefined && { Accept: accept }),
          ...(targetModel !== undefined && { TargetModel: targetModel }),
          ...(targetVariant !== undefined && { TargetVariant: targetVariant }),
          ...(targetContainer !== undefined && { TargetContainerHostname: targetContainer }),
          ...(customAttributes !== undefined && { CustomAttributes: customAttributes }),
        });
        if (context.json) printJson(documentOf(answer));
        else print(answer);
      } finally {
        await endpoints.close();
      }
    });
}

function print({ body, variant, contentType }: EndpointAnswer): void {
  process.stdout.write(body);
  // The shell's next line begins on one of its own.
  if (process.stdout.isTTY && body.at(-1) !== 10) process.stdout.write('\n');
  process.stderr.write(`variant ${variant ?? '–'}${contentType === undefined ? '' : `, ${contentType}`}\n`);
}

function documentOf({ body, variant, contentType }: EndpointAnswer) {
  const text = Buffer.from(body).toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(body);
  return {
    variant,
    contentType,
    ...(isText ? { body: text } : { bodyBase64: Buffer.from(body).toString('base64') }),
  };
}

/** @throws SluiceError `InvalidArgument` */
async function readInput(
  file: string | undefined,
  { body }: Options,
): Promise<{ readonly body: Buffer; readonly type: string }> {
  if (body !== undefined && file !== undefined) {
    throw new SluiceError('InvalidArgument', '--body goes without a file.', { hint: 'Name one of them.' });
  }
  const bytes = body !== undefined ? Buffer.from(body) : await readBytes(file);
  if (bytes.length > MAX_BODY_BYTES) {
    throw new SluiceError(
      'InvalidArgument',
      `The input has ${bytes.length} bytes: InvokeEndpoint takes at most ${MAX_BODY_BYTES}.`,
      {
        hint: 'Send it in parts, or use sluice transform.',
      },
    );
  }
  const named = file === undefined || file === '-' ? undefined : contentTypeOf(file);
  return { body: bytes, type: named ?? typeOfContent(bytes) };
}

async function readBytes(file: string | undefined): Promise<Buffer> {
  if (file !== undefined && file !== '-') {
    try {
      return readFileSync(file);
    } catch (cause) {
      throw new SluiceError('InvalidArgument', `${file} cannot be read: ${systemErrorCode(cause)}.`, {
        cause,
      });
    }
  }
  if (file === undefined && process.stdin.isTTY) {
    throw new SluiceError('InvalidArgument', 'There is nothing to send.', {
      hint: "Name a file, give --body TEXT, or write to stdin: echo '[1]' | sluice endpoints invoke NAME",
    });
  }
  return buffer(process.stdin);
}

/** JSON is JSON; other text is CSV, as most models take it. */
function typeOfContent(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(bytes)) return 'application/octet-stream';
  try {
    const value: unknown = JSON.parse(text);
    // A single number is a record of CSV too.
    return typeof value === 'object' ? 'application/json' : 'text/csv';
  } catch {
    return 'text/csv';
  }
}
