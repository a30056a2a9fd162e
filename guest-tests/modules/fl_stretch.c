// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes race windows longer: holds a CPU up for some microseconds where a function of the kernel
 * begins or has returned, or is about to do something atomic, as often as a test says, at times
 * drawn from its seed. Only tasks of the session that opened the device are held up. A delay changes
 * nothing that a correct kernel may depend on: an interrupt of the host's, or a slow memory, does
 * the same.
 *
 * Where vCPUs run one at a time, the same for the runner: at hits drawn from a schedule of its own, a
 * CPU spins with PAUSE, which there hands over to the next vCPU; for all sessions but the opener's.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/hash.h>
#include <linux/kallsyms.h>
#include <linux/kprobes.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "fl_stretch.h"

#define UDELAY_MAX	1000 /* us; what every udelay takes */
#define RETURNS_AT_ONCE 64   /* so many tasks may be inside a function whose return is awaited */
#define LOCK_PREFIX	0xf0 /* of x86: the instruction behind it is atomic */

struct stretch_file;

/*
 * An emulated CPU may meet a breakpoint after it was taken away: QEMU (7.2, accel/tcg/cputlb.c, notdirty_write)
 * drops the code that it made of a page before it stores to the page, and another CPU's thread may make it
 * again in between, of the old bytes. The kernel knows what to do at a breakpoint as long as a probe is
 * registered there. So each place that ever had one keeps another, which is off and breaks nothing.
 */
struct stretch_place {
	struct list_head list;
	struct kprobe probe;
	char function[FL_STRETCH_NAME_SIZE]; /* empty: known by its address */
};

static LIST_HEAD(stretch_places);
static DEFINE_MUTEX(stretch_places_lock);

struct stretch_point {
	struct stretch_file *file;
	struct fl_stretch_point what;
	union {
		struct kprobe entry;
		struct kretprobe exit;
	};
	/* The caller's function lies here; 0: any caller will do. */
	unsigned long caller_from, caller_to;
	u64 seed;
	u32 max_us, one_in;
	atomic_t left, seen, held_up;
};

struct stretch_file {
	struct mutex lock; /* of adding points */
	const struct pid *session;
	unsigned int n_points;
	struct stretch_point *points[FL_STRETCH_POINTS_MAX];
	/* The same points, as they are taken away. */
	struct kprobe *entries[FL_STRETCH_POINTS_MAX];
	struct kretprobe *exits[FL_STRETCH_POINTS_MAX];
	int n_entries, n_exits;
	struct fl_stretch_schedule schedule; /* depth 0: nobody yields */
	atomic64_t hits, yields;
};

/* Inlined by hand: a probe's handler must not come to another probed function. */
static void stretch(struct stretch_point *point)
{
	u32 max_us = READ_ONCE(point->max_us);
	u32 left_us;
	u64 drawn;

	if (!atomic_read(&point->left) || task_session(current) != point->file->session)
		return;
	drawn = hash_64_generic(READ_ONCE(point->seed) + (u32)atomic_inc_return(&point->seen), 64);
	drawn ^= drawn >> 32;
	if ((drawn & 0xffff) % READ_ONCE(point->one_in) || atomic_dec_if_positive(&point->left) < 0)
		return;
	atomic_inc(&point->held_up);
	for (left_us = 1 + (drawn >> 16 & 0xffff) % max_us; left_us > UDELAY_MAX;
	     left_us -= UDELAY_MAX)
		udelay(UDELAY_MAX);
	udelay(left_us);
}

static int stretch_at_entry(struct kprobe *probe, struct pt_regs *regs)
{
	stretch(container_of(probe, struct stretch_point, entry));
	return 0;
}

/* Only where CPUs run one at a time is the order of the hits, and so all of this, the seed's. */
static int yield_at(struct kprobe *probe, struct pt_regs *regs)
{
	struct stretch_file *file = container_of(probe, struct stretch_point, entry)->file;
	u32 left;

	if (task_session(current) == file->session)
		return 0;
	left = fl_stretch_yields(&file->schedule, atomic64_inc_return(&file->hits) - 1);
	if (left)
		atomic64_inc(&file->yields);
	for (; left; left--)
		cpu_relax();
	return 0;
}

static int stretch_at_return(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	struct kretprobe *probe = get_kretprobe(instance);
	struct stretch_point *point = container_of(probe, struct stretch_point, exit);
	unsigned long to = get_kretprobe_retaddr(instance);

	if (!point->caller_from || (to >= point->caller_from && to < point->caller_to))
		stretch(point);
	return 0;
}

static struct stretch_place *find_place(const char *function, unsigned long address)
{
	struct stretch_place *place;

