// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accelerator probe's guest, in assembly below, and its answer computed on the host.
 *
 * The image is mapped just under 1 MiB (0xf0000) and under 4 GiB; a vCPU comes out of reset at
 * its offset 0xfff0. Both vCPUs run the same code from 0xf0000: the first wakes the second with
 * INIT and a start-up IPI whose vector 0xf0 means just that address. RAM is zero at the start.
 *
 *     0x0500 how many vCPUs came    0x0504 how many are done    0x0600 the three result words
 *     0x1000, 0x2000, 0x3000        page tables: the first 2 MiB, one to one
 */
#include "vm/probe.h"

#include "fl_wire.h"

#include <glib.h>
#include <string.h>
#include <x86intrin.h>

#define STR_(x) #x
#define STR(x)	STR_(x)

/* clang-format off */
__asm__(
	".pushsection .rodata\n"
	"probe_begin:\n"
	".code16\n"
	"	cli\n"
	"	xorw	%ax, %ax\n"
	"	movw	%ax, %ds\n"
	"	movl	$0x2003, 0x1000\n"	/* present, writable -> next level */
	"	movl	$0x3003, 0x2000\n"
	"	movl	$0x0083, 0x3000\n"	/* 2 MiB page at 0 */
	"	lgdtl	%cs:(probe_gdt_ptr - probe_begin)\n"
	"	movl	%cr0, %eax\n"
	"	orb	$1, %al\n"		/* PE */
	"	movl	%eax, %cr0\n"
	"	ljmpl	$8, $(0xf0000 + probe_32 - probe_begin)\n"
	".code32\n"
	"probe_32:\n"
	"	movw	$16, %ax\n"
	"	movw	%ax, %ds\n"
	"	movw	%ax, %es\n"
	"	movw	%ax, %ss\n"
	"	movl	$1, %ebx\n"
	"	lock xaddl %ebx, 0x500\n"	/* ebx: which vCPU this is */
	"	testl	%ebx, %ebx\n"
	"	jnz	1f\n"
	"	movl	$0x1ff, 0xfee000f0\n"	/* local APIC on */
	"	movl	$0xc4500, 0xfee00300\n" /* INIT to all others */
	"	movl	$100000, %ecx\n"
	"0:	pause\n"
	"	decl	%ecx\n"
	"	jnz	0b\n"
	"	movl	$0xc46f0, 0xfee00300\n" /* start-up at 0xf0000 */
	"1:	movl	$0x20, %eax\n"		/* PAE */
	"	movl	%eax, %cr4\n"
	"	movl	$0x1000, %eax\n"
	"	movl	%eax, %cr3\n"
	"	movl	$0xc0000080, %ecx\n"	/* EFER.LME */
	"	rdmsr\n"
	"	btsl	$8, %eax\n"
	"	wrmsr\n"
	"	movl	%cr0, %eax\n"
	"	btsl	$31, %eax\n"		/* PG: long mode is active */
	"	movl	%eax, %cr0\n"
	"	ljmpl	$24, $(0xf0000 + probe_64 - probe_begin)\n"
	".code64\n"
	"probe_64:\n"
	"	rdtsc\n"
	"	shlq	$32, %rdx\n"
	"	orq	%rdx, %rax\n"
	"	movq	%rax, %r8\n"
	"	movl	$" STR(FL_PROBE_ROUNDS) ", %ecx\n"
	"	leaq	1(%rbx), %rax\n"	/* the seed: vCPU number + 1 */
	"2:	movq	%rax, %rdx\n"		/* xorshift64, as in expected() */
	"	shlq	$13, %rdx\n"
	"	xorq	%rdx, %rax\n"
	"	movq	%rax, %rdx\n"
	"	shrq	$7, %rdx\n"
	"	xorq	%rdx, %rax\n"
	"	movq	%rax, %rdx\n"
	"	shlq	$17, %rdx\n"
	"	xorq	%rdx, %rax\n"
	"	decl	%ecx\n"
	"	jnz	2b\n"
	"	movq	%rax, 0x600(,%rbx,8)\n"
	"	lock incl 0x504\n"
	"	testl	%ebx, %ebx\n"
	"	jnz	5f\n"
	"	rdtsc\n"
	"	shlq	$32, %rdx\n"
	"	orq	%rdx, %rax\n"
	"	subq	%r8, %rax\n"
	"	movq	%rax, 0x610\n"
	"3:	pause\n"
	"	cmpl	$2, 0x504\n"		/* wait for the other */
	"	jne	3b\n"
	"	movl	$0x600, %esi\n"
	"	movl	$24, %ecx\n"
	"	movw	$0xe9, %dx\n"
	"	cld\n"
	"	rep outsb\n"
	"	movb	$" STR(FL_PROBE_EXIT_BYTE) ", %al\n"
	"	outb	%al, $" STR(FL_WIRE_EXIT_PORT) "\n"
	"5:	cli\n"
	"	hlt\n"
	"	jmp	5b\n"
	".balign 8\n"
	"probe_gdt:\n"
	"	.quad	0\n"
	"	.quad	0x00cf9b000000ffff\n"	/*  8: 32-bit code */
	"	.quad	0x00cf93000000ffff\n"	/* 16: data */
	"	.quad	0x00af9b000000ffff\n"	/* 24: 64-bit code */
	"probe_gdt_ptr:\n"
	"	.word	31\n"
	"	.long	0xf0000 + probe_gdt - probe_begin\n"
	"probe_end:\n"
	".popsection\n"
);
/* clang-format on */

extern const unsigned char probe_begin[], probe_end[];

/* ljmp 0xf000:0x0000 */
static const unsigned char reset_vector[] = {0xea, 0x00, 0x00, 0x00, 0xf0};

void fl_probe_image(unsigned char image[FL_PROBE_IMAGE_SIZE])
{
	/* cppcheck-suppress comparePointers ; two labels of one piece of assembly */
	size_t len = (size_t)(probe_end - probe_begin);

	g_assert(len < 0xfff0);
	memset(image, 0, FL_PROBE_IMAGE_SIZE);
	memcpy(image, probe_begin, len);
	memcpy(image + 0xfff0, reset_vector, sizeof(reset_vector));
}

uint64_t fl_probe_expected(unsigned cpu)
{
	uint64_t x = cpu + 1;

	for (unsigned i = 0; i < FL_PROBE_ROUNDS; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
	}
	return x;
}

bool fl_probe_check(const unsigned char *bytes, size_t len, uint64_t *ret_cycles)
{
	uint64_t words[FL_PROBE_WORDS];

	if (len != sizeof(words))
		return false;
	memcpy(words, bytes, sizeof(words));
	if (words[0] != fl_probe_expected(0) || words[1] != fl_probe_expected(1))
		return false;
	*ret_cycles = words[2];
	return true;
}

uint64_t fl_probe_cycles(void)
{
	return __rdtsc();
}
