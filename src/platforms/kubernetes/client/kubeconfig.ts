import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { SluiceError, systemErrorCode } from '../../../core/errors.ts';
import { type ExecPlugin, execCredentials } from './exec-credentials.ts';
import type { KubeAccess, KubeCredentials } from './kube-access.ts';

const text = z.string().min(1);
const named = <Member extends string, Shape extends z.ZodType>(member: Member, shape: Shape) =>
  z
    .array(
      z.looseObject({ name: text, [member]: shape.nullish() } as { name: z.ZodString } & Record<
        Member,
        Shape
      >),
    )
    .nullish();

const exec = z.looseObject({
  apiVersion: text.optional(),
  command: text,
  args: z.array(z.string()).nullish(),
  env: z.array(z.looseObject({ name: text, value: z.string() })).nullish(),
  provideClusterInfo: z.boolean().optional(),
  installHint: z.string().optional(),
});

const cluster = z.looseObject({
  server: z.url({ protocol: /^https?$/ }),
  'certificate-authority': text.optional(),
  'certificate-authority-data': text.optional(),
  'insecure-skip-tls-verify': z.boolean().optional(),
  'tls-server-name': text.optional(),
});

const user = z.looseObject({
  token: text.optional(),
  tokenFile: text.optional(),
  username: text.optional(),
  password: z.string().optional(),
  'client-certificate': text.optional(),
  'client-certificate-data': text.optional(),
  'client-key': text.optional(),
  'client-key-data': text.optional(),
  exec: exec.nullish(),
  'auth-provider': z.looseObject({ name: text }).nullish(),
});

const context = z.looseObject({ cluster: text, user: z.string().optional(), namespace: text.optional() });

const schema = z.looseObject({
  'current-context': z.string().nullish(),
  clusters: named('cluster', cluster),
  users: named('user', user),
  contexts: named('context', context),
});

type Cluster = z.infer<typeof cluster>;
type User = z.infer<typeof user>;

/** A part of a kubeconfig, and the file it stands in: relative paths begin there. */
interface Found<Part> {
  readonly part: Part;
  readonly file: string;
}

/** A token that stands in a file is read anew so often: it is replaced there before it expires. Milliseconds. */
const TOKEN_FILE_MS = 60_000;

/**
 * What a kubeconfig says of a context. Of several files the first that says a thing wins, as for kubectl.
 *
 * @param files - Those that do not exist are left out, unless it is the only one
 * @param options.context @default the current one
 * @throws SluiceError `ConfigInvalid`, with the file and what is wrong
 * @see https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
 */
export async function readKubeconfig(
  files: readonly string[],
  options: {
    readonly context?: string | undefined;
    readonly environment: Readonly<Record<string, string | undefined>>;
  },
): Promise<KubeAccess> {
  const parts = new Parts();
  for (const file of files) await parts.add(file, files.length === 1);
  const where = files.join(', ');
  const name = options.context ?? parts.current;
  if (!name)
    throw invalid(
      where,
      'it has no current-context',
      'Name one: context of the settings, or kubectl config use-context.',
    );
  const found = parts.contexts.get(name);
  if (!found)
    throw invalid(
      where,
      `it has no context '${name}'; it has ${[...parts.contexts.keys()].join(', ') || 'none'}`,
    );
  const { cluster: clusterName, user: userName = '', namespace = 'default' } = found.part;
  const cluster = parts.clusters.get(clusterName);
  if (!cluster)
    throw invalid(found.file, `context '${name}' names the cluster '${clusterName}', which is not there`);
  const user = parts.users.get(userName);
  if (userName !== '' && !user)
    throw invalid(found.file, `context '${name}' names the user '${userName}', which is not there`);
  const ca = await dataOrFile(cluster, 'certificate-authority-data', 'certificate-authority');
  return {
    server: cluster.part.server.replace(/\/+$/, ''),
    namespace,
    ca,
    skipVerify: cluster.part['insecure-skip-tls-verify'],
    serverName: cluster.part['tls-server-name'],
    source: `context '${name}' of ${where}`,
    credentials: user ? credentialsOf(user, cluster.part, ca, options.environment) : async () => ({}),
  };
}

class Parts {
  current: string | undefined;
  readonly contexts = new Map<string, Found<z.infer<typeof context>>>();
  readonly clusters = new Map<string, Found<Cluster>>();
  readonly users = new Map<string, Found<User>>();

