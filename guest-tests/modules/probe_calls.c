// SPDX-License-Identifier: GPL-2.0-only
/*
 * The probe driver's side of a page fault: looks at each call whether the lock that the fault's
 * flags promise is held, counts, and answers as ever or as it was ordered to. Never repairs or
 * warns: the tests read the counts and judge.
 *
 * On a kernel with lockdep "held" means held by this very task. Without it, a lock is held when
 * anybody holds it, which is exact as long as the process has one thread.
 */
#include <linux/lockdep.h>
#include <linux/pagemap.h>
#include <linux/rwsem.h>

#include "probe.h"

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

/* What either lock keeps as it is for as long as a fault holds it. */
struct probe_vma {
	unsigned long start, end, pgoff, flags;
};

static struct probe_vma probe_look(const struct vm_fault *vmf)
{
	const struct vm_area_struct *vma = vmf->vma;

	return (struct probe_vma){READ_ONCE(vma->vm_start), READ_ONCE(vma->vm_end),
				  READ_ONCE(vma->vm_pgoff), READ_ONCE(vma->vm_flags)};
}

static void probe_hold(struct vm_fault *vmf)
{
	struct probe_file *probe = probe_of(vmf);
	struct probe_vma before = probe_look(vmf), after;

	probe_count(vmf, HELD);
	/* Who is killed meanwhile goes on at once. */
	wait_event_killable(probe->released, !READ_ONCE(probe->holding));
	after = probe_look(vmf);
	if (memcmp(&before, &after, sizeof(before)))
		probe_count(vmf, BAD_CHANGED);
	atomic64_dec(&probe->counts[HELD]);
}

static enum fl_probe_answer probe_answer(struct vm_fault *vmf, enum fl_probe_call call)
{
	struct probe_order *order = &probe_of(vmf)->orders[call];

	if (atomic_dec_if_positive(&order->times) < 0)
		return FL_PROBE_AS_EVER;
	if (READ_ONCE(order->answer) == FL_PROBE_HOLD)
		probe_hold(vmf);
	return READ_ONCE(order->answer);
}

/* The answers that are no page, for all calls alike; 0 for the others. */
static vm_fault_t probe_refusal(enum fl_probe_answer answer)
{
	switch (answer) {
	case FL_PROBE_SIGBUS:
		return VM_FAULT_SIGBUS;
	case FL_PROBE_SIGSEGV:
		return VM_FAULT_SIGSEGV;
	case FL_PROBE_NOPAGE:
		return VM_FAULT_NOPAGE;
	default:
		return 0;
	}
}

/* As filemap_fault() does: the lock is dropped, but for one who must not wait. */
static vm_fault_t probe_drop_lock(struct vm_fault *vmf)
{
	if (!(vmf->flags & FAULT_FLAG_RETRY_NOWAIT))
		release_fault_lock(vmf);
	return VM_FAULT_RETRY;
}

static vm_fault_t probe_get_page(struct vm_fault *vmf, enum fl_probe_answer answer)
{
	struct page *page = probe_page(probe_of(vmf), vmf->pgoff);

	if (!page)
		return VM_FAULT_SIGBUS;
	get_page(page);
	vmf->page = page;
	if (answer == FL_PROBE_UNLOCKED)
		return 0;
	lock_page(page);
	return answer == FL_PROBE_MAJOR ? VM_FAULT_LOCKED | VM_FAULT_MAJOR : VM_FAULT_LOCKED;
}

static vm_fault_t probe_map_frame(struct vm_fault *vmf)
{
	struct page *page = probe_page(probe_of(vmf), vmf->pgoff);

	if (!page)
		return VM_FAULT_SIGBUS;
	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
}

static vm_fault_t probe_fault(struct vm_fault *vmf)
{
	enum fl_probe_answer answer;
	vm_fault_t refusal;

	probe_check(vmf);
	probe_count(vmf, vmf->flags & FAULT_FLAG_VMA_LOCK ? FAULT_VMA : FAULT_MMAP);
	answer = probe_answer(vmf, FL_PROBE_FAULT);
	refusal = probe_refusal(answer);
	if (refusal)
		return refusal;
	if (answer == FL_PROBE_RETRY && vmf->flags & FAULT_FLAG_ALLOW_RETRY)
		return probe_drop_lock(vmf);
	if (vmf->vma->vm_flags & VM_PFNMAP)
		return probe_map_frame(vmf);
	return probe_get_page(vmf, answer);
}

static vm_fault_t probe_page_mkwrite(struct vm_fault *vmf)
{
	enum fl_probe_answer answer;
	vm_fault_t refusal;

	probe_check_mkwrite(vmf);
	probe_count(vmf, MKWRITE);
	answer = probe_answer(vmf, FL_PROBE_MKWRITE);
	refusal = probe_refusal(answer);
	/* No page of the driver has a mapping, so "look" finds that it is not there. */
	if (refusal || answer == FL_PROBE_UNLOCKED)
		return refusal;
	lock_page(vmf->page);
	return VM_FAULT_LOCKED;
}

static vm_fault_t probe_pfn_mkwrite(struct vm_fault *vmf)
{
	probe_check(vmf);
	probe_count(vmf, MKWRITE);
	return probe_refusal(probe_answer(vmf, FL_PROBE_MKWRITE));
}

/* Maps nothing, so that ->fault is asked for each page. */
static vm_fault_t probe_map_pages(struct vm_fault *vmf, pgoff_t first, pgoff_t last)
{
	probe_check(vmf);
	probe_count(vmf, MAP_PAGES);
	return 0;
}

const struct vm_operations_struct *probe_vm_ops(unsigned int shape)
{
	static const struct vm_operations_struct page_nomp = {.fault = probe_fault};
	static const struct vm_operations_struct page_mp = {.fault = probe_fault,
							    .map_pages = probe_map_pages};
	static const struct vm_operations_struct page_nomp_mkwrite = {
		.fault = probe_fault, .page_mkwrite = probe_page_mkwrite};
	static const struct vm_operations_struct page_mp_mkwrite = {.fault = probe_fault,
								    .map_pages = probe_map_pages,
								    .page_mkwrite =
									    probe_page_mkwrite};
	static const struct vm_operations_struct pfn_nomp_mkwrite = {
		.fault = probe_fault, .pfn_mkwrite = probe_pfn_mkwrite};
	static const struct vm_operations_struct pfn_mp_mkwrite = {.fault = probe_fault,
								   .map_pages = probe_map_pages,
								   .pfn_mkwrite =
									   probe_pfn_mkwrite};
	static const struct vm_operations_struct no_calls = {};
	static const struct vm_operations_struct *const ops[FL_PROBE_SHAPES] = {
		[0] = &page_nomp,
		[FL_PROBE_HAS_MAP_PAGES] = &page_mp,
		[FL_PROBE_HAS_MKWRITE] = &page_nomp_mkwrite,
		[FL_PROBE_HAS_MAP_PAGES | FL_PROBE_HAS_MKWRITE] = &page_mp_mkwrite,
		[FL_PROBE_IS_PFN] = &page_nomp,
		[FL_PROBE_IS_PFN | FL_PROBE_HAS_MAP_PAGES] = &page_mp,
		[FL_PROBE_IS_PFN | FL_PROBE_HAS_MKWRITE] = &pfn_nomp_mkwrite,
		[FL_PROBE_IS_PFN | FL_PROBE_HAS_MAP_PAGES | FL_PROBE_HAS_MKWRITE] = &pfn_mp_mkwrite,
		[FL_PROBE_NO_CALLS] = &no_calls,
	};

	return ops[shape];
}
