// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mistakes on demand: a name written to /dev/fl_splat, and the kernel makes the mistake of that name.
 * Only the tests that show what the judge recognises load it; each is in a function of that name,
 * which then stands in the report's stack.
 */
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/gfp.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include <asm/desc_defs.h>

#define NAME_MAX_BYTES 32
#define OBJECT_BYTES   64
#define FLOOD_LINES    20000

static DEFINE_MUTEX(first);
static DEFINE_MUTEX(second);
static DECLARE_RWSEM(never_taken);
static DEFINE_SPINLOCK(shared_with_interrupts);
static int __rcu *under_rcu;
static int racy;

/* ---- what kills ---- */

static noinline void splat_null(void)
{
	int *volatile nowhere = NULL;

	WRITE_ONCE(*nowhere, 1);
}

static noinline void splat_gpf(void)
{
	volatile unsigned long address = 0xdead000000000000;

	WRITE_ONCE(*(int *)address, 1);
}

static noinline void splat_divide(void)
{
	volatile int hundred = 100, zero = 0;

	racy = hundred / zero;
}

static noinline void splat_bug(void)
{
	BUG();
}

static noinline void splat_panic(void)
{
	panic("asked for by %s", current->comm);
}

/* Without handlers an exception becomes a double fault, and that a reset. */
static noinline void splat_triple(void)
{
	struct desc_ptr none = {};

	asm volatile("lidt %0; int3" : : "m"(none));
}

/* ---- what warns ---- */

static noinline void splat_warn(void)
{
	WARN_ON(1);
}

static noinline void splat_list(void)
{
	struct list_head head, entry;

	INIT_LIST_HEAD(&head);
	list_add(&entry, &head);
	head.next = (struct list_head *)&racy;
	list_del(&entry);
}

static noinline void splat_refcount(void)
{
	refcount_t count = REFCOUNT_INIT(0);

	refcount_inc(&count);
}

/* More than the log buffer holds, and the report at its end. */
static noinline void splat_flood(void)
{
	for (unsigned int i = 0; i < FLOOD_LINES; i++)
		pr_info("line %u of a driver that says a great deal\n", i);
	WARN_ON(1);
}

/* ---- the books of mm ---- */

static noinline void splat_rss(void)
{
	percpu_counter_add(&current->mm->rss_stat[MM_SWAPENTS], 3);
}

static noinline void splat_page_tables(void)
{
	mm_inc_nr_ptes(current->mm);
}

static noinline void splat_page_state(void)
{
	struct page *page = alloc_page(GFP_KERNEL);

	if (!page)
		return;
	page->mapping = (struct address_space *)&racy;
	__free_page(page);
}

/* ---- memory that is not there ---- */

static noinline void splat_redzone(void)
{
	char *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	if (!object)
		return;
	WRITE_ONCE(object[OBJECT_BYTES], 1);
	kfree(object);
}

static noinline void splat_use_after_free(void)
{
	char *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	kfree(object);
	if (object)
		WRITE_ONCE(object[8], 1);
}

static noinline void splat_double_free(void)
{
	char *volatile object = kmalloc(OBJECT_BYTES, GFP_KERNEL);

	kfree(object);
	kfree(object);
}

/* ---- locks ---- */

static void in_order(struct mutex *outer, struct mutex *inner)
{
	mutex_lock(outer);
	mutex_lock(inner);
	mutex_unlock(inner);
	mutex_unlock(outer);
}

static noinline void splat_circular(void)
{
	in_order(&first, &second);
	in_order(&second, &first);
}

static noinline void splat_recursive(void)
{
	static struct mutex twins[2];

	for (int i = 0; i < 2; i++)
		mutex_init(&twins[i]);
	in_order(&twins[0], &twins[1]);
}

static noinline void splat_unbalanced(void)
{
	up_read(&never_taken);
}

static noinline void splat_freed_lock(void)
{
	struct mutex *lock = kmalloc(sizeof(*lock), GFP_KERNEL);

	if (!lock)
		return;
	mutex_init(lock);
	mutex_lock(lock);
	kfree(lock);
}

static noinline void splat_kept_lock(void)
{
	mutex_lock(&first);
}

static void from_interrupt(void *unused)
{
	spin_lock(&shared_with_interrupts);
	spin_unlock(&shared_with_interrupts);
}

static noinline void splat_irq_lock(void)
{
	smp_call_function_single(cpumask_any_but(cpu_online_mask, raw_smp_processor_id()),
				 from_interrupt, NULL, true);
	from_interrupt(NULL);
}