  async add(file: string, mustExist: boolean): Promise<void> {
    const config = await read(file, mustExist);
    if (!config) return;
    this.current ||= config['current-context'] || undefined;
    keep(this.contexts, config.contexts, 'context', file);
    keep(this.clusters, config.clusters, 'cluster', file);
    keep(this.users, config.users, 'user', file);
  }
}

function keep<Part>(
  known: Map<string, Found<Part>>,
  entries: readonly { readonly name: string }[] | null | undefined,
  member: string,
  file: string,
): void {
  for (const entry of entries ?? []) {
    const part = (entry as unknown as Record<string, Part | null>)[member];
    if (part && !known.has(entry.name)) known.set(entry.name, { part, file });
  }
}

async function read(file: string, mustExist: boolean): Promise<z.infer<typeof schema> | undefined> {
  let content: unknown;
  try {
    content = parse(await readFile(file, 'utf8'));
  } catch (cause) {
    if (!mustExist && systemErrorCode(cause) === 'ENOENT') return undefined;
    const problem = (cause as Error).message.split('\n')[0] as string;
    throw invalid(file, problem, 'It has to be a kubeconfig file, as kubectl reads it.', cause);
  }
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw invalid(file, `${issue?.path.join('.') || 'it'}: ${issue?.message}`);
}

function credentialsOf(
  found: Found<User>,
  cluster: Cluster,
  ca: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): KubeAccess['credentials'] {
  const { part: user, file } = found;
  if (user.exec) {
    const authority = ca === undefined ? undefined : Buffer.from(ca).toString('base64');
    const about = {
      server: cluster.server,
      'tls-server-name': cluster['tls-server-name'],
      'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
      'certificate-authority-data': authority,
    };
    return execCredentials(user.exec as ExecPlugin, about, file, environment);
  }
  if (user['auth-provider'])
    throw invalid(
      file,
      `its user authenticates by '${user['auth-provider'].name}', which Kubernetes has removed`,
      'Use a credential plugin (exec), a token or a client certificate.',
    );
  if (user.token === undefined && user.tokenFile !== undefined)
    return tokenFile(beside(file, user.tokenFile));
  return plainCredentials(found);
}

function plainCredentials(found: Found<User>): KubeAccess['credentials'] {
  const { token, username, password = '' } = found.part;
  let made: Promise<KubeCredentials> | undefined;
  const make = async (): Promise<KubeCredentials> => ({
    token,
    basic: username === undefined ? undefined : `${username}:${password}`,
    certificate: await dataOrFile(found, 'client-certificate-data', 'client-certificate'),
    key: await dataOrFile(found, 'client-key-data', 'client-key'),
  });
  return () => {
    made ??= make();
    return made;
  };
}

/** The token in a file, which is replaced there from time to time. @throws SluiceError `CredentialsMissing` */
export function tokenFile(path: string): KubeAccess['credentials'] {
  let kept: KubeCredentials = {};
  let until = 0;
  return async (refused) => {
    if (refused !== kept && Date.now() < until) return kept;
    try {
      const token = (await readFile(path, 'utf8')).trim();
      if (token !== kept.token) kept = { token };
    } catch (cause) {
      throw new SluiceError('CredentialsMissing', `The token at ${path} cannot be read.`, { cause });
    }
    until = Date.now() + TOKEN_FILE_MS;
    return kept;
  };
}

async function dataOrFile<Part extends object>(
  { part, file }: Found<Part>,
  data: keyof Part,
  path: keyof Part,
): Promise<string | undefined> {
  if (part[data] !== undefined) return Buffer.from(part[data] as string, 'base64').toString('utf8');
  if (part[path] === undefined) return undefined;
  const place = beside(file, part[path] as string);
  try {
    return await readFile(place, 'utf8');
  } catch (cause) {
    throw invalid(file, `${String(path)}: ${place} cannot be read`, undefined, cause);
  }
}

function beside(file: string, path: string): string {
  return resolve(dirname(file), path);
}

function invalid(file: string, problem: string, hint?: string, cause?: unknown): SluiceError {
  return new SluiceError('ConfigInvalid', `The kubeconfig ${file}: ${problem}.`, {
    ...(hint !== undefined && { hint }),
    ...(cause !== undefined && { cause }),
  });
}
