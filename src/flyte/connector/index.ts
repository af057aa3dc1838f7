/** The door to the connector: Flyte's tasks as runs of a home. */
export { type OpenConnectorOptions, openConnector } from './open-connector.ts';
export {
  type RunningConnector,
  serveConnector,
} from './serve-connector.ts';
export { type MetricsServer, serveMetrics } from './serve-metrics.ts';
