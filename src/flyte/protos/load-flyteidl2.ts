import { fromJSON, type PackageDefinition } from '@grpc/proto-loader';
import { FLYTEIDL2 } from './flyteidl2.gen.ts';
import { FLYTEIDL2_RUNS } from './flyteidl2-runs.gen.ts';
import { PROTO_FORM } from './load-protos.ts';

/** The services of `flyteidl2.connector`, in the form of {@link loadProtos}. */
export function loadFlyteidl2(): PackageDefinition {
  return fromJSON(JSON.parse(FLYTEIDL2), PROTO_FORM);
}

/** The services of `flyteidl2.workflow` and `flyteidl2.auth`, in the same form. */
export function loadFlyteidl2Runs(): PackageDefinition {
  return fromJSON(JSON.parse(FLYTEIDL2_RUNS), PROTO_FORM);
}
