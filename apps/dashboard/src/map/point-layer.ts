import * as twgl from 'twgl.js';
import type { Size, View } from './view.js';

const VERTEX = `#version 300 es
in vec2 position;
in vec4 colour;
uniform vec2 middle;
uniform vec2 stretch;
uniform float diameter;
uniform float alpha;
out vec4 paint;
void main() {
  gl_Position = vec4((position - middle) * stretch, 0.0, 1.0);
  gl_PointSize = diameter;
  // The fourth number says whether it stands out.
  float strength = alpha * mix(0.1, 1.0, colour.a);
  paint = vec4(colour.rgb * strength, strength);
}`;

const FRAGMENT = `#version 300 es
precision highp float;
in vec4 paint;
uniform float diameter;
out vec4 pixel;
void main() {
  float away = length(gl_PointCoord - 0.5) * diameter;
  float cover = clamp(diameter * 0.5 - away + 0.5, 0.0, 1.0);
  if (cover <= 0.0) discard;
  pixel = paint * cover;
}`;

/** Points from which on it is measured how long they take. */
const MANY = 50_000;

/** Milliseconds that a picture may take while it moves. */
const FRAME = 30;

/** WebGL allows 255 bytes from one place to the next, which has 8. */
const MOST_STRIDE = 31;

/** Draws points with WebGL 2: one call for all, which a graphics card does for millions in a few milliseconds. */
export class PointLayer {
  readonly #gl: WebGL2RenderingContext;
  readonly #program: twgl.ProgramInfo;
  #buffers: twgl.BufferInfo | null = null;
  #count = 0;
  /** While it moves, every so many points are drawn. */
  #stride = 1;
  #measured = false;

  private constructor(gl: WebGL2RenderingContext, program: twgl.ProgramInfo) {
    this.#gl = gl;
    this.#program = program;
  }

  /** Null if the browser has no WebGL 2, or one that cannot draw this. */
  static on(canvas: HTMLCanvasElement): PointLayer | null {
    const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true });
    const program = gl && twgl.createProgramInfo(gl, [VERTEX, FRAGMENT]);
    return gl && program && new PointLayer(gl, program);
  }

  /** @param places [points, 2]. */
  points(places: Float32Array): void {
    this.#free();
    this.#count = places.length / 2;
    this.#measured = false;
    this.#buffers = twgl.createBufferInfoFromArrays(this.#gl, {
      position: { numComponents: 2, data: places },
      colour: { numComponents: 4, data: new Uint8Array(this.#count * 4).fill(128), normalize: true },
    });
  }

  /** @param colours red, green, blue, and 255 for what stands out, of each point. */
  colour(colours: Uint8Array): void {
    const attribute = this.#buffers?.attribs?.['colour'];
    if (attribute !== undefined) twgl.setAttribInfoBufferFromArray(this.#gl, attribute, colours);
  }

  /** @param moving whether the next picture follows at once: then a slow machine draws some of the points only. */
  draw(view: View, { width, height }: Size, ratio: number, moving: boolean): void {
    const gl = this.#gl;
    const canvas = gl.canvas as HTMLCanvasElement;
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== wide || canvas.height !== high) Object.assign(canvas, { width: wide, height: high });
    gl.viewport(0, 0, wide, high);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (this.#buffers === null || this.#count === 0) return;
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.useProgram(this.#program.program);
    const stride = moving ? this.#stride : 1;
    const { position, colour } = this.#buffers.attribs!;
    const attribs = {
      position: { ...position!, stride: 8 * stride },
      colour: { ...colour!, stride: 4 * stride },
    };
    twgl.setBuffersAndAttributes(gl, this.#program, { ...this.#buffers, attribs });
    const count = Math.floor(this.#count / stride) || 1;
    twgl.setUniforms(this.#program, {
      middle: [view.x, view.y],
      stretch: [(2 * view.scale) / width, (2 * view.scale) / height],
      ...look(count, view.scale / Math.min(width, height), ratio),
    });
    const begun = performance.now();
    gl.drawArrays(gl.POINTS, 0, count);
    if (moving || this.#measured || this.#count < MANY) return;
    // Once for these points: waits until they are drawn.
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
    this.#measured = true;
    this.#stride = Math.min(MOST_STRIDE, Math.max(1, Math.round((performance.now() - begun) / FRAME)));
  }

  free(): void {
    this.#free();
    this.#gl.deleteProgram(this.#program.program);
  }

  #free(): void {
    for (const { buffer } of Object.values(this.#buffers?.attribs ?? {})) this.#gl.deleteBuffer(buffer);
    this.#buffers = null;
  }
}

/** Many points are small and let others through; they grow as one looks closer. */
function look(count: number, zoom: number, ratio: number): { diameter: number; alpha: number } {
  const closer = Math.sqrt(Math.max(1, zoom / 0.47));
  const plain = Math.min(9, Math.max(1.6, 40 / count ** 0.27));
  return {
    diameter: Math.min(14, plain * closer) * ratio,
    alpha: Math.min(0.95, Math.max(0.3, 6 / count ** 0.25) * closer ** 0.5),
  };
}
