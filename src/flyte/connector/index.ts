/** The door to the connector: Flyte's tasks as runs of a home. */
export { Connector } from './connector.ts';
export { type OpenConnector, type OpenConnectorOptions, openConnector } from './open-connector.ts';
export {
  type ConnectorTls,
  type RunningConnector,
  type ServeConnectorOptions,
  serveConnector,
} from './serve-connector.ts';
export { type MetricsServer, serveMetrics } from './serve-metrics.ts';
export { flyteTaskTypes } from './task-types.ts';
