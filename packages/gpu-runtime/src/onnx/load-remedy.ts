/** Remedies by ONNX Runtime's error text; the first match counts. */
const REMEDIES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    ([, is, most]) =>
      `its IR version is ${is}, but this ONNX Runtime reads at most ${most}: save it again with ir_version ${most} (onnx: model.ir_version = ${most})`,
  ],
  [/Unsupported model IR version/, () => 'save it again with a lower ir_version'],
  [/till opset \d/, () => 're-export it with a lower opset'],
  [
    /is not a registered function\/op|Fatal error: \S+ is not a registered|No Op registered for/,
    () => 'this ONNX Runtime has no such operator: re-export it with standard ONNX operators',
  ],
  [
    /NOT_IMPLEMENTED|Could not find an implementation/,
    () => 'this ONNX Runtime lacks an operator for its types: re-export it in float32, or with another opset',
  ],
  [
    /external data|weights? file|model_path must not be empty/i,
    () => 'copy its weights file into the same folder',
  ],
  [/INVALID_PROTOBUF|Protobuf parsing failed/, () => 'it is damaged or truncated: copy it again'],
  [
    /system error number|I\/O error|Input\/output error/i,
    () => 'check the disk or the network mount, then retry',
  ],
  [/permission denied/i, () => 'let this user read it'],
];

/** The remedy for a graph that ONNX Runtime refused. */
export function loadRemedy(errorText: string): string {
  for (const [words, remedy] of REMEDIES) {
    const found = words.exec(errorText);
    if (found !== null) return remedy(found);
  }
  return 're-export or copy it again';
}
