/**
 * PostObject: an upload by a form in a browser.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 * By design: where keys are configured the form needs a policy that is signed with one of them; a policy is kept in any
 * case. The server answers to pages of its own origin and of those that are allowed alone.
 */
import { factsOf } from '../../wire/request-facts.ts';
import { objectArn } from '../access-of-call.ts';
import { type FormData, readForm } from '../form-data.ts';
import { checkHeaderText } from '../header-text.ts';
import { checksumHeaders, checkTags, readUploadHeaders } from '../object-headers.ts';
import { encryptionHeaders } from '../object-settings.ts';
import { checkPolicy, type SizeRange, verifyForm } from '../post-policy.ts';
import { refuseHeaders } from '../refused-headers.ts';
import type { S3Answer, S3Call } from '../s3-call.ts';
import { S3Error } from '../s3-error.ts';
import { readTagSet } from '../tag-set.ts';
import { tooLarge, UploadBody } from '../upload-body.ts';
import { parseXml } from '../xml.ts';

export async function postObject(call: S3Call): Promise<S3Answer> {
  const form = await readForm(call.request, call.header('content-type') ?? '');
  const signed = call.keyring && (await verifyForm(form.fields, call.keyring, call.regions));
  if (signed) factsOf(call.request).key = signed.name;
  const size = checkPolicy(form.fields, call.bucket);
  const key = readKey(form);
  await call.allow({ action: 's3:PutObject', resources: [objectArn(call, call.bucket, key)] }, signed);
  const upload = asUpload(call, form, key);
  refuseHeaders(upload);
  const body = new UploadBody(upload, undefined, within(size, form.file));
  const headers = readUploadHeaders(upload);
  const tagging = form.fields.get('tagging');
  const tags = tagging ? checkTags(readTagSet(parseXml(tagging, 'Tagging'))) : headers.tags;
  const object = await call.store.write(call.bucket, key, body, {
    record: ({ md5 }) => {
      body.checkMd5(md5);
      return { ...headers, ...(tags && { tags }), ...(body.checksum && { checksum: body.checksum }) };
    },
  });
  const given = { etag: object.etag, ...checksumHeaders(object), ...encryptionHeaders(object.headers) };
  return success(upload, form, object.etag, given);
}

function readKey({ fields, fileName }: FormData): string {
  const key = fields.get('key');
  if (key) return key.replaceAll(`\${filename}`, fileName);
  throw new S3Error(
    'InvalidArgument',
    "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.",
    { ArgumentName: 'key', ArgumentValue: '' },
  );
}

/** Fields that are no headers of the upload, but say how to take the form. */
const ofForm = new Set(['key', 'policy', 'tagging', 'success_action_redirect', 'redirect']);

/** The upload that the form asks for: its fields are what headers are of another upload. */
function asUpload(call: S3Call, { fields }: FormData, key: string): S3Call {
  const headers: Record<string, string> = {};
  for (const [name, value] of fields) {
    if (!ofForm.has(name)) headers[name === 'acl' ? 'x-amz-acl' : name] = checkHeaderText(name, value);
  }
  delete headers['x-amz-tagging'];
  return { ...call, key, headers, header: (name) => headers[name] };
}

async function* within(
  { least, most }: SizeRange,
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const piece of file) {
    size += piece.length;
    if (size > most) throw tooLarge(size, most);
    yield piece;
  }
  if (size >= least) return;
  throw new S3Error('EntityTooSmall', undefined, {
    ProposedSize: String(size),
    MinSizeAllowed: String(least),
  });
}

function success(
  { bucket, key, request }: S3Call,
  { fields }: FormData,
  etag: string,
  headers: NonNullable<S3Answer['headers']>,
): S3Answer {
  const target = fields.get('success_action_redirect') ?? fields.get('redirect');
  const redirect = target && URL.canParse(target) ? new URL(target) : undefined;
  if (redirect && /^https?:$/.test(redirect.protocol)) {
    for (const [name, value] of Object.entries({ bucket, key, etag }))
      redirect.searchParams.append(name, value);
    return { status: 303, headers: { ...headers, location: redirect.href } };
  }
  const location = `http://${request.headers.host ?? ''}/${bucket}/${encodeURIComponent(key)}`;
  const status = { '200': 200, '201': 201 }[fields.get('success_action_status') ?? ''] ?? 204;
  const xml = { root: 'PostResponse', content: { Location: location, Bucket: bucket, Key: key, ETag: etag } };
  return { status, headers: { ...headers, location }, ...(status === 201 && { xml }) };
}
