/**
 * RFC 792:  0 type  1 code  2 checksum  4 identifier, sequence  8 data …
 */
export const ICMP_BYTES = 8
export const ICMP_ECHO_REPLY = 0
export const ICMP_ECHO_REQUEST = 8

/** Type and code as one number. */
export const typeAndCode = (view: DataView, at: number): number => view.getUint16(at)
