// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe driver: two character devices that can be mapped, one with ->map_pages and one
 * without; their files, pages and orders. What a page fault sees of it is probe_calls.c.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "probe.h"

struct page *probe_page(struct probe_file *probe, pgoff_t index)
{
	struct page *page = xa_load(&probe->pages, index);
	struct page *other;

	if (page || index >= FL_PROBE_PAGES_MAX)
		return page;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return NULL;
	other = xa_cmpxchg(&probe->pages, index, NULL, page, GFP_KERNEL);
	if (!other)
		return page;
	put_page(page);
	return xa_is_err(other) ? NULL : other;
}

static int probe_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct probe_file *probe = file->private_data;

	if (probe->shape & FL_PROBE_IS_PFN) {
		if (!(vma->vm_flags & VM_SHARED))
			return -EINVAL;
		vm_flags_set(vma, VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);
	}
	vma->vm_ops = probe_vm_ops(probe->shape);
	return 0;
}

static int probe_open(struct file *file, unsigned int shape)
{
	struct probe_file *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return -ENOMEM;
	xa_init(&probe->pages);
	init_waitqueue_head(&probe->released);
	probe->shape = shape;
	file->private_data = probe;
	return 0;
}

static int probe_open_mp(struct inode *inode, struct file *file)
{
	return probe_open(file, FL_PROBE_HAS_MKWRITE | FL_PROBE_HAS_MAP_PAGES);
}

static int probe_open_nomp(struct inode *inode, struct file *file)
{
	return probe_open(file, FL_PROBE_HAS_MKWRITE);
}

static int probe_release(struct inode *inode, struct file *file)
{
	struct probe_file *probe = file->private_data;
	struct page *page;
	unsigned long index;

	xa_for_each(&probe->pages, index, page) put_page(page);
	xa_destroy(&probe->pages);
	kfree(probe);
	return 0;
}

/* What is in a page, seen without any mapping of it. One page at most a call. */
static ssize_t probe_read(struct file *file, char __user *buf, size_t len, loff_t *pos)
{
	struct page *page = probe_page(file->private_data, *pos >> PAGE_SHIFT);
	size_t at = offset_in_page(*pos);
	unsigned long left;
	void *bytes;

	if (!page)
		return 0;
	len = min(len, PAGE_SIZE - at);
	bytes = kmap_local_page(page);
	left = copy_to_user(buf, bytes + at, len);
	kunmap_local(bytes);
	if (left)
		return -EFAULT;
	*pos += len;
	return len;
}

static long probe_tell_counts(struct probe_file *probe, void __user *to)
{
	u64 counts[COUNTS];
	int i;

	BUILD_BUG_ON(sizeof(counts) != sizeof(struct fl_probe_counts));
	for (i = 0; i < COUNTS; i++)
		counts[i] = atomic64_read(&probe->counts[i]);
	return copy_to_user(to, counts, sizeof(counts)) ? -EFAULT : 0;
}

static long probe_tell_locks(void __user *to)
{
	struct mm_struct *mm = current->mm;
	struct fl_probe_locks locks;
	struct vm_area_struct *vma;

	if (copy_from_user(&locks, to, sizeof(locks)))
		return -EFAULT;
	locks.mmap_locked = rwsem_is_locked(&mm->mmap_lock);
	mmap_read_lock(mm);
	vma = find_vma(mm, locks.addr);
	locks.has_vma = vma && vma->vm_start <= locks.addr;
	locks.vma_locked = locks.has_vma && rwsem_is_locked(&vma->vm_lock->lock);
	mmap_read_unlock(mm);
	return copy_to_user(to, &locks, sizeof(locks)) ? -EFAULT : 0;
}

static void probe_look_at(struct page *page, struct fl_probe_pages *told)
{
	told->pages++;
	told->references += page_ref_count(page) - 1;
	told->mapped += folio_mapped(page_folio(page));
	told->locked += PageLocked(page);
	told->dirty += PageDirty(page);
}

static long probe_tell_pages(struct probe_file *probe, void __user *to)
{
	struct fl_probe_pages told = {};
	struct page *page;
	unsigned long index;

	xa_for_each(&probe->pages, index, page) probe_look_at(page, &told);
	return copy_to_user(to, &told, sizeof(told)) ? -EFAULT : 0;
}

static long probe_take_order(struct probe_file *probe, const void __user *from)
{
	struct fl_probe_order order;

	if (copy_from_user(&order, from, sizeof(order)))
		return -EFAULT;
	if (order.call >= FL_PROBE_CALLS || order.answer >= FL_PROBE_ANSWERS)
		return -EINVAL;
	if (order.answer == FL_PROBE_HOLD)
		WRITE_ONCE(probe->holding, true);
	WRITE_ONCE(probe->orders[order.call].answer, order.answer);
	atomic_set_release(&probe->orders[order.call].times, order.times);
	return 0;
}

static long probe_take_shape(struct probe_file *probe, unsigned long shape)
{
	if (shape >= FL_PROBE_SHAPES)
		return -EINVAL;
	probe->shape = shape;
	return 0;
}

static long probe_release_held(struct probe_file *probe)
{
	WRITE_ONCE(probe->holding, false);
	wake_up_all(&probe->released);
	return 0;
}

static long probe_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	struct probe_file *probe = file->private_data;
	void __user *user = (void __user *)arg;

	switch (command) {
	case FL_PROBE_COUNTS:
		return probe_tell_counts(probe, user);
	case FL_PROBE_LOCKS:
		return probe_tell_locks(user);
	case FL_PROBE_SHAPE:
		return probe_take_shape(probe, arg);
	case FL_PROBE_ORDER:
		return probe_take_order(probe, user);
	case FL_PROBE_RELEASE:
		return probe_release_held(probe);
	case FL_PROBE_PAGES:
		return probe_tell_pages(probe, user);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations probe_fops_mp = {
	.owner = THIS_MODULE,
	.open = probe_open_mp,
	.release = probe_release,
	.read = probe_read,
	.llseek = default_llseek,
	.unlocked_ioctl = probe_ioctl,
	.mmap = probe_mmap,
};

static const struct file_operations probe_fops_nomp = {
	.owner = THIS_MODULE,
	.open = probe_open_nomp,
	.release = probe_release,
	.read = probe_read,
	.llseek = default_llseek,
	.unlocked_ioctl = probe_ioctl,
	.mmap = probe_mmap,
};

static struct miscdevice probe_mp = {MISC_DYNAMIC_MINOR, FL_PROBE_MP, &probe_fops_mp};
static struct miscdevice probe_nomp = {MISC_DYNAMIC_MINOR, FL_PROBE_NOMP, &probe_fops_nomp};

static int __init probe_init(void)
{
	int error = misc_register(&probe_mp);

	if (error)
		return error;
	error = misc_register(&probe_nomp);
	if (error)
		misc_deregister(&probe_mp);
	return error;
}
module_init(probe_init);

static void __exit probe_exit(void)
{
	misc_deregister(&probe_nomp);
	misc_deregister(&probe_mp);
}
module_exit(probe_exit);

MODULE_DESCRIPTION("Checks the locks that page faults promise to a driver");
MODULE_LICENSE("GPL");
