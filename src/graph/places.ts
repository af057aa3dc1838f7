import { posix } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SluiceError } from '../core/errors.ts';
import { mapPlaces } from './map-places.ts';
import type { WorkflowGraph } from './types.ts';

/** A place below the directory of the workflow's file, or beside it: `file:data/train.csv`. */
const RELATIVE = /^file:(?!\/)/;

/** Where a workflow's file lies. Absolute paths. */
export interface WorkflowPlace {
  /** The directory of the file: what relative places start at. */
  readonly base: string;
  /** The directory of the project that the file belongs to; what lies outside of it is the machine's. */
  readonly root: string;
}

/**
 * The graph with places of this machine that lie in the workflow's own project as relative ones, `file:data/train.csv`:
 * the same in every checkout. Others stay as they are. Pure.
 */
export function relativePlaces(graph: WorkflowGraph, { base, root }: WorkflowPlace): WorkflowGraph {
  const [from, inside] = [pathToFileURL(base).pathname, pathToFileURL(root).pathname.replace(/\/$/, '')];
  return mapPlaces(graph, (uri) => {
    if (!uri.startsWith('file:///')) return uri;
    const path = uri.slice('file://'.length);
    if (path !== inside && !path.startsWith(`${inside}/`)) return uri;
    const relative = posix.relative(from, path) || '.';
    return `file:${relative}${path.endsWith('/') ? '/' : ''}`;
  });
}

/**
 * The graph with relative places as absolute ones. Pure.
 *
 * @param base the absolute path of the directory that they start at; absent where there is none
 * @throws SluiceError `InvalidArgument` where a place is relative and there is no such directory
 */
export function absolutePlaces(graph: WorkflowGraph, base: string | undefined): WorkflowGraph {
  const start = base === undefined ? undefined : `${pathToFileURL(base).href.replace(/\/$/, '')}/`;
  return mapPlaces(graph, (uri) => absolutePlace(uri, start));
}

function absolutePlace(uri: string, start: string | undefined): string {
  if (!RELATIVE.test(uri)) return uri;
  if (start !== undefined) return new URL(uri, start).href;
  throw new SluiceError(
    'InvalidArgument',
    `'${uri}' is a place beside the workflow's file, and there is none here.`,
    { hint: 'Put the data where the graph runs, and name it by its s3:// URI.' },
  );
}

/** The places of a machine that the graph names, each once: `file://…` and `file:…`. */
export function localPlaces(graph: WorkflowGraph): string[] {
  const found = new Set<string>();
  mapPlaces(graph, (uri) => {
    if (uri.startsWith('file:')) found.add(uri);
    return uri;
  });
  return [...found];
}