	list_for_each_entry(place, &stretch_places, list) {
		if (*function ? !strcmp(place->function, function)
			      : (unsigned long)place->probe.addr == address)
			return place;
	}
	return NULL;
}

static struct stretch_place *new_place(const char *function, unsigned long address)
{
	struct stretch_place *place = kzalloc(sizeof(*place), GFP_KERNEL);

	if (!place)
		return NULL;
	strscpy(place->function, function, sizeof(place->function));
	place->probe.symbol_name = *function ? place->function : NULL;
	place->probe.addr = (kprobe_opcode_t *)address;
	place->probe.flags = KPROBE_FLAG_DISABLED;
	if (register_kprobe(&place->probe) < 0) {
		kfree(place);
		return NULL;
	}
	list_add(&place->list, &stretch_places);
	return place;
}

/*
 * Keeps the begin of a function, or where that is "" an address; returns it, or 0 where no probe can be.
 * Nothing else that a module may call finds a function by its name.
 */
static unsigned long keep_place(const char *function, unsigned long address)
{
	struct stretch_place *place;

	mutex_lock(&stretch_places_lock);
	place = find_place(function, address);
	if (!place)
		place = new_place(function, address);
	mutex_unlock(&stretch_places_lock);
	return place ? (unsigned long)place->probe.addr : 0;
}

/* The first address behind the function, found by the name that the kernel prints for each. */
static unsigned long end_of(unsigned long from)
{
	char name[KSYM_SYMBOL_LEN];
	unsigned long offset, size;
	const char *at;

	sprint_symbol(name, from);
	at = strrchr(name, '+');
	if (!at || sscanf(at, "+0x%lx/0x%lx", &offset, &size) != 2)
		return 0;
	return from - offset + size;
}

static int find_caller(struct stretch_point *point)
{
	if (!*point->what.caller)
		return 0;
	point->caller_from = keep_place(point->what.caller, 0);
	if (point->caller_from)
		point->caller_to = end_of(point->caller_from);
	return point->caller_to ? 0 : -ENOENT;
}

static int start_at(struct stretch_point *point, unsigned long address)
{
	if (!address)
		return -ENOENT;
	point->entry.addr = (kprobe_opcode_t *)address;
	point->entry.pre_handler = stretch_at_entry;
	return register_kprobe(&point->entry);
}

/* A byte that looks like the prefix may lie within an instruction: no probe is accepted there. */
static int start_at_atomic(struct stretch_point *point)
{
	unsigned long at = keep_place(point->what.function, 0), end = at ? end_of(at) : 0;
	u32 number = 0;

	for (; at < end; at++) {
		if (*(const u8 *)at != LOCK_PREFIX || !keep_place("", at))
			continue;
		if (number++ == point->what.number)
			return start_at(point, at);
	}
	return -ENOENT;
}

static int start_at_return(struct stretch_point *point)
{
	int error = find_caller(point);

	if (error)
		return error;
	point->exit.kp.addr = (kprobe_opcode_t *)keep_place(point->what.function, 0);
	if (!point->exit.kp.addr)
		return -ENOENT;
	point->exit.handler = stretch_at_return;
	point->exit.maxactive = RETURNS_AT_ONCE;
	return register_kretprobe(&point->exit);
}

static int start_point(struct stretch_point *point)
{
	switch (point->what.where) {
	case FL_STRETCH_BEGIN:
		return start_at(point, keep_place(point->what.function, 0));
	case FL_STRETCH_RETURN:
		return start_at_return(point);
	case FL_STRETCH_ATOMIC:
		return start_at_atomic(point);
	case FL_STRETCH_YIELD:
		point->entry.symbol_name = point->what.function;
		point->entry.offset = point->what.number;
		point->entry.pre_handler = yield_at;
		return register_kprobe(&point->entry);
	default:
		return -EINVAL;
	}
}

static int keep_point(struct stretch_file *stretch_file, struct stretch_point *point)
{
	int error;

	if (stretch_file->n_points == FL_STRETCH_POINTS_MAX)
		return -ENOSPC;
	error = start_point(point);
	if (error)
		return error;
	if (point->what.where == FL_STRETCH_RETURN)
		stretch_file->exits[stretch_file->n_exits++] = &point->exit;
	else
		stretch_file->entries[stretch_file->n_entries++] = &point->entry;
	stretch_file->points[stretch_file->n_points] = point;
	return stretch_file->n_points++;
}

