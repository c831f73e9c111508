/* The drivers' pure parts on random and hostile input, under the sanitizers. Argument: seed. */
#include "../../src/native/packet.c"
#include "../../src/native/large.c"

#include <stdio.h>

static uint64_t state;

/* xorshift64*: the same seed, the same run. */
static uint32_t draw(uint32_t below) {
  state ^= state >> 12;
  state ^= state << 25;
  state ^= state >> 27;
  return (uint32_t)((state * 0x2545f4914f6cdd1dULL) >> 33) % below;
}

#define EXPECT(condition)                                                 \
  do {                                                                    \
    if (!(condition)) {                                                   \
      fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);     \
      exit(1);                                                            \
    }                                                                     \
  } while (0)

/* In an allocation of exactly its length, so that a byte too far is found. */
static void checksums(void) {
  for (int k = 0; k < 20000; k++) {
    size_t length = draw(120);
    unsigned char *frame = malloc(length ? length : 1);
    for (size_t i = 0; i < length; i++) frame[i] = (unsigned char)draw(256);
    if (length > 14 && draw(8)) {
      int six = draw(3) == 0;
      frame[12] = six ? 0x86 : 8;
      frame[13] = six ? 0xdd : 0;
      frame[14] = (unsigned char)(six ? 0x60 : 0x40 + draw(16));
      if (length > 23 && draw(2)) frame[16] = frame[20] = frame[21] = 0, frame[17] = (unsigned char)draw(120), frame[23] = draw(2) ? 6 : 17;
      if (six && length > 20) frame[18] = 0, frame[19] = (unsigned char)draw(100), frame[20] = draw(2) ? 6 : 17;
    }
    checksum_looks_partial(frame, length);
    checksum_complete(frame, length);
    free(frame);
  }
}

/* A SYN as Linux sends it with tx offload: the field holds the pseudo-header's sum. */
static void known_checksum(void) {
  static const unsigned char syn[] = {
      2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0,                                     /* Ethernet */
      0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6, 0, 0, 10, 99, 0, 1, 10, 99, 0, 2,       /* IPv4 */
      0x13, 0x88, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 2, 0xff, 0xff, 0, 0, 0, 0}; /* TCP */
  unsigned char frame[sizeof syn];
  memcpy(frame, syn, sizeof syn);
  /* 10.99 + 0.1 + 10.99 + 0.2 + 6 + 20 */
  uint32_t pseudo = 0x0a63 + 1 + 0x0a63 + 2 + 6 + 20;
  frame[50] = (unsigned char)(pseudo >> 8);
  frame[51] = (unsigned char)pseudo;
  EXPECT(checksum_looks_partial(frame, sizeof frame));
  EXPECT(checksum_complete(frame, sizeof frame));
  EXPECT(!checksum_looks_partial(frame, sizeof frame));
  uint32_t sum = pseudo;
  for (size_t i = 34; i < sizeof frame; i += 2) sum += (uint32_t)frame[i] << 8 | frame[i + 1];
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  EXPECT(sum == 0xffff);
  frame[20] = 0x20; /* a fragment's checksum is nobody's to complete */
  EXPECT(!checksum_complete(frame, sizeof frame));
}

/* Whatever the headers say: no byte outside, and either no cut or segments that are the frame's payload, in order and whole. */
static void large_frames(void) {
  unsigned begun = 0, damaged = 0;
  for (int k = 0; k < 3000; k++) {
    size_t length = 14 + draw(draw(2) ? 200 : 65536);
    struct large large = {.bytes = malloc(length)};
    unsigned char *frame = large.bytes, out[LARGE_SEGMENT_BYTES];
    for (size_t i = 0; i < length; i++) frame[i] = (unsigned char)draw(256);
    unsigned options = 20 + 4 * draw(11);
    bool sound = length >= 14 + 20 + options && draw(4);
    if (length > 50) {
      frame[12] = 8, frame[13] = 0, frame[14] = 0x45, frame[20] &= 0x40, frame[21] = 0, frame[23] = 6;
      put_word(frame + 16, sound ? (unsigned)length - 14 : draw(65536));
      frame[46] = (unsigned char)(sound ? options << 2 : draw(256));
      if (sound) checksum_renew(frame, length);
    }
    if (length > 100 && draw(4) == 0) frame[draw((uint32_t)length)] ^= (unsigned char)(1 + draw(255));
    bool known = draw(2), holds = checksum_holds(frame, length);
    if (!large_begin(&large, length, known)) {
      damaged += !holds;
      EXPECT(!large_left(&large));
      free(frame);
      continue;
    }
    begun++;
    EXPECT((known || holds) && large.payload > 0 && large.headers + large.payload <= length);
    size_t done = 0, header = (size_t)(frame[14] & 0xf) * 4, tcp = 14 + header;
    uint32_t sequence = (uint32_t)word_at(frame + tcp + 4) << 16 | word_at(frame + tcp + 6);
    while (large_left(&large)) {
      size_t bytes = large_next(&large, out), payload = bytes - large.headers;
      EXPECT(bytes <= LARGE_SEGMENT_BYTES && payload > 0 && checksum_holds(out, bytes));
      EXPECT(checksum_of(out + 14, header) == 0xffff && word_at(out + 16) == bytes - 14);
      EXPECT(((uint32_t)word_at(out + tcp + 4) << 16 | word_at(out + tcp + 6)) == sequence + (uint32_t)done);
      EXPECT(memcmp(out + large.headers, frame + large.headers + done, payload) == 0);
      EXPECT(memcmp(out + tcp + 20, frame + tcp + 20, large.headers - tcp - 20) == 0);
      done += payload;
      unsigned flags = frame[tcp + 13], only_last = FIN | PSH, only_first = CWR | URG;
      if (large_left(&large)) flags &= ~only_last;
      if (done > payload) flags &= ~only_first;
      EXPECT(out[tcp + 13] == (unsigned char)flags);
    }
    EXPECT(done == large.payload);
    free(frame);
  }
  EXPECT(begun > 500 && damaged > 100);
}

