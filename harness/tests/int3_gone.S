/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For int3.t: firmware for two vCPUs that does what a kernel does when it switches a static branch. vCPU 1
 * calls 0x8000 again and again, where there is RET; vCPU 0 makes it INT3, and after a while RET again,
 * 200 times. The handler of INT3 goes back to where it was. Ends with byte 0x15 to isa-debug-exit.
 *
 * Mapped at 0xf0000, like vm/probe.c's, from which the way of the second vCPU to here is.
 *     0x500 how many vCPUs came    0x504 calls that came back    0x508 INT3s
 */
	.code16
begin:
	cli
	xorw	%ax, %ax
	movw	%ax, %ds
	lgdtl	%cs:(gdt_ptr - begin)
	movl	%cr0, %eax
	orb	$1, %al
	movl	%eax, %cr0
	ljmpl	$8, $(0xf0000 + start_32 - begin)

	.code32
start_32:
	movw	$16, %ax
	movw	%ax, %ds
	movw	%ax, %ss
	movl	$1, %ebx
	lock xaddl %ebx, 0x500
	testl	%ebx, %ebx
	jnz	calls

	movl	$0x6000, %esp
	movb	$0xc3, 0x8000			/* RET */
	movl	$0x1ff, 0xfee000f0		/* local APIC on */
	movl	$0xc4500, 0xfee00300		/* INIT to all others */
	movl	$1000000, %ecx
	call	wait
	movl	$0xc46f0, 0xfee00300		/* start-up at 0xf0000 */
	movl	$200, %ebx
again:	call	progress
	movb	$0xcc, 0x8000			/* INT3 */
	movl	$500000, %ecx
	call	wait
	movb	$0xc3, 0x8000
	call	progress
	decl	%ebx
	jnz	again
	movb	$0x15, %al
	outb	%al, $0xf4
stop:	hlt
	jmp	stop

wait:	decl	%ecx
	jnz	wait
	ret

/* Until a call that had not begun before has come back. */
progress:
	movl	0x504, %eax
	addl	$2, %eax
1:	movl	0x504, %ecx
	subl	%eax, %ecx
	js	1b
	ret

calls:	movl	$0x7000, %esp
	lidt	0xf0000 + idt_ptr - begin
	movl	$0x8000, %eax
1:	call	*%eax
	lock incl 0x504
	jmp	1b

on_int3:
	lock incl 0x508
	decl	(%esp)
	iret

	.balign 8
gdt:	.quad	0
	.quad	0x00cf9b000000ffff		/*  8: code */
	.quad	0x00cf93000000ffff		/* 16: data */
gdt_ptr:
	.word	23
	.long	0xf0000 + gdt - begin
idt:	.fill	3, 8, 0
	.word	on_int3 - begin, 8, 0x8e00, 0xf /* of vector 3: an interrupt gate to 0xf0000 + on_int3 */
idt_ptr:
	.word	31
	.long	0xf0000 + idt - begin

	.org	0xfff0
	.code16
	ljmp	$0xf000, $0			/* from reset */
	.org	0x10000
