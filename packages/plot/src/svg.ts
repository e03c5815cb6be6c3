/** Characters that XML does not allow, not even escaped: controls, halves of characters, and two that are none. */
const FORBIDDEN = /(?![\t\n\r])\p{Cc}|\p{Cs}|[\ufffe\uffff]/gu;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** A text as XML has it: IDs and labels are anybody's. */
export const escaped = (text: string): string =>
  text.replace(FORBIDDEN, '\ufffd').replace(/[&<>"]/g, (each) => ENTITIES[each]!);

/** A number with as many digits as a picture needs. */
export const rounded = (value: number): number => Math.round(value * 100) / 100;

export type Attributes = Readonly<Record<string, string | number>>;

/** An element of SVG. @param content XML. */
export function element(name: string, attributes: Attributes, content = ''): string {
  const given = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${typeof value === 'number' ? rounded(value) : escaped(value)}"`)
    .join('');
  return content === '' ? `<${name}${given}/>` : `<${name}${given}>${content}</${name}>`;
}

/** A line of text. */
export const text = (x: number, y: number, content: string, attributes: Attributes = {}): string =>
  element('text', { x, y, ...attributes }, escaped(content));

/** A text of at most so many characters. */
export const shortened = (content: string, most: number): string =>
  [...content].length <= most ? content : `${[...content].slice(0, most - 1).join('')}…`;
