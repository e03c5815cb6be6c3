export { PLOTS, type PlotName, type PlotOptions, PROJECTIONS, type Projection, plot } from './plot.js';
export { PlotInputError } from './plot-input-error.js';
