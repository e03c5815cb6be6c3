/** Why ONNX Runtime may refuse a graph, by its words, and what to do; the first that fits counts. */
const REMEDIES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [
    /Unsupported model IR version: (\d+), max supported IR version: (\d+)/,
    ([, is, most]) =>
      `its IR version is ${is}, and this ONNX Runtime reads ${most} at most: save it again with ir_version ${most} (onnx: model.ir_version = ${most})`,
  ],
  [/Unsupported model IR version/, () => 'save it again with a lower ir_version'],
  [/till opset \d/, () => 'export it with a lower opset'],
  [
    /is not a registered function\/op|Fatal error: \S+ is not a registered|No Op registered for/,
    () => 'this ONNX Runtime has no such operator: export it with operators of the ONNX standard',
  ],
  [
    /NOT_IMPLEMENTED|Could not find an implementation/,
    () => 'an operator is missing for its types here: export it in float32, or with another opset',
  ],
  [
    /external data|weights? file|model_path must not be empty/i,
    () => 'copy the weights file that belongs to it beside it',
  ],
  [/INVALID_PROTOBUF|Protobuf parsing failed/, () => 'it is damaged or cut off: copy it again'],
  [
    /system error number|I\/O error|Input\/output error/i,
    () => 'check the disk or the network mount, then try again',
  ],
  [/permission denied/i, () => 'let this user read it'],
];

/** The remedy for a graph that ONNX Runtime refused with this error text. */
export function loadRemedy(errorText: string): string {
  for (const [words, remedy] of REMEDIES) {
    const found = words.exec(errorText);
    if (found !== null) return remedy(found);
  }
  return 'export or copy it again';
}