static noinline void splat_rcu(void)
{
	racy = rcu_dereference(under_rcu) != NULL;
}

static noinline void splat_sleep(void)
{
	preempt_disable();
	might_sleep();
	preempt_enable();
}

static noinline void splat_schedule(void)
{
	preempt_disable();
	schedule();
	preempt_enable();
}

/* ---- what does not come back ---- */

static void spin_for_ever(void)
{
	for (;;)
		cpu_relax();
}

static noinline void splat_soft_lockup(void)
{
	preempt_disable();
	spin_for_ever();
}

static noinline void splat_hard_lockup(void)
{
	local_irq_disable();
	spin_for_ever();
}

static void nothing(struct rcu_head *unused)
{
}

/* RCU counts the time only while somebody waits for its readers. */
static noinline void splat_rcu_stall(void)
{
	static struct rcu_head waiter;

	rcu_read_lock();
	call_rcu(&waiter, nothing);
	spin_for_ever();
}

static noinline void splat_hung(void)
{
	set_current_state(TASK_UNINTERRUPTIBLE);
	schedule();
}

static noinline void splat_hung_lock(void)
{
	mutex_lock(&first);
	mutex_lock(&first);
}

/*
 * To be preempted, since the report of a soft lockup counts as a sign of life for the watchdog of
 * the workqueues; and with cpu_intensive_thresh_us = 0, or it is set aside and what waits behind it
 * goes on.
 */
static void spinning_work(struct work_struct *unused)
{
	spin_for_ever();
}

static DECLARE_WORK(spinning, spinning_work);
static DECLARE_WORK(waiting, spinning_work);

static noinline void splat_workqueue(void)
{
	queue_work_on(0, system_wq, &spinning);
	queue_work_on(0, system_wq, &waiting);
	/* A report of a hung task would count as a sign of life, too. */
	schedule_timeout_interruptible(MAX_SCHEDULE_TIMEOUT);
}

/* ---- two at once ---- */

static int racing(void *unused)
{
	while (!kthread_should_stop())
		racy++;
	return 0;
}

static noinline void splat_race(void)
{
	struct task_struct *one = kthread_run(racing, NULL, "fl_race/1");
	struct task_struct *two = kthread_run(racing, NULL, "fl_race/2");

	msleep(3000);
	if (!IS_ERR(one))
		kthread_stop(one);
	if (!IS_ERR(two))
		kthread_stop(two);
}

static const struct {
	const char *name;
	void (*fn)(void);
} splats[] = {
	{"null", splat_null},
	{"gpf", splat_gpf},
	{"divide", splat_divide},
	{"bug", splat_bug},
	{"panic", splat_panic},
	{"triple", splat_triple},
	{"warn", splat_warn},
	{"list", splat_list},
	{"refcount", splat_refcount},
	{"flood", splat_flood},
	{"rss", splat_rss},
	{"page-tables", splat_page_tables},
	{"page-state", splat_page_state},
	{"redzone", splat_redzone},
	{"out-of-bounds", splat_redzone}, /* the same, where KASAN sees it */
	{"use-after-free", splat_use_after_free},
	{"double-free", splat_double_free},
	{"circular", splat_circular},
	{"recursive", splat_recursive},
	{"unbalanced", splat_unbalanced},
	{"freed-lock", splat_freed_lock},
	{"kept-lock", splat_kept_lock},
	{"irq-lock", splat_irq_lock},
	{"rcu", splat_rcu},
	{"sleep", splat_sleep},
	{"schedule", splat_schedule},
	{"soft-lockup", splat_soft_lockup},
	{"hard-lockup", splat_hard_lockup},
	{"rcu-stall", splat_rcu_stall},
	{"hung", splat_hung},
	{"hung-lock", splat_hung_lock},
	{"workqueue", splat_workqueue},
	{"race", splat_race},
};

static ssize_t splat_write(struct file *file, const char __user *from, size_t len, loff_t *at)
{
	char name[NAME_MAX_BYTES] = {};

	if (len >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, from, len))
		return -EFAULT;
	for (size_t i = 0; i < ARRAY_SIZE(splats); i++) {
		if (strcmp(splats[i].name, name))
			continue;
		splats[i].fn();
		return len;
	}
	return -ENOENT;
}

static const struct file_operations splat_fops = {
	.owner = THIS_MODULE,
	.write = splat_write,
};

static struct miscdevice splat_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "fl_splat",
	.fops = &splat_fops,
};
module_misc_device(splat_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Mistakes on demand");
