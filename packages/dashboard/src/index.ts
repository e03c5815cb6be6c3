export {
  MOST_POINTS,
  type StaticPage,
  type StaticPageOptions,
  writeStaticPage,
} from './page/write-static-page.js';
export { type Dashboard, type DashboardOptions, startDashboard } from './server/start-dashboard.js';
export type {
  ColourHeader,
  ColourInfo,
  History,
  MapName,
  Neighbour,
  OutputInfo,
  ProcessMemory,
  QuarantineRow,
  ResultInfo,
  RowDetail,
  Snapshot,
  StaticData,
  VarianceHeader,
  Work,
} from './wire.js';
