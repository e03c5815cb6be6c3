/** What a plot is asked for cannot be drawn. The message names the remedy. */
export class PlotInputError extends Error {
  readonly code = 'plot_input';
  override readonly name = 'PlotInputError';
}
