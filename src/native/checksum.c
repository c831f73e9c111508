#include "checksum.h"

#include <stdint.h>

enum { ETHERNET = 14, TCP = 6, UDP = 17 };

static unsigned word_at(const unsigned char *at) { return (unsigned)at[0] << 8 | at[1]; }

static uint16_t fold(uint64_t total) {
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return (uint16_t)total;
}

/* RFC 1071: big-endian 16-bit words, an odd last byte padded with zero. */
static uint64_t sum(const unsigned char *at, size_t length) {
  uint64_t total = 0;
  for (; length >= 2; at += 2, length -= 2) total += word_at(at);
  if (length == 1) total += (uint64_t)at[0] << 8;
  return total;
}

/* Where a frame's TCP or UDP segment is, and the sum of its pseudo-header. */
struct segment {
  size_t at, length, field;
  unsigned protocol;
  uint16_t pseudo;
};

static bool find(const unsigned char *frame, size_t length, struct segment *segment) {
  if (length < ETHERNET + 20) return false;
  const unsigned char *ip = frame + ETHERNET;
  size_t room = length - ETHERNET, header, total;
  uint64_t addresses;
  unsigned type = word_at(frame + 12);
  if (type == 0x0800) {
    header = (size_t)(ip[0] & 0xf) * 4;
    total = word_at(ip + 2);
    segment->protocol = ip[9];
    addresses = sum(ip + 12, 8);
    if (ip[0] >> 4 != 4 || header < 20 || (word_at(ip + 6) & 0x3fff) != 0) return false;
  } else if (type == 0x86dd) {
    header = 40;
    if (room < header || ip[0] >> 4 != 6) return false;
    total = header + word_at(ip + 4);
    segment->protocol = ip[6];
    addresses = sum(ip + 8, 32);
  } else {
    return false;
  }
  segment->field = segment->protocol == TCP ? 16 : segment->protocol == UDP ? 6 : 0;
  if (segment->field == 0 || total > room || total < header + segment->field + 2) return false;
  segment->at = ETHERNET + header;
  segment->length = total - header;
  segment->pseudo = fold(addresses + segment->protocol + segment->length);
  return true;
}

uint16_t checksum_of(const unsigned char *at, size_t length) { return fold(sum(at, length)); }

bool checksum_holds(const unsigned char *frame, size_t length) {
  struct segment segment;
  if (!find(frame, length, &segment)) return false;
  return fold(segment.pseudo + sum(frame + segment.at, segment.length)) == 0xffff;
}

bool checksum_looks_partial(const unsigned char *frame, size_t length) {
  struct segment segment;
  if (!find(frame, length, &segment)) return false;
  return word_at(frame + segment.at + segment.field) == segment.pseudo;
}

bool checksum_renew(unsigned char *frame, size_t length) {
  struct segment segment;
  if (!find(frame, length, &segment)) return false;
  frame[segment.at + segment.field] = (unsigned char)(segment.pseudo >> 8);
  frame[segment.at + segment.field + 1] = (unsigned char)segment.pseudo;
  return checksum_complete(frame, length);
}

bool checksum_complete(unsigned char *frame, size_t length) {
  struct segment segment;
  if (!find(frame, length, &segment)) return false;
  uint16_t checksum = (uint16_t)~checksum_of(frame + segment.at, segment.length);
  /* RFC 768: zero on the wire means that there is none. */
  if (checksum == 0 && segment.protocol == UDP) checksum = 0xffff;
  frame[segment.at + segment.field] = (unsigned char)(checksum >> 8);
  frame[segment.at + segment.field + 1] = (unsigned char)checksum;
  return true;
}
