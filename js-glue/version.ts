// The library's version, as published. Owns one string; a test compares it with package.json.
export const version = '0.1.0';
