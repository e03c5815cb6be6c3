import type { Place } from './view.js';

export type Tool = 'move' | 'lasso';

/** What hands can do with the map. Places are CSS pixels from its corner. */
export interface Hands {
  tool(): Tool;
  move(dx: number, dy: number): void;
  zoom(by: number, around: Place): void;
  /** A pointer is there, with no button down; null: it left. */
  point(at: Place | null): void;
  press(at: Place): void;
  /** The lasso so far. */
  draw(path: readonly Place[]): void;
  encircled(path: readonly Place[]): void;
}

/** CSS pixels that a pointer may tremble in a press. */
const TREMBLE = 4;

/** Mouse, pen and fingers on an element: one moves or encircles, two magnify, a wheel magnifies. */
export class Gestures {
  readonly #down = new Map<number, Place>();
  #path: Place[] = [];
  #start: Place = [0, 0];
  #far = false;
  readonly #end = new AbortController();

  constructor(
    private readonly element: HTMLElement,
    private readonly hands: Hands,
  ) {
    const { signal } = this.#end;
    const on = <T extends Event>(name: string, hear: (event: T) => void) =>
      element.addEventListener(name, hear as EventListener, { signal, passive: false });
    on<PointerEvent>('pointerdown', (event) => this.#pressed(event));
    on<PointerEvent>('pointermove', (event) => this.#moved(event));
    on<PointerEvent>('pointerup', (event) => this.#released(event, true));
    on<PointerEvent>('pointercancel', (event) => this.#released(event, false));
    on<PointerEvent>('pointerleave', () => hands.point(null));
    on<WheelEvent>('wheel', (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 0 ? event.deltaY : event.deltaY * 30;
      hands.zoom(Math.exp(-Math.max(-300, Math.min(300, lines)) / 400), this.#at(event));
    });
  }

  end(): void {
    this.#end.abort();
  }

  #at({ clientX, clientY }: MouseEvent): Place {
    const { left, top } = this.element.getBoundingClientRect();
    return [clientX - left, clientY - top];
  }

  #pressed(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.element.setPointerCapture(event.pointerId);
    const at = this.#at(event);
    this.#down.set(event.pointerId, at);
    if (this.#down.size === 1) {
      this.#start = at;
      this.#far = false;
      this.#path = [at];
    } else {
      // A second finger magnifies, whatever the first began.
      this.#far = true;
      this.#path = [];
      this.hands.draw([]);
    }
  }

  #moved(event: PointerEvent): void {
    const at = this.#at(event);
    const before = this.#down.get(event.pointerId);
    if (before === undefined) return this.hands.point(at);
    this.#far ||= Math.hypot(at[0] - this.#start[0], at[1] - this.#start[1]) > TREMBLE;
    this.#down.set(event.pointerId, at);
    if (this.#down.size === 2) {
      const other = [...this.#down].find(([id]) => id !== event.pointerId)![1];
      const apart = ([x, y]: Place) => Math.hypot(x - other[0], y - other[1]) || 1;
      this.hands.zoom(apart(at) / apart(before), [(at[0] + other[0]) / 2, (at[1] + other[1]) / 2]);
      this.hands.move((at[0] - before[0]) / 2, (at[1] - before[1]) / 2);
    } else if (this.#far && this.hands.tool() === 'move')
      this.hands.move(at[0] - before[0], at[1] - before[1]);
    else if (this.#far && this.#path.length > 0) {
      this.#path.push(at);
      this.hands.draw([...this.#path]);
    }
  }

  #released(event: PointerEvent, whole: boolean): void {
    if (!this.#down.delete(event.pointerId) || this.#down.size > 0) return;
    const path = this.#path;
    this.#path = [];
    if (!whole) return this.hands.draw([]);
    if (!this.#far) this.hands.press(this.#at(event));
    else if (this.hands.tool() === 'lasso' && path.length > 2) this.hands.encircled(path);
  }
}
