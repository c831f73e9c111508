#include "large.h"

#include <string.h>

#include "checksum.h"

enum { ETHERNET = 14, TCP = 6 };
enum { FIN = 1, PSH = 8, URG = 32, CWR = 128 };

static unsigned word_at(const unsigned char *at) { return (unsigned)at[0] << 8 | at[1]; }

static void put_word(unsigned char *at, unsigned value) {
  at[0] = (unsigned char)(value >> 8);
  at[1] = (unsigned char)value;
}

bool large_begin(struct large *large, size_t length, bool checksum_known) {
  large->payload = large->done = 0;
  const unsigned char *ip = large->bytes + ETHERNET;
  if (length < ETHERNET + 40 || length > LARGE_BYTES || word_at(large->bytes + 12) != 0x0800 || ip[0] >> 4 != 4) return false;
  size_t header = (size_t)(ip[0] & 0xf) * 4, total = word_at(ip + 2);
  if (header < 20 || ip[9] != TCP || (word_at(ip + 6) & 0x3fff) != 0) return false;
  if (total > length - ETHERNET || total < header + 20) return false;
  size_t options = (size_t)(ip[header + 12] >> 4) * 4;
  if (options < 20 || total <= header + options) return false;
  if (!checksum_known && !checksum_holds(large->bytes, length)) return false;
  large->headers = ETHERNET + header + options;
  large->payload = total - header - options;
  large->segments = 0;
  return true;
}

size_t large_next(struct large *large, unsigned char *out) {
  const unsigned char *from = large->bytes;
  size_t most = LARGE_SEGMENT_BYTES - large->headers, left = large->payload - large->done;
  size_t count = left < most ? left : most;
  memcpy(out, from, large->headers);
  memcpy(out + large->headers, from + large->headers + large->done, count);
  unsigned char *ip = out + ETHERNET, *tcp = ip + (size_t)(ip[0] & 0xf) * 4;
  put_word(ip + 2, (unsigned)(large->headers - ETHERNET + count));
  put_word(ip + 4, word_at(ip + 4) + large->segments);
  put_word(ip + 10, 0);
  put_word(ip + 10, (uint16_t)~checksum_of(ip, (size_t)(tcp - ip)));
  uint32_t sequence = ((uint32_t)word_at(tcp + 4) << 16 | word_at(tcp + 6)) + (uint32_t)large->done;
  put_word(tcp + 4, sequence >> 16);
  put_word(tcp + 6, sequence);
  /* The first one tells that the window was reduced (RFC 3168) and what is urgent, the last one the end. */
  if (large->done > 0) tcp[13] &= (unsigned char)~(CWR | URG);
  if (count < left) tcp[13] &= (unsigned char)~(FIN | PSH);
  large->done += count;
  large->segments++;
  checksum_renew(out, large->headers + count);
  return large->headers + count;
}
