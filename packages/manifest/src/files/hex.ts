/** A CRC-32 as our files store it: 8 hexadecimal digits. */
export const hex = (crc32: number): string => crc32.toString(16).padStart(8, '0');
