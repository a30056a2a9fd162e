/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The wire: what the guest's runner writes to the second serial port and the judge reads.
 * The only header that host and guest share. Freestanding: integer types and nothing else.
 *
 * One record is one line:
 *
 *     @000017 5a3bc21f T ok 3 shared-write-tmpfs
 *      |      |        | `- payload: bytes 0x20..0x7e; any other byte and the backslash itself
 *      |      |        |    as \xNN (two lower-case hex digits); at most FL_WIRE_PAYLOAD_MAX
 *      |      |        `--- kind, one letter below
 *      |      `------------ CRC-32 (IEEE 802.3, as zlib's crc32) of the run's nonce (16 hex
 *      |                    characters), then the six digits, a space, the kind, a space, payload
 *      `------------------- sequence number, from 000000, without a gap, modulo 1000000
 *
 * What does not have this form, or not this checksum, is noise and proves nothing. A gap in the
 * sequence means that evidence was lost.
 */
#pragma once

#include <stdint.h>

#define FL_WIRE_PROTO	    1
#define FL_WIRE_MARK	    '@'
#define FL_WIRE_PAYLOAD_MAX 900 /* bytes after escaping; longer output is split over records */
#define FL_WIRE_LINE_MAX    960 /* mark, digits, checksum, kind, payload and newline fit */
#define FL_WIRE_NONCE_LEN   16
#define FL_WIRE_SEQ_MODULO  1000000u

/* Kinds, each with the form of its payload. Names have no spaces. Numbers are decimal. */

/* First record: "proto=1 cpus=4 mem_kib=1012345 release=6.12.117 seed=1" */
#define FL_WIRE_HELLO 'H'
/* A test begins: "3 shared-write-tmpfs". From here on it counts as failed until its result. */
#define FL_WIRE_START 'S'
/* One line of the KTAP version 1 stream, indentation kept: "    ok 1 threads-4" */
#define FL_WIRE_KTAP 'T'
/* A figure of a test: "3 vma_lock_success 1196548" (int64 or a decimal fraction) */
#define FL_WIRE_METRIC 'M'
/* The metric that the runner itself gives for every test: how long it took, guest's clock. */
#define FL_WIRE_METRIC_SECONDS "seconds"
/* And where its orders have yields: the places that there are, their hits, and the yields taken. */
#define FL_WIRE_METRIC_YIELD_POINTS "yield_points"
#define FL_WIRE_METRIC_YIELD_HITS   "yield_hits"
#define FL_WIRE_METRIC_YIELDS_TAKEN "yields_taken"
/* A line that a test printed on its standard output or error: "3 some text" */
#define FL_WIRE_OUTPUT 'O'
/* A record of /dev/kmsg as read(2) returns it, first line only: "6,341,5140900,-,caller=T1;text" */
#define FL_WIRE_KMSG 'K'
/* A sign of life, about once a second while a test runs: "3" */
#define FL_WIRE_BEAT 'B'
/*
 * A test does not come back: "3 shared-write-tmpfs D 1234 ft-tests down_write+0x4b/0x60"
 * (test, name, state, pid, comm, top of the kernel stack); one record a stuck task.
 */
#define FL_WIRE_STUCK 'X'
/*
 * The guest's closing statement, made after the last test:
 * "tainted=0 warn=0 oops=0 lockdep=1 kmsg_first=0 kmsg_last=412 kmsg_lost=0 started=12 results=12"
 * warn and oops are -1 where the kernel does not count them; lockdep is 1 (alive), 0 (turned
 * itself off) or -1 (not built in).
 */
#define FL_WIRE_ATTEST 'A'
/* Last record, nothing follows: "bye" */
#define FL_WIRE_END 'E'

/* The byte that the guest writes to isa-debug-exit after FL_WIRE_END; QEMU ends with 2*n+1. */
#define FL_WIRE_EXIT_PORT   0xf4
#define FL_WIRE_EXIT_BYTE   0x2a
#define FL_WIRE_EXIT_STATUS (2 * FL_WIRE_EXIT_BYTE + 1)

/*
 * Orders with "mode save" are for a boot that others go on from. Its one test is FL_WIRE_BOOT, which
 * passes by getting there. After FL_WIRE_END the guest waits for orders in QEMU's fw_cfg: it never
 * gets them, but it is saved meanwhile, and what is restored finds orders of its own. That begins a
 * wire of its own, with the whole log of the kernel on it.
 */
#define FL_WIRE_ORDERS_FW_CFG "opt/org.faultline/orders"
#define FL_WIRE_BOOT	      "boot"

/*
 * The run's orders, a file in the initramfs, one order a line:
 *
 *     proto 1
 *     nonce 0123456789abcdef
 *     seed 1
 *     time_scale_milli 1000          limits and intervals of the tests are multiplied by this
 *     effort 1                       rounds of the tests are multiplied by this
 *     mode run                       or: shell, save
 *     deterministic 1                the machine must never be idle as a whole
 *     module fl_probe                loaded before the tests
 *     yields 3 64                    so many change points in each so many hits, by the seed
 *     yield_at handle_mm_fault+0x1c  where these hits are; up to FL_WIRE_YIELDS_MAX
 *     test 1 shared-write-tmpfs 20000   number, name, limit in ms (already scaled)
 *     test 2 mine 60000
 *     expect 0                       test 2 is a program: the exit status it must have, or ktap
 *     arg /programs/mine/a.out       and its words, each to the end of the line
 *     arg --fast
 */
#define FL_WIRE_ORDERS_PATH "/fl/orders"
#define FL_WIRE_PROGRAMS    "/programs" /* a folder each */
#define FL_WIRE_MODULES_MAX 16
#define FL_WIRE_YIELDS_MAX  64
#define FL_WIRE_SYMBOL_MAX  47	/* bytes of the name of a function */
#define FL_WIRE_WORDS_MAX   64	/* of one program */
#define FL_WIRE_WORD_MAX    512 /* bytes */

static inline uint32_t fl_wire_crc_step(uint32_t crc, unsigned char byte)
{
	crc ^= byte;
	for (int bit = 0; bit < 8; bit++)
		crc = (crc >> 1) ^ (0xedb88320u & -(crc & 1u));
	return crc;
}

/* CRC-32 over several pieces: start with 0xffffffff, invert at the end. */
static inline uint32_t fl_wire_crc(uint32_t crc, const char *bytes, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		crc = fl_wire_crc_step(crc, (unsigned char)bytes[i]);
	return crc;
}

/* SplitMix64 (Steele, Lea, Flood 2014): the generator behind every seeded choice. */
static inline uint64_t fl_wire_random(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* The seed of a named stream: FNV-1a of the name, mixed with the run's seed. */
static inline uint64_t fl_wire_stream(uint64_t seed, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3ull;
	hash ^= seed;
	return fl_wire_random(&hash);
}

_Static_assert(FL_WIRE_PAYLOAD_MAX + 1 + 6 + 1 + 8 + 1 + 1 + 1 + 1 <= FL_WIRE_LINE_MAX,
	       "a full record fits in a line");
