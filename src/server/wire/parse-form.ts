/**
 * The form of a query request as the JSON that its operation's input would be.
 *
 * Source: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html: a member of a structure is `Name.Member`, an entry
 * of a list `Name.member.1`. By design: what the model does not name is ignored, and a number or boolean that is none
 * stays the text it is, for the check of types to refuse.
 */
import type { ServiceModel, Shape } from './model/service-model.ts';

/** What one name of the form has: a text of its own, and names beneath it. */
interface FormNode {
  text?: string;
  readonly children: Map<string, FormNode>;
}

/** The values of a form, by the shape of an operation's input. */
export function parseForm(
  model: ServiceModel,
  shape: string | undefined,
  form: Iterable<readonly [name: string, text: string]>,
): unknown {
  if (shape === undefined) return {};
  return valueOf(model, shape, formTree(form)) ?? {};
}

function formTree(form: Iterable<readonly [string, string]>): FormNode {
  const root: FormNode = { children: new Map() };
  for (const [name, text] of form) {
    let node = root;
    for (const part of name.split('.', MAX_PARTS)) {
      const next = node.children.get(part) ?? { children: new Map() };
      node.children.set(part, next);
      node = next;
    }
    node.text = text;
  }
  return root;
}

/** No input nests as deep. */
const MAX_PARTS = 64;

function valueOf(model: ServiceModel, shapeName: string, node: FormNode): unknown {
  const shape = model.shapes[shapeName] as Shape;
  switch (shape.type) {
    case 'structure':
      return structureOf(model, shape, node);
    case 'list':
      return listOf(model, shape, node);
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
      return numberOrText(node.text);
    case 'boolean':
      return node.text === 'true' || node.text === 'false' ? node.text === 'true' : node.text;
    default:
      return node.text;
  }
}

function structureOf(model: ServiceModel, shape: Shape, node: FormNode): Record<string, unknown> {
  const members = Object.entries(shape.members ?? {}).flatMap(([name, memberShape]) => {
    const child = node.children.get(name);
    return child ? [[name, valueOf(model, memberShape, child)] as const] : [];
  });
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function listOf(model: ServiceModel, shape: Shape, node: FormNode): unknown[] {
  const entries = [...(node.children.get('member')?.children ?? [])];
  return entries
    .filter(([index]) => /^\d+$/.test(index))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, child]) => valueOf(model, shape.member as string, child) ?? null);
}

function numberOrText(text: string | undefined): number | string | undefined {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
}
