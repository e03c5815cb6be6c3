/** `cuda_oom`: the device or the host had too little memory for this batch. `cuda_runtime`: anything else. */
export type InferenceFailureKind = 'cuda_oom' | 'cuda_runtime';

/**
 * Wordings of CUDA, cuBLAS, cuDNN, ONNX Runtime's arena, WebGPU, the C++ and the JavaScript allocator, as a live session throws
 * them. What a dying process printed last is read elsewhere, by whoever watches over workers.
 */
const OUT_OF_MEMORY = [
  /out of memory/i,
  /bad[_ ]alloc/i,
  /failed to allocate/i,
  /allocation failed/i,
  /STATUS_ALLOC_FAILED/,
  /cudaErrorMemoryAllocation/,
  /CUDA (failure|error) 2\b/i,
  /is smaller than requested bytes/i,
  // A tensor larger than a buffer is bound in parts, and these were too many: a smaller batch has fewer.
  /too many storage buffers in shader/i,
];

/** Tells from its wording, which is all that ONNX Runtime gives, whether a failure was for want of memory. */
export function failureKind(error: unknown): InferenceFailureKind {
  const message = error instanceof Error ? error.message : String(error);
  return OUT_OF_MEMORY.some((wording) => wording.test(message)) ? 'cuda_oom' : 'cuda_runtime';
}