/* A kernel that says anything, a program that puts head anywhere: no byte outside the mapping, every delivered frame whole. */
static void packet_ring(void) {
  struct nic nic = {.fd = -1, .receive = receive};
  size_t ring = ring_bytes(PACKET_FRAMES), frames = PACKET_FRAMES * BUFFER_BYTES;
  nic.rx = calloc(1, ring);
  nic.frames = aligned_alloc(PAGE, frames);
  nic.slot_frame = calloc(PACKET_FRAMES, sizeof *nic.slot_frame);
  nic.large = calloc(1, sizeof *nic.large);
  memset(nic.frames, 0, frames);
  ring_init(nic.rx, NIC_DIR_RX, PACKET_FRAMES, BUFFER_BYTES, nic.frames + MAC_AT, 0);
  uint32_t fill = 0;
  for (int k = 0; k < 20000; k++) {
    for (uint32_t n = draw(100); n > 0; n--) {
      struct tpacket2_hdr *frame = frame_at(&nic, fill);
      if (status_of(frame) & TP_STATUS_USER) break;
      uint32_t honest = draw(BUFFER_BYTES - MAC_AT + 1);
      *frame = (struct tpacket2_hdr){.tp_len = honest, .tp_snaplen = honest, .tp_mac = MAC_AT};
      if (draw(4) == 0) frame->tp_mac = (uint16_t)draw(65536);
      if (draw(4) == 0) frame->tp_len = draw(1u << 31);
      if (draw(4) == 0) frame->tp_snaplen = draw(1u << 31);
      frame->tp_status = TP_STATUS_USER | (draw(4) ? 0 : TP_STATUS_CSUMNOTREADY) | (draw(8) ? 0 : TP_STATUS_VLAN_VALID);
      fill = fill + 1 == PACKET_FRAMES ? 0 : fill + 1;
    }
    struct nic_ring *rx = nic.rx;
    /* Head may lie from where it was seen up to tail. */
    uint32_t owned = (rx->tail + PACKET_FRAMES - nic.rx_seen) % PACKET_FRAMES, seen = nic.rx_seen;
    bool bad = rx->head >= PACKET_FRAMES || (rx->head + PACKET_FRAMES - seen) % PACKET_FRAMES > owned;
    uint64_t before = nic.count.bad_head;
    nic.receive(&nic);
    EXPECT(nic.count.bad_head - before == bad && (!bad || rx->head == seen));
    EXPECT(rx->tail < PACKET_FRAMES && rx->head < PACKET_FRAMES);
    for (uint32_t i = rx->head; i != rx->tail; i = ring_next(rx, i)) {
      EXPECT(rx->slot[i].len <= BUFFER_BYTES - MAC_AT);
      EXPECT(ring_buffer(rx, i) + rx->slot[i].len <= nic.frames + frames);
    }
    if (draw(50) == 0)
      rx->head = draw(draw(2) ? PACKET_FRAMES + 2 : 1u << 31);
    else
      for (uint32_t n = draw(100); n > 0 && rx->head != rx->tail; n--) rx->head = ring_next(rx, rx->head);
  }
  EXPECT(nic.count.rx_frames > 1000 && nic.count.bad_head > 10 && nic.count.rx_vlan > 10);
  free(nic.rx);
  free(nic.frames);
  free(nic.slot_frame);
  free(nic.large);
}

int main(int argc, char **argv) {
  state = argc > 1 ? strtoull(argv[1], NULL, 10) | 1 : 1;
  known_checksum();
  checksums();
  large_frames();
  packet_ring();
  return 0;
}
