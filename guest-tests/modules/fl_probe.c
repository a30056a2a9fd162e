// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe driver: two character devices that can be mapped, one with ->map_pages and one
 * without, which check at each call whether the lock that the fault's flags promise is held, and
 * count. Never repairs or warns: the tests read the counts and judge.
 *
 * On a kernel with lockdep "held" means held by this very task. Without it, a lock is held when
 * anybody holds it, which is exact as long as the process has one thread.
 */
#include <linux/fs.h>
#include <linux/highmem.h>
#include <linux/lockdep.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/xarray.h>

#include "fl_probe.h"

enum probe_count {
	FAULT_VMA,
	FAULT_MMAP,
	MKWRITE,
	MAP_PAGES,
	BAD_VMA,
	BAD_MMAP,
	BAD_NO_MAP_PAGES,
	COUNTS
};

struct probe_file {
	struct xarray pages;
	atomic64_t counts[COUNTS];
};

static struct probe_file *probe_of(const struct vm_fault *vmf)
{
	return vmf->vma->vm_file->private_data;
}

static void probe_count(const struct vm_fault *vmf, enum probe_count which)
{
	atomic64_inc(&probe_of(vmf)->counts[which]);
}

static bool probe_held(struct rw_semaphore *lock)
{
	return rwsem_is_locked(lock) && (!IS_ENABLED(CONFIG_LOCKDEP) || lockdep_is_held(lock));
}

static bool probe_vma_held(const struct vm_fault *vmf)
{
	return probe_held(&vmf->vma->vm_lock->lock);
}

static bool probe_mmap_held(const struct vm_fault *vmf)
{
	return probe_held(&vmf->vma->vm_mm->mmap_lock);
}

/* For calls whose flags tell which lock was taken. */
static void probe_check(const struct vm_fault *vmf)
{
	if (!(vmf->flags & FAULT_FLAG_VMA_LOCK)) {
		if (!probe_mmap_held(vmf))
			probe_count(vmf, BAD_MMAP);
		return;
	}
	if (!probe_vma_held(vmf))
		probe_count(vmf, BAD_VMA);
	if (!vmf->vma->vm_ops->map_pages)
		probe_count(vmf, BAD_NO_MAP_PAGES);
}

/* do_page_mkwrite() hides the flags, so here either lock will do, if it is one that suffices. */
static void probe_check_mkwrite(const struct vm_fault *vmf)
{
	if (probe_mmap_held(vmf))
		return;
	if (!vmf->vma->vm_ops->map_pages)
		probe_count(vmf, BAD_NO_MAP_PAGES);
	if (!probe_vma_held(vmf))
		probe_count(vmf, BAD_VMA);
}

/* The page at this place, made when it is first asked for; the file keeps a reference. */
static struct page *probe_page(struct probe_file *probe, pgoff_t index)
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

static vm_fault_t probe_fault(struct vm_fault *vmf)
{
	struct page *page;

	probe_check(vmf);
	probe_count(vmf, vmf->flags & FAULT_FLAG_VMA_LOCK ? FAULT_VMA : FAULT_MMAP);
	page = probe_page(probe_of(vmf), vmf->pgoff);
	if (!page)
		return VM_FAULT_SIGBUS;
	get_page(page);
	lock_page(page);
	vmf->page = page;
	return VM_FAULT_LOCKED;
}

static vm_fault_t probe_mkwrite(struct vm_fault *vmf)
{
	probe_check_mkwrite(vmf);
	probe_count(vmf, MKWRITE);
	lock_page(vmf->page);
	return VM_FAULT_LOCKED;
}

/* Maps nothing, so that ->fault is asked for each page. */
static vm_fault_t probe_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	probe_check(vmf);
	probe_count(vmf, MAP_PAGES);
	return 0;
}

static const struct vm_operations_struct probe_vm_ops_mp = {
	.fault = probe_fault,
	.page_mkwrite = probe_mkwrite,
	.map_pages = probe_map_pages,
};

static const struct vm_operations_struct probe_vm_ops_nomp = {
	.fault = probe_fault,
	.page_mkwrite = probe_mkwrite,
};

static int probe_mmap_mp(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &probe_vm_ops_mp;
	return 0;
}

static int probe_mmap_nomp(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &probe_vm_ops_nomp;
	return 0;
}

static int probe_open(struct inode *inode, struct file *file)
{
	struct probe_file *probe = kzalloc(sizeof(*probe), GFP_KERNEL);

	if (!probe)
		return -ENOMEM;
	xa_init(&probe->pages);
	file->private_data = probe;
	return 0;
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

static long probe_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	void __user *to = (void __user *)arg;

	switch (command) {
	case FL_PROBE_COUNTS:
		return probe_tell_counts(file->private_data, to);
	case FL_PROBE_LOCKS:
		return probe_tell_locks(to);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations probe_fops_mp = {
	.owner = THIS_MODULE,
	.open = probe_open,
	.release = probe_release,
	.read = probe_read,
	.llseek = default_llseek,
	.unlocked_ioctl = probe_ioctl,
	.mmap = probe_mmap_mp,
};

static const struct file_operations probe_fops_nomp = {
	.owner = THIS_MODULE,
	.open = probe_open,
	.release = probe_release,
	.read = probe_read,
	.llseek = default_llseek,
	.unlocked_ioctl = probe_ioctl,
	.mmap = probe_mmap_nomp,
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
