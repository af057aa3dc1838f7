import type { ContainerDefinition } from '@aws-sdk/client-sagemaker';
import type { Statements } from './database.ts';
import type { EndpointProgress, EndpointRecord, EndpointStatus, EndpointVariant } from './endpoints.ts';
import { type PageFilter, selectPage } from './select-page.ts';

/** Which endpoints to list and in which order. */
export type EndpointFilter = PageFilter<EndpointStatus>;

interface EndpointRow {
  readonly name: string;
  readonly arn: string;
  readonly status: string;
  readonly created_at: number;
  readonly modified_at: number;
  readonly request: string;
  readonly progress: string;
  readonly owner: string;
  readonly fence: number;
}

const COLUMNS = 'name, arn, status, created_at, modified_at, request, progress, owner, fence';

/** The endpoint of this name. */
export async function getEndpoint(state: Statements, name: string): Promise<EndpointRecord | undefined> {
  const row = await state.get<EndpointRow>(`SELECT ${COLUMNS} FROM endpoints WHERE name = ?`, name);
  return row && endpointRecord(row);
}

/** One page of endpoints. */
export async function listEndpoints(
  state: Statements,
  filter: EndpointFilter = {},
): Promise<EndpointRecord[]> {
  const source = { table: 'endpoints', columns: COLUMNS } as const;
  return (await selectPage<EndpointRow>(state, source, filter)).map(endpointRecord);
}

function endpointRecord(row: EndpointRow): EndpointRecord {
  return {
    name: row.name,
    arn: row.arn,
    status: row.status as EndpointStatus,
    createdAt: row.created_at,
    modifiedAt: row.modified_at,
    request: JSON.parse(row.request) as EndpointRecord['request'],
    progress: JSON.parse(row.progress, upgradeVariant) as EndpointProgress,
    lease: { worker: row.owner, fence: row.fence },
  };
}

/** Variants that were kept before models could have several containers have one `container`. */
function upgradeVariant(key: string, value: unknown): unknown {
  if (key !== 'variants' || !Array.isArray(value)) return value;
  return value.map((variant: Partial<EndpointVariant> & { readonly container?: ContainerDefinition }) => {
    const { container, ...rest } = variant;
    return container ? { containers: [container], executionMode: 'Serial', ...rest } : variant;
  });
}
