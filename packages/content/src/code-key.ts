/**
 * What a code block is called between server and page: 53 bits of its language and text (cyrb53), which both
 * can compute at once. Two blocks with one key would only share their colours.
 */
export function codeKey(language: string, text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  const whole = `${language}\n${text}`;
  for (let index = 0; index < whole.length; index++) {
    const unit = whole.charCodeAt(index);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}
