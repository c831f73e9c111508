#include "checksum.h"

#include <stdint.h>

enum { ETHERNET = 14, TCP = 6, UDP = 17 };

static unsigned word_at(const unsigned char *at) { return (unsigned)at[0] << 8 | at[1]; }

/* RFC 1071: the ones' complement sum of big-endian 16-bit words, an odd last byte padded with zero. */
static uint16_t sum(const unsigned char *at, size_t length) {
  uint64_t total = 0;
  for (; length >= 2; at += 2, length -= 2) total += word_at(at);
  if (length == 1) total += (uint64_t)at[0] << 8;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return (uint16_t)total;
}

bool checksum_complete(unsigned char *frame, size_t length) {
  if (length < ETHERNET + 20) return false;
  unsigned char *ip = frame + ETHERNET;
  size_t room = length - ETHERNET, header, total;
  unsigned protocol;
  unsigned type = word_at(frame + 12);
  if (type == 0x0800) {
    header = (size_t)(ip[0] & 0xf) * 4;
    total = word_at(ip + 2);
    protocol = ip[9];
    if (ip[0] >> 4 != 4 || header < 20 || (word_at(ip + 6) & 0x3fff) != 0) return false;
  } else if (type == 0x86dd) {
    header = 40;
    if (room < header || ip[0] >> 4 != 6) return false;
    total = header + word_at(ip + 4);
    protocol = ip[6];
  } else {
    return false;
  }
  size_t field = protocol == TCP ? 16 : protocol == UDP ? 6 : 0;
  if (field == 0 || total > room || total < header + field + 2) return false;
  unsigned char *segment = ip + header;
  uint16_t checksum = (uint16_t)~sum(segment, total - header);
  /* RFC 768: zero on the wire means that there is none. */
  if (checksum == 0 && protocol == UDP) checksum = 0xffff;
  segment[field] = (unsigned char)(checksum >> 8);
  segment[field + 1] = (unsigned char)checksum;
  return true;
}
