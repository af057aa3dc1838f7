import { z } from 'zod';
import { flyteSchema } from './flyte-schema.ts';
import { isServerUrl } from './is-server-url.ts';
import { DURATION_FORM, parseDuration } from './parse-duration.ts';
import { parseSize, SIZE_FORM } from './parse-size.ts';
import { platformsSchema, routerSchema } from './platforms-schema.ts';

const command = z.array(z.string().min(1)).min(1);

const image = z
  .strictObject({
    command: command.optional(),
    serve: command.optional(),
    container: z.string().min(1).optional(),
    framework: z
      .enum([
        'scikit-learn',
        'xgboost',
        'pytorch',
        'tensorflow',
        'huggingface-pytorch',
        'huggingface-tensorflow',
        'spark',
      ])
      .optional(),
    environment: z.record(z.string(), z.coerce.string()).optional(),
  })
  .refine((value) => Boolean(value.command ?? value.serve ?? value.container ?? value.framework), {
    error: 'expected command, serve, container or framework',
  });

const text = z.string().min(1);

const server = z.strictObject({
  url: z
    .string()
    .refine(isServerUrl, { error: "expected the URL of a server such as 'https://a.example.com:4777'" })
    .optional(),
  allowedHosts: z.array(text).optional(),
  allowedOrigins: z
    .array(
      z.string().regex(/^(\*|https?:\/\/[^/?#\s]+)$/, {
        error: "expected an origin such as 'https://notebook.example.com'",
      }),
    )
    .optional(),
  credentials: z.boolean().optional(),
  keys: z
    .record(text, z.strictObject({ accessKeyId: z.string().regex(/^[\w.-]+$/), secretAccessKey: text }))
    .optional(),
  jobAccess: z.enum(['data', 'all']).optional(),
  accessLog: text.optional(),
  runs: z
    .strictObject({
      maxGraphMiB: z.number().positive().max(128).optional(),
      maxNodes: z.int().positive().optional(),
      maxInputKiB: z.number().positive().max(65_536).optional(),
      maxBundleMiB: z.number().positive().optional(),
      maxOpenRuns: z.int().positive().optional(),
      maxStreams: z.int().positive().optional(),
    })
    .optional(),
  tls: z.strictObject({ certificate: text, key: text }).optional(),
});

/** A text that stands for a number: `30d`, `20GB`. */
function measure(parse: (text: string) => number | undefined, form: string) {
  return z.union([z.string(), z.number()]).transform((value, context) => {
    const parsed = parse(String(value));
    if (parsed === undefined) context.addIssue(`expected ${form}; got '${value}'`);
    return parsed;
  });
}

/** Within these a lease makes sense: shorter ones run out while a disk is slow, longer ones keep what is lost. */
const LEASE_MS = { least: 2000, most: 3_600_000 };

const lease = measure(parseDuration, DURATION_FORM).refine(
  (ms) => ms === undefined || (ms >= LEASE_MS.least && ms <= LEASE_MS.most),
  { error: 'expected a time between 2s and 1h' },
);

/** What `sluice.yaml` and `config.yaml` may hold. */
export const configurationSchema = z.strictObject({
  database: z.string().optional(),
  images: z.record(z.string().min(1), image).optional(),
  frameworks: z
    .strictObject({
      missingPackages: z.enum(['install', 'report']).optional(),
      torchIndex: z.union([z.literal('none'), z.url()]).optional(),
    })
    .optional(),
  limits: z
    .strictObject({
      processes: z.int().min(16).optional(),
      openFiles: z.int().min(64).optional(),
      fileSizeInGiB: z.number().positive().optional(),
      copiedInputInGiB: z.number().min(0).optional(),
    })
    .optional(),
  containers: z
    .strictObject({
      pull: z.enum(['never', 'missing']).optional(),
      user: z.enum(['image', 'caller']).optional(),
      arguments: z.array(z.string()).optional(),
    })
    .optional(),
  server: server.optional(),
  platforms: platformsSchema.optional(),
  router: routerSchema.optional(),
  flyte: flyteSchema.optional(),
  retention: z
    .strictObject({
      olderThan: measure(parseDuration, DURATION_FORM).optional(),
      maxSize: measure(parseSize, SIZE_FORM).optional(),
      failedRuns: z.boolean().optional(),
    })
    .optional(),
  lease: lease.optional(),
  archives: z
    .strictObject({
      maxUnpackedGiB: z.number().positive().optional(),
      maxRatio: z.number().positive().optional(),
    })
    .optional(),
});
