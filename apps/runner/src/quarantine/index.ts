export {
  errorLine,
  formatQuarantined,
  parseQuarantined,
  QUARANTINED,
  type Quarantined,
} from './quarantined.js';
