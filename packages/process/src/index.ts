export { closeDebugPort } from './close-debug-port.js';
export { type ControlGroup, controlGroups, groupFolders } from './control-groups.js';
export { noDebugPort } from './debug-port.js';
export { type Answer, askProcess, exportedScript, START_LIMIT, startScript } from './helpers/ask-process.js';
export { askProgram } from './helpers/ask-program.js';
export { helperEnd } from './helpers/helper-end.js';
export { inOneLine } from './helpers/in-one-line.js';
export { Patience, type Waiting } from './helpers/patience.js';
export { type WaitingEvent, waitingEvent } from './helpers/waiting-event.js';
export { filesWanted, limitRemedy, processesWanted } from './limits.js';
export { type SignalStep, SignalSteps } from './signal-steps.js';
export {
  exitCodeOf,
  isStopSignal,
  STOP_SIGNALS,
  type StopSignal,
  stoppedBy,
  stopSignalOf,
} from './stop-signals.js';
