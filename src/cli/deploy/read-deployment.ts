import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { errorMessage, SluiceError } from '../../core/errors.ts';
import { flyteSchema } from '../../core/flyte-schema.ts';
import { openConfiguration } from '../../core/open-configuration.ts';
import type { PlatformsSettings } from '../../core/platforms-settings.ts';

const text = z.string().min(1);
/** What Kubernetes takes for names. */
const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?$/, { error: "expected a name such as 'flyte-agent'" });

const schema = z.strictObject({
  namespace: name,
  account: z.string().regex(/^\d{12}$/, { error: 'expected twelve digits, in quotes' }),
  region: text.optional(),
  /** The EKS cluster, where service accounts get their roles by Pod Identity. */
  cluster: text.optional(),
  plugins: text,
  configMap: name.default('flyte-propeller-config'),
  agent: z
    .strictObject({
      image: text,
      name: name.default('sluice-agent'),
      serviceAccount: name.default('sluice-agent'),
      storage: z
        .string()
        .regex(/^\d+[KMGT]i$/, { error: "expected a size such as '20Gi'" })
        .default('20Gi'),
      /** A Secret with SLUICE_ACCESS_KEY_ID and SLUICE_SECRET_ACCESS_KEY; DATABASE_URL too, where there is one. */
      secret: name.optional(),
    })
    .optional(),
  /** `sluice connector`, for Flyte's Propeller. */
  connector: z
    .strictObject({
      image: text,
      name: name.default('sluice-connector'),
      serviceAccount: name.default('sluice-connector'),
      replicas: z.int().positive().max(100).default(1),
      storage: z
        .string()
        .regex(/^\d+[KMGT]i$/, { error: "expected a size such as '20Gi'" })
        .default('20Gi'),
      /** A Secret with DATABASE_URL, which several replicas need. */
      secret: name.optional(),
      /** A Secret of type kubernetes.io/tls. */
      tls: name.optional(),
      /** What tasks may use: `flyte.allow` of its configuration. */
      allow: flyteSchema.shape.allow.unwrap(),
    })
    .refine(({ replicas, secret }) => replicas === 1 || secret !== undefined, {
      error: 'expected the Secret with the DATABASE_URL that several replicas share',
      path: ['secret'],
    })
    .optional(),
  /** The role of each service account, by its kind: `{ flytepropeller: propeller }`. */
  serviceAccounts: z
    .record(name, z.enum(['propeller', 'flyte-execution', 'sagemaker-service', 'router']))
    .default({}),
  buckets: z.array(text).default([]),
  workflows: z.array(z.strictObject({ file: text, as: text })).default([]),
  server: z.url({ protocol: /^https?$/ }).optional(),
});

/** All that a cluster and an account need, as one file says it. */
export interface Deployment extends Omit<z.infer<typeof schema>, 'plugins'> {
  /** Where relative files are. */
  readonly directory: string;
  /** The text of plugins.yaml as it goes into the ConfigMap. */
  readonly pluginsText: string;
  readonly platforms: PlatformsSettings;
}

/** Reads the file of a deployment. @throws SluiceError `ConfigInvalid` that names the field */
export async function readDeployment(path: string): Promise<Deployment> {
  const directory = dirname(resolve(path));
  let value: unknown;
  try {
    value = parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw invalid(path, errorMessage(cause), cause);
  }
  const result = schema.safeParse(value);
  if (!result.success) throw invalid(path, z.prettifyError(result.error), result.error);
  const { plugins, ...rest } = result.data;
  if (rest.workflows.length > 0 && rest.server === undefined)
    throw invalid(path, 'server: expected the URL of the server that workflows are registered with.');
  const source = resolve(directory, plugins);
  const opened = await openConfiguration({ path: source, origin: 'named' });
  if (opened?.form !== 'plugins' || /^kind:\s*ConfigMap/m.test(opened.text))
    throw invalid(path, `plugins: expected a plugins.yaml, '${plugins}' is none.`);
  return { ...rest, directory, pluginsText: opened.text, platforms: opened.content.platforms ?? {} };
}

function invalid(path: string, reason: string, cause?: unknown): SluiceError {
  return new SluiceError('ConfigInvalid', `${path}: ${reason}`, { cause, hint: 'Correct the file.' });
}