static long stretch_add(struct stretch_file *stretch_file, const void __user *from)
{
	struct stretch_point *point = kzalloc(sizeof(*point), GFP_KERNEL);
	long result = -EFAULT;

	if (!point)
		return -ENOMEM;
	point->file = stretch_file;
	if (!copy_from_user(&point->what, from, sizeof(point->what))) {
		point->what.function[FL_STRETCH_NAME_SIZE - 1] = '\0';
		point->what.caller[FL_STRETCH_NAME_SIZE - 1] = '\0';
		mutex_lock(&stretch_file->lock);
		result = keep_point(stretch_file, point);
		mutex_unlock(&stretch_file->lock);
	}
	if (result < 0)
		kfree(point);
	return result;
}

static struct stretch_point *point_of(const struct stretch_file *stretch_file, unsigned long number)
{
	return number < READ_ONCE(stretch_file->n_points) ? stretch_file->points[number] : NULL;
}

static long stretch_set(const struct stretch_file *stretch_file, const void __user *from)
{
	struct fl_stretch_delay delay;
	struct stretch_point *point;

	if (copy_from_user(&delay, from, sizeof(delay)))
		return -EFAULT;
	point = point_of(stretch_file, delay.point);
	if (!point || !delay.max_us || delay.max_us > FL_STRETCH_US_MAX || !delay.one_in ||
	    delay.times > INT_MAX)
		return -EINVAL;
	atomic_set(&point->left, 0);
	WRITE_ONCE(point->seed, delay.seed);
	WRITE_ONCE(point->one_in, delay.one_in);
	WRITE_ONCE(point->max_us, delay.max_us);
	atomic_set_release(&point->left, delay.times);
	return 0;
}

/* Between two tests: no task that could come to a point runs meanwhile. */
static long stretch_schedule(struct stretch_file *stretch_file, const void __user *from)
{
	struct fl_stretch_schedule schedule;

	if (copy_from_user(&schedule, from, sizeof(schedule)))
		return -EFAULT;
	if (!schedule.hits || schedule.depth > FL_STRETCH_DEPTH_MAX)
		return -EINVAL;
	stretch_file->schedule = schedule;
	atomic64_set(&stretch_file->hits, 0);
	atomic64_set(&stretch_file->yields, 0);
	return 0;
}

static long stretch_taken(const struct stretch_file *stretch_file, void __user *to)
{
	struct fl_stretch_taken taken = {.hits = atomic64_read(&stretch_file->hits),
					 .yields = atomic64_read(&stretch_file->yields)};

	return copy_to_user(to, &taken, sizeof(taken)) ? -EFAULT : 0;
}

static long stretch_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	const struct stretch_point *point;

	switch (command) {
	case FL_STRETCH_POINT:
		return stretch_add(file->private_data, (void __user *)arg);
	case FL_STRETCH_DELAY:
		return stretch_set(file->private_data, (void __user *)arg);
	case FL_STRETCH_COUNT:
		point = point_of(file->private_data, arg);
		return point ? atomic_read(&point->held_up) : -EINVAL;
	case FL_STRETCH_SCHEDULE:
		return stretch_schedule(file->private_data, (void __user *)arg);
	case FL_STRETCH_TAKEN:
		return stretch_taken(file->private_data, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int stretch_open(struct inode *inode, struct file *file)
{
	struct stretch_file *stretch_file = kzalloc(sizeof(*stretch_file), GFP_KERNEL);

	if (!stretch_file)
		return -ENOMEM;
	mutex_init(&stretch_file->lock);
	stretch_file->schedule.hits = 1;
	stretch_file->session = task_session(current);
	file->private_data = stretch_file;
	return 0;
}

static int stretch_release(struct inode *inode, struct file *file)
{
	struct stretch_file *stretch_file = file->private_data;
	unsigned int i;

	/* All at once: the kernel waits for a grace period in each call. */
	unregister_kprobes(stretch_file->entries, stretch_file->n_entries);
	unregister_kretprobes(stretch_file->exits, stretch_file->n_exits);
	for (i = 0; i < stretch_file->n_points; i++)
		kfree(stretch_file->points[i]);
	kfree(stretch_file);
	return 0;
}

static const struct file_operations stretch_fops = {
	.owner = THIS_MODULE,
	.open = stretch_open,
	.release = stretch_release,
	.unlocked_ioctl = stretch_ioctl,
};

static struct miscdevice stretch_device = {MISC_DYNAMIC_MINOR, FL_STRETCH_DEVICE, &stretch_fops};

static int __init stretch_init(void)
{
	return misc_register(&stretch_device);
}
module_init(stretch_init);

static void __exit stretch_exit(void)
{
	struct stretch_place *place, *next;

	misc_deregister(&stretch_device);
	list_for_each_entry_safe(place, next, &stretch_places, list) {
		unregister_kprobe(&place->probe);
		kfree(place);
	}
}
module_exit(stretch_exit);

MODULE_DESCRIPTION("Holds CPUs up where a race window is");
MODULE_LICENSE("GPL");
