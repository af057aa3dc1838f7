import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Bundles, bundleScript } from '../../bundles/index.ts';
import { frameworkImageUri } from '../../contract/framework-image-uri.ts';
import { imageForScript, NODE_IMAGE, PYTHON_IMAGE } from '../../contract/images.ts';
import { isName, NAME_RULE } from '../../contract/names.ts';
import { type Account, defaultBucket } from '../../core/account.ts';
import { SluiceError } from '../../core/errors.ts';
import type { ScriptSource } from '../../graph/index.ts';
import type { ObjectStore } from '../../objects/index.ts';
import type { EndpointSpec, Endpoints, ModelSpec, VariantSpec } from '../../platforms/endpoints/index.ts';
import { readPlace } from '../workflow-inputs.ts';
import { type EndpointOptions, readScaling, readVariants, type VariantOptions } from './endpoint-options.ts';

/** What the parts of a spec are made with. */
interface Making {
  readonly name: string;
  readonly options: EndpointOptions;
  readonly account: Account;
  readonly role: string;
  readonly store: ObjectStore;
  readonly bundles: Bundles;
  /** Whether images have to be in a registry of AWS. */
  readonly isAws: boolean;
}

/** The endpoint that a command line asks for; models and scripts of this machine are in its store then. @throws SluiceError */
export async function endpointSpecOf(
  name: string,
  options: EndpointOptions,
  endpoints: Endpoints,
): Promise<EndpointSpec> {
  if (!isName(name))
    throw new SluiceError('InvalidArgument', `The endpoint's name: ${NAME_RULE}, got '${name}'.`);
  const variants = readVariants(options);
  const scaling = readScaling(options);
  for (const { script } of variants) expectScript(script, options.sourceDir);
  const places = variants.map((variant) => readModelPlace(variant, options));
  const account = await endpoints.account();
  const arn = options.role ?? endpoints.role(account);
  if (arn === undefined) {
    throw new SluiceError('InvalidArgument', '--role: a model on SageMaker needs the ARN of a role.', {
      hint: 'Name it here, or as platforms.sagemaker.executionRole in the configuration.',
    });
  }
  const store = await endpoints.store();
  const bundles = new Bundles({ stores: { store: () => store }, account });
  const making = { name, options, account, role: arn, store, bundles, isAws: endpoints.isAws };
  const made: VariantSpec[] = [];
  for (const [index, variant] of variants.entries()) {
    const { name: variantName, weight, instanceType, instanceCount } = variant;
    const model = await makeModel(making, variant, places[index]);
    made.push({ name: variantName, model, weight, instanceType, instanceCount, scaling });
  }
  return { name, variants: made, tags: options.tag };
}

async function makeModel(
  making: Making,
  variant: VariantOptions,
  place: string | undefined,
): Promise<ModelSpec> {
  const { options, role, account } = making;
  const script = scriptOf(variant.script, options.sourceDir);
  const code = script && (await bundleScript(making.bundles, script));
  const dataUrl = place?.startsWith('file:') ? await upload(making, fileURLToPath(place)) : place;
  return {
    image: imageOf(variant, account, making.isAws),
    dataUrl,
    mode: options.mode,
    environment: {
      ...(code && {
        SAGEMAKER_PROGRAM: script.entry,
        SAGEMAKER_SUBMIT_DIRECTORY: code.uri,
        SAGEMAKER_CONTAINER_LOG_LEVEL: '20',
        SAGEMAKER_REGION: account.region,
      }),
      ...options.env,
    },
    roleArn: role,
  };
}

/** @throws SluiceError `InvalidArgument` where AWS has no image for a script */
function imageOf(variant: VariantOptions, { region }: Account, isAws: boolean): string {
  const { image, framework, frameworkVersion: version, instanceType, script } = variant;
  if (image !== undefined) return image;
  if (framework !== undefined)
    return frameworkImageUri({ framework, version, region, instanceType, use: 'inference' });
  const own = script === undefined ? NODE_IMAGE : imageForScript(script);
  if (!isAws) return own;
  if (own === PYTHON_IMAGE)
    return frameworkImageUri({ framework: 'scikit-learn', region, instanceType, use: 'inference' });
  throw new SluiceError(
    'InvalidArgument',
    '--image: SageMaker has no image with Node.js that could serve it.',
    {
      hint: 'Name one of ECR that has Node 24 (docs/sagemaker.md has the Dockerfile), or --framework.',
    },
  );
}

/** A place of the store; what is named by a path is brought there. Many models lie there already. */
function readModelPlace({ name, model }: VariantOptions, { mode }: EndpointOptions): string | undefined {
  if (model === undefined) return undefined;
  const place = readPlace(model === undefined ? `--variant ${name}` : '--model', model);
  if (!place.startsWith('file:')) return place;
  if (mode === 'MultiModel') {
    throw new SluiceError(
      'InvalidArgument',
      `--model: with --mode MultiModel expected an s3:// prefix, got '${model}'.`,
      {
        hint: 'Bring the models there first: sluice s3 cp --recursive ./models s3://bucket/models/',
      },
    );
  }
  const path = fileURLToPath(place);
  if (statSync(path).isFile() && /\.(?:tar\.gz|tgz)$/.test(path)) return place;
  throw new SluiceError('InvalidArgument', `--model: expected a model.tar.gz, got '${model}'.`, {
    hint: `Pack it: tar -czf model.tar.gz -C ${model} .`,
  });
}

/** Once for each content. */
async function upload({ store, account }: Making, path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  const bucket = defaultBucket(account);
  const key = `sluice/models/${hash.digest('hex')}/model.tar.gz`;
  if (!(await store.bucketExists(bucket))) await store.createBucket(bucket);
  const known = await store.head(bucket, key).catch(() => undefined);
  if (known?.size !== statSync(path).size) await store.put(bucket, key, createReadStream(path));
  return `s3://${bucket}/${key}`;
}

function scriptOf(script: string | undefined, sourceDir: string | undefined): ScriptSource | undefined {
  if (script === undefined) return undefined;
  if (sourceDir !== undefined) return { entry: script, directory: resolve(sourceDir), whole: true };
  const path = resolve(script);
  return { entry: basename(path), directory: dirname(path), whole: false };
}

function expectScript(script: string | undefined, sourceDir: string | undefined): void {
  if (script === undefined) return;
  const path = resolve(sourceDir ?? '.', script);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return;
  throw new SluiceError('InvalidArgument', `--script: there is no file '${script}'.`, {
    hint: `It would be ${path}: it is relative to this directory, or to that of --source-dir.`,
  });
}
