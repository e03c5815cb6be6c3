/** `cuda_oom`: the device or the host had too little memory for this batch. `cuda_runtime`: anything else. */
export type InferenceFailureKind = 'cuda_oom' | 'cuda_runtime';

/**
 * Errors of CUDA, cuBLAS, cuDNN, ONNX Runtime's arena, WebGPU, and the C++ and JavaScript allocators, as a
 * live session throws them. The coordinator reads the last output of a dead process.
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
  // WebGPU binds a large tensor in parts, and there were too many; a smaller batch has fewer.
  /too many storage buffers in shader/i,
];

/** Tells lack of memory from other failures by the error text, because ONNX Runtime provides nothing else. */
export function failureKind(error: unknown): InferenceFailureKind {
  const message = error instanceof Error ? error.message : String(error);
  return OUT_OF_MEMORY.some((wording) => wording.test(message)) ? 'cuda_oom' : 'cuda_runtime';
}
